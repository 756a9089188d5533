import OrraModel
import Testing

@testable import OrraPlanner

@Suite("Groundings")
struct GroundingTests {
    static let support = Grounding(
        name: "support", domain: "e-commerce support", version: "1.0",
        useCases: [
            Grounding.UseCase(
                action: "Refund order {orderId}", params: ["orderId": "ORD123"],
                capabilities: ["Verify the customer", "Refund a payment"], intent: "The customer has the money back"),
            Grounding.UseCase(
                action: "Handle customer inquiry about ORD123", params: ["orderId": "ORD123", "customerId": "CUST456"],
                capabilities: ["Lookup order details"]),
            Grounding.UseCase(action: "Track the shipment {trackingNumber}", params: ["trackingNumber": "TRK1"]),
        ],
        constraints: ["Be kind", "(requires verify-customer before refund-service)"])

    private func faults(_ change: (inout Grounding) -> Void) -> [String] {
        var grounding = Self.support
        change(&grounding)
        return GroundingValidator.faults(of: grounding).map(\.description)
    }

    @Test("a sound grounding has no fault")
    func sound() { #expect(faults { _ in } == []) }

    @Test("each fault says where, and what would be right")
    func everyFault() {
        #expect(faults { $0.name = "" } == ["name: must not be empty"])
        #expect(
            faults { $0.name = "a/b" }
                == [
                    "name: may hold letters, digits, '-', '_', '.' and single spaces, with a letter or digit first and last"
                ])
        #expect(faults { $0.name = "Support 2.0" } == [])
        #expect(
            faults { $0.name = String(repeating: "n", count: 129) } == [
                "name: may have at most 128 characters, but has 129"
            ])
        #expect(faults { $0.domain = " " } == ["domain: must not be empty"])
        #expect(faults { $0.version = "1 0" }.first?.hasPrefix("version: may hold letters, digits") == true)
        #expect(faults { $0.useCases = [] } == ["useCases: must have at least one use case, with its action"])
        #expect(faults { $0.useCases[2].action = "" } == ["useCases[2].action: must not be empty"])
        #expect(
            faults { $0.useCases[1].action = $0.useCases[0].action }
                == ["useCases[1].action: is the same as useCases[0].action: keep one of them"])
        #expect(
            faults { $0.useCases[0].action = "Refund {orderID}" }
                == ["useCases[0].action: {orderID} is not in params: do you mean {orderId}?"])
        #expect(
            faults { $0.useCases[0].action = "Refund {invoice}" }
                == ["useCases[0].action: {invoice} is not in params: add it there, with an example of its value"])
        #expect(faults { $0.useCases[0].action = "Refund {orderId" }.first?.contains("no '}' closes") == true)
        #expect(faults { $0.useCases[0].action = "Refund orderId}" }.first?.contains("without a '{'") == true)
        #expect(faults { $0.useCases[1].capabilities[0] = "" } == ["useCases[1].capabilities[0]: must not be empty"])
        #expect(
            faults { $0.useCases[0].capabilities = Array(repeating: "x", count: 65) }
                == ["useCases[0].capabilities: may have at most 64 entries, but has 65"])
        #expect(
            faults { $0.useCases[0].params["note"] = .string(String(repeating: "x", count: 5_000)) }
                == ["useCases[0].params.note: is an example: at most 4096 bytes, but has 5002"])
        #expect(
            faults { $0.constraints[1] = "(requires a-one after b-two)" }
                == ["constraints[1]: write (requires A before B), with the names of two services (line 1, column 1)"])
        #expect(faults { $0.constraints[0] = "" } == ["constraints[0]: must not be empty"])
        #expect(faults { $0.useCases = Array(repeating: $0.useCases[0], count: 101) }.count == 1)
        #expect(
            faults { $0.constraints = Array(repeating: "(x)", count: 100) }.count == Limits.listedGroundingFaults)
    }

    @Test("names in constraints that no service has are shown")
    func unknownServices() {
        var grounding = Self.support
        grounding.constraints.append("(at-most-once refund-servise)")
        let faults = GroundingValidator.unknownServices(in: grounding, catalogue: GroundingSample.catalogue)
        #expect(
            faults.map(\.description)
                == ["constraints[2]: no service 'refund-servise' is registered: do you mean 'refund-service'?"])
    }

    private func match(_ action: String, _ names: [String]) async throws -> GroundingMatches {
        try await GroundingMatcher.match(
            action: action, parameterNames: names, groundings: [Self.support], embedder: LexicalEmbedder())
    }

    @Test("an action is matched to the use case that it means, values aside")
    func matching() async throws {
        let best = try #require(try await match("Refund order ORD999", ["orderId"]).best)
        #expect(best.name == "support" && best.version == "1.0" && best.useCase == 0)
        #expect(
            best.capabilities == Self.support.useCases[0].capabilities && best.constraints == Self.support.constraints)
        #expect(best.similarity > 0.999)
        // Examples in a use case's action are values, as those in braces are.
        let inquiry = try #require(
            try await match("Handle customer inquiry about ORD8", ["order_id", "customerId"]).best)
        #expect(inquiry.useCase == 1 && inquiry.similarity > 0.999)
    }

    @Test("an action that no use case means has no match, and what was considered is told, the best first")
    func noMatch() async throws {
        let matches = try await match("Mine some bitcoin", [])
        #expect(matches.best == nil)
        #expect(matches.considered.count == 3)
        #expect(matches.considered.map(\.similarity) == matches.considered.map(\.similarity).sorted(by: >))
    }

    @Test("an action without the use case's parameters is a little less alike")
    func parameterNames() async throws {
        let all = try #require(try await match("Handle customer inquiry", ["orderId", "customerId"]).best)
        let one = try #require(try await match("Handle customer inquiry", ["OrderID"]).best)
        let none = try #require(try await match("Handle customer inquiry", ["colour"]).best)
        #expect(all.similarity > one.similarity && one.similarity > none.similarity)
        #expect(none.similarity > 0.8)
    }

    /// Embeds by table; anything else is the zero vector.
    private struct TableEmbedder: Embedder {
        var name = "table"
        var vectors: [String: [Float]] = [:]
        var isShort = false
        var fault: EmbeddingFault?

        func embed(_ texts: [String], for project: ProjectID?) async throws(EmbeddingFault) -> [[Float]] {
            if let fault { throw fault }
            return texts.dropFirst(isShort ? 1 : 0).map { vectors[$0] ?? [0, 0] }
        }
    }

    @Test("a model's embedder decides by its own threshold, or by one that is set")
    func otherEmbedder() async throws {
        let table = TableEmbedder(vectors: [
            "Track the shipment X": [1, 0], "Where is my parcel?": [0.95, 0.31], "Sing": [0.5, 0.87],
        ])
        let index = try await GroundingIndex([Self.support], embedder: table)
        let names = ["trackingNumber"]
        let near = try await index.match(action: "Where is my parcel?", parameterNames: names, embedder: table)
        #expect(near.best?.useCase == 2)
        #expect(try await index.match(action: "Sing", parameterNames: names, embedder: table).best == nil)
        let loose = try await index.match(action: "Sing", parameterNames: names, embedder: table, threshold: 0.4)
        #expect(loose.best?.useCase == 2)
        #expect(EmbedderThresholds.standard(for: "table") == .unmeasured)
        #expect(EmbedderThresholds.standard(for: "sentence-transformers/all-MiniLM-L6-v2") == .miniLM)
        #expect(EmbedderThresholds.standard(for: "all-minilm:l12") == .unmeasured)
        #expect(EmbedderThresholds.standard(for: LexicalEmbedder.name) == .lexical)
    }

    @Test("a model sees no value, words that are the same match whatever it says, and a negation never by it alone")
    func besideModel() async throws {
        let table = TableEmbedder(vectors: [
            "Track the shipment X": [1, 0], "Track X": [0, 1], "Do not track parcel X": [1, 0],
            "Follow X to X": [1, 0],
        ])
        let index = try await GroundingIndex([Self.support], embedder: table)
        func match(_ action: String) async throws -> GroundingMatch? {
            try await index.match(action: action, parameterNames: ["trackingNumber"], embedder: table).best
        }
        #expect(try await match("Follow TRK-1 to \"Rome\"")?.similarity == 1)
        let byWords = try #require(try await match("Track the shipment TRK-1"))
        #expect(byWords.useCase == 2 && byWords.similarity == 1)
        #expect(try await match("Do not track parcel TRK-1") == nil)
        #expect(ValueText.marked("Send {a} to b@example.com {") == "Send {a} to X {")
    }

    @Test("an embedder that fails, answers short or is another one is a fault")
    func faults() async throws {
        let down = TableEmbedder(fault: EmbeddingFault(reason: "out of reach"))
        await #expect(throws: EmbeddingFault(reason: "out of reach")) {
            _ = try await GroundingIndex([Self.support], embedder: down)
        }
        await #expect(throws: EmbeddingFault.self) {
            _ = try await GroundingIndex([Self.support], embedder: TableEmbedder(isShort: true))
        }
        let index = try await GroundingIndex([Self.support], embedder: LexicalEmbedder())
        await #expect(throws: EmbeddingFault.self) {
            _ = try await index.match(action: "a", parameterNames: [], embedder: TableEmbedder())
        }
        let empty = try await GroundingMatcher.match(action: "a", parameterNames: [], groundings: [], embedder: down)
        #expect(empty.best == nil && empty.considered.isEmpty)
    }

    @Test("the lexical embedder is the same everywhere, of length one, and blind to values")
    func lexical() async throws {
        let vectors = try await LexicalEmbedder().embed(["Refund order ORD1", "Refund order {orderId}", "", "{a} 12"])
        #expect(vectors.allSatisfy { $0.count == LexicalEmbedder.dimension })
        #expect(vectors[0] == vectors[1])
        #expect(abs(Similarity.cosine(vectors[0], vectors[1]) - 1) < 1e-6)
        let length = vectors[0].reduce(Float(0)) { $0 + $1 * $1 }
        #expect(abs(length - 1) < 1e-5)
        #expect(vectors[2].allSatisfy { $0 == 0 } && vectors[3] == vectors[2])
        for text in [
            "Refund order \"my order\"", "Refund order 'X Y'", "Refund order “that one”",
            "refund the order for a@b.example",
            "Refund order https://x.example/1",
        ] { #expect(LexicalEmbedder.vector(text) == vectors[0], "\(text)") }
        #expect(LexicalEmbedder.vector("the customer's order") == LexicalEmbedder.vector("the customers order"))
        #expect(Similarity.cosine(LexicalEmbedder.vector("Do not refund order ORD1"), vectors[0]) < 0.6)
    }

    @Test("the cosine of what has no angle is 0")
    func cosine() {
        #expect(Similarity.cosine([1, 0], [1]) == 0)
        #expect(Similarity.cosine([], []) == 0)
        #expect(Similarity.cosine([0, 0], [1, 0]) == 0)
        #expect(Similarity.cosine([.nan, 0], [1, 0]) == 0)
        #expect(Similarity.cosine([3, 0], [-2, 0]) == -1)
    }

    @Test("capabilities that no service of the plan has are named, in order")
    func coverage() {
        let services = [GroundingSample.verify, GroundingSample.lookup]
        let capabilities = ["Refund a payment", "Lookup order details", "Fly to the moon", "Verify the customer"]
        #expect(
            CapabilityCoverage.uncovered(capabilities: capabilities, by: services) == [
                "Refund a payment", "Fly to the moon",
            ])
        #expect(CapabilityCoverage.uncovered(capabilities: capabilities, by: []) == capabilities)
        #expect(CapabilityCoverage.uncovered(capabilities: [], by: []) == [])
    }

    @Test("the report of a test has faults, match, constraints and threshold")
    func report() async throws {
        var grounding = Self.support
        grounding.version = ""
        let report = try await GroundingReport(grounding, action: "Refund order ORD1", parameterNames: ["orderId"])
        #expect(report.faults.map(\.path) == ["version"])
        #expect(report.match?.useCase == 0 && report.considered.count == 3)
        #expect(report.constraints.map(\.isChecked) == [false, true])
        #expect(report.embedder == "lexical-1" && report.threshold == EmbedderThresholds.lexical.grounding)
        #expect(try await GroundingReport(grounding, action: "Sing").match == nil)
    }
}
