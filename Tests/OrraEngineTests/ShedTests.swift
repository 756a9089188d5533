import OrraModel
import Testing

@testable import OrraEngine

@Suite("Orchestration: what need not be held is let go of")
struct ShedTests {
    /// A chain of three, each of which takes `y` of the one before.
    static func chain() -> Run {
        Run.planned(
            Plan.Task(1, "alpha"), Plan.Task(2, "beta", ["y": "$task1.y"]), Plan.Task(3, "gamma", ["y": "$task2.y"])
        ).0
    }

    /// The same, whose first task has given `y`.
    private static func chainWithOutput() -> Run {
        var run = chain()
        run.dispatch(1, "e_1")
        run.complete(1)
        return run
    }

    @Test("an input goes when its task has its outcome")
    func inputs() {
        var run = Self.chain()
        #expect(run.live[TaskID(1)]?.input != nil)
        run.dispatch(1, "e_1")
        run.report(1, .error("no"))
        #expect(run.live[TaskID(1)]?.input != nil)
        run.wait(.seconds(1))
        run.dispatch(1, "e_2")
        run.complete(1)
        #expect(run.live[TaskID(1)]?.input == nil)
        #expect(run.live[TaskID(2)]?.input?.text == #"{"y":2}"#)
    }

    @Test("an output goes when all that take it are ready, and a result never before the end")
    func outputs() {
        let run = Self.chainWithOutput()
        var held = run.live
        held.shed(above: 100)
        #expect(held == run.live)
        held.shed(above: 0)
        #expect(held[TaskID(1)]?.output == nil)
        #expect(held[TaskID(1)]?.hasOutput == true)
        _ = held.handle(
            .dispatched(TaskID(2), ExecutionID("e_2"), ConnectionID(1), instance: nil), at: run.now, in: run.world)
        let decision = held.handle(
            .report(TaskID(2), .output(RawJSON(["y": 3]), nil), execution: "e_2"), at: run.now, in: run.world)
        #expect(decision.events.last?.kind == .taskReady)
        held.shed(above: 0)
        _ = held.handle(
            .dispatched(TaskID(3), ExecutionID("e_3"), ConnectionID(1), instance: nil), at: run.now, in: run.world)
        let last = held.handle(
            .report(TaskID(3), .output(RawJSON(["z": 4]), nil), execution: "e_3"), at: run.now, in: run.world)
        guard case .ended(let ended)? = last.events.last else { return #expect(Bool(false), "it did not end") }
        #expect(ended.results == [RawJSON(["z": 4])])
    }

    @Test("one that is still to be taken stays")
    func taken() {
        var run = Run.planned(
            Plan.Task(1, "alpha"), Plan.Task(2, "beta"),
            Plan.Task(3, "gamma", ["a": "$task1.y", "b": "$task2.y"])
        ).0
        run.dispatch(1, "e_1")
        run.complete(1)
        var held = run.live
        held.shed(above: 0)
        #expect(held == run.live)
    }

    @Test("an output that was let go of is known when it comes again, and another one is not taken for it")
    func repeated() {
        let run = Self.chainWithOutput()
        var held = run.live
        held.shed(above: 0)
        let again = held.handle(
            .report(TaskID(1), .output(RawJSON(["y": 2]), nil), execution: "e_1"), at: run.now, in: run.world)
        #expect(again.events.isEmpty)
        let other = held.handle(
            .report(TaskID(1), .output(RawJSON(["y": 3]), nil), execution: "e_1"), at: run.now, in: run.world)
        #expect(other.events.map(\.kind) == [.messageRejected])
        let undo = held.handle(
            .report(TaskID(1), .output(RawJSON(["y": 2]), .init(data: RawJSON(1), ttlMs: 1)), execution: "e_1"),
            at: run.now,
            in: run.world)
        #expect(undo.events.isEmpty)
    }

    @Test("two payloads of one size have different prints", arguments: [0, 1, 7, 8, 9, 16, 1_000])
    func prints(size: Int) {
        let text = String(repeating: "x", count: size)
        let one = PayloadPrint(RawJSON(.string(text + "a")))
        #expect(one == PayloadPrint(RawJSON(.string(text + "a"))))
        #expect(one != PayloadPrint(RawJSON(.string(text + "b"))))
        #expect(one != PayloadPrint(RawJSON(.string("a" + text + "a"))))
        if size > 0 { #expect(one != PayloadPrint(RawJSON(.string("b" + text)))) }
    }

    @Test("a large output is known again, however it is divided")
    func divided() throws {
        let parts = RawJSON(["a": .string(String(repeating: "a", count: 50_001)), "b": "*"]).members(["a", "b"])
        var writer = JSONWriter()
        try writer.object {
            $0.member("b", try #require(parts["b"]))
            $0.member("a", try #require(parts["a"]))
            $0.member("y", 2)
        }
        let whole = try RawJSON(validating: writer.bytes)
        for (first, second) in [(whole, writer.raw), (writer.raw, whole)] {
            var run = Self.chain()
            run.dispatch(1, "e_1")
            run.report(1, .output(first, nil))
            var held = run.live
            held.shed(above: 0)
            #expect(held[TaskID(1)]?.output == nil && held[TaskID(1)]?.hasOutput == true)
            let again = held.handle(
                .report(TaskID(1), .output(second, nil), execution: "e_1"), at: run.now, in: run.world)
            #expect(again.events.isEmpty)
        }
    }
}
