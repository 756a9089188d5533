import OrraModel
import Testing

@testable import OrraEngine

@Suite("Orchestration: outputs against their schemas")
struct OutputCheckTests {
    typealias Check = PlanningSettings.OutputCheck

    static let schema: JSONValue = [
        "type": "object", "required": ["y"], "additionalProperties": false,
        "properties": [
            "y": ["type": "integer"], "z": ["type": "string"], "list": ["type": "array", "items": ["type": "integer"]],
        ],
    ]

    /// task1 of `alpha`, whose outputs have a schema, is with a connection; task2 takes its `y`.
    func run(_ check: Check?, taker: JSONValue = ["type": "object"], attempts: Int = 5) -> Run {
        var world = World()
        world.add("alpha", output: Self.schema, attempts: attempts, revertible: true)
        world.add("beta", input: taker)
        var run = Run(world)
        run.handle(
            .planned(
                Plan(
                    parameters: RawJSON(["x": 1]),
                    tasks: [Plan.Task(1, "alpha"), Plan.Task(2, "beta", ["y": "$task1.y"])]),
                terms: check.map { PlanTerms(outputCheck: $0) }))
        run.dispatch(1, "e_1")
        return run
    }

    func warning(_ path: String, _ reason: String, task: Int = 1) -> Event {
        .outputWarning(.init(task: TaskID(task), path: path, reason: reason))
    }

    @Test("enforced, an output that breaks its schema fails the task", arguments: [Check.enforce, nil])
    func enforced(check: Check?) {
        var run = run(check)
        let decision = run.complete(1, ["y": "two"])
        let failure = Failure(
            .taskOutputInvalid,
            "the output of task1 (alpha) breaks the schema that the service registered: y must be an integer, but is a "
                + "string")
        #expect(decision.failure == failure)
        #expect(decision.effects == [.release(1)])
        #expect(!decision.events.contains { $0.kind == .outputWarning })
        #expect(run.live.status == .failed)
    }

    @Test("with warnings it is taken, each violation is journaled before it, and the next task runs")
    func warned() {
        var run = run(.warn)
        let decision = run.complete(1, ["y": "two", "other": 1])
        #expect(
            decision
                == Decision(
                    events: [
                        warning("y", "must be an integer, but is a string"),
                        warning("other", "is not a member that the schema knows"),
                        .completed(1, ["y": "two", "other": 1]), .ready(2, ["y": "two"]),
                    ], effects: [.release(1), .enqueue(2, "beta")]))
        run.dispatch(2, "e_2")
        run.complete(2)
        #expect(run.live.status == .completed)
    }

    @Test("an output that fits leaves no warning", arguments: Check.allCases)
    func fits(check: Check) {
        var run = run(check)
        #expect(run.complete(1, ["y": 2]).events == [.completed(1), .ready(2, ["y": 2])])
    }

    @Test("warnings are few and short, whatever comes")
    func bounded() {
        var run = run(.warn)
        let name = String(repeating: "n", count: 100_000)
        let members = (0..<50).map { JSONObject.Member(key: "\(name)\($0)", value: 1) }
        let object = JSONObject([.init(key: "y", value: 2)] + members)
        run.report(1, .output(RawJSON(.object(object)), nil))
        let warnings = run.journal.compactMap { entry -> Event.OutputWarning? in
            if case .outputWarning(let warning) = entry.event { warning } else { nil }
        }
        #expect(warnings.count == Limits.warningsPerTask)
        #expect(warnings.allSatisfy { $0.path.count <= Limits.errorCharacters })
        #expect(run.phase(1)?.kind == .completed)
    }

    @Test("a failure is short as well, whatever names came")
    func boundedFailure() throws {
        var run = run(.enforce)
        let name = String(repeating: "n", count: 1_000_000)
        let failure = try #require(
            run.report(
                1, .output(RawJSON(.object(JSONObject([.init(key: "y", value: 2), .init(key: name, value: 1)]))), nil)
            ).failure)
        #expect(failure.code == .taskOutputInvalid)
        #expect(failure.message.count < 2 * Limits.errorCharacters)
        #expect(failure.message.hasSuffix("is not a member that the schema knows"))
    }

    @Test("switched off, nothing is said")
    func off() {
        var run = run(.off)
        #expect(
            run.complete(1, ["y": "two", "other": 1]).events
                == [.completed(1, ["y": "two", "other": 1]), .ready(2, ["y": "two"])])
    }

    @Test(
        "a field that the next task needs and that did not come fails that task, and says from where",
        arguments: [Check.warn, .off])
    func missingField(check: Check) {
        let taker: JSONValue = ["type": "object", "properties": ["y": ["type": "integer"]], "required": ["y"]]
        for output: JSONValue in [["z": "none"], [1, 2], "text", nil] {
            var run = run(check, taker: taker)
            let decision = run.complete(1, output)
            #expect(
                decision.failure
                    == Failure(
                        .taskInputInvalid, "task2 (beta) takes y from y of task1 (alpha), which gave none"))
            #expect(run.phase(1)?.kind == .completed)
            #expect(run.live.status == .failed)
        }
    }

    @Test("a field of the wrong type fails the task that takes it", arguments: [Check.warn, .off])
    func wrongType(check: Check) {
        var run = run(check, taker: ["type": "object", "properties": ["y": ["type": "integer"]]])
        let failure = run.complete(1, ["y": "two"]).failure
        #expect(failure?.code == .taskInputInvalid)
        #expect(failure?.message.hasPrefix("the input of task2 (beta) breaks the service's schema: y ") == true)
    }

    @Test("limits hold whatever the check: an output that is too large fails", arguments: Check.allCases)
    func tooLarge(check: Check) {
        var run = run(check)
        let text = String(repeating: "x", count: Limits.payloadBytes)
        #expect(run.complete(1, ["y": 1, "z": .string(text)]).failure?.code == .taskOutputTooLarge)
    }

    @Test("a service without its registration is not checked", arguments: Check.allCases)
    func unknownService(check: Check) {
        var run = run(check)
        run.world.services[.named("alpha")] = nil
        #expect(run.complete(1, ["y": "two"]).events.first == .completed(1, ["y": "two"]))
    }

    // MARK: - Late

    /// The action was cancelled, and its task was lost.
    func late(_ check: Check?) -> Run {
        var run = run(check)
        run.handle(.cancel)
        run.lose(1)
        return run
    }

    @Test("a late output is kept with its warnings, once")
    func lateWarned() {
        var run = late(.warn)
        let output: JSONValue = ["y": "two"]
        #expect(
            run.complete(1, output).events == [
                warning("y", "must be an integer, but is a string"),
                .taskLate(.init(task: TaskID(1), output: RawJSON(output))),
            ])
        #expect(run.live.keptOutputs.map(\.output) == [RawJSON(output)])
        #expect(run.complete(1, output) == Decision())
        #expect(run.complete(1, ["y": "three"]) == Decision())
    }

    @Test(
        "a late output that breaks its schema is no success where schemas are enforced",
        arguments: [Check.enforce, nil])
    func lateEnforced(check: Check?) {
        var run = late(check)
        #expect(run.complete(1, ["y": "two"]).events == [.rejected(1, "the task already has an outcome")])
        #expect(run.live.keptOutputs.isEmpty)
    }

    @Test("a late output is kept in silence where nothing is checked")
    func lateOff() {
        var run = late(.off)
        #expect(
            run.complete(1, ["y": "two"]).events
                == [.taskLate(.init(task: TaskID(1), output: RawJSON(["y": "two"])))])
    }

    @Test("what was done with an output that breaks its schema is undone, where it was taken and where it was not")
    func undone() {
        for check in Check.allCases {
            var run = run(check, taker: ["type": "object", "properties": ["y": ["type": "integer"]]])
            run.report(
                1, .output(RawJSON(["y": "two"]), .init(data: Run.undoData(1), ttlMs: 86_400_000)), "e_1")
            // The next task can't take it, or it was refused at once.
            #expect(run.live.status == .failed)
            run.undoAll()
            #expect(run.undo(1)?.status == .completed)
            #expect(run.live.phase.kind == .ended && !run.live.isUnsettled)
        }
    }
}
