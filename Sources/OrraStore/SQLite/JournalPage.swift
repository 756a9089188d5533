import GRDB
import OrraEngine
import OrraModel

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
    mutating func write(to database: Database, _ payloads: inout PayloadWriter) throws {
        if count > 1 { text.append(UInt8(ascii: "]")) }
        let references = try payloads.write(text.payloads, of: first.orchestration, to: database)
        try database.run(
            Statements.insertPage,
            [
                first.orchestration.rawValue, first.seq, first.project.rawValue, first.position,
                first.at.milliseconds, nil, count, PayloadReference.text(of: references),
            ], text: text.written, at: 5)
        guard database.changesCount == 1 else {
            throw StoreError(
                .constraint, "the write contradicts what is stored: a journal entry's number is taken")
        }
    }
}
