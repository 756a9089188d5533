import GRDB
import OrraModel
import Testing

@testable import OrraEngine
@testable import OrraStore

private typealias S = Samples

@Suite("Large payloads on disk")
struct PayloadTests {
    private static func text(_ count: Int, _ letter: Character = "x") -> RawJSON {
        RawJSON(.string(String(repeating: letter, count: count - 2)))
    }

    /// An output, as a frame brings it, and the input that is made of it.
    private static func outputAndInput(_ count: Int, _ letter: Character = "x") -> (RawJSON, RawJSON) {
        let output = RawJSON(.object(["small": 1, "large": text(count, letter).value]))
        var writer = JSONWriter()
        writer.object {
            for (name, part) in output.members(["large", "small"]).sorted(by: { $0.key < $1.key }) {
                $0.member("from \(name)", part)
            }
        }
        return (output, writer.raw)
    }

    private static func ready(_ task: Int, _ input: RawJSON) -> Event {
        .taskReady(.init(task: TaskID(task), input: input, key: S.key(task)))
    }

    private static func withStore(_ body: (SQLiteStore, String) async throws -> Void) async throws {
        try await TemporaryDirectory.use { directory in
            let store = try await SQLiteStore.open(directory: directory)
            try await store.commit(S.base + [.orchestration(S.row(1)), .orchestration(S.row(2))])
            try await body(store, directory)
            await store.close()
        }
    }

    /// How many payloads are stored, in how many parts, of how many bytes in all and at most.
    private static func stored(in store: SQLiteStore) async throws -> [Int] {
        try await store.pool.read { database in
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT count(DISTINCT orchestration || ' ' || number), count(*), coalesce(sum(length(bytes)), 0),
                        coalesce(max(length(bytes)), 0) FROM payloads
                    """)
            return try (0..<4).map { try #require(row)[$0] }
        }
    }

    private static func change(_ store: SQLiteStore, _ sql: String) async throws {
        try await store.pool.write { try $0.execute(sql: sql) }
    }

    @Test("an output and the inputs made of it are stored once, in parts, also in commits of their own")
    func once() async throws {
        try await Self.withStore { store, directory in
            let (output, input) = Self.outputAndInput(300_000)
            let entries = [
                S.entry(1, 1, position: 1), S.entry(1, 2, position: 2, event: S.completed(1, output)),
                S.entry(1, 3, position: 3, event: Self.ready(2, input)),
                S.entry(1, 4, position: 4, event: Self.ready(3, input)),
            ]
            try await store.commit(entries.prefix(3).map(Write.journal))
            #expect(try await Self.stored(in: store) == [1, 2, output.count, 256 * 1024])
            try await store.commit([.journal(entries[3])])
            #expect(try await Self.stored(in: store) == [1, 2, output.count, 256 * 1024])
            let rows = try await store.pool.read { try Int.fetchOne($0, sql: "SELECT max(length(event)) FROM journal") }
            #expect(try #require(rows) < 1_000)
            #expect(try await store.journal(of: S.id(1), after: 0, limit: 9) == entries)
            await store.close()
            let again = try await SQLiteStore.open(directory: directory)
            #expect(try await again.recover().live.first == entries)
            #expect(try await again.journal(of: S.project.id, afterPosition: 1, limit: 2) == Array(entries[1...2]))
            await again.close()
        }
    }

    @Test("another orchestration's payload is its own, also where the bytes are the same")
    func notShared() async throws {
        try await Self.withStore { store, _ in
            let (output, _) = Self.outputAndInput(100_000)
            for number in [1, 2] {
                try await store.commit([
                    .journal(S.entry(number, 1, position: Int64(number), event: S.completed(1, output)))
                ])
            }
            #expect(try await Self.stored(in: store) == [2, 2, 2 * output.count, output.count])
        }
    }

    @Test("what somebody still has is not read again; what nobody has is")
    func heldIsNotRead() async throws {
        try await Self.withStore { store, _ in
            var held: RawJSON? = Self.outputAndInput(100_000).0
            if let held { try await store.commit([.journal(S.entry(1, 1, position: 1, event: S.completed(1, held)))]) }
            try await Self.change(store, "DELETE FROM payloads")
            let entries = try await store.journal(of: S.id(1), after: 0, limit: 9)
            #expect(entries.map(\.event) == [S.completed(1, try #require(held))])
            withExtendedLifetime(entries) {}
            held = nil
        }
        // The same with what was read.
        try await Self.withStore { store, directory in
            let output = Self.outputAndInput(100_000).0
            try await store.commit([.journal(S.entry(1, 1, position: 1, event: S.completed(1, output)))])
            await store.close()
            let again = try await SQLiteStore.open(directory: directory)
            var read: [JournalEntry]? = try await again.journal(of: S.id(1), after: 0, limit: 9)
            try await Self.change(again, "DELETE FROM payloads")
            #expect(try await again.journal(of: S.id(1), after: 0, limit: 9) == read)
            withExtendedLifetime(read) {}
            read = nil
            await #expect {
                _ = try await again.journal(of: S.id(1), after: 0, limit: 9)
            } throws: { error in
                (error as? StoreError)?.code == .damaged && "\(error)".contains("payload 1 is missing")
            }
            await again.close()
        }
    }

    @Test("a commit that failed has stored no payload, and the next one stores it")
    func failedCommit() async throws {
        try await Self.withStore { store, directory in
            let (output, input) = Self.outputAndInput(100_000)
            let entries = [
                S.entry(1, 1, position: 1, event: S.completed(1, output)),
                S.entry(1, 2, position: 2, event: Self.ready(2, input)),
            ]
            let writes = entries.map(Write.journal)
            await #expect(throws: StoreError.self) { try await store.commit(writes + [writes[0]]) }
            #expect(try await Self.stored(in: store) == [0, 0, 0, 0])
            try await store.commit(writes)
            await store.close()
            let again = try await SQLiteStore.open(directory: directory)
            #expect(try await again.journal(of: S.id(1), after: 0, limit: 9) == entries)
            await again.close()
        }
    }

    @Test(
        "a payload that is damaged makes its own journal unreadable, and no other; no byte of it is told",
        arguments: [
            ("DELETE FROM payloads WHERE orchestration = 'o_1' AND part = 1", "shorter than it should be"),
            ("DELETE FROM payloads WHERE orchestration = 'o_1' AND part = 2", "is no JSON"),
            ("DELETE FROM payloads WHERE orchestration = 'o_1'", "is missing"),
            ("UPDATE payloads SET bytes = x'22787822' WHERE orchestration = 'o_1' AND part = 0", "is no JSON"),
            ("UPDATE payloads SET number = 7 WHERE orchestration = 'o_1'", "is missing"),
            ("UPDATE journal SET payloads = '[[1,1,0,600000]]' WHERE orchestration = 'o_1'", "do not fit its text"),
            (
                "UPDATE journal SET payloads = '[[9223372036854775807,1,0,600000]]' WHERE orchestration = 'o_1'",
                "do not fit its text"
            ),
            // Within the payload, and no value.
            ("UPDATE journal SET payloads = replace(payloads, ',0,600000]', ',0,599991]')", "is no JSON"),
            ("UPDATE journal SET payloads = replace(payloads, ',0,600000]', ',9,599991]')", "is no JSON"),
            (
                "UPDATE payloads SET bytes = CAST(bytes || x'20' AS BLOB) WHERE orchestration = 'o_1' AND part = 0",
                "is no JSON"
            ),
            ("UPDATE journal SET payloads = '[[1,1,0]]' WHERE orchestration = 'o_1'", "reference to a payload is none"),
            ("UPDATE journal SET payloads = 'xx' WHERE orchestration = 'o_1'", "not valid JSON"),
            (
                "UPDATE journal SET payloads = replace(payloads, ',0,', ',9223372036854775807,') "
                    + "WHERE orchestration = 'o_1'", "shorter than it should be"
            ),
        ])
    func damage(sql: String, reason: String) async throws {
        try await Self.withStore { store, directory in
            let whole = S.entry(2, 1, position: 2, event: S.completed(1, Self.text(40_000, "y")))
            try await store.commit([
                .journal(S.entry(1, 1, position: 1, event: S.completed(1, Self.text(600_000)))), .journal(whole),
            ])
            await store.close()
            let again = try await SQLiteStore.open(directory: directory)
            try await Self.change(again, sql)
            let recovery = try await again.recover()
            #expect(recovery.live == [[whole]])
            let unreadable = try #require(recovery.unreadable.first)
            #expect(recovery.unreadable.count == 1 && unreadable.orchestration == S.id(1))
            #expect("\(unreadable)".contains(reason), "\(unreadable)")
            #expect(!"\(unreadable)".contains("xx"))
            await again.close()
        }
    }

    @Test("a database that can't be read now is no damage of an entry, and nothing is set aside")
    func fault() async throws {
        try await Self.withStore { store, directory in
            try await store.commit([
                .journal(S.entry(1, 1, position: 1, event: S.completed(1, Self.text(600_000))))
            ])
            await store.close()
            let again = try await SQLiteStore.open(directory: directory)
            try await Self.change(again, "ALTER TABLE payloads RENAME TO away")
            for read in [
                { _ = try await again.recover() }, { _ = try await again.journal(of: S.id(1), after: 0, limit: 1) },
            ] as [() async throws -> Void] {
                await #expect { try await read() } throws: { ($0 as? StoreError)?.code == .unavailable }
            }
            try await Self.change(again, "ALTER TABLE away RENAME TO payloads")
            #expect(try await again.recover().live.count == 1)
            await again.close()
        }
    }

    @Test("payloads are deleted with their action, some parts in each step")
    func pruned() async throws {
        try await Self.withStore { store, _ in
            let row = S.row(1, status: .failed, endedAt: S.at(1))
            let other = S.entry(2, 1, position: 2, event: S.completed(1, Self.text(40_000)))
            try await store.commit([
                .journal(S.entry(1, 1, position: 1, event: S.completed(1, Self.text(2_000_000)))), .journal(other),
                .orchestration(row), .hide([S.id(1)]),
            ])
            var parts: [Int] = []
            while try await !store.hidden(limit: 1).isEmpty {
                parts.append(try await Self.stored(in: store)[1])
                try await store.commit([.prune(S.id(1), rows: 75)])
            }
            #expect(parts == [9, 6, 3])
            #expect(try await Self.stored(in: store)[1] == 1)
            #expect(try await store.journal(of: S.id(2), after: 0, limit: 9) == [other])
        }
    }

    @Test("a journal whose payloads stand in its rows, as version 5 wrote them, is read and goes on")
    func upgrade() async throws {
        try await TemporaryDirectory.use { directory in
            let store = try await SQLiteStore.open(directory: directory)
            try await store.commit(S.base + [.orchestration(S.row(1))])
            await store.close()
            let (output, input) = Self.outputAndInput(100_000)
            let entries = [
                S.entry(1, 1, position: 1, event: S.completed(1, output)),
                S.entry(1, 2, position: 2, event: Self.ready(2, input)),
            ]
            let queue = try DatabaseQueue(path: directory + "/orra.db")
            let text = String(decoding: try entries[0].event.text().bytes, as: UTF8.self)
            try await queue.write { database in
                try database.execute(
                    sql: """
                        DROP TABLE payloads;
                        ALTER TABLE journal DROP COLUMN payloads;
                        DELETE FROM grdb_migrations WHERE identifier LIKE '6 %';
                        """)
                try database.execute(
                    sql: "INSERT INTO journal VALUES ('o_1', 1, 'p_one', 1, ?, ?, 1)",
                    arguments: [S.at(1).milliseconds, text])
            }
            try queue.close()
            let again = try await SQLiteStore.open(directory: directory)
            try await again.commit([.journal(entries[1])])
            #expect(try await again.journal(of: S.id(1), after: 0, limit: 9) == entries)
            #expect(try await Self.stored(in: again)[0] == 1)
            await again.close()
        }
    }
}
