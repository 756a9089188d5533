import Foundation
import ProcessSupport

/// What a careful service has behind it: a place where each effect happens once per idempotency key, and is on disk when
/// it has happened.
actor EffectJournals {
    private var done: [String: [String: String]] = [:]
    private var files: [ServiceRecord.Journal: FileHandle] = [:]

    init(of service: String, in directory: URL) throws {
        for journal in ServiceRecord.Journal.allCases {
            let path = journal.path(of: service, in: directory)
            if !FileManager.default.fileExists(atPath: path) { try Data().write(to: URL(filePath: path)) }
            guard let file = FileHandle(forWritingAtPath: path) else { throw ProcessFault("\(path) can't be written") }
            try file.seekToEnd()
            files[journal] = file
        }
        for record in ServiceRecord.Journal.effects.records(of: service, in: directory) {
            done[record.key] = record.output
        }
    }

    /// Returns when the record is on disk.
    func append(_ record: ServiceRecord, to journal: ServiceRecord.Journal) throws {
        let line = try JSONEncoder().encode(record) + [0x0A]
        try files[journal]?.write(contentsOf: line)
        try files[journal]?.synchronize()
    }

    /// Does the effect, unless its key has one already. Returns the output that the effect had.
    func effect(_ record: ServiceRecord) throws -> [String: String] {
        if let output = done[record.key] {
            try append(record, to: .repeats)
            return output
        }
        try append(record, to: .effects)
        let output = record.output ?? [:]
        done[record.key] = output
        return output
    }
}
