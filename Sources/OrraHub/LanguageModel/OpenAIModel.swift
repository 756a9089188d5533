import AsyncHTTPClient
import Logging
import OrraModel
import OrraPlanner
import Synchronization

/// A model behind `{base URL}/chat/completions`, as OpenAI, vLLM, Ollama and many others serve it.
///
/// What an endpoint does not know (schemas of answers, names of settings) is left out once it has said so, and from
/// then on.
final class OpenAIModel: LanguageModel {
    /// What the endpoint takes, as far as it is known.
    private struct Abilities: Hashable {
        enum Format: Hashable {
            case schema, object, none
        }

        var format: Format
        /// `max_tokens` in the place of `max_completion_tokens`.
        var usesOldTokenLimit = false
        var takesTemperature = true
    }

    static let answerBytes = Limits.modelAnswerBytes
    /// How often one request is written anew for what the endpoint does not know.
    static let adaptions = 4

    let name: String
    private let configuration: ModelConfiguration
    private let endpoint: ModelEndpoint
    private let ledger: any ModelLedger
    private let month: @Sendable () -> String
    private let clock: ModelClock
    private let logger: Logger
    private let abilities: Mutex<Abilities>

    /// `month`: the month of UTC whose budget counts, `2026-11`.
    init(
        configuration: ModelConfiguration, client: HTTPClient, ledger: any ModelLedger,
        month: @escaping @Sendable () -> String, clock: ModelClock = .system, logger: Logger
    ) {
        name = configuration.name
        self.configuration = configuration
        self.ledger = ledger
        self.month = month
        self.clock = clock
        self.logger = logger
        endpoint = ModelEndpoint(
            "LLM", baseURL: configuration.baseURL, key: configuration.key, maximumBytes: Self.answerBytes,
            client: client, clock: clock)
        abilities = Mutex(Abilities(format: configuration.structuredOutput == .off ? .none : .schema))
    }

    func complete(_ request: ModelRequest) async throws(ModelFault) -> ModelAnswer {
        let month = month()
        if let budget = request.budget, case let spent = await ledger.spent(by: request.project, month: month),
            spent >= budget
        {
            throw ModelFault(
                .budgetSpent,
                "the project's budget for models, \(Self.money(budget)) in a month, is spent: \(Self.money(spent)) in \(month)"
            )
        }
        var sent = ModelEndpoint.Sent()
        do throws(ModelFault) {
            let answer = try await ask(request, &sent)
            await ledger.add(answer.usage, by: request.project, month: month)
            return answer
        } catch {
            var fault = error
            if fault.usage == nil, sent.requests > 0 { fault.usage = usage(0, 0, sent) }
            if let usage = fault.usage, usage.promptTokens > 0 || usage.completionTokens > 0 {
                await ledger.add(usage, by: request.project, month: month)
            }
            logger.notice(
                "a language model gave no answer",
                metadata: ["model": "\(name)", "kind": "\(fault.kind.rawValue)", "reason": "\(fault.reason)"])
            throw fault
        }
    }

    /// `1.25`, rounded to whole cents where it is more than one.
    private static func money(_ microcost: Int) -> String {
        let rest = String(microcost % 1_000_000)
        var digits = String(repeating: "0", count: 6 - rest.count) + rest
        while digits.count > 2, digits.hasSuffix("0") { digits.removeLast() }
        return "\(microcost / 1_000_000).\(digits)"
    }

    private func ask(_ request: ModelRequest, _ sent: inout ModelEndpoint.Sent) async throws(ModelFault) -> ModelAnswer
    {
        let deadline = clock.elapsed() + configuration.timeout
        var status = 400
        for _ in 0...Self.adaptions {
            let known = abilities.withLock { $0 }
            let body = body(request, known)
            let reply = try await endpoint.post("/chat/completions", body, until: deadline, &sent)
            if reply.isSuccess { return try answer(reply.body, size: body.count, sent) }
            status = reply.status
            guard [400, 404, 415, 422, 501].contains(status), let next = adapted(known, to: reply.body) else { break }
            abilities.withLock { if $0 == known { $0 = next } }
            logger.info(
                "the model's endpoint does not know all of the request; it is sent less from now on",
                metadata: ["model": "\(name)"])
        }
        throw endpoint.rejection(status)
    }

    // MARK: - The request

    private func body(_ request: ModelRequest, _ abilities: Abilities) -> [UInt8] {
        var members: JSONObject = [
            "model": .string(name),
            "messages": .array(
                request.messages.map { ["role": .string($0.role.rawValue), "content": .string($0.text)] }),
        ]
        if let schema = request.schema {
            switch abilities.format {
            case .schema:
                // Not strict: the inputs of a plan's tasks have names that the schema can't tell beforehand.
                members["response_format"] = [
                    "type": "json_schema",
                    "json_schema": ["name": .string(request.schemaName), "strict": false, "schema": schema],
                ]
            case .object: members["response_format"] = ["type": "json_object"]
            case .none: break
            }
        }
        if let tokens = configuration.maximumTokens {
            members[abilities.usesOldTokenLimit ? "max_tokens" : "max_completion_tokens"] = .number(JSONNumber(tokens))
        }
        if let temperature = configuration.temperature.flatMap({ JSONNumber($0) }), abilities.takesTemperature {
            members["temperature"] = .number(temperature)
        }
        return RawJSON(.object(members)).bytes
    }

    /// What to leave out for the words of the complaint. `nil` if it says nothing of the sort.
    private func adapted(_ sent: Abilities, to complaint: [UInt8]) -> Abilities? {
        let text = String(decoding: complaint, as: UTF8.self).lowercased()
        var next = sent
        let words = ["response_format", "json_schema", "json_object", "response_schema", "structured output", "schema"]
        if configuration.structuredOutput == .auto, sent.format != .none, words.contains(where: text.contains) {
            next.format = sent.format == .schema ? .object : .none
        }
        if configuration.maximumTokens != nil, !sent.usesOldTokenLimit, text.contains("max_completion_tokens") {
            next.usesOldTokenLimit = true
        }
        if configuration.temperature != nil, sent.takesTemperature, text.contains("temperature") {
            next.takesTemperature = false
        }
        return next == sent ? nil : next
    }

    // MARK: - The answer

    /// `size`: bytes of the question.
    private func answer(
        _ body: [UInt8], size: Int, _ sent: ModelEndpoint.Sent
    ) throws(ModelFault) -> ModelAnswer {
        guard let value = try? JSONValue(parsing: body), value.object != nil else {
            // Paid for, most likely: what was sent is counted by its size.
            throw ModelFault(.malformed, "\(endpoint.host) sent no JSON", usage: usage(size / 4, 0, sent))
        }
        let choice = value["choices"]?.array?.first
        let text = Self.text(choice?["message"])
        let counted = value["usage"]
        let usage = usage(
            Self.tokens(counted?["prompt_tokens"]) ?? size / 4,
            Self.tokens(counted?["completion_tokens"]) ?? (text?.utf8.count ?? 0) / 4, sent)
        guard let choice else {
            throw ModelFault(.malformed, "\(endpoint.host) sent an answer without choices", usage: usage)
        }
        switch choice["finish_reason"]?.string {
        case "length":
            throw ModelFault(
                .malformed,
                "\(name) was cut off at the limit of its tokens: raise LLM_MAX_TOKENS, or the limit of its server",
                usage: usage)
        case "content_filter":
            throw ModelFault(.rejected, "the content filter of \(endpoint.host) held the answer back", usage: usage)
        default: break
        }
        guard let text, !text.isEmpty else {
            throw ModelFault(.malformed, "\(name) answered nothing", usage: usage)
        }
        return ModelAnswer(text: text, usage: usage)
    }

    /// The words of the answer, of its parts, or of a refusal. `reasoning_content` and its kin are never read.
    private static func text(_ message: JSONValue?) -> String? {
        if let text = message?["content"]?.string, !text.isEmpty { return text }
        if let parts = message?["content"]?.array {
            return parts.filter { $0["type"] == nil || $0["type"] == "text" }.compactMap { $0["text"]?.string }.joined()
        }
        guard let refusal = message?["refusal"]?.string, !refusal.isEmpty else { return nil }
        return RawJSON(["tasks": [], "refusal": .string(refusal)]).text
    }

    static func tokens(_ value: JSONValue?) -> Int? {
        value?.integer.flatMap { (0...1_000_000_000).contains($0) ? $0 : nil }
    }

    /// Of an answer, with the questions before it whose answers were lost.
    private func usage(_ prompt: Int, _ completion: Int, _ sent: ModelEndpoint.Sent) -> PlanningStage.Usage {
        let prompt = prompt + sent.lostTokens
        return PlanningStage.Usage(
            model: name, promptTokens: prompt, completionTokens: completion,
            microcost: configuration.microcost(promptTokens: prompt, completionTokens: completion),
            requests: sent.requests)
    }
}
