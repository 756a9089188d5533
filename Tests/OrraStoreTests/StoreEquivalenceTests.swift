import OrraModel
import OrraStore
import Testing

@testable import OrraEngine

@Suite("Store equivalence")
struct StoreEquivalenceTests {
    typealias S = Samples

    /// From few numbers, so that many writes contradict each other.
    func write(_ random: inout some RandomNumberGenerator) -> Write {
        func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
        let project = Bool.random(using: &random) ? S.project.id : S.otherProject.id
        let orchestration = number(1...6)
        switch number(0...20) {
        case 0:
            return .service(
                S.service("name\(number(1...3))", project: project, id: "id\(number(1...4))"))
        case 1...4:
            let event: Event? =
                switch number(0...5) {
                case 0...1: S.ready(number(1...3), key: number(1...20))
                case 2: S.compensationReady(number(1...3), key: number(1...20))
                default: nil
                }
            return .journal(
                S.entry(
                    orchestration, number(1...8), position: Int64(number(1...40)), project: project,
                    at: Int64(number(1...99)), event: event))
        case 5:
            let isOver = number(0...3) != 0
            var row = S.row(
                orchestration, project: S.project.id, receivedAt: Int64(orchestration % 3),
                status: isOver ? .failed : .processing, endedAt: isOver ? S.at(Int64(number(1...3))) : nil)
            row.isUnsettled = isOver && number(0...3) == 0
            row.compensations.total = number(0...2)
            if !isOver { row.pauseReason = [nil, .serviceAway, .confirmation, .approval][number(0...3)] }
            return .orchestration(row)
        case 6: return .parameterValues(["v\(number(1...3))"], S.id(orchestration))
        case 7:
            return .outboxInsert(S.outbox(number(1...9), orchestration: orchestration, readyAt: Int64(number(1...3))))
        case 8: return .outboxDelete(S.key(number(1...9)))
        case 9:
            let states: [WebhookDelivery.State] = [.pending, .failed, .delivered]
            return .delivery(
                S.delivery(
                    "\(orchestration)\(["c", "d"][number(0...1)])", orchestration: orchestration,
                    createdAt: Int64(number(1...3)),
                    state: states[number(0...2)], project: project))
        case 10: return .outboxDead(S.key(number(1...9)), at: S.at(Int64(number(1...9))), error: "away")
        case 11:
            let resolutions = FailedCompensation.Resolution.allCases
            return .failedCompensation(
                S.failedCompensation(
                    "\(number(1...4))", orchestration: orchestration, at: Int64(number(1...3)), project: project,
                    resolution: resolutions[number(0...2)]))
        case 12:
            return .submission(
                S.submission(
                    "k\(number(1...3))", orchestration: orchestration, createdAt: Int64(number(1...9)), project: project
                ))
        case 13:
            let service = number(0...2) == 0 ? ServiceID("s_id\(number(1...4))") : S.service.id
            return .serviceEvent(
                S.serviceEntry(
                    position: Int64(number(1...60)), at: Int64(number(1...99)), project: project, service: service))
        case 14: return .retention(project, milliseconds: number(0...1) == 0 ? nil : Int64(number(0...9)))
        case 15: return .hide([orchestration, number(1...6)].map(S.id))
        case 16: return .prune(S.id(orchestration), rows: number(0...3))
        case 17...18:
            let owner = number(0...9) == 0 ? ProjectID("p_nobody") : project
            return .document(
                S.document(
                    "d\(number(1...4))", kind: number(0...1) == 0 ? .grounding : .cachedPlan, project: owner,
                    at: Int64(number(1...3)), body: ["n": .number(JSONNumber(number(0...9)))]))
        case 19:
            return .deleteDocuments(
                project, number(0...1) == 0 ? .grounding : .cachedPlan,
                names: (0..<number(0...2)).map { _ in "d\(number(1...4))" })
        default:
            return .pruneEvents(
                project, before: S.at(Int64(number(1...99))), submissionsBefore: S.at(Int64(number(1...9))),
                rows: number(0...3))
        }
    }

    func outcome(_ store: any Store, _ batch: [Write]) async -> StoreError.Code? {
        do {
            try await store.commit(batch)
            return nil
        } catch { return error.code }
    }

    @Test("both stores accept, refuse and answer the same, batch by batch", arguments: [7, 8])
    func sameAnswers(seed: UInt64) async throws {
        try await StoreBackend.sqlite.open { opened in
            let sqlite = opened.store
            let memory = InMemoryStore()
            var random = SeededGenerator(state: seed)
            try await sqlite.commit(S.base)
            try await memory.commit(S.base)
            var refused = 0
            var (hidden, pruned, documents) = (0, 0, 0)
            for round in 0..<400 {
                let batch = (0..<Int.random(in: 1...4, using: &random)).map { _ in write(&random) }
                let code = await outcome(memory, batch)
                #expect(await outcome(sqlite, batch) == code, "round \(round)")
                if code != nil { refused += 1 }
                hidden += try await memory.hidden(limit: 9).count
                pruned += try await memory.prunedPosition(of: S.project.id) > 0 ? 1 : 0
                documents += try await memory.documents(of: S.project.id, kind: .grounding, limit: 9).count
                guard round.isMultiple(of: 10) else { continue }
                try await expectSame(sqlite, memory, round)
            }
            #expect((40...360).contains(refused), "\(refused) of 400 batches were refused: no test of both")
            #expect(hidden > 20 && pruned > 20, "too little was hidden (\(hidden)) or deleted (\(pruned))")
            #expect(documents > 100, "too few documents: \(documents)")
        }
    }

    func expectSame(_ sqlite: some Store, _ memory: some Store, _ round: Int) async throws {
        let left = try await sqlite.recover()
        let right = try await memory.recover()
        #expect(left.services == right.services, "round \(round)")
        #expect(left.live == right.live, "round \(round)")
        #expect(left.deliveries == right.deliveries, "round \(round)")
        #expect(left.positions == right.positions, "round \(round)")
        #expect(left.lastEntryAt == right.lastEntryAt, "round \(round)")
        #expect(left.retention == right.retention, "round \(round)")
        #expect(try await sqlite.hidden(limit: 3) == memory.hidden(limit: 3), "round \(round)")
        #expect(try await sqlite.outbox() == memory.outbox(), "round \(round)")
        for project in [S.project.id, S.otherProject.id] {
            #expect(
                try await sqlite.orchestrations(of: project, limit: 4) == memory.orchestrations(of: project, limit: 4))
            #expect(
                try await sqlite.failedDeliveries(of: project, limit: 3)
                    == memory.failedDeliveries(of: project, limit: 3))
            #expect(
                try await sqlite.journal(of: project, afterPosition: 3, limit: 9)
                    == memory.journal(of: project, afterPosition: 3, limit: 9))
            try await expectSameOfProject(sqlite, memory, project)
            for value in ["v1", "v2", "v3"] {
                #expect(
                    try await sqlite.orchestration(of: project, carrying: value)
                        == memory.orchestration(of: project, carrying: value))
            }
        }
        for key in (1...20).map(S.key) {
            #expect(try await sqlite.task(of: key) == memory.task(of: key))
        }
        for number in 1...6 {
            let id = S.id(number)
            #expect(try await sqlite.orchestration(id) == memory.orchestration(id))
            #expect(
                try await sqlite.journal(of: id, after: 1, limit: 4) == memory.journal(of: id, after: 1, limit: 4))
            let failed = CompensationID("c_\(number)")
            #expect(try await sqlite.failedCompensation(failed) == memory.failedCompensation(failed))
        }
        for service in left.services.map(\.id) {
            #expect(
                try await sqlite.serviceEvents(of: service, limit: 5) == memory.serviceEvents(of: service, limit: 5))
        }
    }

    func expectSameOfProject(_ sqlite: some Store, _ memory: some Store, _ project: ProjectID) async throws {
        #expect(try await sqlite.outbox(of: project, limit: 5) == memory.outbox(of: project, limit: 5))
        for all in [true, false] {
            #expect(
                try await sqlite.failedCompensations(of: project, all: all, limit: 3)
                    == memory.failedCompensations(of: project, all: all, limit: 3))
        }
        for key in ["k1", "k2", "k3"] {
            #expect(try await sqlite.submission(of: project, key: key) == memory.submission(of: project, key: key))
        }
        #expect(
            try await sqlite.serviceEvents(of: project, afterPosition: 3, limit: 9)
                == memory.serviceEvents(of: project, afterPosition: 3, limit: 9))
        #expect(
            try await sqlite.progress(of: project, afterPosition: 3, limit: 9)
                == memory.progress(of: project, afterPosition: 3, limit: 9))
        for kind in ProjectDocument.Kind.allCases {
            #expect(
                try await sqlite.documents(of: project, kind: kind, limit: 3)
                    == memory.documents(of: project, kind: kind, limit: 3))
            let names = try await sqlite.documentNames(of: project, kind: kind, limit: 3)
            #expect(try await memory.documentNames(of: project, kind: kind, limit: 3) == names)
            for name in names + ["nothing"] {
                #expect(
                    try await sqlite.document(of: project, kind: kind, name: name)
                        == memory.document(of: project, kind: kind, name: name))
            }
        }
        #expect(try await sqlite.prunedPosition(of: project) == memory.prunedPosition(of: project))
        #expect(
            try await sqlite.prunable(of: project, endedBefore: S.at(3), limit: 3)
                == memory.prunable(of: project, endedBefore: S.at(3), limit: 3))
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return bits ^ (bits >> 31)
    }
}
