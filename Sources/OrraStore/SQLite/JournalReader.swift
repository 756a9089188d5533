import GRDB
import OrraEngine
import OrraModel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Reads rows of the journal, and the large payloads in them.
struct JournalReader {
    let database: Database
    let known: StoredPayloads

    /// The text of a row, with what its references stand for. What does not fit together throws.
    func text(
        _ written: [UInt8], _ references: [PayloadReference], of orchestration: OrchestrationID
    ) throws -> JSONPieces {
        let payloads = try references.map { reference in
            let whole = try payload(.init(orchestration: orchestration, number: reference.number))
            let offset = reference.offset
            guard offset >= 0, reference.count > 0, offset <= whole.count - reference.count else {
                throw DamagedPayload(reason: "payload \(reference.number) is shorter than it should be")
            }
            let start = whole.range.lowerBound + offset
            let bytes = SharedSlice(whole.whole, start..<start + reference.count)
            if bytes.count < whole.count { try Self.check(bytes, reference.number) }
            return (start: reference.start, bytes: bytes)
        }
        guard let text = JSONPieces(written: written, payloads: payloads) else {
            throw DamagedPayload(reason: "the references to its payloads do not fit its text")
        }
        return text
    }

    /// Whether it is one JSON value: what is made of it takes that for granted.
    private static func check(_ bytes: SharedSlice, _ number: Int64) throws {
        try bytes.withUnsafeBytes { bytes in
            let text = bytes.bindMemory(to: UInt8.self)
            do { try JSONScanner.scan(text, maximumDepth: Limits.storedJSONDepth) { try $0.skip() } } catch {
                throw DamagedPayload(reason: "payload \(number) is no JSON")
            }
        }
    }

    private func payload(_ place: StoredPayloads.Place) throws -> SharedSlice {
        if let bytes = known[place] { return bytes }
        let arguments: StatementArguments = [place.orchestration.rawValue, place.number]
        guard let count = try database.first(Statements.payloadBytes, arguments)?[0] as Int?, count > 0 else {
            throw DamagedPayload(reason: "payload \(place.number) is missing")
        }
        let whole = try SharedBytes(count: count) { memory in
            var rest = memory[...]
            let parts = try Row.fetchCursor(
                database.cachedStatement(sql: Statements.payloadParts), arguments: arguments)
            while let part = try parts.next() {
                try part.withUnsafeData(atIndex: 0) { bytes in
                    guard let bytes, bytes.count <= rest.count else {
                        throw DamagedPayload(reason: "payload \(place.number) is longer than it should be")
                    }
                    bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: rest).copyMemory(from: $0) }
                    rest = rest.dropFirst(bytes.count)
                }
            }
            guard rest.isEmpty else {
                throw DamagedPayload(reason: "payload \(place.number) is shorter than it should be")
            }
        }
        let bytes = SharedSlice(whole, 0..<count)
        try Self.check(bytes, place.number)
        known.remember([.init(bytes: bytes, place: place)])
        return bytes
    }
}

extension JournalReader {
    func entries(
        of project: ProjectID, afterPosition: Int64, limit: Int, bytes: Int = .max
    ) throws -> (entries: [JournalEntry], isCut: Bool) {
        try entries(Statements.projectJournal, project.rawValue, afterPosition, limit, bytes: bytes) {
            $0.position > afterPosition
        }
    }

    /// Those of the rows' entries that are asked for, in order, at most `limit`; and whether others were left unread since
    /// these have so many bytes.
    func entries(
        _ sql: String, _ owner: String, _ after: some DatabaseValueConvertible, _ limit: Int, bytes: Int = .max,
        where isWanted: (JournalEntry) -> Bool
    ) throws -> (entries: [JournalEntry], isCut: Bool) {
        let limit = max(limit, 0)
        // The first row may hold none that is wanted.
        let rows = limit == .max ? limit : limit + 1
        let cursor = try Row.fetchCursor(database.cachedStatement(sql: sql), arguments: [owner, after, rows])
        var entries: [JournalEntry] = []
        var bytesLeft = bytes
        while entries.count < limit, bytesLeft > 0, let row = try cursor.next() {
            let page = try ReadPage(row: row, self)
            entries += page.entries.filter(isWanted)
            if bytes < .max { bytesLeft -= page.bytes }
        }
        return (Array(entries.prefix(limit)), bytesLeft <= 0)
    }
}
