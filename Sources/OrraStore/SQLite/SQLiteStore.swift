import GRDB
import OrraEngine
import OrraModel
import Synchronization

/// The embedded store: one SQLite file, `orra.db`, in a data directory that one hub at a time holds.
///
/// WAL with `synchronous=FULL`: a commit that returned survives a crash of the machine. Many writes in one
/// ``commit(_:)`` cost one sync. Writes run on the caller's thread, reads beside them on a snapshot.
public final class SQLiteStore: Store {
    /// How long a statement waits for another process that has the file open, such as a backup.
    static let busyTimeout = 5.0

    /// Memory for pages, of the connection that writes and of each that reads.
    private static let cacheKibibytes = 4 * 1024
    private static let readerCacheKibibytes = 1 * 1024
    /// Pages of the write-ahead log after which it is written back: 16 MiB.
    private static let checkpointPages = 4_096

    let pool: DatabasePool
    private let payloads = StoredPayloads()
    private let lock: Mutex<DirectoryLock?>
    /// Of the latest entry that is stored. Between two commits only.
    private let lastEntryAt = Mutex<Timestamp?>(nil)

    private init(pool: DatabasePool, lock: DirectoryLock) {
        self.pool = pool
        self.lock = Mutex(lock)
    }

    /// Opens the store in `directory`, which is created (mode 0700) if it does not exist, and brings its schema up to
    /// date.
    ///
    /// Throws `.inUse` while another hub has it open, `.newerSchema` if a newer version wrote it, `.damaged` if the
    /// file is no database of this program, `.unavailable` if it can't be opened or would not be durable.
    public static func open(directory: String) async throws(StoreError) -> SQLiteStore {
        let directory = directory.count > 1 && directory.hasSuffix("/") ? String(directory.dropLast()) : directory
        let path = directory + "/orra.db"
        try DataDirectory.create(directory)
        let lock = try DirectoryLock.acquire(directory: directory)
        try DataDirectory.createPrivateFile(path)
        do {
            let pool = try DatabasePool(path: path, configuration: configuration)
            let store = SQLiteStore(pool: pool, lock: lock)
            try await pool.read { try Migrations.check($0, path: path) }
            try await store.makeDurable()
            try await pool.writeWithoutTransaction { try Migrations.claim($0) }
            try Migrations.migrator.migrate(pool)
            try DataDirectory.synchronize(directory)
            let lastEntryAt = try await pool.read { try Self.lastEntryAt(in: $0) }
            store.lastEntryAt.withLock { $0 = lastEntryAt }
            return store
        } catch {
            throw StoreError(error, path: path)
        }
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(busyTimeout)
        configuration.label = "orra.db"
        configuration.prepareDatabase { database in
            // What is written often stays in memory. Whoever reads has the system's cache, of which this is a copy.
            let kibibytes = database.configuration.readonly ? readerCacheKibibytes : cacheKibibytes
            try database.execute(sql: "PRAGMA cache_size = -\(kibibytes)")
            // A checkpoint syncs the file: fewer of them, each of more.
            try database.execute(sql: "PRAGMA wal_autocheckpoint = \(checkpointPages)")
        }
        return configuration
    }

    /// The pool sets `synchronous=NORMAL` while it opens, which may lose commits when the machine crashes.
    private func makeDurable() async throws {
        let level = try await pool.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
            return try Self.synchronous(database)
        }
        guard level == 2 else {
            throw StoreError(
                .unavailable, "\(pool.path) would not be durable: SQLite reads synchronous=\(level ?? -1) instead of 2")
        }
    }

    static func synchronous(_ database: Database) throws -> Int? {
        try Int.fetchOne(database, sql: "PRAGMA synchronous")
    }

    /// Not cancellable: a hub that stops still learns whether its last batch is on disk.
    ///
    /// Blocks the caller's thread until the disk has it: to hand the batch to another thread and be woken by it would take
    /// about as long as the disk does. The hub's loop has a thread of its own for this.
    public func commit(_ batch: [Write]) async throws(StoreError) {
        guard !batch.isEmpty else { return }
        do { try blockingCommit(batch) } catch { throw StoreError(error, path: pool.path) }
    }

    private func blockingCommit(_ batch: [Write]) throws {
        let known = lastEntryAt.withLock { $0 }
        var payloads = PayloadWriter(known: payloads)
        let latest = try pool.write { try Self.write(batch, to: $0, &payloads, after: known) }
        lastEntryAt.withLock { $0 = latest }
        self.payloads.remember(payloads.written)
    }

    func read<Value: Sendable>(
        _ body: @Sendable @escaping (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        do { return try await pool.read(body) } catch { throw StoreError(error, path: pool.path) }
    }

    func readJournal<Value: Sendable>(
        _ body: @Sendable @escaping (JournalReader) throws -> Value
    ) async throws(StoreError) -> Value {
        try await read { [payloads] in try body(JournalReader(database: $0, known: payloads)) }
    }

    public func close() async {
        guard let lock = lock.withLock({ $0.take() }) else { return }
        // What fails here was durable before: the next start reads the write-ahead log.
        try? await pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        try? pool.close()
        withExtendedLifetime(lock) {}
    }
}
