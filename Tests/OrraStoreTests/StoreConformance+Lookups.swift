import OrraEngine
import OrraModel
import OrraStore
import Testing

extension StoreConformance {
    // MARK: - Lookups

    @Test("orchestrations are listed newest first, then by id, up to a limit", arguments: StoreBackend.allCases)
    func orchestrations(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let store = opened.store
            let rows = [S.row(1, receivedAt: 5), S.row(2, receivedAt: 9), S.row(3, receivedAt: 5)]
            try await store.commit(
                S.base + rows.map(Write.orchestration) + [.orchestration(S.row(4, project: S.otherProject.id))])
            #expect(try await store.orchestrations(of: S.project.id, limit: 9) == [rows[1], rows[2], rows[0]])
            #expect(try await store.orchestrations(of: S.project.id, limit: 2) == [rows[1], rows[2]])
            #expect(try await store.orchestrations(of: S.project.id, limit: 0).isEmpty)
        }
    }

    @Test("the newest orchestration of the project that carries a value is found", arguments: StoreBackend.allCases)
    func parameterValues(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let store = opened.store
            try await store.commit(
                S.base + [
                    .orchestration(S.row(1, receivedAt: 5)), .parameterValues(["ORD456", "x", "x"], S.id(1)),
                    .orchestration(S.row(2, receivedAt: 9)), .parameterValues(["ORD456"], S.id(2)),
                    .orchestration(S.row(3, receivedAt: 7)), .parameterValues(["ORD456", "x"], S.id(3)),
                    .orchestration(S.row(4, project: S.otherProject.id, receivedAt: 99)),
                    .parameterValues(["ORD456"], S.id(4)),
                ])
            // Said again: nothing new.
            try await store.commit([.parameterValues(["ORD456"], S.id(1))])
            #expect(try await store.orchestration(of: S.project.id, carrying: "ORD456")?.id == S.id(2))
            #expect(try await store.orchestration(of: S.project.id, carrying: "x")?.id == S.id(3))
            #expect(try await store.orchestration(of: S.otherProject.id, carrying: "ORD456")?.id == S.id(4))
            #expect(try await store.orchestration(of: S.otherProject.id, carrying: "x") == nil)
            #expect(try await store.orchestration(of: S.project.id, carrying: "ord456") == nil)
            #expect(try await store.orchestration(of: S.project.id, carrying: "' OR 1=1 --") == nil)
        }
    }

    @Test("a key names its task, also after the orchestration has ended", arguments: StoreBackend.allCases)
    func keys(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let store = opened.store
            try await store.commit(
                S.base + [
                    .orchestration(S.row(1)), .journal(S.entry(1, 1, position: 1)),
                    .journal(S.entry(1, 2, position: 2, event: S.ready(10, key: 7))),
                    .journal(S.entry(1, 3, position: 3, event: S.compensationReady(10, key: 17))),
                    .journal(S.entry(1, 4, position: 4, event: S.compensationReady(10, key: 18))),
                ])
            try await store.commit([
                .orchestration(S.row(1, status: .completed, endedAt: S.at(9))), .outboxDelete(S.key(7)),
            ])
            try await opened.reopen()
            #expect(try await opened.store.task(of: S.key(7)) == TaskReference(S.id(1), TaskID(10)))
            let undoing = TaskReference(S.id(1), TaskID(10), .compensation)
            #expect(try await opened.store.task(of: S.key(17)) == undoing)
            #expect(try await opened.store.task(of: S.key(18)) == undoing)
            #expect(try await opened.store.task(of: S.key(8)) == nil)
        }
    }

    @Test("what is not known is nil or empty", arguments: StoreBackend.allCases)
    func unknown(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let store = opened.store
            #expect(try await store.orchestration(S.id(1)) == nil)
            #expect(try await store.orchestration(of: S.project.id, carrying: "v") == nil)
            #expect(try await store.orchestrations(of: S.project.id, limit: 9).isEmpty)
            #expect(try await store.journal(of: S.id(1), after: 0, limit: 9).isEmpty)
            #expect(try await store.journal(of: S.project.id, afterPosition: 0, limit: 9).isEmpty)
            #expect(try await store.task(of: S.key(1)) == nil)
            #expect(try await store.outbox().isEmpty)
            #expect(try await store.failedDeliveries(of: S.project.id, limit: 9).isEmpty)
            #expect(try await store.outbox(of: S.project.id, limit: 9).isEmpty)
            #expect(try await store.failedCompensations(of: S.project.id, all: true, limit: 9).isEmpty)
            #expect(try await store.failedCompensation(CompensationID("c_a")) == nil)
            #expect(try await store.submission(of: S.project.id, key: "k") == nil)
            #expect(try await store.serviceEvents(of: S.project.id, afterPosition: 0, limit: 9).isEmpty)
            #expect(try await store.serviceEvents(of: S.service.id, limit: 9).isEmpty)
            #expect(try await store.prunedPosition(of: S.project.id) == 0)
            #expect(try await store.prunable(of: S.project.id, endedBefore: S.at(99), limit: 9).isEmpty)
            #expect(try await store.hidden(limit: 9).isEmpty)
            for kind in ProjectDocument.Kind.allCases {
                #expect(try await store.documents(of: S.project.id, kind: kind, limit: 9).isEmpty)
                #expect(try await store.document(of: S.project.id, kind: kind, name: "a") == nil)
                #expect(try await store.documentNames(of: S.project.id, kind: kind, limit: 9).isEmpty)
            }
            try await store.commit([
                .outboxDelete(S.key(1)), .outboxDead(S.key(1), at: S.at(1), error: "away"), .hide([S.id(1)]),
                .prune(S.id(1), rows: 9), .deleteDocuments(S.project.id, .grounding, names: ["a"]),
                .pruneEvents(S.project.id, before: S.at(9), submissionsBefore: S.at(9), rows: 9),
            ])
            let recovery = try await store.recover()
            #expect(recovery.projects.isEmpty && recovery.live.isEmpty && recovery.positions.isEmpty)
            #expect(recovery.lastEntryAt == nil)
        }
    }

    // MARK: - Projections

    @Test("the outbox keeps the order of becoming ready", arguments: StoreBackend.allCases)
    func outbox(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let store = opened.store
            let rows = [(3, 5), (9, 5), (10, 5), (1, 7), (2, 4)].map { number, readyAt in
                S.outbox(number, orchestration: 1, readyAt: Int64(readyAt))
            }
            try await store.commit(S.base + [.orchestration(S.row(1))] + rows.map(Write.outboxInsert))
            #expect(try await store.outbox() == [rows[4], rows[0], rows[1], rows[2], rows[3]])
            try await store.commit([.outboxDelete(S.key(9)), .outboxDelete(S.key(3))])
            try await store.commit([.outboxInsert(rows[0])])
            #expect(try await store.outbox() == [rows[4], rows[2], rows[0], rows[3]])
            try await store.commit([.outboxDelete(S.key(2)), .outboxInsert(rows[4]), .outboxDelete(S.key(2))])
            #expect(try await store.outbox() == [rows[2], rows[0], rows[3]])
            // One that is there stays as it is, also a dead letter.
            try await store.commit([
                .outboxInsert(S.outbox(10, orchestration: 1, readyAt: 99)),
                .outboxDead(S.key(1), at: S.at(9), error: "away"), .outboxInsert(rows[3]),
            ])
            #expect(try await store.outbox() == [rows[2], rows[0]])
            #expect(try await store.outbox(of: S.project.id, limit: 9).count == 3)
        }
    }

    @Test("deliveries are pending, failed or gone", arguments: StoreBackend.allCases)
    func deliveries(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let store = opened.store
            let pending = [
                S.delivery("b", orchestration: 1, createdAt: 1, state: .pending),
                S.delivery("a", orchestration: 1, createdAt: 2, state: .pending),
            ]
            let failed = [
                S.delivery("c", orchestration: 1, createdAt: 3, state: .failed),
                S.delivery("e", orchestration: 1, createdAt: 4, state: .failed),
                S.delivery("d", orchestration: 1, createdAt: 4, state: .failed),
            ]
            let rest = [
                S.delivery("f", orchestration: 1, createdAt: 5, state: .delivered),
                S.delivery("g", orchestration: 2, createdAt: 6, state: .failed, project: S.otherProject.id),
            ]
            try await store.commit(
                S.base + [.orchestration(S.row(1)), .orchestration(S.row(2, project: S.otherProject.id))]
                    + (pending + failed + rest).map(Write.delivery))
            #expect(try await store.recover().deliveries == pending)
            #expect(try await store.failedDeliveries(of: S.project.id, limit: 9) == [failed[1], failed[2], failed[0]])
            #expect(try await store.failedDeliveries(of: S.project.id, limit: 1) == [failed[1]])
            #expect(try await store.failedDeliveries(of: S.otherProject.id, limit: 9) == [rest[1]])
        }
    }
}
