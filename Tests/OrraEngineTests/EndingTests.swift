import OrraModel
import Testing

@testable import OrraEngine

@Suite("Orchestration: cancel, abort, failure")
struct EndingTests {
    let cancelled = Failure(.cancelled, "cancelled by the operator")

    func key(_ task: Int) -> IdempotencyKey { .task(TaskID(task), of: Run.id) }

    @Test("a cancel drops what waits, tells what runs, and awaits it")
    func cancel() {
        var (run, _) = Run.planned(
            Plan.Task(1, "alpha"), Plan.Task(2, "beta"), Plan.Task(3, "gamma", ["y": "$task1.y"]), Plan.Task(4, "beta"))
        run.dispatch(1, "e_1")
        run.dispatch(4, "e_4", on: 4)
        run.report(4, .error("no"), "e_4")
        #expect(
            run.handle(.cancel)
                == Decision(
                    events: [
                        .ending(.init(status: .cancelled, failure: cancelled)), .cancelled(2), .cancelled(3),
                        .cancelled(4),
                    ],
                    effects: [
                        .cancelRequest(TaskID(1), ConnectionID(1), ExecutionID("e_1"), key(1)), .withdraw(2, "beta"),
                    ]))
        #expect(run.live.status == .cancelled)
        #expect(run.live.nextWakeup(in: run.world) == .at(30))
        #expect(run.handle(.cancel) == Decision())
        // Its output is kept; nothing that takes it is readied.
        #expect(
            run.complete(1)
                == Decision(
                    events: [.completed(1), .ended(.init(status: .cancelled, failure: cancelled))],
                    effects: [.release(1)]))
    }

    @Test("a cancel while it is planned ends it")
    func cancelWhilePlanning() {
        var run = Run(.of("alpha"))
        #expect(run.handle(.cancel).events == [.ended(.init(status: .cancelled, failure: cancelled))])
        #expect(run.handle(.planned(Plan(parameters: .emptyObject, tasks: []))) == Decision())
    }

    @Test("a plan that could not be accepted ends it; what runs already goes on")
    func abandoned() {
        var run = Run(.of("alpha"))
        let failure = Failure(
            .planningInterrupted, "the hub could not accept the plan; submit the action again")
        #expect(run.handle(.abandoned).events == [.ended(.init(status: .cancelled, failure: failure))])
        #expect(run.handle(.abandoned) == Decision())
        var (accepted, _) = Run.planned(Plan.Task(1, "alpha"))
        #expect(accepted.handle(.abandoned) == Decision())
    }

    @Test("what runs is awaited until its deadline, not longer")
    func awaitedUntilDeadline() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"))
        run.dispatch(1, "e_1")
        run.handle(.cancel)
        #expect(run.wait(.milliseconds(29_999)) == Decision())
        #expect(
            run.wait(.milliseconds(1))
                == Decision(
                    events: [.cancelled(1), .ended(.init(status: .cancelled, failure: cancelled))],
                    effects: [.release(1, succeeded: false)]))
    }

    @Test("what runs and loses its connection is not delivered again")
    func lostWhileEnding() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"))
        run.dispatch(1, "e_1")
        run.handle(.cancel)
        #expect(
            run.lose(1) == Decision(events: [.cancelled(1), .ended(.init(status: .cancelled, failure: cancelled))]))
    }

    @Test("an error while it ends is not retried, and the first cause stays")
    func errorWhileEnding() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"))
        run.dispatch(1, "e_1")
        run.handle(.cancel)
        let failure = Failure(.taskFailed, "task1 (alpha): no")
        #expect(
            run.report(1, .error("no")).events == [
                .attemptFailed(.init(task: TaskID(1), attempt: 1, execution: "e_1", failure: failure, retryAt: nil)),
                .taskFailed(.init(task: TaskID(1), failure: failure)),
                .ended(.init(status: .cancelled, failure: cancelled)),
            ])
    }

    @Test("an abort ends it with its payload; a running task is awaited, and told nothing")
    func abort() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"), Plan.Task(2, "beta"))
        run.dispatch(1, "e_1")
        run.dispatch(2, "e_2", on: 2)
        let failure = Failure(.taskAborted, "task1 (alpha) aborted the action")
        #expect(
            run.report(1, .aborted(RawJSON(["why": "fraud"])))
                == Decision(
                    events: [
                        .taskAborted(.init(task: TaskID(1), payload: RawJSON(["why": "fraud"]))),
                        .ending(.init(status: .aborted, failure: failure, task: TaskID(1))),
                    ],
                    effects: [.release(1)]))
        #expect(run.live.status == .aborted)
        #expect(
            run.complete(2).events.last
                == .ended(
                    .init(
                        status: .aborted, failure: failure, task: TaskID(1), abortPayload: RawJSON(["why": "fraud"]))))
    }

    @Test(
        "the payload of a later abort does not replace the first one's")
    func secondAbort() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"), Plan.Task(2, "beta"))
        run.dispatch(1, "e_1")
        run.dispatch(2, "e_2", on: 2)
        run.report(1, .aborted(RawJSON(["first": true])))
        run.report(2, .aborted(RawJSON(["second": true])))
        guard case .ended(let ended) = run.live.phase else {
            Issue.record("it has ended")
            return
        }
        #expect(ended.task == TaskID(1))
        #expect(ended.abortPayload == RawJSON(["first": true]))
    }

    @Test(
        "an abort while it ends for another reason leaves no abort payload")
    func abortWhileCancelled() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"))
        run.dispatch(1, "e_1")
        run.handle(.cancel)
        #expect(
            run.report(1, .aborted(RawJSON(["late": true]))).events.last
                == .ended(.init(status: .cancelled, failure: cancelled)))
    }

    @Test("a failed task ends it: others are cancelled or awaited")
    func failure() {
        var world = World.of("alpha", "beta")
        world.add("gamma", attempts: 1)
        var (run, _) = Run.planned(
            Plan.Task(1, "alpha"), Plan.Task(2, "beta"), Plan.Task(3, "gamma"), world: world)
        run.dispatch(1, "e_1")
        run.dispatch(3, "e_3", on: 3)
        let decision = run.report(3, .error("no"), "e_3")
        let failure = Failure(.taskFailed, "task3 (gamma): no")
        #expect(
            decision.events.suffix(2) == [
                .ending(.init(status: .failed, failure: failure, task: TaskID(3))), .cancelled(2),
            ])
        #expect(decision.effects == [.release(3, 3, succeeded: false), .withdraw(2, "beta")])
        #expect(run.live.phase.kind == .ending)
        #expect(
            run.complete(1).events.last == .ended(.init(status: .failed, failure: failure, task: TaskID(3))))
    }
}
