import Logging
import OrraModel
import OrraPlanner
import Synchronization
import Testing

@testable import OrraHub

@Suite("A language model's client", .timeLimit(.minutes(2)))
struct LanguageModelTests {
    @Test("a question goes out with key, name, messages and schema, and the answer comes back with its cost")
    func question() async throws {
        try await ScriptedModel.run([.text("hello")]) { endpoint in
            let bench = ModelBench(endpoint) {
                $0.promptPrice = 1_100_000
                $0.completionPrice = 4_400_000
            }
            let answer = try await bench.ask().get()
            #expect(answer.text == "hello")
            // 1,000 × 1.10 and 200 × 4.40 of a million each.
            let usage = PlanningStage.Usage(
                model: "test-model", promptTokens: 1_000, completionTokens: 200, microcost: 1_980, requests: 1)
            #expect(answer.usage == usage)
            #expect(await bench.ledger.usages == [usage])
            let request = try #require(endpoint.requests.first)
            #expect(request.path == "/v1/chat/completions")
            #expect(request.authorization == "Bearer sk-secret")
            #expect(
                request.body == [
                    "model": "test-model",
                    "messages": [
                        ["role": "system", "content": "Rules"], ["role": "user", "content": "Plan JSON"],
                    ],
                    "response_format": [
                        "type": "json_schema",
                        "json_schema": ["name": "plan", "strict": false, "schema": ["type": "object"]],
                    ],
                ])
        }
    }

    @Test("without a key none is sent, and without prices no cost is counted")
    func bare() async throws {
        try await ScriptedModel.run([.text("hello")]) { endpoint in
            let bench = ModelBench(endpoint, key: nil)
            #expect(await bench.answer()?.usage.microcost == nil)
            #expect(endpoint.requests.first?.authorization == nil)
        }
    }

    @Test("an endpoint that knows no schemas is asked for JSON, then for nothing, and it is remembered")
    func formats() async throws {
        try await ScriptedModel.run([
            .refusing(
                "response_format", complaint: "'response_format.type' json_schema is unknown", otherwise: .text("x"))
        ]) { endpoint in
            let bench = ModelBench(endpoint)
            #expect(await bench.text() == "x")
            #expect(
                endpoint.requests.map { $0.body["response_format"]?["type"]?.string } == [
                    "json_schema", "json_object", nil,
                ])
            #expect(await bench.text() == "x")
            #expect(endpoint.requests.count == 4)
            #expect(endpoint.requests[3].body["response_format"] == nil)
            #expect(bench.time.waits.isEmpty)
        }
    }

    @Test("structured output that is on stays on, and off is never sent")
    func fixedFormats() async throws {
        let step = ScriptedModel.Step.refusing("response_format", complaint: "no json_schema", otherwise: .text("x"))
        try await ScriptedModel.run([step]) { endpoint in
            let on = ModelBench(endpoint) { $0.structuredOutput = .on }
            #expect(await on.fault()?.kind == .rejected)
            #expect(endpoint.requests.count == 1)
            let off = ModelBench(endpoint) { $0.structuredOutput = .off }
            #expect(await off.text() == "x")
            #expect(endpoint.requests.count == 2)
        }
    }

    @Test("an old server's name for the token limit is found, and a refused temperature is left out")
    func settings() async throws {
        try await ScriptedModel.run([
            .refusing(
                "max_completion_tokens", complaint: "Unrecognized argument: max_completion_tokens",
                otherwise: .refusing(
                    "temperature", complaint: "Unsupported value: 'temperature'", otherwise: .text("x")))
        ]) { endpoint in
            let bench = ModelBench(endpoint) {
                $0.maximumTokens = 512
                $0.temperature = 0.2
            }
            #expect(await bench.text() == "x")
            #expect(await bench.text() == "x")
            #expect(endpoint.requests.map { $0.body["max_completion_tokens"]?.integer } == [512, nil, nil, nil])
            #expect(endpoint.requests.map { $0.body["max_tokens"]?.integer } == [nil, 512, 512, 512])
            #expect(endpoint.requests.map { $0.body["temperature"]?.number?.double } == [0.2, 0.2, nil, nil])
        }
    }

    @Test("a complaint about something else is not taken for one about the format")
    func otherComplaint() async throws {
        try await ScriptedModel.run([.status(400, body: #"{"error":"unknown model"}"#)]) { endpoint in
            let bench = ModelBench(endpoint)
            let fault = await bench.fault()
            #expect(fault?.kind == .rejected)
            #expect(fault?.reason.contains("check that LLM_MODEL is a model that it serves") == true)
            #expect(endpoint.requests.count == 1)
        }
    }

    @Test("thinking in its own member is never read; content in parts is put together; a refusal is an answer")
    func contents() async throws {
        try await ScriptedModel.run([
            .thinking("secret thoughts", #"{"tasks":[]}"#),
            .body(
                #"{"choices":[{"message":{"content":[{"type":"thinking","text":"no"},{"type":"text","text":"a"},{"type":"text","text":"b"}]}}]}"#
            ), .body(#"{"choices":[{"message":{"content":null,"refusal":"I won't."}}]}"#),
            .body(#"{"choices":[{"message":{"content":"","reasoning_content":"{\"tasks\":[1]}"}}]}"#),
        ]) { endpoint in
            let bench = ModelBench(endpoint)
            #expect(await bench.text() == "<think>secret thoughts</think>\n{\"tasks\":[]}")
            #expect(await bench.text() == "ab")
            let refused = try #require(await bench.text())
            #expect(try JSONValue(parsing: refused) == ["tasks": [], "refusal": "I won't."])
            #expect(await bench.fault()?.reason == "test-model answered nothing")
        }
    }

    @Test("an answer without counts is counted by its size")
    func estimate() async throws {
        try await ScriptedModel.run([
            .body(#"{"choices":[{"message":{"content":"twelve bytes"}}]}"#)
        ]) { endpoint in
            let usage = try await ModelBench(endpoint).ask(String(repeating: "x", count: 4_000)).get().usage
            #expect(usage.completionTokens == 3)
            #expect((1_000...1_200).contains(usage.promptTokens))
        }
    }

    // MARK: - Budget

    @Test("a project whose budget is spent is refused before anything is sent")
    func budget() async throws {
        try await ScriptedModel.run([.text("x")]) { endpoint in
            let bench = ModelBench(endpoint) { $0.promptPrice = 10_000_000 }
            #expect(await bench.answer(budget: 10_000)?.usage.microcost == 10_000)
            let fault = await bench.fault(budget: 10_000)
            #expect(fault?.kind == .budgetSpent)
            #expect(fault?.usage == nil)
            #expect(
                fault?.reason
                    == "the project's budget for models, 0.01 in a month, is spent: 0.01 in 2026-11")
            #expect(endpoint.requests.count == 1)
            #expect(await bench.fault(budget: 0)?.kind == .budgetSpent)
            #expect(await bench.answer(budget: 10_001)?.text == "x")
        }
    }

    @Test("an answer that is of no use is paid for all the same")
    func failedAnswersCost() async throws {
        try await ScriptedModel.run([.finished("{\"tasks\":[", reason: "length")]) { endpoint in
            let bench = ModelBench(endpoint) { $0.completionPrice = 1_000_000 }
            let fault = await bench.fault()
            #expect(fault?.kind == .malformed)
            #expect(
                fault?.reason
                    == "test-model was cut off at the limit of its tokens: raise LLM_MAX_TOKENS, or the limit of its server"
            )
            #expect(fault?.usage?.microcost == 200)
            #expect(await bench.ledger.spending == ["p_1 2026-11": 200])
        }
    }

    // MARK: - Secrets

    @Test("neither key nor words go into faults and logs, even where the endpoint echoes them")
    func secrets() async throws {
        let lines = LogLines()
        let logger = Logger(label: "test") { _ in lines.handler }
        try await ScriptedModel.run([.echo, .status(500, body: "sk-secret ZZTOP"), .body("sk-secret ZZTOP")]) {
            endpoint in
            let bench = ModelBench(endpoint, logger: logger)
            for _ in 0..<3 {
                let fault = try #require(await bench.fault("ZZTOP words"))
                for secret in ["sk-secret", "ZZTOP"] { #expect(!"\(fault)".contains(secret)) }
            }
            #expect(!lines.all.isEmpty)
            for line in lines.all { for secret in ["sk-secret", "ZZTOP"] { #expect(!line.contains(secret)) } }
        }
    }
}

/// Keeps all that is logged, metadata included.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    var handler: any LogHandler { Handler(lines: self) }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {
            lines.lines.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") }
        }
    }
}
