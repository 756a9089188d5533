import OrraModel

/// Final answers by idempotency key, for 24 hours, bounded in number and size; the oldest go first.
struct ResultCache {
    struct Entry: Sendable, Equatable {
        enum Kind: String, Sendable { case result, abort, revert }
        var idempotencyKey: IdempotencyKey
        var kind: Kind
        /// The handler's output, the abort's payload, or a compensation's result.
        var value: RawJSON
        var savedAt: Timestamp
    }

    static let lifetime = Duration.seconds(24 * 3600)

    let maximumEntries: Int
    let maximumBytes: Int
    private var byKey: [IdempotencyKey: Entry] = [:]
    /// Oldest first. Keys that went otherwise are skipped.
    private var order: ArraySlice<IdempotencyKey> = []
    private(set) var bytes = 0

    init(maximumEntries: Int = 10_000, maximumBytes: Int = 64 * 1024 * 1024) {
        self.maximumEntries = maximumEntries
        self.maximumBytes = maximumBytes
    }

    var count: Int { byKey.count }
    /// Oldest first.
    var entries: [Entry] { order.compactMap { byKey[$0] } }

    func entry(for key: IdempotencyKey, at now: Timestamp) -> Entry? {
        guard let entry = byKey[key], now - entry.savedAt < Self.lifetime else { return nil }
        return entry
    }

    /// Keeps an answer; the first one of a key stays.
    mutating func insert(_ entry: Entry, at now: Timestamp) {
        expire(at: now)
        guard now - entry.savedAt < Self.lifetime, byKey[entry.idempotencyKey] == nil else { return }
        byKey[entry.idempotencyKey] = entry
        order.append(entry.idempotencyKey)
        bytes += Self.size(entry)
        while byKey.count > 1, byKey.count > maximumEntries || bytes > maximumBytes { removeOldest() }
    }

    mutating func expire(at now: Timestamp) {
        while let key = order.first, let oldest = byKey[key], now - oldest.savedAt >= Self.lifetime { removeOldest() }
    }

    private mutating func removeOldest() {
        guard let key = order.popFirst(), let entry = byKey.removeValue(forKey: key) else { return }
        bytes -= Self.size(entry)
    }

    private static func size(_ entry: Entry) -> Int {
        entry.value.count + entry.idempotencyKey.rawValue.utf8.count
    }
}

extension ResultCache.Entry {
    /// One line of the file: `{"key": "…", "kind": "result", "at": <ms since 1970>, "value": …}` and a newline.
    var line: [UInt8] {
        var writer = JSONWriter(capacity: JSONWriter.room(for: value.count) + 160)
        writer.object {
            $0.member("key", idempotencyKey.rawValue)
            $0.member("kind", kind.rawValue)
            $0.member("at", savedAt.milliseconds)
            // A line break inside the value would end the line.
            $0.member("value", value.bytes.contains(0x0A) ? RawJSON(value.value) : value)
        }
        var line = writer.pieces
        line.append(0x0A)
        return line.bytes
    }

    /// `nil` for a line that is none, such as one that was torn by a crash.
    init?(line: some Collection<UInt8>) {
        guard let object = try? JSONValue(parsing: Array(line)), let key = object["key"]?.string,
            let kind = object["kind"]?.string.flatMap(Kind.init), let milliseconds = object["at"]?.integer,
            let value = object["value"]
        else { return nil }
        self.init(
            idempotencyKey: IdempotencyKey(rawValue: key), kind: kind, value: RawJSON(value),
            savedAt: Timestamp(milliseconds: Int64(milliseconds)))
    }
}
