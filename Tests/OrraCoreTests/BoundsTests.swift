import OrraCore
import OrraEngine
import OrraModel
import OrraStore
import Testing

@Suite("What a core takes on is bounded")
struct BoundsTests {
    @Test("a project with too many actions under way gets no more until one ends; another project does")
    func count() async throws {
        var bounds = Core.Bounds()
        bounds.liveOrchestrations = 2
        var bench = try await Bench.make([Sample.service("echo")], bounds: bounds)
        bench.connect(1, "echo")
        try await bench.submit(1...2)
        let delivery = try #require(bench.deliveries.first)
        let refused = bench.request(.receive(Sample.received("o_3"), parameterValues: []))
        let other = Project(id: ProjectID("p_two"), name: "two", createdAt: bench.now)
        bench.request(.registerProject(other, keyHash: "two"))
        var received = Sample.received("o_other")
        received.project = other.id
        let taken = bench.request(.receive(received, parameterValues: []))
        try await bench.run()
        guard case .tooManyLive(let sentence)? = bench.failure(of: refused) else {
            Issue.record("the third was taken")
            return
        }
        #expect(sentence.hasPrefix("2 actions of this project are under way"))
        #expect(bench.failure(of: taken) == nil)
        #expect(try await bench.store.orchestration(OrchestrationID("o_3")) == nil)

        bench.report(.output(Sample.output, nil), of: delivery, on: 1)
        let again = bench.request(.receive(Sample.received("o_3"), parameterValues: []))
        try await bench.run()
        #expect(bench.failure(of: again) == nil)
    }

    @Test("the bytes that live actions hold are bounded, and counted anew after a restart")
    func bytes() async throws {
        var bounds = Core.Bounds()
        bounds.liveBytes = 4_000
        var bench = try await Bench.make([Sample.service("echo")], bounds: bounds)
        func received(_ id: String) -> Event.Received {
            Event.Received(
                orchestration: OrchestrationID(id), project: Sample.project.id, action: "Say",
                data: RawJSON(.string(String(repeating: "x", count: 3_000))), timeout: .seconds(30),
                gracePeriod: .seconds(1_800), webhook: nil)
        }
        bench.submit(received("o_1"), Sample.chain("echo"))
        try await bench.run()
        for _ in 0..<2 {
            let refused = bench.request(.receive(received("o_2"), parameterValues: []))
            try await bench.run()
            guard case .tooManyLive(let sentence)? = bench.failure(of: refused) else {
                Issue.record("the second was taken")
                return
            }
            #expect(sentence.contains("4000 bytes"))
            bench = try await bench.restarted(bounds: bounds)
            try await bench.run()
        }
        bench.request(.cancel(OrchestrationID("o_1"), Sample.project.id))
        let taken = bench.request(.receive(received("o_2"), parameterValues: []))
        try await bench.run()
        #expect(bench.failure(of: taken) == nil)
    }

    @Test("a load that a failed commit took back is not counted")
    func rolledBack() async throws {
        var bounds = Core.Bounds()
        bounds.liveOrchestrations = 1
        var bench = try await Bench.make([Sample.service("echo")], bounds: bounds)
        bench.store.failNextCommits(with: CoreTests.fullDisk)
        let lost = bench.request(.receive(Sample.received("o_1"), parameterValues: []))
        try await bench.run()
        #expect(bench.failure(of: lost) == .unavailable)
        let taken = bench.request(.receive(Sample.received("o_2"), parameterValues: []))
        try await bench.run()
        #expect(bench.failure(of: taken) == nil)
    }

    @Test("a service with a full outbox gets no more actions; other services do, and it does when it is back")
    func outbox() async throws {
        var bounds = Core.Bounds()
        bounds.outboxEntries = 3
        var bench = try await Bench.make([Sample.service("echo"), Sample.service("other")], bounds: bounds)
        try await bench.submit(1...3)
        func plan(_ id: String, _ services: String...) -> RequestToken {
            bench.request(.receive(Sample.received(id), parameterValues: []))
            let tasks = services.enumerated().map { index, service in
                Plan.Task(id: TaskID(index + 1), service: ServiceID("s_\(service)"), input: [])
            }
            return bench.request(
                .plan(OrchestrationID(id), Plan(parameters: RawJSON(["text": "a"]), tasks: tasks)))
        }
        let refused = plan("o_refused", "other", "echo")
        let taken = plan("o_taken", "other")
        try await bench.run()
        #expect(bench.failure(of: refused) == .outboxFull("3 tasks wait for echo; start it, or try again later"))
        #expect(bench.failure(of: taken) == nil)
        #expect(bench.core.fleet.waiting(for: ServiceID("s_echo")) == 3)
        // As the hub does for a caller that was told no.
        bench.core.enqueue(.abandoned(OrchestrationID("o_refused")))
        try await bench.run()
        #expect(try await bench.store.orchestration(OrchestrationID("o_refused"))?.status == .cancelled)

        bench.connect(1, "echo")
        try await bench.run()
        #expect(bench.deliveries.count == 3)
        let again = plan("o_again", "echo")
        try await bench.run()
        #expect(bench.failure(of: again) == nil)
        #expect(bench.deliveries.count == 1)
    }

    @Test("a webhook delivery beyond the pending ones of its project is listed as failed at once, and never tried")
    func deliveries() async throws {
        var bounds = Core.Bounds()
        bounds.deliveries = 2
        var bench = try await Bench.make([Sample.service("echo")], bounds: bounds)
        func cancel(_ number: Int) async throws {
            let received = Sample.received("o_\(number)", webhook: "http://localhost/\(number)")
            bench.submit(received, Sample.chain("echo"))
            bench.request(.cancel(received.orchestration, Sample.project.id))
            try await bench.run()
        }
        for number in 1...2 {
            try await cancel(number)
            #expect(bench.posts.map(\.url) == ["http://localhost/\(number)"])
        }
        let first = try #require(bench.posts.first)
        try await cancel(3)
        #expect(bench.posts.isEmpty)
        let failed = try await bench.store.failedDeliveries(of: Sample.project.id, limit: 10)
        #expect(failed.map(\.url) == ["http://localhost/3"])
        #expect(failed.first?.attempts == 0)
        #expect(failed.first?.lastError == "too many deliveries of this project are pending")
        // Counted anew after a restart.
        bench = try await bench.restarted(bounds: bounds)
        try await bench.run()
        #expect(bench.posts.count == 2)
        try await cancel(4)
        #expect(bench.posts.isEmpty)
        bench.core.enqueue(.webhookAttempted(first.id, error: nil))
        try await cancel(5)
        #expect(bench.posts.map(\.url) == ["http://localhost/5"])
    }
}
