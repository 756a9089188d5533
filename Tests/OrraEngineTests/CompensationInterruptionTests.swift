import OrraModel
import Testing

@testable import OrraEngine

@Suite("Compensation: lost connections, resets, restarts, late successes")
struct CompensationInterruptionTests {
    // MARK: - Connections

    @Test("a lost connection is no attempt: the same request waits again, leased to its instance")
    func connectionLost() {
        var run = Run.compensating()
        run.dispatchUndo(1, "e_1", on: 1, instance: "i")
        run.now = .at(10)
        let lease = TaskPhase.Lease(instance: "i", until: .at(30))
        #expect(
            run.loseUndo(1)
                == Decision(events: [.undoWaiting(1, .connectionLost)], effects: [.enqueueUndo(1, lease: lease)]))
        #expect(run.undo(1)?.phase == .queued(since: .at(10), lease: lease))
        #expect(run.undo(1)?.key == Event.compensationKey(1))
        #expect(
            run.dispatchUndo(1, "e_2", on: 2, instance: "i").events
                == [.undoDispatched(1, "e_2", attempt: 1, delivery: 2, on: 2, instance: "i")])
        #expect(run.undo(1)?.number == 1)
        #expect(run.loseUndo(1, on: 1) == Decision(), "another connection's loss changes nothing")
    }

    @Test("ten connections lost while it is undone end it as failed, or partial if a part was")
    func tenConnections() {
        for isPartial in [false, true] {
            var run = Run.compensating()
            if isPartial {
                run.dispatchUndo(1)
                run.answerUndo(1, .compensation(.partial(.init(completed: RawJSON([1]), remaining: RawJSON([2])))))
                run.wait(.seconds(60))
            }
            for number in UInt64(1)...9 {
                run.dispatchUndo(1, "e_\(number)", on: number)
                #expect(run.loseUndo(1, on: number).events == [.undoWaiting(1, .connectionLost)])
            }
            run.dispatchUndo(1, "e_10", on: 10)
            let decision = run.loseUndo(1, on: 10)
            #expect(decision.effects.isEmpty)
            #expect(decision.undoEnd?.status == (isPartial ? .partial : .failed))
            #expect(decision.undoEnd?.failure?.code == .taskLosesConnections)
            #expect(decision.undoEnd?.attempts == (isPartial ? 2 : 1))
            #expect(run.live.phase.kind == .ended)
        }
    }

    @Test("a redelivered request that is not answered: one reset of its connection, uncharged; then it is charged")
    func reset() {
        var run = Run.compensating()
        run.dispatchUndo(1, "e_1", on: 1, instance: "i")
        run.loseUndo(1)
        run.dispatchUndo(1, "e_2", on: 2, instance: "i")
        #expect(
            run.wait(.seconds(30))
                == Decision(
                    events: [.undoWaiting(1, .connectionReset)],
                    effects: [
                        .releaseUndo(1, 2, succeeded: false), .resetConnection(ConnectionID(2)),
                        .enqueueUndo(1, lease: .init(instance: "i", until: .at(60))),
                    ]))
        #expect(run.loseUndo(1, on: 2) == Decision())
        #expect(
            run.dispatchUndo(1, "e_3", on: 3, instance: "i").events
                == [.undoDispatched(1, "e_3", attempt: 1, delivery: 3, on: 3, instance: "i")])
        let decision = run.wait(.seconds(30))
        #expect(decision.events.map(\.kind) == [.compensationAttemptFailed])
        #expect(decision.effects == [.releaseUndo(1, 3, succeeded: false)])
        #expect(run.undo(1)?.key == Event.compensationKey(1))
        // The next attempt has its own reset.
        run.wait(.seconds(60))
        run.dispatchUndo(1, "e_4", on: 3)
        run.loseUndo(1, on: 3)
        run.dispatchUndo(1, "e_5", on: 4)
        #expect(run.wait(.seconds(30)).events == [.undoWaiting(1, .connectionReset)])
    }

    @Test("the first delivery of an attempt that is not answered resets no connection")
    func noReset() {
        var run = Run.compensating()
        run.dispatchUndo(1)
        #expect(run.wait(.seconds(30)).effects == [.releaseUndo(1, succeeded: false)])
    }

    // MARK: - Restarts

    @Test("after a restart a request in flight waits again, uncharged and with its key")
    func restartInFlight() {
        var run = Run.compensating([1, 2], failing: 3)
        run.dispatchUndo(2, "e_1", instance: "i")
        run.now = .at(100)
        let lease = TaskPhase.Lease(instance: "i", until: .at(130))
        #expect(
            run.handle(.recovered)
                == Decision(events: [.undoWaiting(2, .hubRestarted)], effects: [.enqueueUndo(2, lease: lease)]))
        #expect(run.undo(2)?.connectionsLost == 0)
        #expect(run.undo(2)?.key == Event.compensationKey(2))
        #expect(
            run.dispatchUndo(2, "e_2", on: 2).events == [.undoDispatched(2, "e_2", attempt: 1, delivery: 2, on: 2)])
        #expect(run.undo(1)?.phase == .waiting)
    }

    @Test("after a restart a request that waits is enqueued, and a wait goes on")
    func restartQueuedOrBackingOff() {
        var run = Run.compensating()
        #expect(run.handle(.recovered) == Decision(effects: [.enqueueUndo(1)]))
        run.dispatchUndo(1)
        let retryAt = run.answerUndo(1, .compensation(.failed("no"))).undoRetryAt
        #expect(run.handle(.recovered) == Decision())
        #expect(run.live.nextWakeup(in: run.world) == retryAt)
        #expect(run.wait(.seconds(60)).events == [.undoReady(1, number: 2)])
    }

    @Test("after a restart while it ends, what ran is cancelled, and what completed is undone")
    func restartWhileEnding() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"), Plan.Task(2, "beta"), world: .revertible("alpha", "beta"))
        run.dispatch(1, "e_1")
        run.dispatch(2, "e_2", on: 2)
        run.completeRevertibly(1)
        run.handle(.cancel)
        for service in ["alpha", "beta"] { run.world.away[.named(service)] = .at(1) }
        #expect(
            run.handle(.recovered)
                == Decision(
                    events: [
                        .cancelled(2), .compensating(.init(status: .cancelled, failure: Run.cancelled)), .undoReady(1),
                        .undoWaiting(1, .serviceAway),
                    ],
                    effects: [.enqueueUndo(1)]))
    }

    @Test("after a restart what has ended stays so")
    func restartEnded() {
        var run = Run.compensating()
        run.undoAll()
        #expect(run.handle(.recovered) == Decision())
    }

    // MARK: - Late successes

    /// task1 was cancelled while its connection was lost; task2 has completed and is undone.
    func withLateTask() -> Run {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"), Plan.Task(2, "alpha"), world: .revertible("alpha"))
        run.dispatch(1, "e_1")
        run.dispatch(2, "e_2", on: 2)
        run.completeRevertibly(2)
        run.lose(1)
        run.handle(.cancel)
        return run
    }

    let late = Event.taskLate(
        .init(
            task: TaskID(1), output: RawJSON(["y": 2]), compensation: .init(data: Run.undoData(1), ttlMs: 86_400_000)))

    @Test("a success that comes while it ends is undone with the others, as the newest")
    func lateWhileEnding() {
        var (run, _) = Run.planned(
            Plan.Task(1, "alpha"), Plan.Task(2, "alpha"), Plan.Task(3, "alpha"), world: .revertible("alpha"))
        for task in 1...3 { run.dispatch(task, "e_\(task)", on: UInt64(task)) }
        run.completeRevertibly(2)
        run.lose(1)
        run.handle(.cancel)
        #expect(run.completeRevertibly(1) == Decision(events: [late]))
        #expect(run.live.phase.kind == .ending)
        run.completeRevertibly(3)
        run.undoAll()
        #expect(run.undoOrder == [3, 1, 2])
    }

    @Test("a success that comes while another task is undone is the next to be undone, and changes no outcome")
    func lateWhileCompensating() {
        var run = withLateTask()
        run.dispatchUndo(2)
        run.now = .at(5)
        #expect(run.completeRevertibly(1) == Decision(events: [late]))
        #expect(run.phase(1) == .cancelled)
        #expect(run.live.compensationCounts == CompensationCounts(active: 2, total: 2))
        #expect(run.completeRevertibly(1) == Decision())
        #expect(
            run.answerUndo(2, .compensation(.completed)).events
                == [.undoEnded(2), .undoReady(1, expiresAt: .at(86_405))])
        run.undoAll()
        #expect(run.live.status == .cancelled)
        #expect(run.live.phase.kind == .ended)
    }

    @Test("a success that comes after the end is undone too: it is unsettled again, and stays ended")
    func lateAfterTheEnd() {
        var run = withLateTask()
        run.undoAll()
        #expect(run.live.phase.kind == .ended)
        #expect(!run.live.isUnsettled)
        let phase = run.live.phase
        #expect(
            run.completeRevertibly(1) == Decision(events: [late, .undoReady(1)], effects: [.enqueueUndo(1)]))
        #expect(run.live.phase == phase)
        #expect(run.live.isUnsettled)
        #expect(run.live.compensationReason == .cancelled)
        #expect(run.live.nextWakeup(in: run.world) == .at(86_400))
        // It survives a restart of the hub.
        #expect(run.handle(.recovered) == Decision(effects: [.enqueueUndo(1)]))
        run.dispatchUndo(1)
        #expect(
            run.answerUndo(1, .compensation(.completed))
                == Decision(events: [.undoEnded(1)], effects: [.releaseUndo(1)]))
        #expect(run.live.phase == phase)
        #expect(!run.live.isUnsettled)
        #expect(run.live.compensationCounts == CompensationCounts(total: 2, completed: 2))
    }

    @Test("a success that comes late from a service that can't undo is journaled only")
    func lateNotRevertible() {
        var run = withLateTask()
        run.undoAll()
        #expect(
            run.report(1, .output(RawJSON(["y": 2]), nil))
                == Decision(events: [.taskLate(.init(task: TaskID(1), output: RawJSON(["y": 2])))]))
        #expect(!run.live.isUnsettled)
    }

    @Test("an abort's own task that succeeds after all is undone")
    func lateAfterItsAbort() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"), world: .revertible("alpha"))
        run.dispatch(1, "e_1")
        run.report(1, .aborted(RawJSON(["why": 1])))
        #expect(run.live.phase.kind == .ended)
        #expect(run.completeRevertibly(1) == Decision(events: [late, .undoReady(1)], effects: [.enqueueUndo(1)]))
        #expect(run.live.status == .aborted)
    }
}
