import OrraModel
import Testing

@testable import OrraEngine

@Suite("Compensation: which tasks are undone, and in which order")
struct CompensationTests {
    let failure = Failure(.taskFailed, "task2 (beta): no")

    @Test("when a task fails for good, its outcome is told, and what completed is undone; then it has ended")
    func fromFailureToTheEnd() {
        var (run, _) = Run.planned(
            Plan.Task(1, "alpha"), Plan.Task(2, "beta", ["y": "$task1.y"]), world: .revertible("alpha", "beta"))
        run.dispatch(1, "e_1")
        run.completeRevertibly(1)
        run.dispatch(2, "e_2", on: 2)
        let ended = Event.Ended(status: .failed, failure: failure, task: TaskID(2))
        #expect(
            run.report(2, .error("no"), "e_2")
                == Decision(
                    events: [
                        .attemptFailed(
                            .init(task: TaskID(2), attempt: 1, execution: "e_2", failure: failure, retryAt: nil)),
                        .taskFailed(.init(task: TaskID(2), failure: failure)),
                        .ending(.init(status: .failed, failure: failure, task: TaskID(2))),
                        .compensating(ended), .undoReady(1),
                    ],
                    effects: [.release(2, 2, succeeded: false), .enqueueUndo(1)]))
        #expect(run.live.phase == .compensating(ended))
        #expect(run.live.status == .failed)
        #expect(run.live.failure == failure)
        #expect(run.live.isUnsettled)
        #expect(run.live.compensationReason == .failed)
        #expect(run.live.compensationCounts == CompensationCounts(active: 1, total: 1))
        #expect(run.undo(1)?.status == .pending)

        #expect(run.dispatchUndo(1) == Decision(events: [.undoDispatched(1)]))
        #expect(run.undo(1)?.status == .processing)
        #expect(
            run.answerUndo(1, .compensation(.completed))
                == Decision(events: [.undoEnded(1), .ended(ended)], effects: [.releaseUndo(1)]))
        #expect(run.live.status == .failed)
        #expect(!run.live.isUnsettled)
        #expect(run.live.compensationCounts == CompensationCounts(total: 1, completed: 1))
        #expect(run.live.nextWakeup(in: run.world) == nil)
    }

    @Test("nothing that can be undone has completed: it ends at once")
    func nothingToUndo() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"), Plan.Task(2, "beta"), world: .revertible("alpha", "beta"))
        run.dispatch(1, "e_1")
        run.dispatch(2, "e_2", on: 2)
        run.complete(1)
        run.report(2, .error("no"), "e_2")
        #expect(run.live.phase.kind == .ended)
        #expect(run.live.compensationCounts == CompensationCounts())
    }

    @Test("the newest is undone first, by completion and not by number; one at a time")
    func newestFirst() {
        var run = Run.compensating([2, 3, 1], failing: 4)
        #expect(run.undoOrder == [1])
        #expect(run.live.tasks.map { $0.undo?.phase.kind } == [.queued, .waiting, .waiting, nil])
        #expect(run.live.compensationCounts == CompensationCounts(active: 3, total: 3))
        run.dispatchUndo(1)
        #expect(
            run.answerUndo(1, .compensation(.completed))
                == Decision(
                    events: [.undoEnded(1), .undoReady(3)], effects: [.releaseUndo(1), .enqueueUndo(3)]))
        // The others can't be dispatched before their turn.
        #expect(run.dispatchUndo(2) == Decision())
        run.undoAll()
        #expect(run.undoOrder == [1, 3, 2])
        #expect(run.live.phase.kind == .ended)
    }

    @Test("tasks that completed in the same millisecond are undone in the reverse order of their reports")
    func ties() {
        var run = Run.compensating([3, 1, 2], failing: 4)
        #expect(Set(run.live.tasks.compactMap { $0.undo?.completedAt }).count == 1)
        run.undoAll()
        #expect(run.undoOrder == [2, 1, 3])
    }

    @Test("F3: with ten and more tasks the order follows the completions, not the texts of their ids")
    func manyTasks() {
        var byNumber = Run.compensating(Array(1...12), failing: 13)
        byNumber.undoAll()
        #expect(byNumber.undoOrder == Array((1...12).reversed()))
        let completions = [10, 2, 9, 11, 1, 12, 3, 8, 4, 7, 5, 6]
        var mixed = Run.compensating(completions, failing: 13)
        mixed.undoAll()
        #expect(mixed.undoOrder == completions.reversed())
    }

    @Test("what running tasks give while it ends is undone as well, first as the newest")
    func completedWhileEnding() {
        var (run, _) = Run.planned(
            Plan.Task(1, "alpha"), Plan.Task(2, "beta"), Plan.Task(3, "alpha"), world: .revertible("alpha", "beta"))
        for task in 1...3 { run.dispatch(task, "e_\(task)", on: UInt64(task)) }
        run.completeRevertibly(3)
        run.report(2, .error("no"), "e_2")
        #expect(run.live.phase.kind == .ending)
        #expect(!run.live.isUnsettled)
        #expect(run.live.compensationCounts == CompensationCounts())
        run.completeRevertibly(1)
        #expect(run.live.phase.kind == .compensating)
        run.undoAll()
        #expect(run.undoOrder == [1, 3])
    }

    @Test("a completed orchestration is never undone")
    func completed() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"), world: .revertible("alpha"))
        run.dispatch(1, "e_1")
        #expect(run.completeRevertibly(1).events.last == .ended(["y": 2]))
        for input in [OrchestrationInput.clock, .cancel, .recovered, .connectivityChanged] {
            #expect(run.handle(input) == Decision())
        }
        run.completeRevertibly(1)
        #expect(run.undoOrder == [])
        #expect(!run.live.isUnsettled)
        #expect(run.live.compensationCounts == CompensationCounts())
    }

    @Test("the data goes back untouched; what a service hands over that can't be undone is dropped")
    func data() {
        let world = {
            var world = World.revertible("alpha", "beta"); world.add("gamma"); return world
        }()
        var (run, _) = Run.planned(
            Plan.Task(1, "alpha"), Plan.Task(2, "gamma"), Plan.Task(3, "beta"), world: world)
        for task in 1...3 { run.dispatch(task, "e_\(task)", on: UInt64(task)) }
        run.completeRevertibly(1)
        #expect(run.completeRevertibly(2).events == [.completed(2)])
        run.report(3, .error("no"), "e_3")
        #expect(run.undo(1)?.data == Run.undoData(1))
        #expect(run.undo(2) == nil)
        run.undoAll()
        #expect(run.undoOrder == [1])
    }

    @Test("a service that was registered as revertible since the plan was made can be undone")
    func revertibleSince() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"), Plan.Task(2, "beta"), world: .of("alpha", "beta"))
        run.dispatch(1, "e_1")
        run.world.add("alpha", revertible: true)
        run.completeRevertibly(1)
        run.handle(.cancel)
        #expect(run.undoOrder == [1])
    }

    @Test("one that fails does not stop the others")
    func failureGoesOn() {
        var run = Run.compensating([1, 2], failing: 3)
        for _ in 1...10 {
            run.dispatchUndo(2)
            run.answerUndo(2, .compensation(.failed("broken")))
            run.wait(.seconds(120))
        }
        #expect(run.undo(2)?.status == .failed)
        #expect(run.undo(1)?.phase.kind == .queued)
        run.undoAll()
        #expect(run.undo(1)?.status == .completed)
        #expect(run.live.compensationCounts == CompensationCounts(total: 2, completed: 1, failed: 1))
        #expect(run.live.phase.kind == .ended)
        #expect(run.live.failure == Failure(.taskFailed, "task3 (beta): no"))
    }

    // MARK: - Why

    @Test("a cancel undoes what completed; the reason is cancelled")
    func cancel() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"), Plan.Task(2, "beta"), world: .revertible("alpha", "beta"))
        run.dispatch(1, "e_1")
        run.completeRevertibly(1)
        #expect(
            run.handle(.cancel).events == [
                .ending(.init(status: .cancelled, failure: Run.cancelled)), .cancelled(2),
                .compensating(.init(status: .cancelled, failure: Run.cancelled)), .undoReady(1),
            ])
        #expect(run.live.compensationReason == .cancelled)
        #expect(run.handle(.cancel) == Decision())
        run.undoAll()
        #expect(run.live.status == .cancelled)
        #expect(run.live.compensationReason == .cancelled)
        #expect(run.handle(.cancel) == Decision())
    }

    @Test("an abort undoes what completed; the reason is aborted, and the first payload stays for the requests")
    func abort() {
        var (run, _) = Run.planned(
            Plan.Task(1, "alpha"), Plan.Task(2, "beta"), Plan.Task(3, "beta"), world: .revertible("alpha", "beta"))
        for task in 1...3 { run.dispatch(task, "e_\(task)", on: UInt64(task)) }
        run.completeRevertibly(1)
        run.now = .at(7)
        run.report(2, .aborted(RawJSON(["why": "fraud"])), "e_2")
        run.now = .at(9)
        run.report(3, .aborted(RawJSON(["why": "also"])), "e_3")
        guard case .compensating(let ended) = run.live.phase else {
            Issue.record("it is undone")
            return
        }
        #expect(ended.status == .aborted)
        #expect(ended.task == TaskID(2))
        #expect(ended.abortPayload == RawJSON(["why": "fraud"]))
        #expect(run.live.compensationReason == .aborted)
        #expect(run.live.abortPayload == RawJSON(["why": "fraud"]))
        #expect(run.live.decidedAt == .at(7))
        run.undoAll()
        guard case .ended(let last) = run.live.phase else {
            Issue.record("it has ended")
            return
        }
        #expect(last == ended)
    }

    @Test("a paused orchestration that is cancelled is not paused while it is undone")
    func pausedThenUndone() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"), Plan.Task(2, "beta"), world: .revertible("alpha", "beta"))
        run.dispatch(1, "e_1")
        run.world.away[.named("beta")] = .at(0)
        run.completeRevertibly(1)
        #expect(run.live.status == .paused)
        let events = run.handle(.cancel).events
        #expect(events.contains(.resumed))
        #expect(!run.live.isPaused)
        #expect(run.live.status == .cancelled)
    }
}
