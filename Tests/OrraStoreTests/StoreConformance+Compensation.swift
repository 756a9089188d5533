import OrraEngine
import OrraModel
import OrraStore
import Testing

extension StoreConformance {
    // MARK: - Dead letters

    @Test(
        "a dead letter leaves the outbox and stays in the project's list, after those that wait",
        arguments: StoreBackend.allCases)
    func deadLetters(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let rows = [
                S.outbox(1, orchestration: 1, readyAt: 1), S.outbox(2, orchestration: 1, readyAt: 5),
                S.outbox(3, orchestration: 1, readyAt: 5, kind: .compensation),
                S.outbox(4, orchestration: 1, readyAt: 2), S.outbox(5, orchestration: 1, readyAt: 9),
            ]
            let foreign = S.outbox(6, orchestration: 2, readyAt: 3, project: S.otherProject.id)
            let born = S.outbox(7, orchestration: 1, readyAt: 0, diedAt: 4)
            try await opened.store.commit(
                S.base + [.orchestration(S.row(1)), .orchestration(S.row(2, project: S.otherProject.id))]
                    + (rows + [foreign, born]).map(Write.outboxInsert))
            try await opened.store.commit([
                .outboxDead(S.key(4), at: S.at(77), error: "away for 30 min"),
                .outboxDead(S.key(1), at: S.at(78), error: "away"), .outboxDead(S.key(9), at: S.at(78), error: "away"),
                // Neither again nor away: it is no longer in the outbox.
                .outboxDead(S.key(4), at: S.at(99), error: "again"), .outboxDelete(S.key(4)),
            ])
            try await opened.reopen()
            let store = opened.store
            #expect(try await store.outbox() == [foreign, rows[1], rows[2], rows[4]])
            var dead = [rows[0], rows[3]]
            dead[0].death = .init(at: S.at(78), error: "away")
            dead[1].death = .init(at: S.at(77), error: "away for 30 min")
            let all = [rows[1], rows[2], rows[4], born] + dead
            #expect(try await store.outbox(of: S.project.id, limit: 9) == all)
            #expect(try await store.outbox(of: S.project.id, limit: 4) == Array(all[..<4]))
            #expect(try await store.outbox(of: S.project.id, limit: 0).isEmpty)
            #expect(try await store.outbox(of: S.project.id, limit: -1).isEmpty)
            #expect(try await store.outbox(of: S.otherProject.id, limit: 9) == [foreign])
        }
    }

    // MARK: - Failed compensations

    @Test("failed compensations come newest first, pending ones or all", arguments: StoreBackend.allCases)
    func failedCompensations(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let rows = [
                S.failedCompensation("a", orchestration: 1, at: 5), S.failedCompensation("b", orchestration: 1, at: 9),
                S.failedCompensation("c", orchestration: 1, at: 5),
                S.failedCompensation("d", orchestration: 1, at: 99, resolution: .resolved),
                S.failedCompensation("e", orchestration: 1, at: 1, resolution: .ignored),
            ]
            let foreign = S.failedCompensation("f", orchestration: 2, at: 6, project: S.otherProject.id)
            try await opened.store.commit(
                S.base + [.orchestration(S.row(1)), .orchestration(S.row(2, project: S.otherProject.id))]
                    + (rows + [foreign]).map(Write.failedCompensation))
            try await opened.reopen()
            let store = opened.store
            func list(all: Bool, limit: Int = 9) async throws -> [FailedCompensation] {
                try await store.failedCompensations(of: S.project.id, all: all, limit: limit)
            }
            #expect(try await list(all: false) == [rows[1], rows[2], rows[0]])
            #expect(try await list(all: false, limit: 2) == [rows[1], rows[2]])
            #expect(try await list(all: true) == [rows[3], rows[1], rows[2], rows[0], rows[4]])
            #expect(try await list(all: true, limit: 0).isEmpty)
            #expect(try await store.failedCompensation(rows[4].id) == rows[4])
            #expect(try await store.failedCompensation(foreign.id) == foreign)
            var resolved = rows[1]
            resolved.resolution = .resolved
            resolved.reason = "released by hand"
            resolved.resolvedAt = S.at(12)
            try await store.commit([.failedCompensation(resolved)])
            #expect(try await list(all: false) == [rows[2], rows[0]])
            #expect(try await store.failedCompensation(resolved.id) == resolved)
        }
    }

    // MARK: - Submissions

    @Test("a submission is found by project and key, and replaced", arguments: StoreBackend.allCases)
    func submissions(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let rows = [
                S.submission("k", orchestration: 1, createdAt: 1),
                S.submission("k", orchestration: 2, createdAt: 2, project: S.otherProject.id),
                S.submission("K", orchestration: 1, createdAt: 1),
            ]
            try await opened.store.commit(
                S.base + [.orchestration(S.row(1)), .orchestration(S.row(2, project: S.otherProject.id))]
                    + rows.map(Write.submission))
            try await opened.reopen()
            let store = opened.store
            #expect(try await store.submission(of: S.project.id, key: "k") == rows[0])
            #expect(try await store.submission(of: S.otherProject.id, key: "k") == rows[1])
            let later = S.submission("k", orchestration: 2, createdAt: 9)
            try await store.commit([.submission(later)])
            #expect(try await store.submission(of: S.project.id, key: "k") == later)
            #expect(try await store.submission(of: S.project.id, key: "K") == rows[2])
            #expect(try await store.submission(of: S.otherProject.id, key: "K") == nil)
        }
    }

    // MARK: - Service events

    @Test("service events follow their positions, and a service's come newest first", arguments: StoreBackend.allCases)
    func serviceEvents(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let other = S.service("other")
            let entries = [1, 3, 4, 9].map { S.serviceEntry(position: Int64($0)) }
            let others = [2, 12].map { S.serviceEntry(position: Int64($0), service: other.id) }
            let foreign = S.serviceEntry(position: 4, at: 500, project: S.otherProject.id, service: other.id)
            try await opened.store.commit(
                S.base + [.service(other), .orchestration(S.row(1)), .journal(S.entry(1, 1, position: 10))]
                    + (entries + others + [foreign]).map(Write.serviceEvent))
            try await opened.reopen()
            let store = opened.store
            #expect(
                try await store.serviceEvents(of: S.project.id, afterPosition: 0, limit: 9) == [
                    entries[0], others[0], entries[1], entries[2], entries[3], others[1],
                ])
            #expect(
                try await store.serviceEvents(of: S.project.id, afterPosition: 3, limit: 2) == [entries[2], entries[3]])
            #expect(try await store.serviceEvents(of: S.project.id, afterPosition: 12, limit: 2).isEmpty)
            #expect(
                try await store.serviceEvents(of: S.service.id, limit: 3) == [entries[3], entries[2], entries[1]])
            #expect(try await store.serviceEvents(of: S.service.id, limit: 0).isEmpty)
            let recovery = try await store.recover()
            #expect(recovery.positions == [S.project.id: 12, S.otherProject.id: 4])
            #expect(recovery.lastEntryAt == S.at(500))
        }
    }

    @Test("large payloads make pages of progress short, and nothing is left out", arguments: StoreBackend.allCases)
    func largeProgress(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let store = opened.store
            let text = String(repeating: "x", count: Limits.watcherPageBytes * 2 / 3)
            let large = S.completed(1, RawJSON(.string(text)))
            // Each in a row of its own: they do not follow each other at the same time.
            let entries = [1, 2, 5, 6, 8].enumerated().map { index, position in
                S.entry(1, index + 1, position: position, at: Int64(index), event: index == 0 ? nil : large)
            }
            let events = [3, 4, 7, 9].map { S.serviceEntry(position: $0) }
            try await store.commit(
                S.base + [.orchestration(S.row(1))] + entries.map(Write.journal) + events.map(Write.serviceEvent))
            var told: [ProjectEntry] = []
            var pages = 0
            while case let page = try await store.progress(
                of: S.project.id, afterPosition: told.last?.position ?? 0, limit: 99), !page.isEmpty
            {
                told += page
                pages += 1
                if backend == .sqlite {
                    #expect(page.count { if case .orchestration = $0 { true } else { false } } <= 3)
                }
            }
            #expect(told.map(\.position) == Array(1...9))
            #expect(told.compactMap { if case .orchestration(let entry) = $0 { entry } else { nil } } == entries)
            if backend == .sqlite { #expect(pages > 2) }
        }
    }

    @Test("a project's progress is its journal and its service events, by position", arguments: StoreBackend.allCases)
    func progress(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let store = opened.store
            let entries = [1, 2, 5, 6].enumerated().map { S.entry(1, $0 + 1, position: $1) }
            let events = [3, 4, 9].map { S.serviceEntry(position: $0) }
            try await store.commit(
                S.base + [
                    .orchestration(S.row(1)), .serviceEvent(S.serviceEntry(position: 1, project: S.otherProject.id)),
                ]
                    + entries.map(Write.journal) + events.map(Write.serviceEvent))
            func positions(after: Int64, limit: Int) async throws -> [Int64] {
                try await store.progress(of: S.project.id, afterPosition: after, limit: limit).map(\.position)
            }
            let all: [ProjectEntry] = [
                .orchestration(entries[0]), .orchestration(entries[1]), .service(events[0]), .service(events[1]),
                .orchestration(entries[2]), .orchestration(entries[3]), .service(events[2]),
            ]
            #expect(try await store.progress(of: S.project.id, afterPosition: 0, limit: 99) == all)
            for limit in 0...7 {
                #expect(
                    try await store.progress(of: S.project.id, afterPosition: 0, limit: limit) == Array(all[..<limit]))
            }
            #expect(try await positions(after: 3, limit: 2) == [4, 5])
            #expect(try await positions(after: 6, limit: 2) == [9])
            #expect(try await positions(after: 9, limit: 2).isEmpty)
            #expect(try await positions(after: 0, limit: -1).isEmpty)
            try await store.commit([.orchestration(S.row(1, status: .failed, endedAt: S.at(9))), .hide([S.id(1)])])
            #expect(try await positions(after: 0, limit: 9) == [3, 4, 9])
        }
    }

    @Test("a project's retention is kept until it is taken back", arguments: StoreBackend.allCases)
    func retention(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            try await opened.store.commit(
                S.base + [
                    .retention(S.project.id, milliseconds: 5), .retention(S.project.id, milliseconds: 86_400_000),
                    .retention(S.otherProject.id, milliseconds: 0),
                ])
            try await opened.reopen()
            #expect(
                try await opened.store.recover().retention
                    == [S.project.id: .seconds(86_400), S.otherProject.id: .zero])
            try await opened.store.commit([.retention(S.project.id, milliseconds: nil)])
            #expect(try await opened.store.recover().retention == [S.otherProject.id: .zero])
            #expect(try await opened.store.recover().projects == [S.project, S.otherProject])
        }
    }

    // MARK: - Recovery

    @Test("an orchestration that has ended and is unsettled is recovered", arguments: StoreBackend.allCases)
    func unsettled(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            var row = S.row(1, receivedAt: 9, status: .failed, endedAt: S.at(20))
            row.isUnsettled = true
            let settled = S.row(3, status: .failed, endedAt: S.at(20))
            try await opened.store.commit(
                S.base + [.orchestration(row), .orchestration(S.row(2)), .orchestration(settled)]
                    + (1...3).map { .journal(S.entry($0, 1, position: Int64($0))) })
            try await opened.reopen()
            let live = try await opened.store.recover().live
            #expect(live == [[S.entry(2, 1, position: 2)], [S.entry(1, 1, position: 1)]])
            row.isUnsettled = false
            try await opened.store.commit([.orchestration(row)])
            #expect(try await opened.store.recover().live == [[S.entry(2, 1, position: 2)]])
        }
    }

    @Test("a journal that can't be read is named, and the others come whole", arguments: StoreBackend.allCases)
    func damagedJournal(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let entries = (1...4).map { number in
                (1...3).map { S.entry(number, $0, position: Int64(number * 10 + $0)) }
            }
            try await opened.store.commit(
                S.base + (1...4).map { .orchestration(S.row($0)) } + entries.joined().map(Write.journal))
            try await opened.damage(S.id(2), seq: 2)
            try await opened.damage(S.id(4), seq: 1)
            try await opened.damage(S.id(4), seq: 3)
            try await opened.reopen()
            let store = opened.store
            let recovery = try await store.recover()
            #expect(recovery.live == [entries[0], entries[2]])
            #expect(recovery.unreadable.map(\.orchestration) == [S.id(2), S.id(4)])
            #expect(recovery.unreadable.map { $0.reason.contains("number 2") } == [true, false])
            #expect(recovery.unreadable.allSatisfy { !$0.description.contains("hush") })
            #expect(recovery.positions == [S.project.id: 43])
            for read in [0, 1] {
                let error = await #expect(throws: StoreError.self) {
                    if read == 0 { _ = try await store.journal(of: S.id(2), after: 0, limit: 9) }
                    if read == 1 { _ = try await store.journal(of: S.project.id, afterPosition: 13, limit: 9) }
                }
                #expect(error?.code == .damaged)
                #expect(error?.message.contains("journal entry 2 of o_2") == true)
                #expect(error?.message.contains("hush") == false)
            }
            #expect(try await store.journal(of: S.id(2), after: 0, limit: 1) == [entries[1][0]])
            #expect(try await store.journal(of: S.id(2), after: 2, limit: 9) == [entries[1][2]])
            #expect(try await store.journal(of: S.project.id, afterPosition: 22, limit: 2).count == 2)
            #expect(try await store.orchestration(S.id(2)) == S.row(2))
        }
    }

    @Test("a service that can't be read is named, keeps its name, and is replaced", arguments: StoreBackend.allCases)
    func damagedService(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let other = S.service("other", kind: .agent)
            try await opened.store.commit(S.base + [.service(other)])
            try await opened.damage(other.id)
            try await opened.reopen()
            let recovery = try await opened.store.recover()
            #expect(recovery.services == [S.service])
            let fault = try #require(recovery.unreadableServices.first)
            #expect(recovery.unreadableServices.count == 1)
            #expect(fault.id == other.id && fault.project == S.project.id)
            #expect(fault.kind == .agent && fault.name == "other")
            #expect(!fault.reason.isEmpty && !fault.reason.contains("hush"))
            await constraint(opened.store, [.service(S.service("other", kind: .agent, id: "another"))])
            try await opened.store.commit([.service(other)])
            try await opened.reopen()
            #expect(try await opened.store.recover().services == [S.service, other])
            #expect(try await opened.store.recover().unreadableServices.isEmpty)
        }
    }
}
