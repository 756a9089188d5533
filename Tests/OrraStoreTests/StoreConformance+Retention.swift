import OrraEngine
import OrraModel
import OrraStore
import Testing

extension StoreConformance {
    /// An orchestration that has ended, with a row in every table.
    func ended(_ number: Int, positions: ClosedRange<Int64>, endedAt: Int64 = 50) -> [Write] {
        let key = number * 100
        let entries = positions.enumerated().map { index, position in
            switch index {
            case 1: S.entry(number, 2, position: position, event: S.ready(1, key: key))
            case 2: S.entry(number, 3, position: position, event: S.compensationReady(1, key: key + 1))
            default: S.entry(number, index + 1, position: position)
            }
        }
        return [.orchestration(S.row(number, status: .failed, endedAt: S.at(endedAt)))] + entries.map(Write.journal) + [
            .parameterValues(["shared", "only \(number)"], S.id(number)),
            .outboxInsert(S.outbox(key, orchestration: number, readyAt: 1, diedAt: 2)),
            .delivery(S.delivery("c\(number)", orchestration: number, createdAt: 1, state: .failed)),
            .delivery(S.delivery("d\(number)", orchestration: number, createdAt: 1, state: .delivered)),
            .failedCompensation(S.failedCompensation("\(number)", orchestration: number, at: 3, resolution: .ignored)),
        ]
    }

    @Test(
        "what has ended long ago may be deleted, oldest first, unless something is still to be done",
        arguments: StoreBackend.allCases)
    func prunable(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let store = opened.store
            var unsettled = S.row(7, status: .failed, endedAt: S.at(1))
            unsettled.isUnsettled = true
            try await store.commit(
                S.base + [
                    .orchestration(S.row(1, status: .completed, endedAt: S.at(20))),
                    .orchestration(S.row(2, status: .completed, endedAt: S.at(10))),
                    .orchestration(S.row(3, status: .completed, endedAt: S.at(10))),
                    .orchestration(S.row(4, status: .completed, endedAt: S.at(21))),
                    .orchestration(S.row(5)),
                    .orchestration(S.row(6, project: S.otherProject.id, status: .failed, endedAt: S.at(1))),
                    .orchestration(unsettled),
                    .orchestration(S.row(8, status: .failed, endedAt: S.at(1))),
                    .delivery(S.delivery("a", orchestration: 8, createdAt: 1, state: .pending)),
                    .delivery(S.delivery("b", orchestration: 2, createdAt: 1, state: .failed)),
                    .orchestration(S.row(9, status: .failed, endedAt: S.at(1))),
                    .failedCompensation(S.failedCompensation("a", orchestration: 9, at: 1)),
                    .failedCompensation(S.failedCompensation("b", orchestration: 3, at: 1, resolution: .resolved)),
                ])
            func prunable(limit: Int = 9) async throws -> [OrchestrationID] {
                try await store.prunable(of: S.project.id, endedBefore: S.at(21), limit: limit)
            }
            #expect(try await prunable() == [S.id(2), S.id(3), S.id(1)])
            #expect(try await prunable(limit: 2) == [S.id(2), S.id(3)])
            #expect(try await prunable(limit: 0).isEmpty)
            // Neither may what is under way be hidden, though it was asked for.
            try await store.commit([.hide([5, 7, 8, 9, 3].map(S.id))])
            #expect(try await store.hidden(limit: 9) == [S.id(3)])
            #expect(try await prunable() == [S.id(2), S.id(1)])
            #expect(try await store.recover().deliveries.count == 1)
            #expect(try await store.failedCompensations(of: S.project.id, all: false, limit: 9).count == 1)
            // What was still to be done is done.
            unsettled.isUnsettled = false
            try await store.commit([
                .orchestration(unsettled),
                .delivery(S.delivery("a", orchestration: 8, createdAt: 1, state: .delivered)),
                .failedCompensation(S.failedCompensation("a", orchestration: 9, at: 1, resolution: .ignored)),
            ])
            #expect(try await prunable() == [7, 8, 9, 2, 1].map(S.id))
        }
    }

    @Test(
        "one whose submission key is remembered is kept, until the key is forgotten", arguments: StoreBackend.allCases)
    func submissionKeeps(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let store = opened.store
            try await store.commit(
                S.base + ended(1, positions: 1...6)
                    + [.submission(S.submission("k1", orchestration: 1, createdAt: 4))])
            #expect(try await store.prunable(of: S.project.id, endedBefore: S.at(99), limit: 9).isEmpty)
            try await store.commit([.hide([S.id(1)])])
            #expect(try await store.hidden(limit: 9).isEmpty)
            #expect(try await store.submission(of: S.project.id, key: "k1") != nil)
            try await store.commit([
                .pruneEvents(S.project.id, before: S.at(0), submissionsBefore: S.at(5), rows: 9)
            ])
            #expect(try await store.prunable(of: S.project.id, endedBefore: S.at(99), limit: 9) == [S.id(1)])
        }
    }

    @Test("hidden ones are seen by no read, at once and after opening again", arguments: StoreBackend.allCases)
    func hiding(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            try await opened.store.commit(S.base + ended(1, positions: 1...6) + ended(2, positions: 7...9))
            try await opened.store.commit([.hide([S.id(2)])])
            for _ in 0..<2 {
                let store = opened.store
                #expect(try await store.hidden(limit: 9) == [S.id(2)])
                #expect(try await store.prunedPosition(of: S.project.id) == 9)
                #expect(try await store.prunedPosition(of: S.otherProject.id) == 0)
                #expect(try await store.journal(of: S.id(2), after: 0, limit: 9).isEmpty)
                #expect(try await store.journal(of: S.id(1), after: 0, limit: 9).count == 6)
                #expect(
                    try await store.journal(of: S.project.id, afterPosition: 0, limit: 9).map(\.position).max() == 6)
                #expect(try await store.orchestration(S.id(2)) == nil)
                #expect(try await store.orchestrations(of: S.project.id, limit: 9).map(\.id) == [S.id(1)])
                #expect(try await store.orchestration(of: S.project.id, carrying: "shared")?.id == S.id(1))
                #expect(try await store.orchestration(of: S.project.id, carrying: "only 2") == nil)
                #expect(try await store.task(of: S.key(200)) == nil)
                #expect(try await store.task(of: S.key(201)) == nil)
                #expect(try await store.task(of: S.key(100)) != nil)
                #expect(try await store.outbox(of: S.project.id, limit: 9).map(\.key) == [S.key(100)])
                #expect(try await store.failedDeliveries(of: S.project.id, limit: 9).map(\.orchestration) == [S.id(1)])
                let failed = try await store.failedCompensations(of: S.project.id, all: true, limit: 9)
                #expect(failed.map(\.reference.orchestration) == [S.id(1)])
                #expect(try await store.failedCompensation(CompensationID("c_2")) == nil)
                #expect(try await store.submission(of: S.project.id, key: "k2") == nil)
                #expect(try await store.prunable(of: S.project.id, endedBefore: S.at(99), limit: 9) == [S.id(1)])
                let recovery = try await store.recover()
                #expect(recovery.live.isEmpty && recovery.unreadable.isEmpty)
                #expect(recovery.positions == [S.project.id: 9])
                try await opened.reopen()
            }
        }
    }

    @Test("an entry of the outbox that still waits is hidden too", arguments: StoreBackend.allCases)
    func hiddenOutbox(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let store = opened.store
            let rows = [S.outbox(1, orchestration: 1, readyAt: 1), S.outbox(2, orchestration: 2, readyAt: 2)]
            try await store.commit(
                S.base + [1, 2].map { .orchestration(S.row($0, status: .failed, endedAt: S.at(5))) }
                    + rows.map(Write.outboxInsert) + [.hide([S.id(1)])])
            #expect(try await store.outbox() == [rows[1]])
            #expect(try await store.outbox(of: S.project.id, limit: 9) == [rows[1]])
        }
    }

    @Test("nothing can be added to a hidden one, or to one that is gone", arguments: StoreBackend.allCases)
    func hiddenIsNotThere(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let store = opened.store
            try await store.commit(S.base + ended(1, positions: 1...3) + ended(2, positions: 4...6))
            try await store.commit([.hide([S.id(2)])])
            let additions: [Write] = [
                .orchestration(S.row(2)), .journal(S.entry(2, 9, position: 99)), .parameterValues(["v"], S.id(2)),
                .outboxInsert(S.outbox(9, orchestration: 2, readyAt: 1)),
                .delivery(S.delivery("z", orchestration: 2, createdAt: 1, state: .pending)),
                .failedCompensation(S.failedCompensation("z", orchestration: 2, at: 1)),
                .submission(S.submission("z", orchestration: 2, createdAt: 1)),
            ]
            for addition in additions { await constraint(store, [addition]) }
            // In the same batch, too.
            await constraint(store, [.hide([S.id(1)]), .journal(S.entry(1, 9, position: 99))])
            #expect(try await store.orchestration(S.id(1)) != nil)
            // A key of a hidden one is taken; a submission's is free.
            await constraint(store, [.journal(S.entry(1, 9, position: 99, event: S.ready(1, key: 200)))])
            try await store.commit([.submission(S.submission("k2", orchestration: 1, createdAt: 8))])
            try await store.commit([.prune(S.id(2), rows: 9)])
            for addition in additions.dropFirst() { await constraint(store, [addition]) }
            #expect(
                try await store.submission(of: S.project.id, key: "k2")
                    == S.submission("k2", orchestration: 1, createdAt: 8))
        }
    }

    @Test(
        "pruning deletes no more rows than told, and with the last of them all that belongs to it",
        arguments: StoreBackend.allCases)
    func pruning(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let kept = ended(31, positions: 1...4)
            let gone = ended(77, positions: 5...9)
            try await opened.store.commit(S.base + kept)
            let before = try await opened.contents()
            try await opened.store.commit(gone)
            try await opened.damage(S.id(77), seq: 5)
            // Not before it is hidden.
            try await opened.store.commit([.prune(S.id(77), rows: 99)])
            #expect(try await opened.journalRows(of: S.id(77)) == 5)
            try await opened.store.commit([.hide([S.id(77)])])
            for (rows, left) in [(2, 3), (0, 3), (-1, 3), (2, 1)] {
                try await opened.store.commit([.prune(S.id(77), rows: rows)])
                try await opened.reopen()
                #expect(try await opened.journalRows(of: S.id(77)) == left)
                #expect(try await opened.store.hidden(limit: 9) == [S.id(77)])
                #expect(try await opened.store.journal(of: S.project.id, afterPosition: 0, limit: 9).count == 4)
            }
            try await opened.store.commit([.prune(S.id(77), rows: 1)])
            #expect(try await opened.store.hidden(limit: 9).isEmpty)
            let after = try await opened.contents()
            #expect(before.contains("o_31") && !after.contains("77"), "\(after)")
            #expect(after.count { $0 == "\n" } <= before.count { $0 == "\n" } + 4)
            let recovery = try await opened.store.recover()
            #expect(recovery.positions == [S.project.id: 9])
            #expect(recovery.lastEntryAt == S.at(9))
            #expect(try await opened.store.prunedPosition(of: S.project.id) == 9)
            #expect(try await opened.store.journal(of: S.id(31), after: 0, limit: 9).count == 4)
            #expect(try await opened.store.orchestration(of: S.project.id, carrying: "shared")?.id == S.id(31))
            #expect(try await opened.store.task(of: S.key(3100)) != nil)
            #expect(try await opened.store.outbox(of: S.project.id, limit: 9).count == 1)
            // Its numbers and keys are free.
            try await opened.store.commit(gone)
        }
    }

    @Test("a batch that fails brings back what it hid and deleted", arguments: StoreBackend.allCases)
    func pruningTakenBack(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            try await opened.store.commit(
                S.base + ended(1, positions: 1...5) + ended(2, positions: 6...9)
                    + [.hide([S.id(2)]), .prune(S.id(2), rows: 1)]
                    + (20...23).map { .serviceEvent(S.serviceEntry(position: $0)) })
            let before = try await opened.contents()
            await constraint(
                opened.store,
                [
                    .hide([S.id(1)]), .prune(S.id(1), rows: 2), .prune(S.id(2), rows: 99), .prune(S.id(1), rows: 99),
                    .pruneEvents(S.project.id, before: S.at(22), submissionsBefore: S.at(99), rows: 9),
                    .project(S.project),
                ])
            #expect(try await opened.contents().sortedLines == before.sortedLines)
            #expect(try await opened.store.hidden(limit: 9) == [S.id(2)])
            #expect(try await opened.journalRows(of: S.id(1)) == 5)
            #expect(try await opened.journalRows(of: S.id(2)) == 3)
        }
    }

    @Test("old service events and submissions go, no more than told", arguments: StoreBackend.allCases)
    func pruningEvents(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let foreign = S.serviceEntry(position: 1, project: S.otherProject.id)
            try await opened.store.commit(
                S.base + [.orchestration(S.row(1)), .serviceEvent(foreign)]
                    + (11...16).map { .serviceEvent(S.serviceEntry(position: $0)) }
                    + (1...5).map { .submission(S.submission("k\($0)", orchestration: 1, createdAt: Int64($0))) }
                    + [
                        .submission(
                            S.submission("k1", orchestration: 1, createdAt: 1, project: S.otherProject.id))
                    ])
            func prune(events: Int64, submissions: Int64, rows: Int) async throws {
                try await opened.store.commit([
                    .pruneEvents(S.project.id, before: S.at(events), submissionsBefore: S.at(submissions), rows: rows)
                ])
                try await opened.reopen()
            }
            func positions() async throws -> [Int64] {
                try await opened.store.serviceEvents(of: S.project.id, afterPosition: 0, limit: 9).map(\.position)
            }
            func keys() async throws -> [String] {
                var keys: [String] = []
                for key in (1...5).map({ "k\($0)" })
                where try await opened.store.submission(of: S.project.id, key: key) != nil { keys.append(key) }
                return keys
            }
            try await prune(events: 0, submissions: 0, rows: 9)
            try await prune(events: 99, submissions: 99, rows: 0)
            #expect(try await positions() == Array(11...16))
            #expect(try await keys().count == 5)
            #expect(try await opened.store.prunedPosition(of: S.project.id) == 0)
            try await prune(events: 15, submissions: 4, rows: 2)
            #expect(try await positions() == [13, 14, 15, 16])
            #expect(try await keys() == ["k3", "k4", "k5"])
            #expect(try await opened.store.prunedPosition(of: S.project.id) == 12)
            try await prune(events: 15, submissions: 4, rows: 9)
            #expect(try await positions() == [15, 16])
            #expect(try await keys() == ["k4", "k5"])
            #expect(try await opened.store.prunedPosition(of: S.project.id) == 14)
            try await prune(events: 99, submissions: 99, rows: 9)
            #expect(try await positions().isEmpty)
            #expect(try await opened.store.serviceEvents(of: S.service.id, limit: 9) == [foreign])
            #expect(try await opened.store.submission(of: S.otherProject.id, key: "k1") != nil)
            let recovery = try await opened.store.recover()
            #expect(recovery.positions == [S.project.id: 16, S.otherProject.id: 1])
            #expect(recovery.lastEntryAt == S.at(16))
        }
    }
}

extension String {
    /// A dictionary is dumped in no order.
    fileprivate var sortedLines: [Substring] { split(separator: "\n").sorted() }
}
