import OrraModel
import Testing

@testable import OrraEngine

@Suite("Outputs that can't be taken")
struct UntakenOutputTests {
    static let bad = RawJSON(["y": "no number"])
    static let undo = Event.Compensation(data: RawJSON(["undo": 1]), ttlMs: 60_000)

    /// One revertible service that promises a number, and one that fails.
    static func run() -> Run {
        var world = World.revertible("beta")
        world.add("alpha", output: ["type": "object", "properties": ["y": ["type": "number"]]])
        world.services[.named("alpha")]?.revertible = true
        var run = Run(world)
        run.handle(.planned(Plan(parameters: RawJSON(["x": 1]), tasks: [Plan.Task(1, "alpha"), Plan.Task(2, "beta")])))
        return run
    }

    @Test("the work of a task whose output breaks its schema is undone: it was done all the same")
    func invalid() {
        var run = Self.run()
        run.dispatch(1, "e_1")
        run.report(1, .output(Self.bad, Self.undo))
        #expect(run.phase(1) == .failed)
        #expect(run.live[TaskID(1)]?.lateOutput == nil)
        #expect(run.undo(1)?.data == Self.undo.data)
        run.dispatch(2, "e_2", on: 2)
        #expect(run.live.phase.kind == .compensating)
        run.dispatchUndo(1)
        run.answerUndo(1, .compensation(.completed))
        #expect(run.undo(1)?.status == .completed)
        #expect(run.live.keptOutputs.isEmpty)
    }

    @Test("said again, it changes nothing more")
    func repeated() {
        var run = Self.run()
        run.dispatch(1, "e_1")
        run.report(1, .output(Self.bad, Self.undo))
        #expect(run.report(1, .output(Self.bad, Self.undo)).events.isEmpty)
    }

    @Test("a late output is checked like any other: one that breaks its schema is good for undoing only")
    func late() {
        var run = Self.run()
        run.dispatch(1, "e_1")
        run.handle(.cancel)
        run.lose(1)
        #expect(run.phase(1) == .cancelled)
        let events = run.report(1, .output(Self.bad, Self.undo)).events
        guard case .taskLate(let late)? = events.first else {
            Issue.record("\(events)")
            return
        }
        #expect(late.output == nil)
        #expect(late.error?.contains("breaks the schema") == true)
        #expect(run.live.keptOutputs.isEmpty)
        #expect(run.undo(1)?.phase.kind == .queued)
    }

    @Test("without what undoes it, a late output that breaks its schema is rejected")
    func lateWithoutUndo() {
        var run = Self.run()
        run.dispatch(1, "e_1")
        run.handle(.cancel)
        run.lose(1)
        let events = run.report(1, .output(Self.bad, nil)).events
        #expect(events.map(\.kind) == [.messageRejected])
    }

    @Test("what undoes a task has a limit of its own, and the error names it")
    func tooLargeToUndo() {
        var run = Self.run()
        run.dispatch(1, "e_1")
        let data = RawJSON(.string(String(repeating: "x", count: Limits.undoBytes)))
        let decision = run.report(1, .output(RawJSON(["y": 1]), .init(data: data, ttlMs: 1_000)))
        #expect(decision.failure?.code == .taskOutputTooLarge)
        #expect(decision.failure?.message.contains("\(Limits.undoBytes)") == true)
        #expect(run.undo(1) == nil)
    }
}
