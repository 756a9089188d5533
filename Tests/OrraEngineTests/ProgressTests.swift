import OrraModel
import Testing

@testable import OrraEngine

@Suite("Orchestration: a graph of tasks runs to its end")
struct ProgressTests {
    @Test("a diamond: two tasks run at once, the last one when both have answered")
    func diamond() {
        var (run, decision) = Run.planned(
            Plan.Task(1, "alpha"), Plan.Task(2, "beta", ["a": "$task1.a"]), Plan.Task(3, "gamma", ["b": "$task1.b"]),
            Plan.Task(4, "alpha", ["l": "$task2.y", "r": "$task3.y", "x": "$task0.x"]))
        #expect(decision.events.dropFirst() == [.ready(1)])
        #expect(decision.effects == [.enqueue(1, "alpha")])

        #expect(run.dispatch(1, "e_1") == Decision(events: [.dispatched(1, "e_1")]))

        decision = run.complete(1, ["a": "left", "b": [1, 2]])
        #expect(
            decision
                == Decision(
                    events: [
                        .completed(1, ["a": "left", "b": [1, 2]]), .ready(2, ["a": "left"]), .ready(3, ["b": [1, 2]]),
                    ],
                    effects: [.release(1), .enqueue(2, "beta"), .enqueue(3, "gamma")]))

        run.dispatch(2, "e_2", on: 2)
        run.dispatch(3, "e_3", on: 3)
        #expect(run.complete(3) == Decision(events: [.completed(3)], effects: [.release(3, 3)]))
        #expect(
            run.complete(2, ["y": 7])
                == Decision(
                    events: [.completed(2, ["y": 7]), .ready(4, ["l": 7, "r": 2, "x": 1])],
                    effects: [.release(2, 2), .enqueue(4, "alpha")]))
        run.dispatch(4, "e_4")
        #expect(
            run.complete(4, ["done": true])
                == Decision(events: [.completed(4, ["done": true]), .ended(["done": true])], effects: [.release(4)]))
        #expect(run.live.status == .completed)
    }

    @Test("results follow the tasks' numbers: task9 before task10 (F3)")
    func resultOrder() {
        var run = Run(.of("alpha"))
        let tasks = (1...11).map { Plan.Task($0, "alpha") }
        let decision = run.handle(.planned(Plan(parameters: RawJSON(["x": 1]), tasks: tasks)))
        #expect(decision.effects == (1...11).map { .enqueue($0, "alpha") })
        for number in (1...11).reversed() {
            run.dispatch(number, "e_\(number)")
            run.complete(number, ["n": .number(JSONNumber(number))])
        }
        #expect(
            run.journal.last?.event
                == .ended(.init(status: .completed, results: (1...11).map { RawJSON(["n": .number(JSONNumber($0))]) })))
    }

    @Test("only the last tasks' outputs are results")
    func lastTasks() {
        var (run, _) = Run.planned(
            Plan.Task(1, "alpha"), Plan.Task(2, "beta", ["y": "$task1.y"]), Plan.Task(3, "gamma"))
        run.dispatch(1, "e_1")
        run.dispatch(3, "e_3", on: 3)
        run.complete(3, ["third": 3])
        run.complete(1)
        run.dispatch(2, "e_2", on: 2)
        #expect(run.complete(2, ["second": 2]).events.last == .ended(["second": 2], ["third": 3]))
    }

    @Test("a dispatch of a task that does not wait changes nothing")
    func strayDispatch() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"), Plan.Task(2, "beta", ["y": "$task1.y"]))
        #expect(run.dispatch(2, "e_0") == Decision())
        #expect(run.dispatch(9, "e_0") == Decision())
        run.dispatch(1, "e_1")
        #expect(run.dispatch(1, "e_2") == Decision())
    }

    @Test("a plan whose service is gone is not actionable")
    func vanishedService() {
        let (run, decision) = Run.planned(Plan.Task(1, "alpha"), world: World())
        #expect(
            decision.events == [
                .ended(
                    .init(
                        status: .notActionable,
                        failure: Failure(
                            .notActionable, "a service of the plan is no longer registered; submit again")))
            ])
        #expect(run.live.status == .notActionable)
    }

    @Test("not actionable ends it with the reason, once")
    func notActionable() {
        var run = Run(.of("alpha"))
        let failure = Failure(.notActionable, "nothing sells tea")
        #expect(
            run.handle(.notActionable(reason: "nothing sells tea"))
                == Decision(events: [.ended(.init(status: .notActionable, failure: failure))]))
        #expect(run.handle(.notActionable(reason: "again")) == Decision())
        #expect(run.live.failure == failure)
    }

    @Test("what ended answers nothing")
    func afterTheEnd() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"))
        run.dispatch(1, "e_1")
        run.complete(1)
        #expect(run.handle(.cancel) == Decision())
        #expect(run.handle(.recovered) == Decision())
        #expect(run.wait(.seconds(9_999)) == Decision())
        #expect(run.lose(1) == Decision())
        #expect(run.live.nextWakeup(in: run.world) == nil)
    }
}
