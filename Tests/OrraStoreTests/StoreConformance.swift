import OrraEngine
import OrraModel
import OrraStore
import Testing

/// What every store promises (`Store.swift`). A promise without a test here does not exist.
@Suite("Store conformance")
struct StoreConformance {
    typealias S = Samples

    func constraint(_ store: any Store, _ batch: [Write], _ location: SourceLocation = #_sourceLocation) async {
        let error = await #expect(throws: StoreError.self, sourceLocation: location) { try await store.commit(batch) }
        #expect(error?.code == .constraint, sourceLocation: location)
    }

    // MARK: - Commit

    @Test("a batch with one impossible write leaves nothing", arguments: StoreBackend.allCases)
    func atomicity(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let store = opened.store
            try await store.commit(
                S.base + [.orchestration(S.row(1)), .journal(S.entry(1, 1, position: 1))]
                    + [.outboxInsert(S.outbox(1, orchestration: 1, readyAt: 5))])
            await constraint(
                store,
                [
                    .project(Project(id: ProjectID("p_three"), name: "three", createdAt: S.at(3))),
                    .apiKey(hash: "h", project: S.project.id, createdAt: S.at(3)),
                    .service(S.service("echo2")), .orchestration(S.row(2)),
                    .orchestration(S.row(1, status: .completed, endedAt: S.at(9))),
                    .journal(S.entry(2, 1, position: 2)),
                    .journal(S.entry(2, 2, position: 3, event: S.ready(1, key: 9))),
                    .parameterValues(["ORD1"], S.id(2)), .outboxInsert(S.outbox(2, orchestration: 2, readyAt: 6)),
                    .outboxDelete(S.key(1)), .delivery(S.delivery("a", orchestration: 2, createdAt: 1, state: .failed)),
                    .outboxDead(S.key(2), at: S.at(7), error: "away"),
                    .failedCompensation(S.failedCompensation("a", orchestration: 2, at: 3)),
                    .submission(S.submission("k", orchestration: 2, createdAt: 3)),
                    .serviceEvent(S.serviceEntry(position: 9, at: 9)), .retention(S.project.id, milliseconds: 5),
                    .journal(S.entry(1, 1, position: 4)),
                ])
            let recovery = try await store.recover()
            #expect(recovery.projects == [S.project, S.otherProject])
            #expect(recovery.apiKeys.isEmpty)
            #expect(recovery.services == [S.service])
            #expect(recovery.live == [[S.entry(1, 1, position: 1)]])
            #expect(recovery.deliveries.isEmpty)
            #expect(recovery.positions == [S.project.id: 1])
            #expect(recovery.lastEntryAt == S.at(1))
            #expect(recovery.retention.isEmpty)
            #expect(try await store.failedCompensations(of: S.project.id, all: true, limit: 9).isEmpty)
            #expect(try await store.submission(of: S.project.id, key: "k") == nil)
            #expect(try await store.serviceEvents(of: S.project.id, afterPosition: 0, limit: 9).isEmpty)
            #expect(try await store.orchestration(S.id(1)) == S.row(1))
            #expect(try await store.orchestration(S.id(2)) == nil)
            #expect(try await store.orchestration(of: S.project.id, carrying: "ORD1") == nil)
            #expect(try await store.task(of: S.key(9)) == nil)
            #expect(try await store.outbox() == [S.outbox(1, orchestration: 1, readyAt: 5)])
            #expect(try await store.failedDeliveries(of: S.project.id, limit: 9).isEmpty)
            #expect(try await store.journal(of: S.id(2), after: 0, limit: 9).isEmpty)
            // What was refused left no trace that would refuse this.
            try await store.commit([.orchestration(S.row(2)), .journal(S.entry(2, 1, position: 2))])
        }
    }

    @Test("an empty batch is written", arguments: StoreBackend.allCases)
    func emptyBatch(_ backend: StoreBackend) async throws {
        try await backend.open { try await $0.store.commit([]) }
    }

    @Test("an id, a hash, a number or a name that is taken is refused", arguments: StoreBackend.allCases)
    func takenNames(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let store = opened.store
            let webhook = Webhook(
                id: WebhookID("w_1"), project: S.project.id, url: "http://a", purpose: .outcomes, secret: "x",
                createdAt: S.at(1))
            try await store.commit(
                S.base + [
                    .apiKey(hash: "h", project: S.project.id, createdAt: S.at(1)), .webhook(webhook),
                    .orchestration(S.row(1)), .orchestration(S.row(2)), .journal(S.entry(1, 1, position: 1)),
                    .journal(S.entry(1, 2, position: 2, event: S.ready(1, key: 1))),
                    .outboxInsert(S.outbox(1, orchestration: 1, readyAt: 1)),
                    .serviceEvent(S.serviceEntry(position: 3)),
                ])
            await constraint(store, [.project(S.project)])
            await constraint(store, [.apiKey(hash: "h", project: S.otherProject.id, createdAt: S.at(2))])
            await constraint(store, [.webhook(webhook)])
            await constraint(store, [.service(S.service("echo", id: "another"))])
            await constraint(store, [.journal(S.entry(1, 2, position: 3))])
            await constraint(store, [.journal(S.entry(2, 1, position: 2))])
            await constraint(store, [.journal(S.entry(2, 1, position: 3, event: S.ready(1, key: 1)))])
            await constraint(store, [.journal(S.entry(2, 1, position: 3, event: S.compensationReady(1, key: 1)))])
            await constraint(store, [.serviceEvent(S.serviceEntry(position: 3, at: 9))])
            // The same numbers and names elsewhere are free.
            try await store.commit([
                .service(S.service("echo", kind: .agent, id: "agent")),
                .service(S.service("echo", project: S.otherProject.id, id: "foreign")),
                .orchestration(S.row(3, project: S.otherProject.id)),
                .journal(S.entry(3, 1, position: 1, project: S.otherProject.id)),
                .serviceEvent(S.serviceEntry(position: 3, project: S.otherProject.id)),
            ])
        }
    }

    @Test("a reference to nothing is refused", arguments: StoreBackend.allCases)
    func references(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let store = opened.store
            let nobody = ProjectID("p_nobody")
            try await store.commit(S.base + [.orchestration(S.row(1))])
            await constraint(store, [.apiKey(hash: "h", project: nobody, createdAt: S.at(1))])
            await constraint(store, [.service(S.service("other", project: nobody))])
            await constraint(store, [.orchestration(S.row(2, project: nobody))])
            await constraint(store, [.journal(S.entry(2, 1, position: 1))])
            await constraint(store, [.parameterValues(["v"], S.id(2))])
            await constraint(store, [.outboxInsert(S.outbox(1, orchestration: 2, readyAt: 1))])
            await constraint(store, [.delivery(S.delivery("a", orchestration: 2, createdAt: 1, state: .pending))])
            var row = S.outbox(1, orchestration: 1, readyAt: 1)
            row.service = ServiceID("s_nobody")
            await constraint(store, [.outboxInsert(row)])
            await constraint(store, [.failedCompensation(S.failedCompensation("a", orchestration: 2, at: 1))])
            await constraint(
                store, [.failedCompensation(S.failedCompensation("a", orchestration: 1, at: 1, project: nobody))])
            await constraint(store, [.submission(S.submission("k", orchestration: 2, createdAt: 1))])
            await constraint(store, [.submission(S.submission("k", orchestration: 1, createdAt: 1, project: nobody))])
            await constraint(store, [.serviceEvent(S.serviceEntry(position: 1, project: nobody))])
            await constraint(store, [.serviceEvent(S.serviceEntry(position: 1, service: ServiceID("s_nobody")))])
            await constraint(store, [.retention(nobody, milliseconds: 1)])
            await constraint(store, [.document(S.document("a", project: nobody))])
        }
    }

    @Test("a batch is written in its order", arguments: StoreBackend.allCases)
    func orderWithinBatch(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let store = opened.store
            try await store.commit(
                S.base + [
                    .orchestration(S.row(1)), .parameterValues(["v"], S.id(1)), .journal(S.entry(1, 1, position: 1)),
                    .outboxInsert(S.outbox(1, orchestration: 1, readyAt: 1)), .outboxDelete(S.key(1)),
                    .outboxInsert(S.outbox(1, orchestration: 1, readyAt: 2)),
                    .orchestration(S.row(1, status: .paused)), .orchestration(S.row(1, status: .failed)),
                ])
            #expect(try await store.orchestration(of: S.project.id, carrying: "v") == S.row(1, status: .failed))
            #expect(try await store.outbox() == [S.outbox(1, orchestration: 1, readyAt: 2)])
            // What a write refers to comes before it.
            await constraint(store, [.journal(S.entry(2, 1, position: 2)), .orchestration(S.row(2))])
            await constraint(store, [.parameterValues(["v"], S.id(2)), .orchestration(S.row(2))])
        }
    }

    @Test("a service and an orchestration are replaced by their id", arguments: StoreBackend.allCases)
    func upserts(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let store = opened.store
            try await store.commit(
                S.base + [
                    .orchestration(S.row(1)),
                    .delivery(S.delivery("a", orchestration: 1, createdAt: 1, state: .pending)),
                ])
            var service = S.service
            service.name = "renamed"
            service.version = 4
            service.schema.output = JSONSchema(["type": "object"])
            var row = S.row(1, status: .failed, endedAt: S.at(50))
            row.error = "task1 failed"
            row.isUnsettled = true
            row.compensations = CompensationCounts(active: 1, total: 7, completed: 2, failed: 4)
            var delivery = S.delivery("a", orchestration: 1, createdAt: 1, state: .pending)
            delivery.attempts = 3
            delivery.lastError = nil
            delivery.nextAttempt = S.at(9)
            // What a delivery tells, and to whom, stays.
            var other = delivery
            other.subject = .compensationFailed(TaskID(3))
            other.url = "http://127.0.0.1/other"
            try await store.commit([.service(service), .orchestration(row), .delivery(other)])
            #expect(try await store.recover().services == [service])
            #expect(try await store.recover().deliveries == [delivery])
            #expect(try await store.orchestration(S.id(1)) == row)
            // An id is one action's.
            row.action = "another"
            await constraint(store, [.orchestration(row)])
            await constraint(store, [.orchestration(S.row(1, project: S.otherProject.id))])
            await constraint(store, [.orchestration(S.row(1, receivedAt: 77))])
            // The old name is free.
            try await store.commit([.service(S.service("echo", id: "new"))])
        }
    }

    // MARK: - Journal

    @Test("a journal is read in order, after a number, up to a limit", arguments: StoreBackend.allCases)
    func journal(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let store = opened.store
            let entries = (1...12).map { S.entry(1, $0, position: Int64($0 * 2)) }
            let others = (1...3).map { S.entry(2, $0, position: Int64($0 * 2 + 1)) }
            try await store.commit(
                S.base + [.orchestration(S.row(1)), .orchestration(S.row(2))]
                    + (entries + others).map(Write.journal))
            #expect(try await store.journal(of: S.id(1), after: 0, limit: 100) == entries)
            #expect(try await store.journal(of: S.id(1), after: 9, limit: 100) == Array(entries[9...]))
            #expect(try await store.journal(of: S.id(1), after: 3, limit: 2) == Array(entries[3..<5]))
            #expect(try await store.journal(of: S.id(1), after: 12, limit: 2).isEmpty)
            #expect(try await store.journal(of: S.id(1), after: 0, limit: 0).isEmpty)
        }
    }

    @Test("a project's journal follows its positions", arguments: StoreBackend.allCases)
    func projectJournal(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let store = opened.store
            let entries = [
                S.entry(2, 1, position: 1), S.entry(1, 1, position: 2), S.entry(2, 2, position: 3),
                S.entry(1, 2, position: 10),
            ]
            let foreign = S.entry(3, 1, position: 2, project: S.otherProject.id)
            try await store.commit(
                S.base + [1, 2].map { .orchestration(S.row($0)) }
                    + [.orchestration(S.row(3, project: S.otherProject.id)), .journal(foreign)]
                    + entries.map(Write.journal))
            #expect(try await store.journal(of: S.project.id, afterPosition: 0, limit: 100) == entries)
            #expect(try await store.journal(of: S.project.id, afterPosition: 2, limit: 1) == [entries[2]])
            #expect(try await store.journal(of: S.project.id, afterPosition: 10, limit: 1).isEmpty)
            #expect(try await store.journal(of: S.otherProject.id, afterPosition: 1, limit: 9) == [foreign])
            #expect(try await store.recover().positions == [S.project.id: 10, S.otherProject.id: 2])
        }
    }

    @Test("an event comes back as it was, with 5 MiB in it", arguments: StoreBackend.allCases)
    func largePayload(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let text = String(repeating: "0123456789abcdé", count: 5 * 1024 * 1024 / 16)
            let data = RawJSON(.object(["n": .number(try #require(JSONNumber(text: "1e400"))), "text": .string(text)]))
            #expect(data.bytes.count >= 5 * 1024 * 1024)
            let entry = S.entry(
                1, 1, position: 1,
                event: .received(
                    .init(
                        orchestration: S.id(1), project: S.project.id, action: "a", data: data,
                        timeout: .milliseconds(1), webhook: "http://a")))
            try await opened.store.commit(S.base + [.orchestration(S.row(1)), .journal(entry)])
            try await opened.reopen()
            #expect(try await opened.store.journal(of: S.id(1), after: 0, limit: 1) == [entry])
        }
    }

    // MARK: - Recovery

    @Test("recovery returns live orchestrations only, whole, oldest first", arguments: StoreBackend.allCases)
    func recovery(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let live = [
                (1...11).map { S.entry(3, $0, position: Int64($0)) },
                (1...2).map { S.entry(1, $0, position: Int64($0) + 20) },
            ]
            let ended = S.entry(2, 1, position: 12, at: 500)
            let webhook = Webhook(
                id: WebhookID("w_1"), project: S.project.id, url: "http://a", purpose: .compensationFailures,
                secret: "c2VjcmV0", createdAt: S.at(1))
            try await opened.store.commit(
                S.base + [
                    .apiKey(hash: "h2", project: S.otherProject.id, createdAt: S.at(2)),
                    .apiKey(hash: "h3", project: S.project.id, createdAt: S.at(1)), .webhook(webhook),
                    .orchestration(S.row(1, receivedAt: 30)), .orchestration(S.row(3, receivedAt: 20)),
                    .orchestration(S.row(2, receivedAt: 10, status: .completed, endedAt: S.at(11))), .journal(ended),
                ] + live.joined().map(Write.journal))
            try await opened.reopen()
            let recovery = try await opened.store.recover()
            #expect(recovery.projects == [S.project, S.otherProject])
            #expect(
                recovery.apiKeys == [
                    .init(hash: "h3", project: S.project.id), .init(hash: "h2", project: S.otherProject.id),
                ])
            #expect(recovery.webhooks == [webhook])
            #expect(recovery.services == [S.service])
            #expect(recovery.live == live)
            #expect(recovery.positions == [S.project.id: 22])
            // The latest time, not the time of the last entry written.
            #expect(recovery.lastEntryAt == S.at(500))
        }
    }

    @Test(
        "the latest time is kept: over a clock that goes back, and when its entry is deleted",
        arguments: StoreBackend.allCases)
    func latestTime(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            func check(_ time: Int64, _ batch: [Write]) async throws {
                try await opened.store.commit(batch)
                #expect(try await opened.store.recover().lastEntryAt == S.at(time))
                try await opened.reopen()
                #expect(try await opened.store.recover().lastEntryAt == S.at(time))
            }
            let rows = (1...2).map { Write.orchestration(S.row($0, status: .failed, endedAt: S.at(2))) }
            try await check(5, S.base + rows + [.journal(S.entry(1, 1, position: 1, at: 5))])
            try await check(9, [.journal(S.entry(2, 1, position: 2, at: 9))])
            try await check(9, [.hide([S.id(2)]), .prune(S.id(2), rows: 9)])
            try await check(9, [.journal(S.entry(1, 2, position: 3, at: 7))])
            // Within one batch, too; and what failed does not count.
            await constraint(
                opened.store, [.journal(S.entry(1, 3, position: 4, at: 99)), .journal(S.entry(1, 1, position: 9))])
            try await check(
                12, [.journal(S.entry(1, 3, position: 4, at: 12)), .journal(S.entry(1, 4, position: 5, at: 3))])
            try await check(
                20, [.journal(S.entry(1, 5, position: 6, at: 11)), .serviceEvent(S.serviceEntry(position: 7, at: 20))])
        }
    }

    @Test("what was committed is there after closing and opening", arguments: StoreBackend.allCases)
    func reopening(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            try await opened.store.commit(
                S.base + [
                    .orchestration(S.row(1)), .journal(S.entry(1, 1, position: 1)), .parameterValues(["v"], S.id(1)),
                    .outboxInsert(S.outbox(1, orchestration: 1, readyAt: 1)),
                    .delivery(S.delivery("c", orchestration: 1, createdAt: 3, state: .failed)),
                ])
            for _ in 0..<2 {
                try await opened.reopen()
                #expect(try await opened.store.recover().live == [[S.entry(1, 1, position: 1)]])
                #expect(try await opened.store.orchestration(of: S.project.id, carrying: "v") == S.row(1))
                #expect(try await opened.store.outbox().count == 1)
                #expect(try await opened.store.failedDeliveries(of: S.project.id, limit: 9).count == 1)
            }
            await constraint(opened.store, [.journal(S.entry(1, 1, position: 2))])
            try await opened.store.commit([.journal(S.entry(1, 2, position: 2))])
        }
    }

    @Test("a closed store says so, and may be closed again", arguments: StoreBackend.allCases)
    func closing(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            await opened.store.close()
            await opened.store.close()
            let error = await #expect(throws: StoreError.self) { try await opened.store.commit(S.base) }
            #expect(error?.code == .unavailable)
            await #expect(throws: StoreError.self) { try await opened.store.outbox() }
        }
    }

    // MARK: - Concurrency

    @Test("commits and reads at the same time see whole batches", arguments: StoreBackend.allCases)
    func concurrency(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let store = opened.store
            try await store.commit(S.base + (1...8).map { .orchestration(S.row($0)) })
            try await withThrowingTaskGroup { group in
                for writer in 1...8 {
                    group.addTask {
                        for batch in 0..<10 {
                            try await store.commit(
                                (1...3).map {
                                    let seq = batch * 3 + $0
                                    return .journal(S.entry(writer, seq, position: Int64(writer * 100 + seq)))
                                })
                            // Reads see what was committed before they began.
                            let own = try await store.journal(of: S.id(writer), after: 0, limit: 1_000)
                            #expect(own.map(\.seq) == Array(1...(batch * 3 + 3)))
                        }
                    }
                    group.addTask {
                        for _ in 0..<10 {
                            let entries = try await store.journal(of: S.id(writer), after: 0, limit: 1_000)
                            #expect(entries.count.isMultiple(of: 3))
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.journal(of: S.project.id, afterPosition: 0, limit: 1_000).count == 240)
        }
    }
}
