import OrraModel
import Testing

@testable import OrraEngine

@Suite("Orchestration: a plan that waits for a person's yes")
struct HoldTests {
    static let chain = (Plan.Task(1, "alpha"), Plan.Task(2, "beta", ["y": "$task1.y"]))

    func held(_ hold: HoldReason = .approval, kept: [KeptOutput] = [], world: World = .of("alpha", "beta")) -> Run {
        Run.held(Self.chain.0, Self.chain.1, kept: kept, hold: hold, world: world)
    }

    func kept(_ task: Int) -> KeptOutput {
        KeptOutput(task: TaskID(task), output: RawJSON(["y": 2]), from: OrchestrationID("o_first"))
    }

    // MARK: - Waiting

    @Test("nothing is readied and nothing asked for before the yes; then all runs as always")
    func approved() {
        var run = Run(.of("alpha", "beta"))
        let plan = Plan(parameters: RawJSON(["x": 1]), tasks: [Self.chain.0, Self.chain.1])
        let terms = PlanTerms(planHash: "h", hold: .approval)
        let decision = run.handle(.planned(plan, terms: terms))
        #expect(decision.events.map(\.kind) == [.planned])
        #expect(decision.effects.isEmpty)
        guard case .planned(let planned) = decision.events.first else { return }
        #expect(planned.terms == terms)
        #expect(planned.holdUntil == .at(604_800))
        #expect(run.live.phase == .held(until: .at(604_800)))
        #expect(run.live.tasks.allSatisfy { $0.phase == .blocked && $0.key == nil && $0.readyAt == nil })
        #expect(run.handle(.connectivityChanged) == Decision())
        #expect(run.wait(.seconds(3_600)) == Decision())
        #expect(
            run.handle(.approve(reason: "fine"))
                == Decision(
                    events: [.approved(.init(planHash: "h", reason: "fine")), .ready(1)],
                    effects: [.enqueue(1, "alpha")]))
        #expect(run.live.isApproved && run.live.phase == .running && run.live.pauseReason == nil)
        #expect(run.live.status == .processing)
        run.dispatch(1, "e_1")
        run.complete(1)
        run.dispatch(2, "e_2")
        #expect(run.complete(2, ["done": true]).events.last == .ended(["done": true]))
    }

    @Test("it is paused for its reason, without having been paused", arguments: HoldReason.allCases)
    func status(hold: HoldReason) {
        let run = held(hold)
        #expect(run.live.status == .paused)
        #expect(run.live.pauseReason == PauseReason(hold))
        #expect(run.live.pauseReason?.isHeld == true)
        #expect(!run.live.isPaused && run.live.outcome == nil && run.live.failure == nil)
        #expect(run.live.retryRefusal == "it has not ended yet")
    }

    @Test("after the yes it pauses for a service that is away, and says that")
    func pausesAfterwards() {
        var run = held()
        run.world.away[.named("alpha")] = run.now
        #expect(run.handle(.connectivityChanged) == Decision())
        let decision = run.handle(.approve(reason: nil))
        #expect(
            decision.events == [.approved(.init(planHash: "h")), .ready(1), .waiting(1, .serviceAway), .paused])
        #expect(run.live.status == .paused && run.live.pauseReason == .serviceAway)
        // The grace period counts from then, not from when the plan was made.
        #expect(run.live.nextWakeup(in: run.world) == .at(60))
    }

    @Test("what does not wait pauses for a service only")
    func noHold() {
        let (running, _) = Run.planned(Plan.Task(1, "alpha"))
        #expect(running.live.pauseReason == nil && !running.live.isApproved)
        var world = World.of("alpha")
        world.away[.named("alpha")] = .at(0)
        let (away, _) = Run.planned(Plan.Task(1, "alpha"), world: world)
        #expect(away.live.pauseReason == .serviceAway)
    }

    @Test("a restart changes nothing for it")
    func recovered() throws {
        var run = held()
        #expect(run.handle(.recovered) == Decision())
        #expect(try Orchestration(replaying: run.journal) == run.live)
        #expect(run.live.phase.kind == .held)
        #expect(run.handle(.approve(reason: nil)).effects == [.enqueue(1, "alpha")])
        #expect(run.handle(.recovered).effects == [.enqueue(1, "alpha")])
    }

    @Test("its caller's refusal, and a second plan, come too late")
    func acceptedAlready() {
        var run = held()
        #expect(run.handle(.abandoned) == Decision())
        #expect(run.handle(.notActionable(reason: "no", stages: Run.stages)) == Decision())
        #expect(run.handle(.planned(Plan(parameters: .emptyObject, tasks: []), stages: Run.stages)) == Decision())
        #expect(run.live.phase.kind == .held)
    }

    @Test("reports about its tasks are noted, and change nothing")
    func reports() {
        var run = held()
        #expect(run.complete(1).events == [.rejected(1, "the task has not been delivered yet")])
        for _ in 0..<20 { run.complete(2) }
        #expect(run.journal.count { $0.event.kind == .messageRejected } == Limits.rejectionsPerTask + 1)
        #expect(run.live.phase.kind == .held)
        #expect(run.dispatch(1, "e_1") == Decision())
        #expect(run.lose(1) == Decision())
    }

    // MARK: - The end of waiting

    @Test("a no ends it with the reason, and none of its tasks ran")
    func rejected() {
        var run = held()
        let failure = Failure(.planRejected, "the plan was rejected: too dear")
        #expect(
            run.handle(.reject(reason: "too dear"))
                == Decision(events: [
                    .cancelled(1), .cancelled(2), .ended(.init(status: .cancelled, failure: failure)),
                ]))
        #expect(run.live.status == .cancelled && run.live.nextWakeup(in: run.world) == nil)
        var silent = held()
        silent.handle(.reject(reason: nil))
        #expect(silent.live.failure == Failure(.planRejected, "the plan was rejected"))
    }

    @Test("a cancel ends it at once")
    func cancelled() {
        var run = held()
        #expect(
            run.handle(.cancel)
                == Decision(events: [
                    .cancelled(1), .cancelled(2), .ended(.init(status: .cancelled, failure: Run.cancelled)),
                ]))
    }

    @Test("after seven days without a word it ends, neither before nor never")
    func expired() {
        var run = held()
        #expect(run.live.nextWakeup(in: run.world) == .at(604_800))
        #expect(run.wait(Limits.holdLife - .milliseconds(1)) == Decision())
        let decision = run.wait(.milliseconds(1))
        let failure = Failure(
            .approvalExpired, "nobody approved the plan within 168h0m0s; submit the action again")
        #expect(
            decision
                == Decision(events: [
                    .cancelled(1), .cancelled(2), .ended(.init(status: .cancelled, failure: failure)),
                ]))
    }

    @Test("a yes or no that comes at the very end or behind it is too late, though no clock was looked at")
    func late() {
        for input in [OrchestrationInput.approve(reason: "fine"), .reject(reason: "no")] {
            var run = held()
            run.now = run.now + Limits.holdLife
            let decision = run.handle(input)
            #expect(decision.events.map(\.kind) == [.taskCancelled, .taskCancelled, .ended])
            #expect(run.live.failureCode == .approvalExpired)
            #expect(decision.effects.isEmpty)
        }
        var last = held()
        last.now = last.now + (Limits.holdLife - .milliseconds(1))
        #expect(last.handle(.approve(reason: nil)).effects == [.enqueue(1, "alpha")])
    }

    @Test("what was said first stands: a second yes or no changes nothing, in any state")
    func repeated() {
        var run = held()
        run.handle(.approve(reason: nil))
        for input in [OrchestrationInput.approve(reason: "again"), .reject(reason: "no")] {
            #expect(run.handle(input) == Decision())
        }
        run.dispatch(1, "e_1")
        #expect(run.handle(.reject(reason: "no")) == Decision())
        var over = held()
        over.handle(.reject(reason: nil))
        let state = over.live
        #expect(over.handle(.approve(reason: nil)) == Decision())
        #expect(over.handle(.cancel) == Decision())
        #expect(over.wait(Limits.holdLife) == Decision())
        #expect(over.live == state)
        var preparing = Run(.of("alpha"))
        #expect(preparing.handle(.approve(reason: nil)) == Decision())
        #expect(preparing.handle(.reject(reason: nil)) == Decision())
        var (running, _) = Run.planned(Plan.Task(1, "alpha"))
        #expect(running.handle(.approve(reason: nil)) == Decision())
        #expect(!running.live.isApproved)
    }

    @Test("a yes does not shorten or lengthen anything: the hold's end no longer counts")
    func noClockAfterwards() {
        var run = held()
        run.handle(.approve(reason: nil))
        run.dispatch(1, "e_1")
        run.complete(1)
        run.now = .at(604_800)
        #expect(run.handle(.clock) == Decision())
        #expect(run.live.phase == .running)
    }

    @Test("what is said with a cancel of one that runs is that of the operator")
    func cancelAfterYes() {
        var run = held()
        run.handle(.approve(reason: nil))
        #expect(run.handle(.cancel).events.last == .ended(.init(status: .cancelled, failure: Run.cancelled)))
    }

    // MARK: - Kept outputs, services, plans without tasks

    @Test("kept outputs are there while it waits, and stay when it ends; only the rest runs after the yes")
    func keptOutputs() {
        var run = held(kept: [kept(1)])
        #expect(run.journal.map(\.event.kind) == [.received, .planned, .taskKept])
        #expect(run.phase(1) == .completed(at: .at(0)) && run.phase(2) == .blocked)
        var rejected = run
        rejected.handle(.reject(reason: nil))
        #expect(rejected.phase(1) == .completed(at: .at(0)) && rejected.phase(2) == .cancelled)
        #expect(rejected.live.keptOutputs == [KeptOutput(task: TaskID(1), output: RawJSON(["y": 2]), from: Run.id)])
        #expect(run.handle(.approve(reason: nil)).effects == [.enqueue(2, "beta")])
    }

    @Test("all outputs kept, or no tasks at all: it completes with the yes, not before")
    func nothingToRun() {
        var run = held(kept: [kept(1), kept(2)])
        #expect(run.live.phase.kind == .held)
        #expect(run.handle(.approve(reason: nil)).events.map(\.kind) == [.approved, .ended])
        #expect(run.live.status == .completed)
        var empty = Run.held()
        #expect(empty.live.phase.kind == .held)
        empty.handle(.approve(reason: nil))
        #expect(empty.live.status == .completed)
    }

    @Test("a retry asks again for a yes that was never given, and for none that was")
    func retried() {
        var rejected = held()
        rejected.handle(.reject(reason: nil))
        #expect(rejected.live.retryRefusal == nil)
        let hash = rejected.live.terms.planHash
        #expect(rejected.live.termsOfRetry(planHash: hash) == rejected.live.terms)
        #expect(rejected.live.termsOfRetry(planHash: hash).hold == .approval)
        var approved = held()
        approved.handle(.approve(reason: nil))
        approved.handle(.cancel)
        var expected = approved.live.terms
        expected.hold = nil
        expected.approvedHash = hash
        expected.approvedFor = .approval
        #expect(approved.live.termsOfRetry(planHash: hash) == expected)
        // A service of the plan has changed since the yes.
        let changed = approved.live.termsOfRetry(planHash: "changed")
        #expect(changed.hold == .approval)
        #expect(changed.planHash == "changed")
    }

    @Test("a service that was gone before the plan came is a refusal, and nothing waits")
    func vanishedBefore() {
        var run = Run(.of("alpha"))
        let plan = Plan(parameters: RawJSON(["x": 1]), tasks: [Self.chain.0, Self.chain.1])
        let decision = run.handle(.planned(plan, terms: PlanTerms(hold: .approval), stages: Run.stages))
        #expect(decision.events.map(\.kind) == [.planningStage, .planningStage, .ended])
        #expect(run.live.status == .notActionable && run.live.plan == nil)
    }

    @Test("a service that goes while the plan waits is waited for after the yes, and then given up")
    func vanishedAfter() {
        var run = held()
        run.world.services[.named("alpha")] = nil
        run.world.away[.named("alpha")] = .at(0)
        run.now = .at(1_000)
        run.handle(.approve(reason: nil))
        #expect(run.live.pauseReason == .serviceAway)
        #expect(run.live.nextWakeup(in: run.world) == .at(1_060))
        run.wait(.seconds(60))
        #expect(run.live.status == .failed && run.live.failureCode == .serviceAway)
        #expect(run.phase(2) == .cancelled)
    }

    @Test("an input that no longer fits the service fails the task after the yes, and nothing before")
    func changedSchema() {
        var run = held()
        run.world.add("alpha", input: ["type": "object", "properties": ["x": ["type": "boolean"]]])
        #expect(run.handle(.connectivityChanged) == Decision())
        let decision = run.handle(.approve(reason: nil))
        #expect(decision.failure?.code == .taskInputInvalid)
        #expect(run.live.status == .failed)
    }

    // MARK: - Stages

    @Test("what planning found stands before the plan, and before a refusal")
    func stages() {
        var run = Run(.of("alpha"))
        let plan = Plan(parameters: RawJSON(["x": 1]), tasks: [Self.chain.0])
        #expect(
            run.handle(.planned(plan, stages: Run.stages)).events.prefix(3).map(\.kind)
                == [.planningStage, .planningStage, .planned])
        #expect(run.journal[1].event == .planningStage(Run.stages[0]))
        #expect(run.journal[2].event == .planningStage(Run.stages[1]))
        var refused = Run(.of("alpha"))
        let failure = Failure(.notActionable, "nothing fits")
        #expect(
            refused.handle(.notActionable(reason: "nothing fits", stages: Run.stages)).events
                == Run.stages.map(Event.planningStage) + [.ended(.init(status: .notActionable, failure: failure))])
        #expect(refused.handle(.notActionable(reason: "again", stages: Run.stages)) == Decision())
        var cancelled = Run(.of("alpha"))
        cancelled.handle(.cancel)
        #expect(cancelled.handle(.planned(plan, stages: Run.stages)) == Decision())
    }
}
