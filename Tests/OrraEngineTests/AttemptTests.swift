import OrraModel
import Testing

@testable import OrraEngine

@Suite("Orchestration: attempts, retries and timeouts")
struct AttemptTests {
    func world(attempts: Int) -> World {
        var world = World()
        world.add("alpha", attempts: attempts)
        return world
    }

    func attemptFailed(_ attempt: Int, _ failure: Failure, _ execution: String?, retryAt: Timestamp?) -> Event {
        .attemptFailed(
            .init(task: TaskID(1), attempt: attempt, execution: execution, failure: failure, retryAt: retryAt))
    }

    @Test("an error is retried after a wait that doubles, until the policy's attempts are used up")
    func retries() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"), world: world(attempts: 3))
        let failure = Failure(.taskFailed, "task1 (alpha): no stock")
        for (attempt, seconds) in [(1, Int64(1)), (2, 2)] {
            #expect(run.dispatch(1, "e_\(attempt)").events == [.dispatched(1, "e_\(attempt)", attempt: attempt)])
            #expect(
                run.report(1, .error("no stock"), "e_\(attempt)")
                    == Decision(
                        events: [attemptFailed(attempt, failure, "e_\(attempt)", retryAt: run.now + .seconds(seconds))],
                        effects: [.release(1, succeeded: false)]))
            #expect(run.live.nextWakeup(in: run.world) == run.now + .seconds(seconds))
            #expect(run.wait(.milliseconds(seconds * 1_000 - 1)) == Decision())
            #expect(
                run.wait(.milliseconds(1))
                    == Decision(events: [.waiting(1, .retryDue)], effects: [.enqueue(1, "alpha")]))
        }
        run.dispatch(1, "e_3")
        let last = Failure(.taskFailed, "task1 (alpha): no stock (3 attempts)")
        #expect(
            run.report(1, .error("no stock"), "e_3")
                == Decision(
                    events: [
                        attemptFailed(3, failure, "e_3", retryAt: nil),
                        .taskFailed(.init(task: TaskID(1), failure: last)),
                        .ending(.init(status: .failed, failure: last, task: TaskID(1))),
                        .ended(.init(status: .failed, failure: last, task: TaskID(1))),
                    ],
                    effects: [.release(1, succeeded: false)]))
    }

    @Test("the error of one execution counts once")
    func repeatedError() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"), world: world(attempts: 3))
        run.dispatch(1, "e_1")
        run.report(1, .error("no"), "e_1")
        #expect(run.report(1, .error("no"), "e_1") == Decision())
        run.wait(.seconds(1))
        #expect(run.report(1, .error("no"), "e_1") == Decision())
        run.dispatch(1, "e_2")
        #expect(run.report(1, .error("no"), "e_1") == Decision())
        #expect(run.live[TaskID(1)]?.attempt == 2)
    }

    @Test("a long error is cut")
    func longError() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"), world: world(attempts: 1))
        run.dispatch(1, "e_1")
        let text = String(repeating: "é", count: Limits.errorCharacters + 5)
        let message = run.report(1, .error(text)).failure?.message
        #expect(message == "task1 (alpha): " + String(repeating: "é", count: Limits.errorCharacters))
    }

    @Test("an attempt without an answer times out at its deadline, and is retried")
    func timeout() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"), world: world(attempts: 2))
        run.dispatch(1, "e_1")
        #expect(run.live.nextWakeup(in: run.world) == .at(30))
        #expect(run.wait(.milliseconds(29_999)) == Decision())
        let failure = Failure(.taskTimedOut, "task1 (alpha) gave no answer within 30s in attempt 1")
        #expect(
            run.wait(.milliseconds(1))
                == Decision(
                    events: [attemptFailed(1, failure, nil, retryAt: .at(31))],
                    effects: [.release(1, succeeded: false)]))
        run.wait(.seconds(1))
        run.dispatch(1, "e_2")
        let decision = run.wait(.seconds(30))
        #expect(
            decision.failure?.message == "task1 (alpha) gave no answer within 30s in attempt 2 (2 attempts)")
        #expect(run.live.status == .failed)
    }

    @Test("an answer that comes after its timeout completes the task, waiting or queued")
    func answerAfterTimeout() {
        for seconds in [Int64(0), 1] {
            var (run, _) = Run.planned(Plan.Task(1, "alpha"), world: world(attempts: 2))
            run.dispatch(1, "e_1")
            run.wait(.seconds(30))
            run.wait(.seconds(seconds))
            let effects: [Decision.Effect] = seconds == 0 ? [] : [.withdraw(1, "alpha")]
            #expect(run.complete(1) == Decision(events: [.completed(1), .ended(["y": 2])], effects: effects))
        }
    }

    @Test("an error that comes after its attempt timed out is not another attempt, waiting or queued")
    func errorAfterTimeout() {
        for seconds in [Int64(0), 1] {
            var (run, _) = Run.planned(Plan.Task(1, "alpha"), world: world(attempts: 2))
            run.dispatch(1, "e_1")
            run.wait(.seconds(30))
            run.wait(.seconds(seconds))
            #expect(run.report(1, .error("no"), "e_1") == Decision())
            #expect(run.live[TaskID(1)]?.attempt == 1)
        }
    }

    @Test("a redelivered task that is not answered: one reset of its connection, uncharged; then it is charged")
    func reset() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"), world: world(attempts: 2))
        run.dispatch(1, "e_1", on: 1, instance: "i")
        run.lose(1, on: 1)
        run.dispatch(1, "e_2", on: 2, instance: "i")
        let lease = TaskPhase.Lease(instance: "i", until: .at(60))
        #expect(
            run.wait(.seconds(30))
                == Decision(
                    events: [.waiting(1, .connectionReset)],
                    effects: [
                        .release(1, 2, succeeded: false), .resetConnection(ConnectionID(2)),
                        .enqueue(1, "alpha", lease: lease),
                    ]))
        // The socket that closes has nothing in flight any more.
        #expect(run.lose(1, on: 2) == Decision())
        #expect(
            run.dispatch(1, "e_3", on: 3, instance: "i").events
                == [.dispatched(1, "e_3", attempt: 1, delivery: 3, on: 3, instance: "i")])
        let decision = run.wait(.seconds(30))
        #expect(decision.effects == [.release(1, 3, succeeded: false)])
        guard case .attemptFailed(let failed) = decision.events.first else {
            Issue.record("the second silence is charged")
            return
        }
        #expect(failed.attempt == 1)
        #expect(failed.retryAt == .at(61))
        // The next attempt has its own reset.
        run.wait(.seconds(1))
        run.dispatch(1, "e_4", on: 3)
        run.lose(1, on: 3)
        run.dispatch(1, "e_5", on: 4)
        #expect(run.wait(.seconds(30)).events == [.waiting(1, .connectionReset)])
    }
}
