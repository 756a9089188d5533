import GRDB
import OrraEngine
import OrraModel

/// What stands for a placeholder in a row's event.
struct PayloadReference {
    var start: Int
    var number: Int64
    var offset: Int
    var count: Int

    /// As the column `payloads` has them; `nil` for none.
    static func text(of references: [PayloadReference]) -> String? {
        guard !references.isEmpty else { return nil }
        var writer = JSONWriter(capacity: 32 * references.count)
        writer.array {
            for reference in references {
                $0.array {
                    $0.number(reference.start)
                    $0.number(reference.number)
                    $0.number(reference.offset)
                    $0.number(reference.count)
                }
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    static func read(_ text: String) throws -> [PayloadReference] {
        try WireDecoder().decode([[Int64]].self, from: Array(text.utf8)).map { numbers in
            guard numbers.count == 4 else { throw DamagedPayload(reason: "a reference to a payload is none") }
            return PayloadReference(
                start: Int(numbers[0]), number: numbers[1], offset: Int(numbers[2]), count: Int(numbers[3]))
        }
    }
}

struct DamagedPayload: Error {
    var reason: String
}

/// Writes large payloads within one transaction.
struct PayloadWriter {
    /// Of one part, in bytes: SQLite makes a row of it in memory.
    private static let partBytes = 256 * 1024

    let known: StoredPayloads
    /// To be remembered once they are committed.
    var written: [StoredPayloads.Payload] { byBytes.values.flatMap(\.self) }
    private var byBytes: [ObjectIdentifier: [StoredPayloads.Payload]] = [:]

    init(known: StoredPayloads) { self.known = known }

    mutating func write(
        _ payloads: [JSONPieces.Payload], of orchestration: OrchestrationID, to database: Database
    ) throws -> [PayloadReference] {
        try payloads.map { payload in
            let stored = try stored(payload.bytes, of: orchestration, in: database)
            return PayloadReference(
                start: payload.start, number: stored.payload.place.number, offset: stored.offset,
                count: payload.bytes.count)
        }
    }

    private mutating func stored(
        _ slice: SharedSlice, of orchestration: OrchestrationID, in database: Database
    ) throws -> (payload: StoredPayloads.Payload, offset: Int) {
        let writtenNow = byBytes[ObjectIdentifier(slice.whole), default: []].first {
            $0.place.orchestration == orchestration && $0.offset(of: slice) != nil
        }
        if let payload = writtenNow ?? known.holding(slice, of: orchestration), let offset = payload.offset(of: slice) {
            return (payload, offset)
        }
        let number: Int64 = try database.first(Statements.nextPayload, [orchestration.rawValue])?[0] ?? 1
        try slice.withUnsafeBytes { bytes in
            var (rest, part) = (bytes[...], 0)
            repeat {
                try database.run(
                    Statements.insertPayload, [orchestration.rawValue, number, part, nil],
                    blob: UnsafeRawBufferPointer(rebasing: rest.prefix(Self.partBytes)), at: 3)
                rest = rest.dropFirst(Self.partBytes)
                part += 1
            } while !rest.isEmpty
        }
        let payload = StoredPayloads.Payload(
            bytes: slice, place: .init(orchestration: orchestration, number: number))
        byBytes[ObjectIdentifier(slice.whole), default: []].append(payload)
        return (payload, 0)
    }
}
