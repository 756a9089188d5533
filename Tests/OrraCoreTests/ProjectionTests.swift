import OrraCore
import OrraEngine
import OrraModel
import OrraStore
import Testing

@Suite("Projections of the journal")
struct ProjectionTests {
    /// What the journal of an orchestration comes to, event by event.
    private static func fold(_ store: InMemoryStore, _ id: String) async throws -> ([OutboxRow], [FailedCompensation]) {
        let entries = try await store.journal(of: OrchestrationID(id), after: 0, limit: .max)
        var outbox: [IdempotencyKey: OutboxRow] = [:]
        var inbox: [CompensationID: FailedCompensation] = [:]
        for count in 2...entries.count {
            let orchestration = try Orchestration(replaying: Array(entries.prefix(count)))
            let entry = entries[count - 1]
            let changes =
                OutboxProjection.changes(by: entry.event, of: orchestration, at: entry.at)
                + InboxProjection.changes(by: entry.event, of: orchestration)
            for change in changes {
                switch change {
                case .outboxInsert(let row): outbox[row.key] = row
                case .outboxDelete(let key): if outbox[key]?.death == nil { outbox[key] = nil }
                case .outboxDead(let key, let at, let error): outbox[key]?.death = .init(at: at, error: error)
                case .failedCompensation(let entry): inbox[entry.id] = entry
                default: Issue.record("an odd change: \(change)")
                }
            }
        }
        return (outbox.values.sorted { $0.readyAt < $1.readyAt }, Array(inbox.values))
    }

    private static func compare(_ bench: Bench, _ id: String) async throws {
        let (outbox, inbox) = try await fold(bench.store, id)
        let project = Sample.project.id
        let stored = try await bench.store.outbox(of: project, limit: 100)
            .filter { $0.reference.orchestration.rawValue == id }
        #expect(Set(stored) == Set(outbox))
        #expect(
            Set(try await bench.store.failedCompensations(of: project, all: true, limit: 100)) == Set(inbox))
    }

    @Test("outbox and inbox are what the journal says, at each step of a life with tasks, undoing and a resolution")
    func life() async throws {
        var echo = Sample.service("echo")
        echo.revertible = true
        var bench = try await Bench.make([echo, Sample.service("pay", attempts: 1)])
        bench.connect(1, "echo")
        bench.connect(2, "pay")
        bench.submit(Sample.received("o_1"), Sample.chain("echo", "pay"))
        try await bench.run()
        try await Self.compare(bench, "o_1")
        let undo = Event.Compensation(data: RawJSON(["hold": 1]), ttlMs: 600_000)
        bench.report(.output(Sample.output, undo), of: try #require(bench.deliveries.first), on: 1)
        try await bench.run()
        try await Self.compare(bench, "o_1")
        bench.report(.error("no money"), of: try #require(bench.deliveries.first), on: 2)
        try await bench.run()
        var delivery = bench.deliveries.first
        var keys: Set<IdempotencyKey> = []
        while bench.core.liveCount > 0 {
            if let asked = delivery {
                #expect(asked.reference.kind == .compensation)
                keys.insert(asked.key)
                bench.report(.compensation(.failed("not now")), of: asked, on: 1)
                delivery = nil
            } else {
                bench.now = max(bench.now, try #require(bench.core.nextWakeup))
            }
            try await bench.run()
            delivery = bench.deliveries.first ?? delivery
            try await Self.compare(bench, "o_1")
        }
        // A new key after each answer; none is left in the outbox.
        #expect(keys.count == RetryPolicy.compensation.maximumAttempts)
        #expect(try await bench.store.outbox().isEmpty)
        let entry = try #require(
            try await bench.store.failedCompensations(of: Sample.project.id, all: false, limit: 10).first)
        #expect(entry.attempts == RetryPolicy.compensation.maximumAttempts)
        #expect(entry.resolution == .pending)
        let journal = try await bench.store.journal(of: OrchestrationID("o_1"), after: 0, limit: .max)
        let token = bench.request(
            .resolve(entry, .resolved, reason: "by hand", try Orchestration(replaying: journal)))
        try await bench.run()
        guard case .failedCompensation(let resolved)? = bench.reply(to: token) else {
            Issue.record("it was not resolved")
            return
        }
        #expect(resolved.resolution == .resolved)
        #expect(resolved.reason == "by hand")
        try await Self.compare(bench, "o_1")
    }

    @Test("a dead letter is what the journal says")
    func deadLetter() async throws {
        var bench = try await Bench.make("echo")
        bench.submit(Sample.received("o_1", gracePeriod: .seconds(1)), Sample.chain("echo"))
        try await bench.run()
        try await Self.compare(bench, "o_1")
        bench.now = bench.now + .seconds(1)
        try await bench.run()
        try await Self.compare(bench, "o_1")
        #expect(try await Self.fold(bench.store, "o_1").0.first?.death != nil)
    }
}
