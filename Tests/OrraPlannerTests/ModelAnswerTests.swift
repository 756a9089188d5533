import OrraModel
import Testing

@testable import OrraPlanner

@Suite("Answers of models")
struct ModelAnswerTests {
    static let plan = #"{"tasks":[{"id":"task1","service":"pay","input":{"id":"$task0.id"},"reason":"It pays."}]}"#

    static var content: AnswerReader.Content {
        get throws { .plan(try JSONValue(parsing: plan)) }
    }

    @Test(
        "a plan is found wherever a model puts it",
        arguments: [
            plan, "\n\n \(plan)\n", "```json\n\(plan)\n```", "```\n\(plan)\n```",
            "Here it is:\n```json\n\(plan)\n```\nDone.",
            "Sure! \(plan) I hope that helps.", "```json\n\(plan)", "Step {1}: think. Then {\"a\":1} and\n\(plan)",
            "```json\r\n\(plan)\r\n```", "  ```JSON\n  \(plan)\n  ```", #"{"plan":\#(plan)}"#,
            "```\n{\"tasks\":[{\"id\":\"task1\"}]}\n```\nNo, better:\n```\n\(plan)\n```", "{{{\(plan)",
            String(repeating: "{", count: 50) + plan,
        ])
    func found(answer: String) throws {
        #expect(AnswerReader(answer).content == (try Self.content))
    }

    @Test(
        "thinking is cut off, whatever marks it",
        arguments: [
            "<think>Maybe {\"tasks\":[{\"id\":\"task9\"}]}?</think>", "<thinking>hm</thinking>\n", "<THINK>hm</Think>",
            "Perhaps {\"tasks\":[{\"id\":\"task9\"}]}</think>", "◁think▷hm◁/think▷", "[THINK]hm[/THINK]",
            "<|channel|>analysis<|message|>{\"tasks\":[]}<|end|><|start|>assistant<|channel|>final<|message|>",
            "<think>one</think>\n<think>two <think> three</think>", "<reasoning>because</reasoning>",
        ])
    func thinking(before: String) throws {
        let reader = AnswerReader(before + Self.plan)
        #expect(reader.content == (try Self.content))
        #expect(reader.text == Self.plan)
    }

    @Test("thinking without an end is all thinking, and none of it is kept")
    func endlessThinking() {
        let reader = AnswerReader("<think>The answer is \(Self.plan)")
        #expect(reader.content == .problem("the answer is empty: write the plan as one JSON object"))
        #expect(reader.text.isEmpty)
    }

    @Test("words that look like thinking stay where they stand inside of the JSON")
    func quotedTags() throws {
        let answer = #"{"tasks":[{"id":"task1","service":"a","input":{"t":"<think>x"},"reason":"</think>"}]}"#
        #expect(AnswerReader(answer).content == .plan(try JSONValue(parsing: answer)))
        #expect(AnswerReader(answer).text == answer)
    }

    @Test(
        "a refusal is read in each of its forms",
        arguments: [
            #"{"tasks":[],"refusal":"No service can."}"#, #"{"refusal":"  No service can.\n"}"#,
            #"{"tasks":null,"refusal":"No service can."}"#,
            #"{"tasks":[{"id":"final","input":{"error":"No service can."}}]}"#,
        ])
    func refusal(answer: String) {
        #expect(AnswerReader(answer).content == .refusal("No service can."))
    }

    @Test("a refusal is never longer than its bound")
    func longRefusal() {
        guard
            case .refusal(let text) = AnswerReader(
                #"{"refusal":"\#(String(repeating: "no", count: 5_000))"}"#
            ).content
        else {
            Issue.record("no refusal")
            return
        }
        #expect(text.count == AnswerReader.refusalCharacters)
    }

    @Test(
        "what can't be read is told exactly",
        arguments: [
            ("", "the answer is empty: write the plan as one JSON object"),
            ("I can't help with that.", "the answer holds no JSON object: write the plan as one JSON object"),
            (#"{"tasks":[{"id":"task1","#, "the answer's JSON object has no end: write it whole, and shorter"),
            (
                #"{"tasks":[{"id":"task1",}]}"#,
                "the answer's JSON is not valid: expected a member name at byte 24 of it"
            ),
            (#"{"steps":[]}"#, "the JSON object has no member 'tasks': answer {\"tasks\":[…],\"refusal\":null}"),
            (#"[{"id":"task1"}]"#, "the JSON object has no member 'tasks': answer {\"tasks\":[…],\"refusal\":null}"),
            (#"{"tasks":{"id":"task1"}}"#, "'tasks' must be an array of tasks"),
            (
                #"{"tasks":[],"refusal":null}"#,
                "'tasks' is empty: give the tasks, or say in 'refusal' why the action can't be done"
            ),
            (
                #"{"tasks":[{"id":"task1"}],"refusal":"No."}"#,
                "the answer has tasks and a refusal: leave out the one that is not meant"
            ),
        ])
    func problems(answer: String, problem: String) {
        #expect(AnswerReader(answer).content == .problem(problem))
    }

    @Test("null stands for an input and a reason that are left out")
    func nulls() throws {
        let answer = #"{"tasks":[{"id":"task1","service":"a","input":null,"reason":null}],"refusal":null}"#
        #expect(
            AnswerReader(answer).content
                == .plan(["tasks": [["id": "task1", "service": "a"]]]))
    }

    @Test("an answer beyond the bound is not read, and what is kept of it is bounded")
    func bound() {
        let reader = AnswerReader(String(repeating: "x", count: AnswerReader.answerBytes + 1))
        #expect(reader.content == .problem("the answer is longer than 262144 bytes: write the plan only"))
        #expect(reader.text.utf8.count <= AnswerReader.answerBytes)
    }

    @Test("no text makes the reader crash or hang")
    func fuzz() throws {
        var generator = SplitMix(state: 4)
        let pieces = [
            "{", "}", "\"", "\\", "[", "]", "```", "\n", "<think>", "</think>", "\"tasks\"", ":", ",", "task1", "null",
            "\u{1F600}", "\r\n", "\u{0}", "<|message|>", "{\"tasks\":[", "\"refusal\":\"x\"", " ", Self.plan,
        ]
        for _ in 0..<3_000 {
            let count = Int.random(in: 0..<60, using: &generator)
            let text = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            if case .problem(let problem) = AnswerReader(text).content { #expect(!problem.isEmpty) }
        }
        let open = String(repeating: "{\"a\":", count: 40_000)
        #expect(
            AnswerReader(open).content == .problem("the answer's JSON object has no end: write it whole, and shorter"))
    }
}

/// Reproducible: a failure comes again.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
