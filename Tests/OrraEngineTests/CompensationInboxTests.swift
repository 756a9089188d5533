import OrraModel
import Testing

@testable import OrraEngine

@Suite("Compensation: the inbox of those that failed")
struct CompensationInboxTests {
    func resolved(
        _ resolution: Event.CompensationResolved.Resolution, _ reason: String, task: Int = 1
    ) -> Event {
        .compensationResolved(
            .init(
                task: TaskID(task), id: CompensationID(of: TaskID(task), of: Run.id), resolution: resolution,
                reason: reason))
    }

    /// task2's undoing has expired, task1's goes on.
    func oneExpired() -> Run {
        var run = Run(.revertible("alpha", "beta"))
        run.handle(
            .planned(
                Plan(
                    parameters: RawJSON(["x": 1]),
                    tasks: [Plan.Task(1, "alpha"), Plan.Task(2, "alpha"), Plan.Task(3, "beta")])))
        for task in 1...2 {
            run.dispatch(task, "e_\(task)")
            run.completeRevertibly(task, ttlMs: task == 1 ? 86_400_000 : 1)
        }
        run.handle(.cancel)
        run.wait(.seconds(1))
        return run
    }

    @Test(
        "what failed is resolved or ignored once, with a reason",
        arguments: [Event.CompensationResolved.Resolution.resolved, .ignored])
    func once(resolution: Event.CompensationResolved.Resolution) {
        var run = oneExpired()
        #expect(run.undo(2)?.status == .expired)
        run.now = .at(9)
        #expect(
            run.handle(.resolve(TaskID(2), resolution, reason: "by hand"))
                == Decision(events: [resolved(resolution, "by hand", task: 2)]))
        #expect(run.undo(2)?.resolution?.resolution == resolution)
        #expect(run.undo(2)?.resolution?.reason == "by hand")
        #expect(run.undo(2)?.resolvedAt == .at(9))
        #expect(run.handle(.resolve(TaskID(2), .ignored, reason: "again")) == Decision())
        #expect(run.undo(2)?.status == .expired)
        #expect(run.undo(2)?.failure?.code == .compensationExpired)
    }

    @Test("what is still to be undone, was undone, or can't be is not resolved")
    func notFailed() {
        var run = oneExpired()
        #expect(run.handle(.resolve(TaskID(1), .resolved, reason: "too early")) == Decision())
        #expect(run.handle(.resolve(TaskID(3), .resolved, reason: "not revertible")) == Decision())
        #expect(run.handle(.resolve(TaskID(9), .resolved, reason: "no task")) == Decision())
        run.undoAll()
        #expect(run.handle(.resolve(TaskID(1), .resolved, reason: "was undone")) == Decision())
    }

    @Test("it can be resolved after the orchestration has ended, which stays as it is")
    func afterTheEnd() {
        var run = oneExpired()
        run.undoAll()
        let before = run.live
        #expect(
            run.handle(.resolve(TaskID(2), .resolved, reason: "by hand")).events
                == [resolved(.resolved, "by hand", task: 2)])
        #expect(run.live.phase == before.phase)
        #expect(run.live.compensationCounts == before.compensationCounts)
    }

    @Test("an entry's id is well formed, the same at every replay, and another for every task and orchestration")
    func ids() {
        let first = CompensationID(of: TaskID(1), of: Run.id)
        #expect(first == CompensationID(of: TaskID(1), of: Run.id))
        let ids = (1...50).flatMap { task in
            ["o_a", "o_b"].map { CompensationID(of: TaskID(task), of: OrchestrationID($0)) }
        }
        #expect(Set(ids).count == 100)
        for id in ids {
            #expect(id.rawValue.hasPrefix("c_"))
            #expect(id.rawValue.utf8.count == CompensationKind.prefix.utf8.count + CompensationKind.length)
            #expect(id.rawValue.utf8.dropFirst(2).allSatisfy { CompensationKind.alphabet.contains($0) })
        }
    }

    @Test("keys differ by orchestration, task, purpose and number")
    func keys() {
        var keys: Set<IdempotencyKey> = []
        for orchestration in ["o_a", "o_b"].map({ OrchestrationID($0) }) {
            for task in [TaskID(1), TaskID(11)] {
                keys.insert(.task(task, of: orchestration))
                for number in [1, 2, 11] { keys.insert(.compensation(of: task, of: orchestration, number: number)) }
            }
        }
        #expect(keys.count == 16)
        #expect(keys.allSatisfy { $0.rawValue.utf8.count == 64 })
    }
}
