import GRDB
import OrraModel
import Testing

@testable import OrraEngine
@testable import OrraStore

@Suite("SQLite migrations")
struct SQLiteMigrationTests {
    typealias S = Samples

    /// A database as version 1 left it, with a row in each of its tables.
    func makeFirst(in directory: String) throws {
        let queue = try DatabaseQueue(path: directory + "/orra.db")
        try queue.writeWithoutTransaction { try Migrations.claim($0) }
        try Migrations.migrator.migrate(queue, upTo: "1 journal and projections")
        let event = String(decoding: try WireEncoder().encode(S.entry(1, 1, position: 1).event), as: UTF8.self)
        let ready = String(decoding: try WireEncoder().encode(S.ready(12, key: 7)), as: UTF8.self)
        let service = String(decoding: try WireEncoder().encode(S.service), as: UTF8.self)
        let rows: [(String, StatementArguments)] = [
            ("projects VALUES ('p_one', 'one', ?)", [S.at(1).milliseconds]),
            ("api_keys VALUES ('h', 'p_one', ?)", [S.at(1).milliseconds]),
            ("webhooks VALUES ('w_1', 'p_one', 'http://a', 'outcomes', 'c2VjcmV0', ?)", [S.at(1).milliseconds]),
            ("services VALUES ('s_echo', 'p_one', 'service', 'echo', ?, ?)", [S.at(7).milliseconds, service]),
            ("orchestrations VALUES ('o_1', 'p_one', 'Send é 1', 'processing', NULL, ?, NULL)", [S.at(1).milliseconds]),
            (
                "orchestrations VALUES ('o_2', 'p_one', 'Send é 2', 'failed', 'task1 failed', ?, ?)",
                [S.at(2).milliseconds, S.at(9).milliseconds]
            ),
            ("journal VALUES ('o_1', 1, 'p_one', 1, ?, ?)", [S.at(1).milliseconds, event]),
            ("journal VALUES ('o_1', 2, 'p_one', 2, ?, ?)", [S.at(2).milliseconds, ready]),
            ("clock VALUES (1, ?)", [S.at(3).milliseconds]),
            ("task_keys VALUES ('key7', 'o_1', 'task12')", []),
            ("parameter_values VALUES ('p_one', 'ORD456', ?, 'o_1')", [S.at(1).milliseconds]),
            ("outbox VALUES (5, 'key7', 'o_1', 'task12', 'p_one', 's_echo', ?)", [S.at(2).milliseconds]),
            (
                """
                deliveries VALUES ('d_b', 'p_one', 'o_2', 'http://127.0.0.1/b', 'c2VjcmV0', 'list', ?, 'failed', 2, ?,
                    'answered 503')
                """, [S.at(3).milliseconds, S.at(102).milliseconds]
            ),
        ]
        try queue.write { database in
            for (row, arguments) in rows { try database.execute(sql: "INSERT INTO " + row, arguments: arguments) }
        }
        try queue.close()
    }

    @Test("what version 1 wrote is found again, and goes on")
    func upgrade() async throws {
        try await TemporaryDirectory.use { directory in
            try makeFirst(in: directory)
            let store = try await SQLiteStore.open(directory: directory)
            let entries = [S.entry(1, 1, position: 1), S.entry(1, 2, position: 2, event: S.ready(12, key: 7))]
            let recovery = try await store.recover()
            #expect(recovery.projects == [S.project])
            #expect(recovery.apiKeys == [.init(hash: "h", project: S.project.id)])
            #expect(recovery.webhooks.map(\.id) == [WebhookID("w_1")])
            #expect(recovery.services == [S.service])
            #expect(recovery.live == [entries])
            #expect(recovery.unreadable.isEmpty && recovery.unreadableServices.isEmpty && recovery.retention.isEmpty)
            #expect(recovery.positions == [S.project.id: 2])
            #expect(recovery.lastEntryAt == S.at(3))
            var ended = S.row(2, status: .failed, endedAt: S.at(9))
            ended.error = "task1 failed"
            #expect(try await store.orchestrations(of: S.project.id, limit: 9) == [ended, S.row(1)])
            #expect(try await store.orchestration(of: S.project.id, carrying: "ORD456") == S.row(1))
            #expect(try await store.journal(of: S.id(1), after: 0, limit: 9) == entries)
            #expect(try await store.task(of: S.key(7)) == TaskReference(S.id(1), TaskID(12)))
            var waiting = S.outbox(12, orchestration: 1, readyAt: 2)
            waiting.key = S.key(7)
            #expect(try await store.outbox() == [waiting])
            #expect(try await store.outbox(of: S.project.id, limit: 9) == [waiting])
            let delivery = S.delivery("b", orchestration: 2, createdAt: 3, state: .failed)
            #expect(try await store.failedDeliveries(of: S.project.id, limit: 9) == [delivery])
            #expect(try await store.prunedPosition(of: S.project.id) == 0)
            #expect(try await store.prunable(of: S.project.id, endedBefore: S.at(10), limit: 9) == [S.id(2)])
            // What is new works on old rows.
            try await store.commit([
                .hide([S.id(2)]), .prune(S.id(2), rows: 9), .outboxDead(S.key(7), at: S.at(9), error: "away"),
                .retention(S.project.id, milliseconds: 5),
            ])
            await store.close()
            let again = try await SQLiteStore.open(directory: directory)
            #expect(try await again.outbox().isEmpty)
            #expect(try await again.orchestrations(of: S.project.id, limit: 9) == [S.row(1)])
            #expect(try await again.recover().live == [entries])
            await again.close()
        }
    }

    /// A database as version 2 left it: version 1's rows, and one in each table that came with it.
    func makeSecond(in directory: String) throws {
        try makeFirst(in: directory)
        let queue = try DatabaseQueue(path: directory + "/orra.db")
        try Migrations.migrator.migrate(queue, upTo: "2 compensation and retention")
        let times = [S.at(5).milliseconds, S.at(6).milliseconds]
        let event = String(
            decoding: try WireEncoder().encode(S.serviceEntry(position: 3).event), as: UTF8.self)
        let received = String(decoding: try WireEncoder().encode(S.entry(3, 1, position: 4).event), as: UTF8.self)
        let rows: [(String, StatementArguments)] = [
            (
                """
                orchestrations VALUES ('o_3', 'p_one', 'Send é 3', 'paused', NULL, ?, NULL, 0, 0, 0, 2, 1, 1)
                """, [S.at(3).milliseconds]
            ),
            (
                """
                failed_compensations VALUES ('c_b', 'p_one', 'o_2', 'task12', 'compensation', 's_echo', 'echo', 'partial',
                    'é gave up', 10, ?, 'resolved', 'by hand', ?)
                """, [times[0], times[1]]
            ),
            ("submissions VALUES ('p_one', 'k', 'h2', 'o_2', ?)", [times[0]]),
            ("journal VALUES ('o_3', 1, 'p_one', 4, ?, ?)", [S.at(4).milliseconds, received]),
            ("service_events VALUES ('p_one', 3, ?, 's_echo', ?)", [S.at(3).milliseconds, event]),
        ]
        try queue.write { database in
            for (row, arguments) in rows { try database.execute(sql: "INSERT INTO " + row, arguments: arguments) }
            try database.execute(sql: "UPDATE projects SET retention_ms = 5, pruned_position = 2")
            try database.execute(sql: "UPDATE deliveries SET subject = 'compensationFailed', subject_task = 'task12'")
        }
        try queue.close()
    }

    @Test("what version 2 wrote is found again, and what came with planning works on it")
    func upgradeFromSecond() async throws {
        try await TemporaryDirectory.use { directory in
            try makeSecond(in: directory)
            let store = try await SQLiteStore.open(directory: directory)
            let recovery = try await store.recover()
            #expect(recovery.projects == [S.project] && recovery.services == [S.service])
            #expect(recovery.retention == [S.project.id: .milliseconds(5)])
            #expect(recovery.unreadable.isEmpty && recovery.unreadableServices.isEmpty)
            #expect(recovery.live.map(\.count) == [2, 1])
            #expect(try await store.prunedPosition(of: S.project.id) == 2)
            // Paused, and from before it was said for what.
            let paused = try #require(try await store.orchestration(S.id(3)))
            #expect(paused.status == .paused && paused.pauseReason == nil)
            #expect(try await store.orchestration(S.id(1)) == S.row(1))
            let failed = S.failedCompensation("b", orchestration: 2, at: 5, resolution: .resolved)
            #expect(try await store.failedCompensation(CompensationID("c_b")) == failed)
            #expect(
                try await store.submission(of: S.project.id, key: "k")
                    == S.submission("k", orchestration: 2, createdAt: 5))
            #expect(
                try await store.serviceEvents(of: S.service.id, limit: 9) == [S.serviceEntry(position: 3)])
            var delivery = S.delivery("b", orchestration: 2, createdAt: 3, state: .failed)
            delivery.subject = .compensationFailed(TaskID(12))
            #expect(try await store.failedDeliveries(of: S.project.id, limit: 9) == [delivery])
            #expect(try await store.documents(of: S.project.id, kind: .grounding, limit: 9).isEmpty)

            var held = paused
            held.pauseReason = .approval
            let document = S.document("a")
            try await store.commit([.orchestration(held), .document(document)])
            await store.close()
            let again = try await SQLiteStore.open(directory: directory)
            #expect(try await again.orchestration(S.id(3)) == held)
            #expect(try await again.documents(of: S.project.id, kind: .grounding, limit: 9) == [document])
            await again.close()
        }
    }

    /// Orchestrations whose ids and keys are chance, and one that a newer hub made: they begin with the time.
    static let chance = OrchestrationID("o_zzzexc3wfgPWhvdK77NMFx5")
    static let ordered = OrchestrationID("o_2tQWc4RDgPWhvdK77NMFx5")

    static func key(_ id: OrchestrationID, isOrdered: Bool) -> IdempotencyKey {
        let time = id.rawValue.utf8.dropFirst(2).prefix(8).hexadecimal
        return IdempotencyKey(rawValue: (isOrdered ? time : "00000000ffffffff") + String(repeating: "a", count: 48))
    }

    @Test("what version 4 wrote is found again: keys and deliveries, which are deleted with their action")
    func upgradeFromFourth() async throws {
        try await TemporaryDirectory.use { directory in
            try makeSecond(in: directory)
            let queue = try DatabaseQueue(path: directory + "/orra.db")
            try Migrations.migrator.migrate(queue, upTo: "4 pages of the journal")
            let old = Self.key(Self.chance, isOrdered: false)
            let event = String(
                decoding: try WireEncoder().encode(
                    Event.taskReady(.init(task: TaskID(1), input: .emptyObject, key: old))),
                as: UTF8.self)
            let (time, id) = (S.at(4).milliseconds, Self.chance.rawValue)
            try await queue.write { database in
                try database.execute(
                    sql: """
                        INSERT INTO orchestrations VALUES (?, 'p_one', 'a', 'failed', NULL, ?, ?, 0, 0, 0, 0, 0, 0, NULL)
                        """, arguments: [id, time, time])
                try database.execute(
                    sql: "INSERT INTO journal VALUES (?, 1, 'p_one', 5, ?, ?, 1)", arguments: [id, time, event])
                try database.execute(
                    sql: "INSERT INTO task_keys VALUES (?, ?, 'task1', 'task')", arguments: [old.rawValue, id])
                try database.execute(
                    sql: """
                        INSERT INTO deliveries VALUES
                            ('d_z', 'p_one', ?, 'http://a', NULL, 'merged', ?, 'pending', 3, ?, NULL, 'outcome', NULL)
                        """, arguments: [id, time, time])
            }
            try queue.close()

            let store = try await SQLiteStore.open(directory: directory)
            #expect(try await store.task(of: S.key(7)) == TaskReference(S.id(1), TaskID(12)))
            #expect(try await store.task(of: old) == TaskReference(Self.chance, TaskID(1)))
            var failed = S.delivery("b", orchestration: 2, createdAt: 3, state: .failed)
            failed.subject = .compensationFailed(TaskID(12))
            #expect(try await store.failedDeliveries(of: S.project.id, limit: 9) == [failed])
            var pending = try #require(try await store.recover().deliveries.first)
            #expect(pending.id == DeliveryID("d_z") && pending.orchestration == Self.chance)
            #expect(pending.url == "http://a" && pending.attempts == 3 && pending.subject == .outcome)
            #expect(try await store.recover().deliveries.count == 1)
            #expect(try await store.prunable(of: S.project.id, endedBefore: S.at(99), limit: 9).isEmpty)

            pending.state = .delivered
            try await store.commit([.delivery(pending), .hide([Self.chance]), .prune(Self.chance, rows: 9)])
            #expect(try await store.task(of: old) == nil)
            #expect(try await store.task(of: S.key(7)) != nil)
            #expect(try await store.recover().deliveries.isEmpty)
            let left = try await store.pool.read { database in
                try ["task_keys", "deliveries"].map { table in
                    try Int.fetchOne(
                        database, sql: "SELECT count(*) FROM \(table) WHERE orchestration = ?", arguments: [id]) ?? 0
                }
            }
            #expect(left == [0, 0])
            await store.close()
        }
    }

    @Test("keys are deleted with their action, whether they begin with its time or not, and no other's are")
    func keys() async throws {
        try await TemporaryDirectory.use { directory in
            let store = try await SQLiteStore.open(directory: directory)
            // Made in the same millisecond.
            let twin = OrchestrationID(Self.ordered.rawValue.dropLast() + "6")
            var batch = S.base
            for (number, id) in [Self.ordered, twin].enumerated() {
                var row = S.row(number, status: .failed, endedAt: S.at(1))
                row.id = id
                batch.append(.orchestration(row))
                for (seq, isOrdered) in [true, false].enumerated() {
                    var key = Self.key(id, isOrdered: isOrdered).rawValue.dropLast()
                    key.append(number == 0 ? "b" : "c")
                    let event = Event.taskReady(
                        .init(task: TaskID(seq + 1), input: .emptyObject, key: IdempotencyKey(rawValue: String(key))))
                    batch.append(
                        .journal(
                            JournalEntry(
                                orchestration: id, project: S.project.id, seq: seq + 1,
                                position: Int64(number * 2 + seq + 1), at: S.at(1), event: event)))
                }
            }
            try await store.commit(batch)
            func keys() async throws -> [String] {
                try await store.pool.read {
                    try String.fetchAll($0, sql: "SELECT orchestration FROM task_keys ORDER BY orchestration")
                }
            }
            let (one, other) = (Self.ordered.rawValue, twin.rawValue)
            #expect(try await keys() == [one, one, other, other])
            // Only those of the other kind are in the index.
            let indexed = try await store.pool.read { database in
                try Int.fetchOne(
                    database,
                    sql: """
                        SELECT count(*) FROM task_keys INDEXED BY task_keys_without_time
                        WHERE substr(key, 1, 16) <> lower(hex(substr(orchestration, 3, 8)))
                        """)
            }
            #expect(indexed == 2)
            try await store.commit([.hide([Self.ordered]), .prune(Self.ordered, rows: 9)])
            #expect(try await keys() == [other, other])
            await store.close()
        }
    }

    @Test("a document that was damaged is said to be, without its content, and others are read")
    func damagedDocument() async throws {
        try await TemporaryDirectory.use { directory in
            let store = try await SQLiteStore.open(directory: directory)
            try await store.commit(
                S.base + [
                    .document(S.document("a")), .document(S.document("c")),
                    .document(S.document("b", kind: .pinnedPlan)),
                ])
            try await store.pool.write {
                try $0.execute(sql: #"UPDATE documents SET body = '{"hush' WHERE name = 'a'"#)
            }
            let error = await #expect(throws: StoreError.self) {
                try await store.documents(of: S.project.id, kind: .grounding, limit: 9)
            }
            #expect(error?.code == .damaged)
            #expect(error?.message.contains("grounding") == true && error?.message.contains("hush") == false)
            // Which one it is can be found out.
            #expect(try await store.documentNames(of: S.project.id, kind: .grounding, limit: 9) == ["c", "a"])
            let again = await #expect(throws: StoreError.self) {
                try await store.document(of: S.project.id, kind: .grounding, name: "a")
            }
            #expect(again == error)
            #expect(try await store.document(of: S.project.id, kind: .grounding, name: "c") != nil)
            #expect(try await store.documents(of: S.project.id, kind: .pinnedPlan, limit: 9).count == 1)
            try await store.commit([.document(S.document("a"))])
            #expect(try await store.documents(of: S.project.id, kind: .grounding, limit: 9).count == 2)
            await store.close()
        }
    }

    @Test("no query scans a table that grows, and what is deleted is not searched for in one")
    func queryPlans() async throws {
        try await TemporaryDirectory.use { directory in
            let store = try await SQLiteStore.open(directory: directory)
            let statements = Statements.queries + Statements.recovery + Statements.pruning + Statements.writes
            let (plans, tables) = try await store.pool.read { database in
                let plans = try statements.map { sql in
                    let statement = try database.makeStatement(sql: "EXPLAIN QUERY PLAN " + sql)
                    statement.setUncheckedArguments([])
                    let rows = try Row.fetchAll(statement)
                    return (sql, rows.map { $0["detail"] as String })
                }
                return (
                    plans, try String.fetchSet(database, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'")
                )
            }
            // These hold what an operator made; all others grow with each action.
            let small: Set = ["projects", "p", "api_keys", "webhooks", "services", "clock"]
            #expect(plans.count == statements.count)
            #expect(tables.contains("documents"))
            let documents = [Statements.documents, Statements.document, Statements.documentNames]
            for sql in documents + [Statements.upsertDocument, Statements.deleteDocument] {
                #expect(statements.contains(sql))
            }
            #expect(tables.isSuperset(of: small.subtracting(["p"])))
            for (sql, steps) in plans {
                for step in steps {
                    let words = step.split(separator: " ").map(String.init)
                    // The partial indexes hold the live, the pending and the hidden rows only.
                    let isBounded = ["orchestrations_live", "deliveries_pending", "orchestrations_hidden"].contains {
                        step.contains("INDEX \($0)")
                    }
                    let isOfRows = ["(subquery-", "CONSTANT"].contains {
                        words.dropFirst().first?.hasPrefix($0) == true
                    }
                    if words.first == "SCAN", !isOfRows {
                        #expect(small.contains(words[1]) || isBounded, "\(step): \(sql)")
                    }
                    // Only what waits is sorted, not what has a limit.
                    #expect(
                        !step.contains("TEMP B-TREE") || sql == Statements.outbox || !sql.contains("LIMIT"),
                        "\(step): \(sql)")
                    #expect(!step.contains("AUTOMATIC"), "\(step): \(sql)")
                }
            }
            await store.close()
        }
    }

    @Test("each reference to an orchestration has an index, so that deleting one searches no table")
    func referenceIndexes() async throws {
        try await TemporaryDirectory.use { directory in
            let store = try await SQLiteStore.open(directory: directory)
            let (referring, indexed) = try await store.pool.read { database in
                let tables = try String.fetchAll(database, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'")
                let referring = try tables.filter { table in
                    try database.foreignKeys(on: table).contains { $0.destinationTable == "orchestrations" }
                }
                let indexed = try referring.filter { table in
                    try database.indexes(on: table).contains { $0.columns.first == "orchestration" }
                }
                return (referring, indexed)
            }
            #expect(
                Set(referring) == [
                    "journal", "payloads", "parameter_values", "outbox", "deliveries", "failed_compensations",
                    "submissions",
                ])
            #expect(indexed == referring)
            await store.close()
        }
    }
}
