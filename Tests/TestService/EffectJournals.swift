import Foundation
import ProcessSupport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What a careful service has behind it: a place where each effect happens once per idempotency key, and is on disk when
/// it has happened. All processes of one service share it.
actor EffectJournals {
    private let runs: SharedJournal
    private let effects: SharedJournal
    private let repeats: SharedJournal
    private let undos: SharedJournal
    /// A careless service does every effect as often as it is asked to.
    private let deduplicates: Bool

    init(of service: String, in directory: URL, deduplicates: Bool) throws {
        func journal(_ journal: ServiceRecord.Journal) throws -> SharedJournal {
            try SharedJournal(journal.path(of: service, in: directory))
        }
        runs = try journal(.runs)
        effects = try journal(.effects)
        repeats = try journal(.repeats)
        undos = try journal(.undos)
        self.deduplicates = deduplicates
    }

    /// Returns when the run is on disk.
    func run(_ record: ServiceRecord) throws { try runs.append(record) }

    /// Does the effect, unless its key has one already. Returns the output that the effect had.
    func effect(_ record: ServiceRecord) throws -> [String: String] { try once(record, in: effects) ?? [:] }

    /// Undoes an effect, unless this request has done it already.
    func undo(_ record: ServiceRecord) throws { _ = try once(record, in: undos) }

    private func once(_ record: ServiceRecord, in journal: SharedJournal) throws -> [String: String]? {
        let earlier = try journal.append(record, unlessKnown: deduplicates)
        if earlier != nil { try repeats.append(record) }
        return (earlier ?? record).output
    }
}

/// A file of records to which several processes append, one at a time. What a killed one left torn is cut off.
private final class SharedJournal {
    private let file: FileHandle
    private var known: [String: ServiceRecord] = [:]
    /// The end of what has been read, behind a whole line.
    private var end: UInt64 = 0

    init(_ path: String) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw ProcessFault("\(path) can't be written") }
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// Returns when the record is on disk, or the one that its key has already.
    @discardableResult
    func append(_ record: ServiceRecord, unlessKnown: Bool = false) throws -> ServiceRecord? {
        guard flock(file.fileDescriptor, LOCK_EX) == 0 else { throw ProcessFault("a journal can't be locked") }
        defer { _ = flock(file.fileDescriptor, LOCK_UN) }
        if unlessKnown {
            try readOn()
            if let earlier = known[record.key] { return earlier }
        }
        try file.truncate(atOffset: try endOfLines())
        try file.write(contentsOf: try JSONEncoder().encode(record) + [0x0A])
        try file.synchronize()
        return nil
    }

    private func readOn() throws {
        try file.seek(toOffset: end)
        let data = try file.readToEnd() ?? Data()
        let lines = data.prefix((data.lastIndex(of: 0x0A) ?? data.startIndex - 1) + 1)
        end += UInt64(lines.count)
        for line in lines.split(separator: 0x0A) {
            let record = try JSONDecoder().decode(ServiceRecord.self, from: line)
            if known[record.key] == nil { known[record.key] = record }
        }
    }

    /// Behind the last whole line.
    private func endOfLines() throws -> UInt64 {
        let size = try file.seekToEnd()
        let start = size > 65_536 ? size - 65_536 : 0
        try file.seek(toOffset: start)
        let tail = try file.readToEnd() ?? Data()
        return start + UInt64((tail.lastIndex(of: 0x0A).map { $0 + 1 }) ?? 0)
    }
}
