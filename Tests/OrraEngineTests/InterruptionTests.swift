import OrraModel
import Testing

@testable import OrraEngine

@Suite("Orchestration: lost connections, restarts, absent services")
struct InterruptionTests {
    // MARK: - Connections

    @Test("a lost connection is no attempt: the task is queued again, leased to its instance")
    func connectionLost() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"))
        run.dispatch(1, "e_1", on: 1, instance: "i")
        run.now = .at(10)
        let lease = TaskPhase.Lease(instance: "i", until: .at(30))
        #expect(
            run.lose(1, on: 1)
                == Decision(
                    events: [.waiting(1, .connectionLost)], effects: [.enqueue(1, "alpha", lease: lease)]))
        #expect(run.phase(1) == .queued(since: .at(10), lease: lease))
        #expect(
            run.dispatch(1, "e_2", on: 2, instance: "i").events
                == [.dispatched(1, "e_2", attempt: 1, delivery: 2, on: 2, instance: "i")])
    }

    @Test("without an instance there is no lease")
    func noInstance() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"))
        run.dispatch(1, "e_1")
        #expect(run.lose(1).effects == [.enqueue(1, "alpha")])
    }

    @Test("another connection's loss changes nothing")
    func foreignConnection() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"))
        run.dispatch(1, "e_1", on: 1)
        #expect(run.lose(1, on: 2) == Decision())
    }

    @Test("ten connections lost with the task in flight fail it")
    func tenConnections() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"))
        for number in 1...9 {
            run.dispatch(1, "e_\(number)", on: UInt64(number))
            #expect(run.lose(1, on: UInt64(number)).events == [.waiting(1, .connectionLost)])
        }
        run.dispatch(1, "e_10", on: 10)
        let decision = run.lose(1, on: 10)
        #expect(decision.effects.isEmpty)
        #expect(decision.failure?.code == .taskLosesConnections)
        #expect(decision.failure?.message.hasPrefix("task1 (alpha) lost its connection 10 times") == true)
        #expect(run.live.status == .failed)
    }

    @Test("a report that was queued while the client was offline counts, and takes the task from the outbox")
    func reportWhileQueued() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"))
        run.dispatch(1, "e_1")
        run.lose(1)
        #expect(
            run.complete(1)
                == Decision(events: [.completed(1), .ended(["y": 2])], effects: [.withdraw(1, "alpha")]))
    }

    // MARK: - Restart

    @Test("after a restart what ran is queued again, uncharged, and what waits is enqueued")
    func restart() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"), Plan.Task(2, "beta"), Plan.Task(3, "gamma"))
        run.dispatch(1, "e_1", instance: "i")
        run.dispatch(3, "e_3", on: 3)
        run.report(3, .error("no"), "e_3")
        run.now = .at(100)
        let lease = TaskPhase.Lease(instance: "i", until: .at(130))
        #expect(
            run.handle(.recovered)
                == Decision(
                    events: [.waiting(1, .hubRestarted)],
                    effects: [.enqueue(1, "alpha", lease: lease), .enqueue(2, "beta")]))
        #expect(run.live[TaskID(1)]?.connectionsLost == 0)
        #expect(
            run.dispatch(1, "e_9", on: 9).events == [.dispatched(1, "e_9", attempt: 1, delivery: 2, on: 9)])
        #expect(run.wait(.zero) == Decision(events: [.waiting(3, .retryDue)], effects: [.enqueue(3, "gamma")]))
    }

    @Test("an orchestration that was being planned is cancelled at start")
    func restartWhilePlanning() {
        var run = Run(.of("alpha"))
        #expect(
            run.handle(.recovered).events == [
                .ended(
                    .init(
                        status: .cancelled,
                        failure: Failure(
                            .planningInterrupted, "the hub stopped while it planned; submit the action again")))
            ])
    }

    @Test(
        "a task in flight of an ending orchestration is not delivered again after a restart")
    func restartWhileEnding() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"))
        run.dispatch(1, "e_1")
        run.handle(.cancel)
        let decision = run.handle(.recovered)
        #expect(decision.effects.isEmpty)
        #expect(decision.events.first == .cancelled(1))
        #expect(run.live.phase.kind == .ended)
    }

    // MARK: - Absent services

    @Test("a task whose service is away waits, and fails when the grace period is over")
    func gracePeriod() {
        var world = World.of("alpha")
        world.away[.named("alpha")] = .at(-5)
        var (run, decision) = Run.planned(Plan.Task(1, "alpha"), world: world)
        #expect(decision.events.dropFirst() == [.ready(1), .waiting(1, .serviceAway), .paused])
        #expect(decision.effects == [.enqueue(1, "alpha")])
        #expect(run.live.status == .paused)
        // Counted from the latest: the task became ready after the service went.
        #expect(run.live.nextWakeup(in: run.world) == .at(60))
        #expect(run.wait(.milliseconds(59_999)) == Decision())
        decision = run.wait(.milliseconds(1))
        #expect(decision.effects == [.withdraw(1, "alpha")])
        #expect(decision.failure?.code == .serviceAway)
        #expect(decision.failure?.message.hasPrefix("task1 (alpha) was away longer than the grace period") == true)
        #expect(run.live.status == .failed)
        #expect(run.live.isPaused == false)
    }

    @Test("the grace period starts anew with a lost connection and with the hub")
    func graceRestarts() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"))
        run.now = .at(20)
        run.dispatch(1, "e_1")
        run.now = .at(25)
        run.world.away[.named("alpha")] = .at(25)
        run.lose(1)
        #expect(run.live.nextWakeup(in: run.world) == .at(85))
        // After a restart the fleet says that every service is away since the hub opened.
        run.now = .at(70)
        run.world.away[.named("alpha")] = .at(70)
        run.handle(.recovered)
        #expect(run.live.nextWakeup(in: run.world) == .at(130))
        #expect(run.wait(.milliseconds(59_999)) == Decision())
        #expect(run.wait(.milliseconds(1)).failure?.code == .serviceAway)
    }

    @Test("it shows paused only when nothing else can run, and resumed when something can")
    func pausing() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"), Plan.Task(2, "beta"))
        run.world.away[.named("alpha")] = .at(1)
        #expect(run.handle(.connectivityChanged) == Decision())
        run.dispatch(2, "e_2")
        #expect(run.complete(2).events == [.completed(2), .paused])
        #expect(run.handle(.connectivityChanged) == Decision())
        run.world.away = [:]
        #expect(run.handle(.connectivityChanged) == Decision(events: [.resumed]))
        run.world.away[.named("alpha")] = .at(2)
        #expect(run.handle(.connectivityChanged) == Decision(events: [.paused]))
        #expect(run.dispatch(1, "e_1").events == [.dispatched(1, "e_1"), .resumed])
    }

    @Test("a paused orchestration resumes before it ends")
    func pausedThenCancelled() {
        var world = World.of("alpha")
        world.away[.named("alpha")] = .at(0)
        var (run, _) = Run.planned(Plan.Task(1, "alpha"), world: world)
        let failure = Failure(.cancelled, "cancelled by the operator")
        #expect(
            run.handle(.cancel).events == [
                .ending(.init(status: .cancelled, failure: failure)), .cancelled(1), .resumed,
                .ended(.init(status: .cancelled, failure: failure)),
            ])
    }
}
