import OrraModel

/// Messages that the hub has not acknowledged, in the order in which they were made. A new connection sends all of
/// them again, under the same ids.
struct Outbox {
    struct Entry: Sendable, Equatable {
        enum Kind: Sendable { case progress, result, abort, failure }
        var id: String
        var kind: Kind
        var idempotencyKey: IdempotencyKey
        var frame: [UInt8]
    }

    let maximumEntries: Int
    let maximumBytes: Int
    private var entries: [Entry] = []
    private(set) var bytes = 0
    /// How many of the entries this connection has sent.
    private var sent = 0

    init(maximumEntries: Int = 1_024, maximumBytes: Int = 64 * 1024 * 1024) {
        self.maximumEntries = maximumEntries
        self.maximumBytes = maximumBytes
    }

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }

    /// Puts a message behind the others. Over the bounds (one message may always wait) the oldest progress is dropped,
    /// and where there is none the oldest answer: the hub asks for that again. Returns how many were dropped.
    mutating func append(_ entry: Entry) -> Int {
        entries.append(entry)
        bytes += entry.frame.count
        var dropped = 0
        while entries.count > 1, entries.count > maximumEntries || bytes > maximumBytes {
            let older = entries.dropLast()
            remove(at: older.firstIndex { $0.kind == .progress } ?? 0)
            dropped += 1
        }
        return dropped
    }

    /// Whether the message was still awaited.
    mutating func acknowledge(_ id: String) -> Bool {
        guard let index = entries.firstIndex(where: { $0.id == id }) else { return false }
        remove(at: index)
        return true
    }

    /// A new connection has seen none of them.
    mutating func rewind() { sent = 0 }

    /// The next message for this connection, in order; `nil` when it has seen all.
    mutating func next() -> Entry? {
        guard sent < entries.count else { return nil }
        defer { sent += 1 }
        return entries[sent]
    }

    /// Whether a final answer to this task is on its way: a further one would say the same.
    func holdsAnswer(to key: IdempotencyKey) -> Bool {
        entries.contains { $0.idempotencyKey == key && ($0.kind == .result || $0.kind == .abort) }
    }

    private mutating func remove(at index: Int) {
        bytes -= entries[index].frame.count
        entries.remove(at: index)
        if index < sent { sent -= 1 }
    }
}
