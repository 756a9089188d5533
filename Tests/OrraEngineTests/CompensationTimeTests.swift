import OrraModel
import Testing

@testable import OrraEngine

@Suite("Compensation: its time to live")
struct CompensationTimeTests {
    func expired(_ ttl: String, task: Int = 1) -> Failure {
        Failure(
            .compensationExpired, "task\(task) (alpha) could be undone within \(ttl) of its completion, and was not")
    }

    @Test("F14: the time to live counts from the task's completion, not from the failure, a check or a restart")
    func fromCompletion() {
        var (run, _) = Run.planned(
            Plan.Task(1, "alpha"), Plan.Task(2, "beta"), world: .revertible("alpha", "beta"),
            gracePeriod: .seconds(9_999))
        run.dispatch(1, "e_1")
        run.now = .at(10)
        run.completeRevertibly(1, ttlMs: 100_000)
        run.now = .at(90)
        run.world.away[.named("alpha")] = .at(50)
        #expect(
            run.handle(.cancel).events.suffix(2) == [.undoReady(1, expiresAt: .at(110)), .undoWaiting(1, .serviceAway)])
        #expect(run.undo(1)?.completedAt == .at(10))
        #expect(run.live.nextWakeup(in: run.world) == .at(110))
        // Neither a check nor a start of the hub begins it anew.
        run.now = .at(100)
        #expect(run.handle(.clock) == Decision())
        run.world.away[.named("alpha")] = .at(100)
        run.handle(.recovered)
        #expect(run.live.nextWakeup(in: run.world) == .at(110))
        run.now = .at(109)
        #expect(run.wait(.milliseconds(999)) == Decision())
        #expect(
            run.wait(.milliseconds(1))
                == Decision(
                    events: [
                        .undoEnded(1, .expired, expired("1m40s"), attempts: 0),
                        .ended(.init(status: .cancelled, failure: Run.cancelled)),
                    ],
                    effects: [.withdrawUndo(1)]))
        #expect(run.undo(1)?.status == .expired)
        #expect(run.live.compensationCounts == CompensationCounts(total: 1, failed: 1))
    }

    @Test("F14: each task's own time to live wins, and 24 h pass for one of 24 h")
    func perTask() {
        var run = Run(.revertible("alpha", "beta"))
        run.handle(
            .planned(
                Plan(
                    parameters: RawJSON(["x": 1]),
                    tasks: [Plan.Task(1, "alpha"), Plan.Task(2, "alpha"), Plan.Task(3, "beta")])))
        for task in 1...2 {
            run.dispatch(task, "e_\(task)")
            run.completeRevertibly(task, ttlMs: task == 1 ? Limits.compensationTTL.milliseconds : 60_000)
        }
        run.world.away[.named("alpha")] = .at(0)
        run.handle(.cancel)
        #expect(run.undo(2)?.expiresAt == .at(60))
        #expect(run.undo(1)?.expiresAt == .at(86_400))
        #expect(
            run.wait(.seconds(60)).events == [
                .undoEnded(2, .expired, expired("1m0s", task: 2), attempts: 0), .undoReady(1),
                .undoWaiting(1, .serviceAway),
            ])
        run.now = .at(86_399)
        #expect(run.handle(.clock) == Decision())
        #expect(
            run.wait(.seconds(1)).events.first == .undoEnded(1, .expired, expired("24h0m0s"), attempts: 0))
    }

    @Test("absence costs no attempt: who comes back within the time to live is asked, for the first time")
    func absence() {
        var run = Run(.revertible("alpha", "beta"))
        run.handle(
            .planned(Plan(parameters: RawJSON(["x": 1]), tasks: [Plan.Task(1, "alpha"), Plan.Task(2, "beta")])))
        run.dispatch(1, "e_1")
        run.completeRevertibly(1)
        run.world.away[.named("alpha")] = .at(0)
        run.handle(.cancel)
        run.now = .at(86_000)
        #expect(run.handle(.clock) == Decision())
        run.world.away = [:]
        #expect(run.handle(.connectivityChanged) == Decision())
        #expect(run.undo(1)?.attempt == 0)
        #expect(run.dispatchUndo(1).events == [.undoDispatched(1, attempt: 1)])
        #expect(run.answerUndo(1, .compensation(.completed)).undoEnd?.attempts == 1)
    }

    @Test("one that expires before its turn is not asked for")
    func expiredBeforeItsTurn() {
        var run = Run.compensating([1, 2], failing: 3, ttlMs: 20_000)
        run.dispatchUndo(2)
        run.now = .at(20)
        let decision = run.answerUndo(2, .compensation(.completed))
        #expect(
            decision.events.prefix(2) == [.undoEnded(2), .undoEnded(1, .expired, expired("20s"), attempts: 0)])
        #expect(decision.effects == [.releaseUndo(2)])
        #expect(run.live.phase.kind == .ended)
        #expect(run.undoOrder == [2])
    }

    @Test("the wait for the next attempt ends with the time to live")
    func backingOffExpires() {
        var run = Run.compensating(ttlMs: 1_000)
        run.dispatchUndo(1)
        #expect(run.answerUndo(1, .compensation(.failed("no"))).undoRetryAt == .at(1))
        #expect(run.live.nextWakeup(in: run.world) == .at(1))
        let decision = run.wait(.seconds(1))
        #expect(decision.undoEnd?.status == .expired)
        #expect(decision.undoEnd?.attempts == 1)
        #expect(decision.effects == [])
    }

    @Test("an attempt that began in time is awaited until its deadline, and its success counts")
    func inFlightAtTheEnd() {
        var run = Run.compensating(ttlMs: 10_000)
        run.now = .at(9)
        run.dispatchUndo(1)
        #expect(run.live.nextWakeup(in: run.world) == .at(39))
        run.now = .at(20)
        #expect(run.handle(.clock) == Decision())
        #expect(run.answerUndo(1, .compensation(.completed)).undoEnd?.status == .completed)
    }

    @Test(
        "an attempt that fails after the time to live is the last: expired at once, and its failure stands in the journal"
    )
    func failsAfterTheEnd() {
        for isAnswered in [true, false] {
            var run = Run.compensating(ttlMs: 10_000)
            run.now = .at(9)
            run.dispatchUndo(1)
            run.now = .at(39)
            let decision = isAnswered ? run.answerUndo(1, .compensation(.failed("no"))) : run.handle(.clock)
            #expect(decision.effects == [.releaseUndo(1, succeeded: false)])
            #expect(
                decision.events.map(\.kind) == [.compensationAttemptFailed, .compensationEnded, .ended])
            #expect(decision.undoRetryAt == nil)
            #expect(decision.undoEnd?.status == .expired)
            #expect(decision.undoEnd?.attempts == 1)
        }
    }

    @Test("after the time to live no connection is reset for it")
    func noResetAfterTheEnd() {
        var run = Run.compensating(ttlMs: 10_000)
        run.dispatchUndo(1, on: 1)
        run.loseUndo(1, on: 1)
        run.now = .at(9)
        run.dispatchUndo(1, "e_2", on: 2)
        #expect(run.wait(.seconds(30)).effects == [.releaseUndo(1, 2, succeeded: false)])
        #expect(run.undo(1)?.status == .expired)
    }

    @Test("a connection that comes at the very end gets no expired request")
    func dispatchedTooLate() {
        var run = Run.compensating([1, 2], failing: 3, ttlMs: 10_000)
        run.now = .at(10)
        let decision = run.dispatchUndo(2)
        #expect(decision.events.map(\.kind) == [.compensationEnded, .compensationEnded, .ended])
        #expect(decision.effects == [.withdrawUndo(2)])
        #expect(run.live.phase.kind == .ended)
    }

    @Test("a journal's time to live beyond the range is cut to it, never a crash")
    func forgedTimeToLive() {
        for ttl in [Int64.max, .min] {
            let undo = CompensationState(.init(data: .null, ttlMs: ttl), completedAt: .at(0))
            #expect(undo.expiresAt == (ttl > 0 ? .at(0) + Limits.compensationTTLRange.upperBound : .at(0)))
        }
    }
}
