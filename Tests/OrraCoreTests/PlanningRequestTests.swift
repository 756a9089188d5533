import OrraEngine
import OrraModel
import OrraStore
import Testing

@testable import OrraCore

@Suite("What goes with planning: webhooks, submissions, stages, documents")
struct PlanningRequestTests {
    private static let id = OrchestrationID("o_one")
    private static let project = Sample.project.id
    private static let terms = PlanTerms(planHash: "right", hold: .confirmation)
    private static let stages = [
        PlanningStage(.parameters, .passed, "1 parameter"), PlanningStage(.offline, .passed, "all matched"),
    ]

    private static func webhook(
        _ name: String, project: ProjectID = project, purpose: Webhook.Purpose = .outcomes
    ) -> Webhook {
        Webhook(
            id: WebhookID("w_" + name), project: project, url: "http://localhost/\(name)", purpose: purpose,
            secret: "secret of \(name)", createdAt: Sample.start)
    }

    private static func hold(_ bench: inout Bench, _ id: String = "o_one", webhook: String? = nil) async throws {
        bench.request(.receive(Sample.received(id, webhook: webhook), parameterValues: []))
        bench.request(.plan(OrchestrationID(id), Sample.chain("echo"), terms: terms, stages: stages))
        try await bench.run()
    }

    // MARK: - Webhooks

    @Test("each webhook of the project is asked for the yes once, and the action's own is not")
    func asked() async throws {
        var bench = try await Bench.make("echo")
        let other = Project(id: ProjectID("p_two"), name: "two", createdAt: bench.now)
        bench.request(.registerProject(other, keyHash: "two"))
        for webhook in [
            Self.webhook("a"), Self.webhook("b"), Self.webhook("undo", purpose: .compensationFailures),
            Self.webhook("foreign", project: other.id),
        ] { bench.request(.addWebhook(webhook)) }
        try await Self.hold(&bench, webhook: "http://localhost/own")
        #expect(bench.posts.map(\.url).sorted() == ["http://localhost/a", "http://localhost/b"])
        #expect(bench.posts.allSatisfy { $0.subject == .approvalRequested && $0.orchestration == Self.id })
        #expect(bench.posts.allSatisfy { $0.secret?.hasPrefix("secret of ") == true })
        #expect(Set(bench.posts.map(\.id)).count == 2)
        // Once: neither the yes nor a restart asks anew.
        let first = bench.posts
        bench.request(.approve(Self.id, Self.project, planHash: nil, reason: nil))
        try await bench.run()
        #expect(bench.posts.isEmpty)
        bench = try await bench.restarted()
        try await bench.run()
        #expect(Set(bench.posts.map(\.id)) == Set(first.map(\.id)))
    }

    @Test("a plan that waits for nobody asks nobody, nor does a refusal")
    func notAsked() async throws {
        var bench = try await Bench.make("echo")
        bench.request(.addWebhook(Self.webhook("a")))
        bench.request(.receive(Sample.received("o_one"), parameterValues: []))
        bench.request(.plan(Self.id, Sample.chain("echo"), terms: PlanTerms(planHash: "h"), stages: Self.stages))
        bench.request(.receive(Sample.received("o_two"), parameterValues: []))
        let refused = bench.request(.refuse(OrchestrationID("o_two"), reason: "no", stages: Self.stages))
        try await bench.run()
        #expect(bench.posts.isEmpty)
        guard case .orchestration(let orchestration)? = bench.reply(to: refused) else {
            Issue.record("the refusal was not taken")
            return
        }
        #expect(orchestration.status == .notActionable && orchestration.seq == 4)
        let kinds = try await bench.events(of: "o_two").map(\.kind)
        #expect(kinds == [.received, .planningStage, .planningStage, .ended])
    }

    @Test("a request for a yes is tried again until it is taken, also after the yes")
    func triedAgain() async throws {
        var bench = try await Bench.make("echo")
        bench.request(.addWebhook(Self.webhook("a")))
        try await Self.hold(&bench)
        let post = try #require(bench.posts.first)
        bench.core.enqueue(.webhookAttempted(post.id, error: "refused"))
        bench.request(.approve(Self.id, Self.project, planHash: nil, reason: nil))
        try await bench.run()
        bench.now = bench.now + .seconds(1)
        try await bench.run()
        #expect(bench.posts.map(\.id) == [post.id])
        bench.core.enqueue(.webhookAttempted(post.id, error: nil))
        try await bench.run()
        #expect(try await bench.store.recover().deliveries.isEmpty)
    }

    @Test("with too many deliveries pending the request for a yes is listed as failed, and the plan waits all the same")
    func tooManyDeliveries() async throws {
        var bounds = Core.Bounds()
        bounds.deliveries = 1
        var bench = try await Bench.make([Sample.service("echo")], bounds: bounds)
        bench.request(.addWebhook(Self.webhook("a")))
        try await Self.hold(&bench)
        try await Self.hold(&bench, "o_two")
        let failed = try await bench.store.failedDeliveries(of: Self.project, limit: 9)
        #expect(failed.map(\.subject) == [.approvalRequested])
        #expect(failed.map(\.orchestration) == [OrchestrationID("o_two")])
        #expect(bench.core[orchestration: OrchestrationID("o_two")]?.phase.kind == .held)
    }

    // MARK: - Submissions, memory

    @Test("a caller's key stands for the plan that waits, from the moment of the answer")
    func submission() async throws {
        var bench = try await Bench.make("echo")
        let row = SubmissionRow(
            project: Self.project, key: "k", bodyHash: "h", orchestration: Self.id, createdAt: bench.now)
        bench.request(.receive(Sample.received("o_one"), parameterValues: []))
        bench.request(.plan(Self.id, Sample.chain("echo"), terms: Self.terms, submission: row))
        try await bench.run()
        #expect(try await bench.store.submission(of: Self.project, key: "k") == row)
        bench.request(.reject(Self.id, Self.project, reason: nil))
        try await bench.run()
        #expect(try await bench.store.submission(of: Self.project, key: "k") == row)
        bench.request(.hide([Self.id]))
        try await bench.run()
        #expect(try await bench.store.hidden(limit: 9).isEmpty)
    }

    @Test("F13: plans that were rejected, cancelled or forgotten leave nothing in memory")
    func memory() async throws {
        var bench = try await Bench.make("echo")
        for number in 1...9 { try await Self.hold(&bench, "o_\(number)") }
        #expect(bench.core.loads.values[Self.project]?.live == 9)
        for number in 1...3 {
            bench.request(.reject(OrchestrationID("o_\(number)"), Self.project, reason: nil))
            bench.request(.cancel(OrchestrationID("o_\(number + 3)"), Self.project))
        }
        try await bench.run()
        #expect(bench.core.liveCount == 3)
        bench.now = bench.now + Limits.holdLife
        try await bench.run()
        #expect(bench.core.live.values.isEmpty && bench.core.tasksByKey.values.isEmpty)
        #expect(bench.core.scheduled.values.isEmpty)
        #expect(bench.core.loads.values.values.allSatisfy { $0 == Core.Load() })
        #expect(bench.core.fleet.waiting(for: ServiceID("s_echo")) == 0)
    }

    @Test("plans that wait count among the project's live ones")
    func bounds() async throws {
        var bounds = Core.Bounds()
        bounds.liveOrchestrations = 1
        var bench = try await Bench.make([Sample.service("echo")], bounds: bounds)
        try await Self.hold(&bench)
        let refused = bench.request(.receive(Sample.received("o_two"), parameterValues: []))
        try await bench.run()
        guard case .tooManyLive? = bench.failure(of: refused) else {
            Issue.record("the second was taken")
            return
        }
        bench.request(.reject(Self.id, Self.project, reason: nil))
        let taken = bench.request(.receive(Sample.received("o_two"), parameterValues: []))
        try await bench.run()
        #expect(bench.failure(of: taken) == nil)
    }

    // MARK: - Documents

    private static func document(
        _ name: String, _ body: JSONValue = ["n": 1], project: ProjectID = project
    ) -> ProjectDocument {
        ProjectDocument(project: project, kind: .grounding, name: name, body: RawJSON(body), at: Sample.start)
    }

    @Test("documents are kept, replaced and discarded in the order of the requests")
    func documents() async throws {
        var bench = try await Bench.make("echo")
        let tokens = [
            bench.request(.keep(Self.document("a"))), bench.request(.keep(Self.document("b"))),
            bench.request(.discard(Self.project, .grounding, names: ["a", "nothing"])),
            bench.request(.keep(Self.document("b", ["n": 2]))),
            bench.request(.discard(Self.project, .pinnedPlan, names: ["b"])),
        ]
        try await bench.run()
        for token in tokens { #expect(bench.reply(to: token) == .done) }
        let kept = try await bench.store.documents(of: Self.project, kind: .grounding, limit: 9)
        #expect(kept == [Self.document("b", ["n": 2])])
        #expect(bench.positions.isEmpty)
    }

    @Test("a document is said to be kept only when it is; a full disk keeps none")
    func fullDisk() async throws {
        var bench = try await Bench.make("echo")
        bench.store.failNextCommits(with: CoreTests.fullDisk)
        let lost = bench.request(.keep(Self.document("a")))
        try await bench.run()
        #expect(bench.failure(of: lost) == .unavailable)
        #expect(try await bench.store.documents(of: Self.project, kind: .grounding, limit: 9).isEmpty)
    }

    @Test("a document of a project that is not there is refused alone, and its neighbours are kept")
    func foreignDocument() async throws {
        var bench = try await Bench.make("echo")
        let good = bench.request(.keep(Self.document("a")))
        let bad = bench.request(.keep(Self.document("x", project: ProjectID("p_nobody"))))
        let after = bench.request(.keep(Self.document("b")))
        try await bench.run()
        #expect(bench.reply(to: good) == .done && bench.reply(to: after) == .done)
        #expect(bench.failure(of: bad) == .rejected)
        let kept = try await bench.store.documents(of: Self.project, kind: .grounding, limit: 9)
        #expect(kept.map(\.name) == ["b", "a"])
    }
}
