import GRDB
import OrraEngine
import OrraModel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Entries of one orchestration that a batch holds one after the other, as one row: an action's journal has a dozen
/// entries and two or three rows, and each row costs three searches in three trees.
struct JournalPage {
    /// A page that is read for one entry of it is read as a whole.
    static let maximumEntries = 64
    static let maximumBytes = 64 * 1024

    private var first: JournalEntry
    private var last: JournalEntry
    private var count = 1
    /// The event, or a bracket and the events with commas between them.
    private var text: JSONPieces

    init(_ entry: JournalEntry) throws {
        first = entry
        last = entry
        text = try Self.encode(entry.event)
    }

    private static func encode(_ event: Event) throws -> JSONPieces {
        do { return try event.text() } catch {
            throw StoreError(.constraint, "a value has no form in JSON")
        }
    }

    /// Whether the entry follows the last one, and there is room.
    func takes(_ entry: JournalEntry) -> Bool {
        entry.orchestration == last.orchestration && entry.seq == last.seq + 1 && entry.position == last.position + 1
            && entry.at == last.at && entry.project == last.project && count < Self.maximumEntries
            && text.count < Self.maximumBytes
    }

    mutating func append(_ entry: JournalEntry) throws {
        if count == 1 { text.insertFirst(UInt8(ascii: "[")) }
        last = entry
        count += 1
        let event = try Self.encode(entry.event)
        text.append(UInt8(ascii: ","))
        text.append(event)
    }

    /// The last that is done with it.
    mutating func write(to database: Database) throws {
        if count > 1 { text.append(UInt8(ascii: "]")) }
        try database.run(
            Statements.insertPage,
            [
                first.orchestration.rawValue, first.seq, first.project.rawValue, first.position,
                first.at.milliseconds, nil, count,
            ], text: text.bytes, at: 5)
        guard database.changesCount == 1 else {
            throw StoreError(
                .constraint, "the write contradicts what is stored: a journal entry's number is taken")
        }
    }
}

extension JournalEntry {
    /// The entries of a row, in order. What can't be read throws `.damaged`.
    static func page(row: Row) throws -> [JournalEntry] {
        do throws(UnreadableEntry) { return try page(readable: row) } catch {
            throw StoreError.unreadableEntry(error.seq, of: OrchestrationID(row[0]), error.reason)
        }
    }

    static func page(readable row: Row) throws(UnreadableEntry) -> [JournalEntry] {
        let (seq, position, count): (Int, Int64, Int) = (row[1], row[3], row[6])
        let (orchestration, project) = (OrchestrationID(row[0]), ProjectID(row[2]))
        let at = row.timestamp(at: 4)
        var entries: [JournalEntry] = []
        entries.reserveCapacity(count)
        for (offset, event) in try events(of: row, count, from: seq).enumerated() {
            do {
                entries.append(
                    JournalEntry(
                        orchestration: orchestration, project: project, seq: seq + offset,
                        position: position + Int64(offset), at: at, event: try event.get()))
            } catch {
                throw UnreadableEntry(seq: seq + offset, reason: WireDecoder.describe(error))
            }
        }
        return entries
    }

    /// Read where SQLite has them: payloads are copied once, into their events.
    private static func events(
        of row: Row, _ count: Int, from seq: Int
    ) throws(UnreadableEntry) -> [Result<Event, any Error>] {
        let decoder = WireDecoder(maximumDepth: Limits.storedJSONDepth)
        let events: [Result<Event, any Error>]?
        do {
            events = try row.withUnsafeData(atIndex: 5) { data in
                try (data ?? Data()).withUnsafeBytes { bytes in
                    let text = bytes.bindMemory(to: UInt8.self)
                    return count > 1
                        ? try decoder.decode(count, of: Event.self, from: text)
                        : [Result { try decoder.decode(Event.self, from: text) }]
                }
            }
        } catch {
            throw UnreadableEntry(seq: seq, reason: WireDecoder.describe(error))
        }
        guard let events else {
            throw UnreadableEntry(seq: seq, reason: "its row does not hold as many entries as it says")
        }
        return events
    }
}

/// Which entry of a journal can't be read, and why.
struct UnreadableEntry: Error {
    var seq: Int
    var reason: String
}
