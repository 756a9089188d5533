import Dispatch
import Foundation
import OrraModel

/// The result cache and its file: JSON lines, each on disk before its answer is sent. Blocks on its own queue.
actor ResultJournal {
    private let queue = BlockingQueue()
    nonisolated var unownedExecutor: UnownedSerialExecutor { queue.asUnownedSerialExecutor() }

    /// Names whoever holds this file. A process that opens the file of one that died answers from the same results, and
    /// nobody else can: to the hub it is the same instance, which gets back at once what the other had in flight.
    nonisolated let instance: String

    private let path: String
    private let now: @Sendable () -> Timestamp
    private let minimumCompaction: Int
    private var cache: ResultCache
    private var file: DurableFile
    private var fileBytes: Int
    /// Held until ``close()``, so that a second process of the component takes another file.
    private var lock: DurableFile?

    /// Opens the first file that no other process uses, reads it and writes it anew without what is old or torn.
    init(
        in directory: DataDirectory, cache: ResultCache = ResultCache(), minimumCompaction: Int = 4 * 1024 * 1024,
        now: @escaping @Sendable () -> Timestamp
    ) throws {
        (path, lock) = try Self.claim(directory)
        instance = try Self.instance(path + ".instance")
        self.now = now
        self.minimumCompaction = minimumCompaction
        self.cache = try Self.read(path, into: cache, at: now())
        (file, fileBytes) = try Self.compact(path, self.cache)
    }

    func entry(for key: IdempotencyKey) -> ResultCache.Entry? { cache.entry(for: key, at: now()) }

    /// Returns once the answer is on disk; it is kept in memory also when that fails.
    func save(_ kind: ResultCache.Entry.Kind, _ value: RawJSON, for key: IdempotencyKey) throws {
        let entry = ResultCache.Entry(idempotencyKey: key, kind: kind, value: value, savedAt: now())
        cache.insert(entry, at: entry.savedAt)
        if fileBytes > max(minimumCompaction, 2 * cache.bytes) {
            (file, fileBytes) = try Self.compact(path, cache)  // holds the entry already
        } else {
            let line = entry.line
            do {
                try file.write(line)
                try file.synchronize()
                fileBytes += line.count
            } catch {
                fileBytes = .max  // perhaps torn: the next answer writes the file anew
                throw error
            }
        }
    }

    /// Leaves the file to the next who opens it; nothing is saved after it.
    func close() { lock = nil }

    private static func claim(_ directory: DataDirectory) throws -> (String, DurableFile) {
        for slot in 1...64 {
            let path = directory.resultsPath(slot: slot)
            let lock: DurableFile
            do {
                lock = try DurableFile(path + ".lock", .lock)
            } catch {
                throw ComponentError(.storage, "the data directory can't be used: \(error)")
            }
            if lock.tryLock() { return (path, lock) }
        }
        throw ComponentError(.storage, "64 processes of \(directory.name) use \(directory.path) already")
    }

    private static func instance(_ path: String) throws -> String {
        let length = ExecutionKind.length
        if let data = FileManager.default.contents(atPath: path), data.count == length,
            data.allSatisfy(ExecutionKind.alphabet.contains)
        {
            return String(decoding: data, as: UTF8.self)
        }
        var generator = SystemRandomNumberGenerator()
        let name = ExecutionID.random(using: &generator).rawValue.suffix(length)
        do {
            try DurableFile.replace(path, with: Array(name.utf8))
        } catch {
            throw ComponentError(.storage, "the instance's name can't be written: \(error)")
        }
        return String(name)
    }

    private static func read(_ path: String, into cache: ResultCache, at now: Timestamp) throws -> ResultCache {
        guard FileManager.default.fileExists(atPath: path) else { return cache }
        var cache = cache
        do {
            let data = try Data(contentsOf: URL(filePath: path), options: .mappedIfSafe)
            for line in data.split(separator: 0x0A) {
                if let entry = ResultCache.Entry(line: line) { cache.insert(entry, at: now) }
            }
        } catch {
            throw ComponentError(.storage, "the results in \(path) can't be read: \(error.localizedDescription)")
        }
        return cache
    }

    private static func compact(_ path: String, _ cache: ResultCache) throws -> (DurableFile, Int) {
        let bytes = cache.entries.flatMap(\.line)
        do {
            try DurableFile.replace(path, with: bytes)
            return (try DurableFile(path, .append), bytes.count)
        } catch {
            throw ComponentError(.storage, "the results can't be written: \(error)")
        }
    }
}

/// Runs an actor's jobs one at a time on a thread that may block.
final class BlockingQueue: SerialExecutor {
    private let queue = DispatchQueue(label: "orra.sdk.results")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
