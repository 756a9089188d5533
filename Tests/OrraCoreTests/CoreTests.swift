import OrraCore
import OrraEngine
import OrraModel
import OrraStore
import Testing

@Suite("Core")
struct CoreTests {
    static let fullDisk = StoreError(.unavailable, "full")
    static let conflict = StoreError(.constraint, "taken")

    @Test("an idle core has no batch and no wakeup")
    func idle() async throws {
        var bench = try await Bench()
        let none = bench.core.nextBatch(at: bench.now)
        #expect(none == nil)
        #expect(bench.core.nextWakeup == nil)
    }

    @Test("a batch holds everything that waits, and its effects are told once, after the commit, in order")
    func batch() async throws {
        var bench = try await Bench.make("echo")
        bench.connect(1, "echo")
        let received = Sample.received("o_one")
        let first = bench.request(.receive(received, parameterValues: ["ORD456"]))
        let second = bench.request(.plan(received.orchestration, Sample.chain("echo")))
        let next = bench.core.nextBatch(at: bench.now)
        let batch = try #require(next)
        #expect(bench.core.queued == 0)
        try await bench.store.commit(batch.writes)
        let effects = bench.core.committed()
        let kinds = effects.map { effect in
            switch effect {
            case .reply(first, .orchestration): "received"
            case .reply(second, .orchestration(let orchestration)): "planned \(orchestration.status)"
            case .deliver(ConnectionID(1), let delivery): "delivered \(delivery.reference.task)"
            case .setBusy(ConnectionID(1), true): "busy"
            case .progressed(let progressed): "\(progressed.position)"
            default: "\(effect)"
            }
        }
        #expect(kinds == ["1", "2", "received", "3", "4", "planned processing", "5", "delivered task1", "busy"])
        let none = bench.core.nextBatch(at: bench.now)
        #expect(none == nil)
        // It was handed out in the batch that made it ready: it never waited.
        #expect(!batch.writes.contains { $0.isOfOutbox })
    }

    @Test("a failed batch leaves no trace: requests are refused, everything else waits and counts later")
    func failed() async throws {
        var bench = try await Bench.make("echo")
        bench.connect(1, "echo")
        bench.submit(Sample.received("o_one"), Sample.chain("echo"))
        try await bench.run()
        let delivery = try #require(bench.deliveries.first)
        let before = try #require(bench.core[orchestration: OrchestrationID("o_one")])

        bench.store.failNextCommits(with: Self.fullDisk)
        bench.report(.output(Sample.output, nil), of: delivery, on: 1)
        let project = bench.request(
            .registerProject(.init(id: ProjectID("p_two"), name: "two", createdAt: bench.now), keyHash: "two"))
        let service = bench.request(.registerService(Sample.service("other")))
        let next = bench.core.nextBatch(at: bench.now)
        let batch = try #require(next)
        await #expect(throws: StoreError.self) { try await bench.store.commit(batch.writes) }
        let effects = bench.core.failed(Self.fullDisk)
        #expect(effects == [.reply(project, .failure(.unavailable)), .reply(service, .failure(.unavailable))])
        #expect(bench.core[orchestration: OrchestrationID("o_one")] == before)
        #expect(bench.core.directory.project(keyHash: "two") == nil)
        #expect(bench.core.directory.service(ServiceID("s_other")) == nil)
        #expect(bench.core.fleet[ConnectionID(1)]?.inFlight.count == 1)
        #expect(bench.core.queued == 1)

        try await bench.run()
        #expect(bench.acknowledged == ["m"])
        #expect(bench.core.liveCount == 0)
        let entries = try await bench.store.progress(of: Sample.project.id, afterPosition: 0, limit: .max)
        #expect(entries.map(\.position) == Array(1...Int64(entries.count)))
    }

    @Test("a wakeup whose batch fails is due again")
    func failedWakeup() async throws {
        var bench = try await Bench.make("echo")
        bench.connect(1, "echo")
        bench.submit(Sample.received("o_one", timeout: .seconds(1)), Sample.chain("echo"))
        try await bench.run()
        bench.now = bench.now + .seconds(1)
        #expect(bench.core.nextWakeup == bench.now)
        let due = bench.core.nextBatch(at: bench.now)
        #expect(due?.writes.isEmpty == false)
        #expect(bench.core.failed(Self.fullDisk).isEmpty)
        #expect(bench.core.nextWakeup == bench.now)
        try await bench.run()
        let orchestration = try #require(bench.core[orchestration: OrchestrationID("o_one")])
        #expect(orchestration[TaskID(1)]?.phase.kind == .backingOff)
    }

    @Test("after a constraint error inputs are tried one by one, and only the culprit is dropped")
    func culprit() async throws {
        var bench = try await Bench.make("echo")
        // The store knows a project of which this core knows nothing.
        let taken = Project(id: ProjectID("p_taken"), name: "taken", createdAt: bench.now)
        try await bench.store.commit([.project(taken)])
        let good = bench.request(.registerService(Sample.service("good")))
        let bad = bench.request(.registerProject(taken, keyHash: "x"))
        let after = bench.request(.registerService(Sample.service("after")))
        bench.submit(Sample.received("o_one"), Sample.chain("good"))
        try await bench.run()
        #expect(bench.reply(to: bad) == .failure(.rejected))
        for token in [good, after] {
            guard case .service? = bench.reply(to: token) else {
                Issue.record("a neighbour of the culprit was not answered")
                continue
            }
        }
        #expect(bench.core.directory.project(keyHash: "x") == nil)
        #expect(bench.core.liveCount == 1)
        #expect(try await bench.store.orchestration(OrchestrationID("o_one"))?.status == .paused)
    }

    @Test("each deadline wakes the core: attempts, waits between them, grace periods, webhooks")
    func wakeups() async throws {
        var bench = try await Bench.make("echo")
        bench.connect(1, "echo")
        bench.submit(
            Sample.received("o_one", timeout: .seconds(10), gracePeriod: .seconds(60), webhook: "http://localhost/x"),
            Sample.chain("echo"))
        try await bench.run()
        var waits: [Duration] = []
        func step() async throws {
            let next = try #require(bench.core.nextWakeup)
            waits.append(next - bench.now)
            bench.now = max(bench.now, next)
            try await bench.run()
        }
        try await step()
        #expect(waits == [.seconds(10)])
        try await step()
        #expect(bench.deliveries.count == 1)
        #expect(waits[1] >= .milliseconds(100) && waits[1] < .milliseconds(300))
        bench.core.enqueue(.disconnected(ConnectionID(1)))
        try await bench.run()
        // The deadline of the lost delivery comes first and is stale.
        while bench.core.liveCount > 0 { try await step() }
        #expect(waits.dropFirst(2).reduce(.zero, +) == .seconds(60))
        let posts = bench.effects.compactMap { if case .post(let delivery) = $0 { delivery } else { nil } }
        #expect(posts.map(\.url) == ["http://localhost/x"])
        for expected in [1, 2, 4, 8] {
            bench.core.enqueue(.webhookAttempted(try #require(posts.first).id, error: "refused"))
            try await bench.run()
            #expect(try #require(bench.core.nextWakeup) - bench.now == .seconds(expected))
            try await step()
            #expect(bench.effects.count == 1)
        }
        bench.core.enqueue(.webhookAttempted(try #require(posts.first).id, error: nil))
        try await bench.run()
        #expect(bench.core.nextWakeup == nil)
        #expect(try await bench.store.recover().deliveries.isEmpty)
    }

    @Test("a task that waits for credit has its grace period when its service goes away")
    func graceOfWaiting() async throws {
        var bench = try await Bench.make("echo")
        bench.connect(1, "echo", credit: 1)
        for id in ["o_one", "o_two"] {
            bench.submit(Sample.received(id, gracePeriod: .seconds(60)), Sample.chain("echo"))
        }
        try await bench.run()
        #expect(bench.deliveries.count == 1)
        bench.core.enqueue(.disconnected(ConnectionID(1)))
        try await bench.run()
        bench.now = bench.now + .seconds(60)
        try await bench.run()
        #expect(bench.core.liveCount == 0)
        for id in ["o_one", "o_two"] {
            let row = try await bench.store.orchestration(OrchestrationID(id))
            #expect(row?.status == .failed)
            #expect(row?.endedAt == bench.now)
        }
    }

    @Test("a service that is not back after a restart fails its tasks after the grace period from then")
    func graceAfterRestart() async throws {
        var bench = try await Bench.make("echo")
        bench.submit(Sample.received("o_one", gracePeriod: .seconds(60)), Sample.chain("echo"))
        try await bench.run()
        bench = try await Bench(InMemoryStore(bench.store.snapshot()))
        bench.now = bench.now + .seconds(59)
        try await bench.run()
        #expect(bench.core.liveCount == 1)
        bench.now = bench.now + .seconds(1)
        try await bench.run()
        #expect(bench.core.liveCount == 0)
    }

    @Test("a lease keeps a lost task for its instance until the deadline, and wakes the core then")
    func lease() async throws {
        var bench = try await Bench.make("echo")
        bench.connect(1, "echo", instance: "a")
        bench.submit(Sample.received("o_one", timeout: .seconds(10)), Sample.chain("echo"))
        try await bench.run()
        let first = try #require(bench.deliveries.first)
        bench.connect(2, "echo", instance: "b")
        bench.core.enqueue(.disconnected(ConnectionID(1)))
        try await bench.run()
        #expect(bench.deliveries.isEmpty)
        bench.now = try #require(bench.core.nextWakeup)
        #expect(bench.now == Sample.start + .seconds(10))
        try await bench.run()
        let second = try #require(bench.deliveries.first)
        #expect(second.key == first.key)
        #expect(second.execution != first.execution)
    }

    @Test("what was received and never planned ends as cancelled at the next start, and tells no webhook")
    func interruptedPlanning() async throws {
        var bench = try await Bench.make("echo")
        bench.request(.receive(Sample.received("o_one", webhook: "http://localhost/x"), parameterValues: []))
        try await bench.run()
        bench = try await Bench(InMemoryStore(bench.store.snapshot()))
        try await bench.run()
        #expect(bench.core.liveCount == 0)
        #expect(try await bench.store.orchestration(OrchestrationID("o_one"))?.status == .cancelled)
        #expect(try await bench.store.recover().deliveries.isEmpty)
    }

    @Test("a damaged journal is set aside, and everything else goes on")
    func quarantine() async throws {
        var bench = try await Bench.make("echo")
        for id in ["o_bad", "o_good"] { bench.submit(Sample.received(id), Sample.chain("echo")) }
        try await bench.run()
        try await bench.store.commit([
            .journal(
                JournalEntry(
                    orchestration: OrchestrationID("o_bad"), project: Sample.project.id, seq: 99, position: 99,
                    at: bench.now, event: .resumed))
        ])
        bench = try await Bench(InMemoryStore(bench.store.snapshot()))
        #expect(bench.core.quarantined.map(\.orchestration) == [OrchestrationID("o_bad")])
        bench.connect(1, "echo")
        try await bench.run()
        #expect(bench.deliveries.map(\.reference.orchestration) == [OrchestrationID("o_good")])
    }

    @Test("a report of an orchestration that has ended is looked up, journaled once, and changes nothing")
    func late() async throws {
        var bench = try await Bench.make("echo")
        bench.connect(1, "echo")
        let id = OrchestrationID("o_one")
        bench.submit(Sample.received("o_one", timeout: .seconds(1)), Sample.chain("echo"))
        try await bench.run()
        let delivery = try #require(bench.deliveries.first)
        bench.request(.cancel(id, Sample.project.id))
        bench.now = bench.now + .seconds(1)
        try await bench.run()
        #expect(bench.core.liveCount == 0)
        let row = try await bench.store.orchestration(id)
        bench.report(.output(Sample.output, nil), of: delivery, on: 1)
        try await bench.run()
        #expect(bench.acknowledged.isEmpty)
        guard case .lookUp(let report)? = bench.effects.first else {
            Issue.record("nothing was looked up")
            return
        }
        let entries = try await bench.store.journal(of: id, after: 0, limit: .max)
        // Two of them were under way.
        let reference = TaskReference(id, TaskID(1))
        for _ in 0..<2 {
            bench.core.enqueue(.lateReport(report, reference, try Orchestration(replaying: entries)))
        }
        try await bench.run()
        #expect(bench.acknowledged == ["m"])
        let after = try await bench.store.journal(of: id, after: 0, limit: .max)
        #expect(after.map(\.seq) == Array(1...after.count))
        #expect(after.count == entries.count + 1)
        // The other one was read before the first was on disk: it is looked up again, and says nothing new.
        #expect(bench.effects.contains(.lookUp(report)))
        bench.core.enqueue(.lateReport(report, reference, try Orchestration(replaying: after)))
        try await bench.run()
        #expect(bench.acknowledged == ["m"])
        #expect(try await bench.store.journal(of: id, after: 0, limit: .max).count == after.count)
        #expect(try await bench.store.orchestration(id) == row)
        #expect(try await bench.store.recover().live.isEmpty)
    }
}
