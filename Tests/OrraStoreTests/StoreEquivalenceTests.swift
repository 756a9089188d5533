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
        switch number(0...9) {
        case 0:
            return .service(
                S.service("name\(number(1...3))", project: project, id: "id\(number(1...4))"))
        case 1...4:
            let event: Event? = number(0...2) == 0 ? S.ready(number(1...3), key: number(1...20)) : nil
            return .journal(
                S.entry(
                    orchestration, number(1...8), position: Int64(number(1...40)), project: project,
                    at: Int64(number(1...99)), event: event))
        case 5:
            let isOver = number(0...3) == 0
            return .orchestration(
                S.row(
                    orchestration, project: S.project.id, receivedAt: Int64(orchestration % 3),
                    status: isOver ? .failed : .processing, endedAt: isOver ? S.at(5) : nil))
        case 6: return .parameterValues(["v\(number(1...3))"], S.id(orchestration))
        case 7:
            return .outboxInsert(S.outbox(number(1...9), orchestration: orchestration, readyAt: Int64(number(1...3))))
        case 8: return .outboxDelete(S.key(number(1...9)))
        default:
            let states: [WebhookDelivery.State] = [.pending, .failed, .delivered]
            return .delivery(
                S.delivery(
                    "d\(number(1...5))", orchestration: orchestration, createdAt: Int64(number(1...3)),
                    state: states[number(0...2)], project: project))
        }
    }

    func outcome(_ store: any Store, _ batch: [Write]) async -> StoreError.Code? {
        do {
            try await store.commit(batch)
            return nil
        } catch { return error.code }
    }

    @Test("both stores accept, refuse and answer the same, batch by batch")
    func sameAnswers() async throws {
        try await StoreBackend.sqlite.open { opened in
            let sqlite = opened.store
            let memory = InMemoryStore()
            var random = SeededGenerator(state: 7)
            try await sqlite.commit(S.base)
            try await memory.commit(S.base)
            var refused = 0
            for round in 0..<400 {
                let batch = (0..<Int.random(in: 1...4, using: &random)).map { _ in write(&random) }
                let code = await outcome(memory, batch)
                #expect(await outcome(sqlite, batch) == code, "round \(round)")
                if code != nil { refused += 1 }
                guard round.isMultiple(of: 10) else { continue }
                try await expectSame(sqlite, memory, round)
            }
            #expect((50...350).contains(refused), "\(refused) of 400 batches were refused: no test of both")
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
            for value in ["v1", "v2", "v3"] {
                #expect(
                    try await sqlite.orchestration(of: project, carrying: value)
                        == memory.orchestration(of: project, carrying: value))
            }
        }
        for key in (1...20).map(S.key) {
            #expect(try await sqlite.task(of: key) == memory.task(of: key))
        }
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
