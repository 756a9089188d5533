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
    /// A bracket, and the events with commas between them.
    private var text = [UInt8(ascii: "[")]

    init(_ entry: JournalEntry) throws {
        first = entry
        last = entry
        text += try Self.encode(entry.event)
    }

    private static func encode(_ event: Event) throws -> [UInt8] {
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
        last = entry
        count += 1
        text.append(UInt8(ascii: ","))
        text += try Self.encode(entry.event)
    }

    func write(to database: Database) throws {
        let events = count == 1 ? text[1...] : text + [UInt8(ascii: "]")]
        try database.run(
            Statements.insertPage,
            [
                first.orchestration.rawValue, first.seq, first.project.rawValue, first.position,
                first.at.milliseconds, events, count,
            ])
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
        let text: String = row[5]
        func entry(_ offset: Int, _ event: Event) -> JournalEntry {
            JournalEntry(
                orchestration: OrchestrationID(row[0]), project: ProjectID(row[2]), seq: seq + offset,
                position: position + Int64(offset), at: row.timestamp(at: 4), event: event)
        }
        let decoder = WireDecoder(maximumDepth: Limits.storedJSONDepth)
        guard count > 1 else {
            do { return [entry(0, try decoder.decode(Event.self, from: Array(text.utf8)))] } catch {
                throw UnreadableEntry(seq: seq, reason: WireDecoder.describe(error))
            }
        }
        let events: [JSONValue]
        do {
            let page = try JSONScanner.scan(Array(text.utf8), maximumDepth: Limits.storedJSONDepth) { try $0.value() }
            guard let array = page.array, array.count == count else {
                throw UnreadableEntry(seq: seq, reason: "its row does not hold as many entries as it says")
            }
            events = array
        } catch let error as UnreadableEntry {
            throw error
        } catch {
            throw UnreadableEntry(seq: seq, reason: WireDecoder.describe(error))
        }
        var entries: [JournalEntry] = []
        entries.reserveCapacity(count)
        for (offset, event) in events.enumerated() {
            do { entries.append(entry(offset, try decoder.decode(Event.self, from: event))) } catch {
                throw UnreadableEntry(seq: seq + offset, reason: WireDecoder.describe(error))
            }
        }
        return entries
    }
}

/// Which entry of a journal can't be read, and why.
struct UnreadableEntry: Error {
    var seq: Int
    var reason: String
}
