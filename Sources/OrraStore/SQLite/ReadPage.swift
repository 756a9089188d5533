import GRDB
import OrraEngine
import OrraModel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A row of the journal, read.
struct ReadPage {
    var entries: [JournalEntry] = []
    /// Of its text and the payloads in it.
    var bytes = 0

    /// What can't be read throws `.damaged`.
    init(row: Row, _ reader: JournalReader) throws {
        do { try self.init(readable: row, reader) } catch let error as UnreadableEntry {
            throw StoreError.unreadableEntry(error.seq, of: OrchestrationID(row[0]), error.reason)
        }
    }

    /// What can't be read throws ``UnreadableEntry``; a fault of the database is no fault of the entry.
    init(readable row: Row, _ reader: JournalReader) throws {
        let (seq, position, count): (Int, Int64, Int) = (row[1], row[3], row[6])
        let (orchestration, project) = (OrchestrationID(row[0]), ProjectID(row[2]))
        let at = row.timestamp(at: 4)
        entries.reserveCapacity(count)
        for (offset, event) in try events(of: row, count, from: seq, reader).enumerated() {
            do {
                entries.append(
                    JournalEntry(
                        orchestration: orchestration, project: project, seq: seq + offset,
                        position: position + Int64(offset), at: at, event: try event.get()))
            } catch {
                throw UnreadableEntry(seq: seq + offset, reason: WireDecoder.describe(error))
            }
        }
    }

    private mutating func events(
        of row: Row, _ count: Int, from seq: Int, _ reader: JournalReader
    ) throws -> [Result<Event, any Error>] {
        let events: [Result<Event, any Error>]?
        do {
            let references = try (row[7] as String?).map(PayloadReference.read) ?? []
            events =
                references.isEmpty
                ? try Self.events(of: row, count, bytes: &bytes)
                : try Self.events(of: row, count, references, reader, bytes: &bytes)
        } catch let error as DamagedPayload {
            throw UnreadableEntry(seq: seq, reason: error.reason)
        } catch  where !(error is DatabaseError) && !(error is CancellationError) {
            throw UnreadableEntry(seq: seq, reason: WireDecoder.describe(error))
        }
        guard let events else {
            throw UnreadableEntry(seq: seq, reason: "its row does not hold as many entries as it says")
        }
        return events
    }

    private static let decoder = WireDecoder(maximumDepth: Limits.storedJSONDepth)

    /// Read where SQLite has them: payloads are copied once, into their events.
    private static func events(
        of row: Row, _ count: Int, bytes: inout Int
    ) throws -> [Result<Event, any Error>]? {
        try row.withUnsafeData(atIndex: 5) { data in
            bytes = data?.count ?? 0
            return try (data ?? Data()).withUnsafeBytes { bytes in
                let text = bytes.bindMemory(to: UInt8.self)
                return count > 1
                    ? try decoder.decode(count, of: Event.self, from: text)
                    : [Result { try decoder.decode(Event.self, from: text) }]
            }
        }
    }

    private static func events(
        of row: Row, _ count: Int, _ references: [PayloadReference], _ reader: JournalReader, bytes: inout Int
    ) throws -> [Result<Event, any Error>]? {
        let written = try row.withUnsafeData(atIndex: 5) { Array($0 ?? Data()) }
        let text = try reader.text(written, references, of: OrchestrationID(row[0]))
        bytes = text.count
        return count > 1
            ? try decoder.decode(count, of: Event.self, from: text)
            : [Result { try decoder.decode(Event.self, from: text) }]
    }
}

/// Which entry of a journal can't be read, and why.
struct UnreadableEntry: Error {
    var seq: Int
    var reason: String
}
