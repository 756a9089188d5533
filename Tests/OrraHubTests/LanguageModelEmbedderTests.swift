import Logging
import OrraModel
import OrraPlanner
import Testing

@testable import OrraHub

@Suite("An embedding model's client", .timeLimit(.minutes(2)))
struct LanguageModelEmbedderTests {
    static func embedder(_ endpoint: ScriptedModel, _ ledger: TestLedger = TestLedger()) -> OpenAIEmbedder {
        var configuration = ModelConfiguration(name: "test-model", baseURL: "http://127.0.0.1:1/v1", key: "sk-other")
        configuration.embeddings = .init(
            name: "vectors", baseURL: endpoint.baseURL, key: "sk-vectors", price: 1_500_000)
        return OpenAIEmbedder(
            configuration: configuration, client: ModelBench.client, ledger: ledger, month: { "2026-11" },
            clock: ModelTime().clock, logger: Logger(label: "test"))
    }

    @Test("texts become vectors of length one, in their order, with the embeddings' own key")
    func vectors() async throws {
        try await ScriptedModel.run { endpoint in
            let embedder = Self.embedder(endpoint)
            #expect(embedder.name == "vectors")
            let vectors = try await embedder.embed(["refund the order", "order the refund", "write a poem"])
            #expect(vectors.count == 3)
            for vector in vectors {
                #expect(vector.count == 16)
                #expect(abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 0.001)
            }
            #expect(Similarity.cosine(vectors[0], vectors[1]) > Similarity.cosine(vectors[0], vectors[2]))
            let request = try #require(endpoint.requests.first)
            #expect(request.authorization == "Bearer sk-vectors")
            #expect(request.body["model"] == "vectors")
        }
    }

    @Test("what was asked once is not asked again, and the same text is sent once")
    func memory() async throws {
        try await ScriptedModel.run { endpoint in
            let embedder = Self.embedder(endpoint)
            let first = try await embedder.embed(["a", "b", "a"])
            #expect(first[0] == first[2])
            #expect(endpoint.requests.map { $0.body["input"] } == [["a", "b"]])
            #expect(try await embedder.embed(["b", "a"]) == [first[1], first[0]])
            #expect(endpoint.requests.count == 1)
            _ = try await embedder.embed(["b", "c"])
            #expect(endpoint.requests.last?.body["input"] == ["c"])
            #expect(try await embedder.embed([]) == [])
        }
    }

    @Test("many texts go in batches, and the oldest are forgotten")
    func batches() async throws {
        try await ScriptedModel.run { endpoint in
            let embedder = Self.embedder(endpoint)
            let texts = (0..<(OpenAIEmbedder.rememberedTexts + 8)).map { "text \($0)" }
            #expect(try await embedder.embed(texts).count == texts.count)
            let sent = endpoint.requests.count
            #expect(sent == (texts.count + 31) / 32)
            _ = try await embedder.embed([texts[texts.count - 1]])
            #expect(endpoint.requests.count == sent)
            _ = try await embedder.embed([texts[0]])
            #expect(endpoint.requests.count == sent + 1)
        }
    }

    @Test("what was asked is counted for the project that asked, as the endpoint counts it; what is remembered is free")
    func cost() async throws {
        try await ScriptedModel.run { endpoint in
            let ledger = TestLedger()
            let embedder = Self.embedder(endpoint, ledger)
            _ = try await embedder.embed(["a", "b"], for: ProjectID("p_1"))
            _ = try await embedder.embed(["a", "b"], for: ProjectID("p_1"))
            _ = try await embedder.embed(["c"])
            #expect(
                await ledger.usages
                    == [.init(model: "vectors", promptTokens: 40, completionTokens: 0, microcost: 60, requests: 1)])
            // Of no use, and billed.
            endpoint.answerVectors(of: 8)
            _ = await Self.reason { try await embedder.embed(["d"], for: ProjectID("p_2")) }
            #expect(await ledger.spending == ["p_1 2026-11": 60, "p_2 2026-11": 60])
        }
    }

    @Test("vectors of another length than before are refused")
    func dimension() async throws {
        try await ScriptedModel.run { endpoint in
            let embedder = Self.embedder(endpoint)
            _ = try await embedder.embed(["a"])
            endpoint.answerVectors(of: 8)
            let reason = await Self.reason { try await embedder.embed(["b"]) }
            #expect(reason?.hasSuffix("sent vectors of another length than before") == true)
        }
    }

    @Test("an endpoint that is not there is told without key and texts")
    func nobody() async throws {
        let embedder = OpenAIEmbedder(
            configuration: ModelConfiguration(name: "m", baseURL: "http://127.0.0.1:1/v1", key: "sk-secret"),
            client: ModelBench.client, ledger: TestLedger(), month: { "2026-11" }, clock: ModelTime().clock,
            logger: Logger(label: "test"))
        let reason = await Self.reason { try await embedder.embed(["ZZTOP"]) }
        #expect(reason?.contains("can't be reached") == true)
        #expect(reason?.contains("sk-secret") == false && reason?.contains("ZZTOP") == false)
    }

    static func reason(_ body: () async throws -> [[Float]]) async -> String? {
        do {
            _ = try await body()
            return nil
        } catch {
            return (error as? EmbeddingFault)?.reason
        }
    }
}
