import AsyncHTTPClient
import Logging
import OrraModel
import OrraPlanner
import Synchronization

/// Vectors from `{base URL}/embeddings`, of length one, remembered by text.
final class OpenAIEmbedder: Embedder {
    private struct Memory {
        var vectors: [String: (vector: [Float], used: UInt64)] = [:]
        var clock: UInt64 = 0
        /// Of the first vector; all others must have it.
        var dimension: Int?
    }

    static let rememberedTexts = Limits.rememberedEmbeddings
    /// Texts in one request.
    static let batch = 32
    /// Characters of a text that are sent.
    static let textCharacters = Limits.embeddedCharacters
    static let answerBytes = Limits.embeddingAnswerBytes
    static let dimensions = Limits.embeddingDimensions
    static let timeout = Duration.seconds(20)

    let name: String
    private let price: Int?
    private let endpoint: ModelEndpoint
    private let ledger: any ModelLedger
    private let month: @Sendable () -> String
    private let clock: ModelClock
    private let timeout: Duration
    private let logger: Logger
    private let memory = Mutex(Memory())

    /// Of the configuration's embeddings, or of the model itself where there are none.
    ///
    /// `month`: the month of UTC in which it counts, `2026-11`.
    init(
        configuration: ModelConfiguration, client: HTTPClient, ledger: any ModelLedger,
        month: @escaping @Sendable () -> String, clock: ModelClock = .system, logger: Logger
    ) {
        let embeddings =
            configuration.embeddings
            ?? .init(name: configuration.name, baseURL: configuration.baseURL, key: configuration.key)
        name = embeddings.name
        price = embeddings.price
        self.ledger = ledger
        self.month = month
        timeout = min(Self.timeout, configuration.timeout)
        self.clock = clock
        self.logger = logger
        endpoint = ModelEndpoint(
            "EMBEDDINGS", baseURL: embeddings.baseURL, key: embeddings.key, maximumBytes: Self.answerBytes,
            client: client, clock: clock)
    }

    func embed(_ texts: [String], for project: ProjectID?) async throws(EmbeddingFault) -> [[Float]] {
        let texts = texts.map { String($0.prefix(Self.textCharacters)) }
        var known = recall(texts)
        var seen: Set<String> = []
        let missing = texts.filter { known[$0] == nil && seen.insert($0).inserted }
        var start = 0
        while start < missing.count {
            let part = Array(missing[start..<min(start + Self.batch, missing.count)])
            let vectors = try await ask(part, for: project)
            for (text, vector) in zip(part, vectors) { known[text] = vector }
            try keep(zip(part, vectors))
            start += part.count
        }
        return texts.map { known[$0] ?? [] }
    }

    private func recall(_ texts: [String]) -> [String: [Float]] {
        memory.withLock { memory in
            var known: [String: [Float]] = [:]
            for text in texts {
                guard let vector = memory.vectors[text]?.vector else { continue }
                memory.clock += 1
                memory.vectors[text]?.used = memory.clock
                known[text] = vector
            }
            return known
        }
    }

    private func keep(_ vectors: Zip2Sequence<[String], [[Float]]>) throws(EmbeddingFault) {
        let fits = memory.withLock { memory in
            for (text, vector) in vectors {
                guard vector.count == memory.dimension ?? vector.count else { return false }
                memory.dimension = vector.count
                memory.clock += 1
                memory.vectors[text] = (vector, memory.clock)
            }
            if memory.vectors.count > Self.rememberedTexts {
                // An eighth at once, so that not every new text sorts all of them.
                let oldest = memory.vectors.sorted { $0.value.used < $1.value.used }
                let surplus = memory.vectors.count - Self.rememberedTexts * 7 / 8
                for entry in oldest.prefix(surplus) { memory.vectors[entry.key] = nil }
            }
            return true
        }
        guard fits else { throw EmbeddingFault(reason: "\(endpoint.host) sent vectors of another length than before") }
    }

    private func ask(_ texts: [String], for project: ProjectID?) async throws(EmbeddingFault) -> [[Float]] {
        let month = month()
        let body = RawJSON([
            "model": .string(name), "input": .array(texts.map(JSONValue.string)), "encoding_format": "float",
        ]).bytes
        var sent = ModelEndpoint.Sent()
        do throws(ModelFault) {
            let reply = try await endpoint.post("/embeddings", body, until: clock.elapsed() + timeout, &sent)
            guard reply.isSuccess else { throw endpoint.rejection(reply.status) }
            let answer = try? JSONValue(parsing: reply.body)
            // What is of no use is paid for, too.
            let counted = answer?["usage"]
            let tokens = OpenAIModel.tokens(counted?["prompt_tokens"]) ?? OpenAIModel.tokens(counted?["total_tokens"])
            await count((tokens ?? body.count / 4) + sent.lostTokens, sent, for: project, month)
            sent.lostBytes = 0
            return try read(answer, count: texts.count)
        } catch {
            await count(sent.lostTokens, sent, for: project, month)
            logger.notice(
                "an embedding model gave no answer",
                metadata: ["model": "\(name)", "kind": "\(error.kind.rawValue)", "reason": "\(error.reason)"])
            throw EmbeddingFault(reason: error.reason)
        }
    }

    private func count(
        _ tokens: Int, _ sent: ModelEndpoint.Sent, for project: ProjectID?, _ month: String
    ) async {
        guard let project, tokens > 0 else { return }
        await ledger.add(
            PlanningStage.Usage(
                model: name, promptTokens: tokens, completionTokens: 0,
                microcost: ModelConfiguration.microcost([(tokens, price)]), requests: sent.requests),
            by: project, month: month)
    }

    private func read(_ answer: JSONValue?, count: Int) throws(ModelFault) -> [[Float]] {
        let malformed = { (what: String) in ModelFault(.malformed, "\(self.endpoint.host) sent \(what)") }
        guard let data = answer?["data"]?.array else { throw malformed("no vectors") }
        guard data.count == count else { throw malformed("\(data.count) vectors for \(count) texts") }
        var vectors = [[Float]?](repeating: nil, count: count)
        for (position, element) in data.enumerated() {
            let index = element["index"]?.integer ?? position
            guard vectors.indices.contains(index), vectors[index] == nil else { throw malformed("a vector twice") }
            let numbers = (element["embedding"]?.array ?? []).compactMap { $0.number?.double }
            let length = numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
            guard Self.dimensions.contains(numbers.count), numbers.count == element["embedding"]?.array?.count,
                length.isFinite, length > 0
            else { throw malformed("a vector that is none") }
            vectors[index] = numbers.map { Float($0 / length) }
        }
        let whole = vectors.compactMap(\.self)
        guard Set(whole.map(\.count)).count <= 1 else { throw malformed("vectors of different lengths") }
        return whole
    }
}
