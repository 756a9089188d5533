import Foundation
import GRDB
import Testing

@testable import OrraStore

@Suite("SQLite store")
struct SQLiteStoreTests {
    func failure(opening directory: String) async -> StoreError? {
        await #expect(throws: StoreError.self) { await (try SQLiteStore.open(directory: directory)).close() }
    }

    @Test("every connection is durable: WAL, synchronous FULL, foreign keys")
    func pragmas() async throws {
        try await TemporaryDirectory.use { directory in
            let store = try await SQLiteStore.open(directory: directory)
            let (level, mode, keys) = try await store.pool.writeWithoutTransaction { database in
                (
                    try SQLiteStore.synchronous(database),
                    try String.fetchOne(database, sql: "PRAGMA journal_mode"),
                    try Int.fetchOne(database, sql: "PRAGMA foreign_keys")
                )
            }
            #expect(level == 2)
            #expect(mode == "wal")
            #expect(keys == 1)
            await store.close()
        }
    }

    @Test("directory and files are for their owner only")
    func permissions() async throws {
        try await TemporaryDirectory.use { parent in
            let directory = parent + "/deep/data"
            let store = try await SQLiteStore.open(directory: directory + "/")
            try await store.commit(Samples.base)
            func mode(_ path: String) throws -> Int? {
                try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            }
            #expect(try mode(directory) == 0o700)
            for name in ["orra.db", "orra.db-wal", "orra.db-shm", "orra.lock"] {
                #expect(try mode(directory + "/" + name) == 0o600, "\(name)")
            }
            await store.close()
        }
    }

    @Test("a directory that is in use is refused, with the process and what to do, until it is closed")
    func inUse() async throws {
        try await TemporaryDirectory.use { directory in
            let store = try await SQLiteStore.open(directory: directory)
            let error = await failure(opening: directory)
            #expect(error?.code == .inUse)
            #expect(error?.message.contains("process \(ProcessInfo.processInfo.processIdentifier)") == true)
            #expect(error?.message.contains(directory) == true)
            #expect(error?.message.contains("--data-dir") == true)
            await store.close()
            await (try SQLiteStore.open(directory: directory)).close()
        }
    }

    @Test("a lock of another process is seen, and ends with that process")
    func otherProcess() async throws {
        try await TemporaryDirectory.use { directory in
            let holder = Process()
            holder.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
            // Without a fork, so that killing it is killing the holder.
            holder.arguments = ["--no-fork", directory + "/orra.lock", "sh", "-c", "echo locked; exec cat"]
            let output = Pipe()
            holder.standardInput = Pipe()
            holder.standardOutput = output
            try holder.run()
            #expect(output.fileHandleForReading.availableData == Data("locked\n".utf8))
            let error = await failure(opening: directory)
            #expect(error?.code == .inUse)
            kill(holder.processIdentifier, SIGKILL)
            holder.waitUntilExit()
            await (try SQLiteStore.open(directory: directory)).close()
        }
    }

    @Test("data of a newer version is refused and left alone")
    func newerSchema() async throws {
        try await TemporaryDirectory.use { directory in
            let store = try await SQLiteStore.open(directory: directory)
            try await store.commit(Samples.base)
            try await store.pool.write {
                try $0.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('7 something later')")
            }
            await store.close()
            let error = await failure(opening: directory)
            #expect(error?.code == .newerSchema)
            #expect(error?.message.contains("schema version 7") == true)
            #expect(error?.message.contains("up to 6") == true)
        }
    }

    @Test("a file that is no database is damaged, and left as it is")
    func garbage() async throws {
        try await TemporaryDirectory.use { directory in
            let garbage = Data(repeating: 0x5A, count: 8_192)
            try garbage.write(to: URL(fileURLWithPath: directory + "/orra.db"))
            let error = await failure(opening: directory)
            #expect(error?.code == .damaged)
            #expect(error?.message.contains(directory + "/orra.db") == true)
            #expect(try Data(contentsOf: URL(fileURLWithPath: directory + "/orra.db")) == garbage)
        }
    }

    @Test("another program's database is refused")
    func foreignDatabase() async throws {
        try await TemporaryDirectory.use { directory in
            let foreign = try DatabaseQueue(path: directory + "/orra.db")
            try await foreign.write { try $0.execute(sql: "CREATE TABLE bookmarks (url TEXT)") }
            try foreign.close()
            let error = await failure(opening: directory)
            #expect(error?.code == .damaged)
        }
    }

    @Test("of entries that were written at once, the one that can't be read is named")
    func damagedEntry() async throws {
        try await TemporaryDirectory.use { directory in
            let store = try await SQLiteStore.open(directory: directory)
            let entries = (1...3).map { Samples.entry(1, $0, position: Int64($0), at: 1) }
            try await store.commit(Samples.base + [.orchestration(Samples.row(1))] + entries.map(Write.journal))
            let rows = try await store.pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM journal") }
            #expect(rows == 1)
            try await store.pool.write {
                try $0.execute(sql: #"UPDATE journal SET event = replace(event, '"paused"', '"hush"')"#)
            }
            let error = await #expect(throws: StoreError.self) {
                try await store.journal(of: Samples.id(1), after: 0, limit: .max)
            }
            #expect(error?.code == .damaged)
            #expect(error?.message.contains("entry 2 of") == true, "\(error?.message ?? "")")
            #expect(error?.message.contains("hush") == false)
            try await store.pool.write { try $0.execute(sql: "UPDATE journal SET entries = 2") }
            await #expect(throws: StoreError.self) { try await store.journal(of: Samples.id(1), after: 0, limit: 1) }
            await store.close()
        }
    }

    @Test("a page that was overwritten is reported as damage")
    func damagedPage() async throws {
        try await TemporaryDirectory.use { directory in
            let store = try await SQLiteStore.open(directory: directory)
            try await store.commit(Samples.base)
            await store.close()
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: directory + "/orra.db"))
            let size = try file.seekToEnd()
            try file.seek(toOffset: 4_096)
            try file.write(contentsOf: Data(repeating: 0xFF, count: Int(size) - 4_096))
            try file.close()
            let error = await failure(opening: directory)
            #expect(error?.code == .damaged)
        }
    }

    @Test("a directory that can't be made is unavailable")
    func impossibleDirectory() async throws {
        try await TemporaryDirectory.use { directory in
            try Data().write(to: URL(fileURLWithPath: directory + "/file"))
            let error = await failure(opening: directory + "/file/data")
            #expect(error?.code == .unavailable)
        }
    }

    @Test("a full disk is unavailable, writes nothing, and works again with room")
    func fullDisk() async throws {
        try await TemporaryDirectory.use { directory in
            let store = try await SQLiteStore.open(directory: directory)
            try await store.commit(Samples.base)
            try await store.pool.writeWithoutTransaction { database in
                let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
                try database.execute(sql: "PRAGMA max_page_count = \(pages)")
            }
            let batch = (1...500).map { Write.orchestration(Samples.row($0)) }
            let error = await #expect(throws: StoreError.self) { try await store.commit(batch) }
            #expect(error?.code == .unavailable)
            #expect(try await store.orchestration(Samples.id(1)) == nil)
            try await store.pool.writeWithoutTransaction {
                try $0.execute(sql: "PRAGMA max_page_count = 1000000")
            }
            try await store.commit(batch)
            #expect(try await store.orchestration(Samples.id(500)) != nil)
            await store.close()
        }
    }
}
