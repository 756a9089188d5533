import OrraCore
import OrraEngine
import OrraModel
import OrraStore
import Testing

@Suite("Plans that wait for a yes")
struct HoldTests {
    static let id = OrchestrationID("o_one")
    static let project = Sample.project.id
    static let terms = PlanTerms(planner: .offline, confidence: 0.6, planHash: "right", hold: .approval)
    static let stages = [PlanningStage(.offline, .passed, "all phrases matched", confidence: 0.6)]

    /// `o_one` waits for a yes; its service is there and idle.
    private func held(
        webhook: String? = nil, submission: SubmissionRow? = nil, terms: PlanTerms = terms
    ) async throws -> Bench {
        var bench = try await Bench.make("echo", "pay")
        bench.connect(1, "echo")
        bench.connect(2, "pay")
        bench.request(
            .addWebhook(
                Webhook(
                    id: WebhookID("w_1"), project: Self.project, url: "http://localhost/project", purpose: .outcomes,
                    secret: "s", createdAt: bench.now)))
        bench.request(
            .addWebhook(
                Webhook(
                    id: WebhookID("w_2"), project: Self.project, url: "http://localhost/undo",
                    purpose: .compensationFailures, secret: "s", createdAt: bench.now)))
        try await bench.run()
        bench.request(.receive(Sample.received("o_one", webhook: webhook), parameterValues: []))
        let token = bench.request(
            .plan(Self.id, Sample.chain("echo", "pay"), terms: terms, stages: Self.stages, submission: submission))
        try await bench.run()
        guard case .orchestration(let orchestration)? = bench.reply(to: token) else {
            Issue.record("the plan was not accepted")
            return bench
        }
        #expect(orchestration.status == .paused && orchestration.pauseReason == .approval)
        return bench
    }

    private func approve(
        _ bench: inout Bench, _ id: OrchestrationID = id, project: ProjectID = project, hash: String? = "right"
    ) -> RequestToken {
        bench.request(.approve(id, project, planHash: hash, reason: "fine"))
    }

    private func shown(_ bench: Bench, _ token: RequestToken) -> Orchestration? {
        if case .orchestration(let orchestration)? = bench.reply(to: token) { orchestration } else { nil }
    }

    /// Lets time pass to whatever wakes the core next, until it is there.
    private func wait(_ bench: inout Bench, until time: Timestamp) async throws {
        while let next = bench.core.nextWakeup, next <= time {
            bench.now = max(bench.now, next)
            try await bench.run()
        }
        bench.now = max(bench.now, time)
        try await bench.run()
    }

    // MARK: - Yes and no

    @Test("nothing is in the outbox and nothing is delivered before the yes; then it is, at once")
    func approval() async throws {
        var bench = try await held()
        #expect(bench.deliveries.isEmpty)
        #expect(try await bench.store.outbox().isEmpty)
        let row = try #require(try await bench.store.orchestration(Self.id))
        #expect(row.status == .paused && row.pauseReason == .approval && row.endedAt == nil)
        #expect(try await bench.events(of: "o_one").map(\.kind) == [.received, .planningStage, .planned])

        let token = approve(&bench)
        try await bench.run()
        #expect(shown(bench, token)?.isApproved == true)
        #expect(bench.deliveries.map(\.reference) == [TaskReference(Self.id, TaskID(1))])
        let running = try #require(try await bench.store.orchestration(Self.id))
        #expect(running.status == .processing && running.pauseReason == nil)
        #expect(
            try await bench.events(of: "o_one").dropFirst(3).map(\.kind) == [.approved, .taskReady, .taskDispatched])
        for connection in [UInt64(1), 2] {
            bench.report(.output(Sample.output, nil), of: try #require(bench.deliveries.first), on: connection)
            try await bench.run()
        }
        #expect(try await bench.store.orchestration(Self.id)?.status == .completed)
        #expect(bench.core.liveCount == 0)
    }

    @Test("a yes without a hash is one to the plan that waits, whichever it is")
    func withoutHash() async throws {
        var bench = try await held()
        let token = approve(&bench, hash: nil)
        try await bench.run()
        #expect(shown(bench, token)?.status == .processing)
        #expect(try await bench.events(of: "o_one").contains(.approved(.init(planHash: "right", reason: "fine"))))
    }

    @Test("a yes to another plan counts for nothing, and the plan waits on")
    func otherPlan() async throws {
        var bench = try await held()
        let before = bench.core[orchestration: Self.id]
        let token = approve(&bench, hash: "left")
        try await bench.run()
        #expect(bench.failure(of: token) == .planChanged)
        #expect(bench.core[orchestration: Self.id] == before)
        #expect(bench.deliveries.isEmpty)
        let unnamed = PlanTerms(hold: .confirmation)
        var other = try await held(terms: PlanTerms(hold: .approval))
        #expect(unnamed.planHash == nil)
        let guess = approve(&other, hash: "right")
        try await other.run()
        #expect(other.failure(of: guess) == .planChanged)
    }

    @Test("a yes that was decided by other services than those of its turn is stale, and the plan waits on")
    func changedServices() async throws {
        for (seen, version) in [(1, 2), (2, 2), (1, 1)] {
            var bench = try await held()
            if version == 2 { bench.request(.registerService(Sample.service("pay"))) }
            let versions = [ServiceID("s_echo"): 1, ServiceID("s_pay"): seen]
            let yes = bench.request(.approve(Self.id, Self.project, planHash: "right", reason: nil, seen: versions))
            try await bench.run()
            guard seen != version else {
                #expect(shown(bench, yes)?.isApproved == true)
                continue
            }
            #expect(bench.failure(of: yes) == .stale)
            #expect(bench.core[orchestration: Self.id]?.phase.kind == .held)
            #expect(bench.deliveries.isEmpty)
        }
    }

    @Test("a plan whose terms follow from other services than those of its turn is stale")
    func changedTerms() async throws {
        var bench = try await Bench.make("echo")
        bench.request(.receive(Sample.received("o_one"), parameterValues: []))
        try await bench.run()
        bench.request(.registerService(Sample.service("echo")))
        let stale = bench.request(.plan(Self.id, Sample.chain("echo"), seen: [ServiceID("s_echo"): 1]))
        try await bench.run()
        #expect(bench.failure(of: stale) == .stale)
        #expect(bench.core[orchestration: Self.id]?.phase.kind == .preparing)
        let again = bench.request(.plan(Self.id, Sample.chain("echo"), seen: [ServiceID("s_echo"): 2]))
        try await bench.run()
        #expect(shown(bench, again)?.phase == .running)
    }

    @Test("another project's yes or no finds nothing, nor does one about nothing")
    func otherProject() async throws {
        var bench = try await held()
        let other = Project(id: ProjectID("p_two"), name: "two", createdAt: bench.now)
        bench.request(.registerProject(other, keyHash: "two"))
        let tokens = [
            approve(&bench, project: other.id), bench.request(.reject(Self.id, other.id, reason: nil)),
            approve(&bench, OrchestrationID("o_nothing")),
            bench.request(.reject(OrchestrationID("o_nothing"), Self.project, reason: nil)),
        ]
        try await bench.run()
        for token in tokens { #expect(bench.failure(of: token) == .notLive) }
        #expect(bench.core[orchestration: Self.id]?.phase.kind == .held)
    }

    @Test("what does not wait can be neither approved nor rejected")
    func notHeld() async throws {
        var bench = try await held()
        bench.request(.receive(Sample.received("o_preparing"), parameterValues: []))
        bench.submit(Sample.received("o_running"), Sample.chain("echo"))
        _ = approve(&bench)
        let tokens = [
            approve(&bench), bench.request(.reject(Self.id, Self.project, reason: nil)),
            approve(&bench, OrchestrationID("o_preparing"), hash: nil),
            approve(&bench, OrchestrationID("o_running"), hash: nil),
            bench.request(.reject(OrchestrationID("o_running"), Self.project, reason: nil)),
        ]
        try await bench.run()
        for token in tokens { #expect(bench.failure(of: token) == .notHeld) }
        #expect(try await bench.events(of: "o_one").count { $0.kind == .approved } == 1)
    }

    @Test("of a yes and a no in one batch the first counts")
    func atOnce() async throws {
        var bench = try await held()
        let no = bench.request(.reject(Self.id, Self.project, reason: "too dear"))
        let yes = approve(&bench)
        try await bench.run()
        #expect(shown(bench, no)?.failure?.code == .planRejected)
        #expect(bench.failure(of: yes) == .notLive)
        #expect(bench.deliveries.isEmpty)
    }

    @Test("a no ends it, tells the webhooks, and leaves nothing behind")
    func rejection() async throws {
        var bench = try await held(webhook: "http://localhost/own")
        let token = bench.request(.reject(Self.id, Self.project, reason: "too dear"))
        try await bench.run()
        #expect(shown(bench, token)?.failure?.message == "the plan was rejected: too dear")
        #expect(bench.posts.map(\.url).sorted() == ["http://localhost/own", "http://localhost/project"])
        #expect(bench.posts.allSatisfy { $0.subject == .outcome })
        #expect(bench.core.liveCount == 0)
        let row = try #require(try await bench.store.orchestration(Self.id))
        #expect(row.status == .cancelled && row.pauseReason == nil && row.endedAt == bench.now)
        #expect(try await bench.store.outbox(of: Self.project, limit: 9).isEmpty)
        let late = approve(&bench)
        try await bench.run()
        #expect(bench.failure(of: late) == .notLive)
    }

    @Test("a cancel ends it as it does any other")
    func cancel() async throws {
        var bench = try await held()
        let token = bench.request(.cancel(Self.id, Self.project))
        try await bench.run()
        #expect(shown(bench, token)?.failure?.code == .cancelled)
        #expect(bench.core.liveCount == 0 && bench.deliveries.isEmpty)
    }

    @Test("a yes that finds the outbox full waits with its plan, and works when there is room")
    func fullOutbox() async throws {
        var bounds = Core.Bounds()
        bounds.outboxEntries = 2
        var bench = try await Bench.make([Sample.service("echo")], bounds: bounds)
        bench.request(.receive(Sample.received("o_one"), parameterValues: []))
        bench.request(.plan(Self.id, Sample.chain("echo"), terms: Self.terms))
        try await bench.submit(1...2)
        let token = approve(&bench)
        let no = bench.request(.cancel(OrchestrationID("o_1"), Self.project))
        try await bench.run()
        #expect(bench.failure(of: token) == .outboxFull("2 tasks wait for echo; start it, or try again later"))
        #expect(shown(bench, no) != nil)
        #expect(bench.core[orchestration: Self.id]?.phase.kind == .held)
        let again = approve(&bench)
        try await bench.run()
        #expect(shown(bench, again)?.isApproved == true)
    }

    // MARK: - Time

    @Test("a plan of which nobody says a word ends after seven days by itself")
    func expiry() async throws {
        var bench = try await held()
        let end = Sample.start + Limits.holdLife
        for post in bench.posts { bench.core.enqueue(.webhookAttempted(post.id, error: nil)) }
        try await bench.run()
        #expect(bench.core.nextWakeup == end)
        try await wait(&bench, until: end + .milliseconds(-1))
        #expect(bench.core.liveCount == 1)
        bench.now = end
        try await bench.run()
        #expect(bench.core.liveCount == 0)
        let row = try #require(try await bench.store.orchestration(Self.id))
        #expect(row.status == .cancelled && row.error?.hasPrefix("nobody approved the plan within") == true)
        #expect(bench.posts.map(\.subject) == [.outcome])
    }

    @Test("a yes in the very moment of the end is too late, and the plan is over")
    func tooLate() async throws {
        for verdict in [true, false] {
            var bench = try await held()
            bench.now = Sample.start + Limits.holdLife
            let token =
                verdict ? approve(&bench) : bench.request(.reject(Self.id, Self.project, reason: nil))
            try await bench.run()
            #expect(bench.failure(of: token) == .notHeld)
            #expect(bench.core.liveCount == 0 && bench.deliveries.isEmpty)
            #expect(try await bench.store.orchestration(Self.id)?.status == .cancelled)
            #expect(try await bench.events(of: "o_one").count { $0.kind == .ended } == 1)
        }
    }

    @Test("the end of waiting says nothing to a plan that runs by then")
    func approvedInTime() async throws {
        var bench = try await held()
        _ = approve(&bench)
        try await bench.run()
        bench.core.enqueue(.disconnected(ConnectionID(1)))
        bench.connect(3, "echo")
        bench.core.enqueue(.stalled(ConnectionID(3), true))
        bench.now = Sample.start + Limits.holdLife
        try await bench.run()
        #expect(bench.core[orchestration: Self.id]?.phase == .running)
    }

    // MARK: - Restarts and failed commits

    @Test("over a restart it waits on, for the rest of its time, and its webhook is sent again")
    func restart() async throws {
        var bench = try await held(webhook: "http://localhost/own")
        let before = try #require(bench.core[orchestration: Self.id])
        bench.now = bench.now + .seconds(3_600)
        bench = try await bench.restarted()
        bench.connect(1, "echo")
        try await bench.run()
        #expect(bench.core[orchestration: Self.id] == before)
        #expect(bench.deliveries.isEmpty)
        #expect(bench.posts.map(\.subject) == [.approvalRequested])
        #expect(bench.core.quarantined.isEmpty)
        let wrong = approve(&bench, hash: "left")
        try await bench.run()
        #expect(bench.failure(of: wrong) == .planChanged)
        let token = approve(&bench)
        try await bench.run()
        #expect(shown(bench, token)?.isApproved == true)
        #expect(bench.deliveries.count == 1)
    }

    @Test("one whose time ended while the hub was down ends at the start, and a yes then is too late")
    func expiredWhileDown() async throws {
        var bench = try await held()
        bench.now = bench.now + (Limits.holdLife + .seconds(60))
        bench = try await bench.restarted()
        let token = approve(&bench)
        try await bench.run()
        #expect(bench.failure(of: token) == .notHeld)
        #expect(bench.core.liveCount == 0)
        let orchestration = try Orchestration(
            replaying: try await bench.store.journal(of: Self.id, after: 0, limit: .max))
        #expect(orchestration.failure?.code == .approvalExpired)
    }

    @Test("a yes that was on disk is never asked for again")
    func approvedOverRestart() async throws {
        var bench = try await held()
        _ = approve(&bench)
        try await bench.run()
        bench = try await bench.restarted()
        let again = approve(&bench)
        bench.connect(1, "echo")
        try await bench.run()
        #expect(bench.failure(of: again) == .notHeld)
        #expect(bench.deliveries.map(\.reference) == [TaskReference(Self.id, TaskID(1))])
    }

    @Test("a failed commit takes the yes back: the plan waits as before, and a second yes works")
    func failedCommit() async throws {
        for isYes in [true, false] {
            var bench = try await held()
            let before = bench.core[orchestration: Self.id]
            let wakeup = bench.core.nextWakeup
            bench.store.failNextCommits(with: CoreTests.fullDisk)
            let token = isYes ? approve(&bench) : bench.request(.reject(Self.id, Self.project, reason: nil))
            try await bench.run()
            #expect(bench.failure(of: token) == .unavailable)
            #expect(bench.deliveries.isEmpty && bench.posts.isEmpty)
            #expect(bench.core[orchestration: Self.id] == before)
            #expect(bench.core.nextWakeup == wakeup)
            #expect(bench.core.fleet.waiting(for: ServiceID("s_echo")) == 0)
            #expect(try await bench.events(of: "o_one").last?.kind == .planned)
            let again = approve(&bench)
            try await bench.run()
            #expect(shown(bench, again)?.isApproved == true)
            #expect(bench.deliveries.count == 1)
        }
    }

    @Test("a failed commit takes the plan back: it is still being planned, and nobody is asked for a yes")
    func failedPlan() async throws {
        var bench = try await held()
        bench.request(.receive(Sample.received("o_two"), parameterValues: []))
        try await bench.run()
        bench.store.failNextCommits(with: CoreTests.fullDisk)
        let token = bench.request(.plan(OrchestrationID("o_two"), Sample.chain("echo"), terms: Self.terms))
        try await bench.run()
        #expect(bench.failure(of: token) == .unavailable && bench.posts.isEmpty)
        #expect(bench.core[orchestration: OrchestrationID("o_two")]?.phase == .preparing)
        // As the hub does for a caller that was told no.
        bench.core.enqueue(.abandoned(OrchestrationID("o_two")))
        bench.core.enqueue(.abandoned(Self.id))
        try await bench.run()
        #expect(bench.core[orchestration: OrchestrationID("o_two")] == nil)
        #expect(bench.core[orchestration: Self.id]?.phase.kind == .held)
    }
}
