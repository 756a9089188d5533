import OrraModel
import Testing

@testable import OrraEngine

@Suite("Orchestration: inputs and outputs are checked")
struct BindingTests {
    let schema: JSONValue = [
        "type": "object", "required": ["amount"],
        "properties": [
            "amount": ["type": "number"], "count": ["type": "integer"], "fast": ["type": "boolean"],
            "name": ["type": "string"],
        ],
    ]

    func world(input: JSONValue = ["type": "object"], output: JSONValue = ["type": "object"]) -> World {
        var world = World.of("beta")
        world.add("alpha", input: input, output: output)
        return world
    }

    @Test("strings become the numbers and booleans that the schema wants, and no others")
    func coercion() {
        let (_, decision) = Run.planned(
            Plan.Task(1, "alpha", ["amount": "$task0.a", "count": "$task0.c", "fast": "$task0.f", "name": "$task0.n"]),
            parameters: ["a": "299.90", "c": "2", "f": "true", "n": "7"], world: world(input: schema))
        #expect(
            decision.events.last
                == .ready(
                    1,
                    JSONValue.object([
                        "amount": .number(JSONNumber(text: "299.90") ?? JSONNumber(0)), "count": 2, "fast": true,
                        "name": "7",
                    ])))
    }

    @Test("a missing field is an error that names task, field and service")
    func missingField() {
        var (run, _) = Run.planned(
            Plan.Task(1, "beta"), Plan.Task(2, "alpha", ["amount": "$task1.total"]), world: world(input: schema))
        run.dispatch(1, "e_1")
        let decision = run.complete(1)
        let failure = Failure(
            .taskInputInvalid, "task2 (alpha) takes amount from total of task1 (beta), which gave none")
        #expect(
            decision
                == Decision(
                    events: [
                        .completed(1), .taskFailed(.init(task: TaskID(2), failure: failure)),
                        .ending(.init(status: .failed, failure: failure, task: TaskID(2))),
                        .ended(.init(status: .failed, failure: failure, task: TaskID(2))),
                    ],
                    effects: [.release(1)]))
    }

    @Test("a missing parameter says so; an optional one is left out")
    func missingParameter() {
        let (_, decision) = Run.planned(
            Plan.Task(1, "alpha", ["amount": "$task0.gone"]), world: world(input: schema))
        #expect(
            decision.failure?.message
                == "task1 (alpha) takes amount from gone of the action's parameters, which gave none")
        let (_, optional) = Run.planned(
            Plan.Task(1, "alpha", ["amount": "$task0.x", "name": "$task0.gone"]), world: world(input: schema))
        #expect(optional.events.last == .ready(1, ["amount": 1]))
    }

    @Test("an input of the wrong type names its field and quotes no value")
    func wrongType() {
        let (run, decision) = Run.planned(
            Plan.Task(1, "alpha", ["amount": "$task0.x"]), parameters: ["x": "hush"], world: world(input: schema))
        #expect(
            decision.failure
                == Failure(
                    .taskInputInvalid,
                    "the input of task1 (alpha) breaks the service's schema: amount must be a number, but is a string"))
        #expect(run.live.status == .failed)
    }

    @Test("an input over the limit fails before it is sent, and names size and limit")
    func largeInput() {
        let text = JSONValue.string(String(repeating: "x", count: Limits.payloadBytes))
        let (_, decision) = Run.planned(Plan.Task(1, "alpha"), parameters: ["x": text], world: world())
        #expect(decision.failure?.code == .taskInputTooLarge)
        #expect(decision.failure?.message.contains("has \(Limits.payloadBytes + 8) bytes") == true)
        #expect(decision.failure?.message.contains("limit is \(Limits.payloadBytes)") == true)
    }

    @Test("an output that breaks the service's schema fails the task without a retry (F9)")
    func invalidOutput() {
        let output: JSONValue = ["type": "object", "properties": ["token": ["type": "string"]], "required": ["token"]]
        var (run, _) = Run.planned(Plan.Task(1, "alpha"), world: world(output: output))
        run.dispatch(1, "e_1")
        let decision = run.complete(1, ["token": 5])
        let failure = Failure(
            .taskOutputInvalid,
            "the output of task1 (alpha) breaks the schema that the service registered: token must be a string, but is "
                + "an integer")
        #expect(decision.failure == failure)
        #expect(run.live.failure == failure)
        #expect(run.phase(1) == .failed)
    }

    @Test("an output over the limit fails the task without a retry, and names size and limit (F7)")
    func largeOutput() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"), world: world())
        run.dispatch(1, "e_1")
        let decision = run.complete(1, .string(String(repeating: "x", count: Limits.payloadBytes - 1)))
        #expect(
            decision.failure
                == Failure(
                    .taskOutputTooLarge,
                    "the output of task1 (alpha) has \(Limits.payloadBytes + 1) bytes; the limit is "
                        + "\(Limits.payloadBytes)"))
    }

    @Test("a result that is none fails the task")
    func malformed() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"), world: world())
        run.dispatch(1, "e_1")
        let decision = run.report(1, .malformed(reason: "result is no object"))
        #expect(decision.failure == Failure(.taskOutputInvalid, "task1 (alpha) sent no result: result is no object"))
        #expect(decision.effects == [.release(1, succeeded: false)])
    }
}
