import OrraModel
import Testing

@testable import OrraEngine

@Suite("Orchestration: retry from the failed step")
struct RetryTests {
    static let chain = [
        Plan.Task(1, "alpha"), Plan.Task(2, "beta", ["y": "$task1.y"]), Plan.Task(3, "gamma", ["y": "$task2.y"]),
    ]

    /// task1 has completed, task2 failed for good.
    func failed(_ world: World = .of("alpha", "beta", "gamma")) -> Run {
        var world = world
        world.add("beta", attempts: 1)
        var run = Run(world)
        run.handle(.planned(Plan(parameters: RawJSON(["x": 1]), tasks: Self.chain)))
        run.dispatch(1, "e_1")
        run.completeRevertibly(1)
        run.dispatch(2, "e_2", on: 2)
        run.report(2, .error("no"), "e_2")
        return run
    }

    func kept(_ task: Int, _ output: JSONValue = ["y": 2]) -> KeptOutput {
        KeptOutput(task: TaskID(task), output: RawJSON(output), from: OrchestrationID("o_first"))
    }

    func event(_ kept: KeptOutput) -> Event { .taskKept(.init(task: kept.task, output: kept.output, from: kept.from)) }

    @Test("it keeps the outputs of the finished tasks, and those that came late")
    func outputs() {
        var run = failed()
        #expect(run.live.keptOutputs == [KeptOutput(task: TaskID(1), output: RawJSON(["y": 2]), from: Run.id)])
        run.complete(2, ["y": 3])
        #expect(
            run.live.keptOutputs.map(\.task) == [TaskID(1), TaskID(2)])
        #expect(run.live.keptOutputs.last?.output == RawJSON(["y": 3]))
        #expect(run.live.retryRefusal == nil)
    }

    @Test("kept tasks are completed at once, and only the rest runs, with its own keys")
    func runsTheRest() {
        var run = Run(.of("alpha", "beta", "gamma"))
        let decision = run.handle(.planned(Plan(parameters: RawJSON(["x": 1]), tasks: Self.chain), kept: [kept(1)]))
        #expect(decision.events.dropFirst() == [event(kept(1)), .ready(2, ["y": 2])])
        #expect(decision.effects == [.enqueue(2, "beta")])
        #expect(run.phase(1) == .completed(at: .at(0)))
        #expect(run.live[TaskID(1)]?.attempt == 0)
        run.dispatch(2, "e_2")
        #expect(run.complete(2).events == [.completed(2), .ready(3, ["y": 2])])
        run.dispatch(3, "e_3")
        #expect(run.complete(3, ["done": true]).events.last == .ended(["done": true]))
    }

    @Test("all tasks kept: it completes without running any")
    func allKept() {
        var run = Run(.of("alpha", "beta", "gamma"))
        let outputs = [kept(1), kept(2), kept(3, ["done": true])]
        let decision = run.handle(.planned(Plan(parameters: RawJSON(["x": 1]), tasks: Self.chain), kept: outputs))
        let expected: [Event] = outputs.map(event) + [.ended(["done": true])]
        #expect(Array(decision.events.dropFirst()) == expected)
        #expect(decision.effects == [])
    }

    @Test("kept outputs of tasks that the plan lacks, or said twice, change nothing")
    func strayOutputs() {
        var run = Run(.of("alpha", "beta", "gamma"))
        let decision = run.handle(
            .planned(
                Plan(parameters: RawJSON(["x": 1]), tasks: Self.chain),
                kept: [kept(1), kept(1, ["y": 9]), kept(9), kept(0)]))
        #expect(decision.events.dropFirst() == [event(kept(1)), .ready(2, ["y": 2])])
    }

    @Test("what was kept is not undone by the retry that fails")
    func keptIsNotUndone() {
        var run = Run(.revertible("alpha", "beta", "gamma"))
        run.handle(.planned(Plan(parameters: RawJSON(["x": 1]), tasks: Self.chain), kept: [kept(1)]))
        run.dispatch(2, "e_2")
        run.completeRevertibly(2)
        run.dispatch(3, "e_3")
        run.report(3, .error("no"), "e_3")
        run.undoAll()
        #expect(run.undoOrder == [2])
        #expect(run.live.phase.kind == .ended)
    }

    @Test("a retry says what it repeats")
    func retryOf() {
        let received = Event.Received(
            orchestration: Run.id, project: ProjectID("p_1"), action: "Do it", data: .emptyObject,
            retryOf: OrchestrationID("o_first"))
        #expect(Orchestration(received, at: .at(0)).retryOf == OrchestrationID("o_first"))
    }

    // MARK: - Refusals

    @Test("what has not ended is not retried")
    func notEnded() {
        let reason = "it has not ended yet"
        var run = Run(.revertible("alpha", "beta"))
        #expect(run.live.retryRefusal == reason)
        run.handle(
            .planned(Plan(parameters: RawJSON(["x": 1]), tasks: [Plan.Task(1, "alpha"), Plan.Task(2, "beta")])))
        #expect(run.live.retryRefusal == reason)
        run.dispatch(1, "e_1")
        run.dispatch(2, "e_2", on: 2)
        run.completeRevertibly(1)
        run.handle(.cancel)
        #expect(run.live.phase.kind == .ending)
        #expect(run.live.retryRefusal == reason)
        run.complete(2)
        #expect(run.live.phase.kind == .compensating)
        #expect(run.live.retryRefusal == reason)
    }

    @Test("what completed, or never had a plan, is not retried")
    func nothingToRetry() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"))
        run.dispatch(1, "e_1")
        run.complete(1)
        #expect(run.live.retryRefusal == "it completed; there is nothing to repeat")
        var unplanned = Run(.of("alpha"))
        unplanned.handle(.notActionable(reason: "no"))
        #expect(unplanned.live.retryRefusal == "it never had a plan; submit the action again")
        var cancelled = Run(.of("alpha"))
        cancelled.handle(.cancel)
        #expect(cancelled.live.retryRefusal == "it never had a plan; submit the action again")
    }

    @Test("what was undone, tried to be, or is being undone late is not retried")
    func compensated() {
        let reason = "task1 (alpha) was undone, or is being undone; submit the action again"
        var undone = Run.compensating()
        undone.undoAll()
        #expect(undone.live.retryRefusal == reason)

        var tried = Run.compensating()
        for number in UInt64(1)...10 {
            tried.dispatchUndo(1, on: number)
            tried.loseUndo(1, on: number)
        }
        #expect(tried.undo(1)?.status == .failed)
        #expect(tried.live.retryRefusal == reason)

        var (late, _) = Run.planned(Plan.Task(1, "alpha"), world: .revertible("alpha"))
        late.dispatch(1, "e_1")
        late.lose(1)
        late.handle(.cancel)
        #expect(late.live.retryRefusal == nil)
        late.completeRevertibly(1)
        #expect(late.live.retryRefusal == reason)
    }

    @Test("what could be undone but never was asked for can be retried")
    func neverUndone() {
        var run = Run.compensating(ttlMs: 1)
        run.wait(.seconds(1))
        #expect(run.undo(1)?.status == .expired)
        #expect(run.live.retryRefusal == nil)
    }
}
