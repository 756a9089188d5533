import OrraModel

/// Finds plans that were made before, for the same words or alike ones.
struct PlanCache: Sendable {
    struct Hit {
        var plan: CachedPlan
        /// On the wire, with the asking action's values in the slots.
        var wire: JSONValue
        /// Between the words of the two actions; `nil` for the same words.
        var similarity: Double?
    }

    /// The vector of an action's words, made at most once for each action.
    struct Vector {
        var values: [Float] = []
        /// The embedder's name; empty when it gave none.
        var embedder = ""
    }

    let memory: any PlanMemory
    let embedder: any Embedder
    let threshold: Double

    /// Plans for the very same words, newest first.
    func exact(_ plans: [CachedPlan], _ action: LiftedText) -> [Hit] {
        plans.filter { $0.action == action.words }.compactMap { hit($0, action, similarity: nil) }
    }

    /// Plans for words that are as alike as the embedder's threshold asks, the most alike first.
    func similar(_ plans: [CachedPlan], _ action: LiftedText, _ vector: Vector) -> [Hit] {
        guard !vector.embedder.isEmpty else { return [] }
        return plans.enumerated()
            .filter { $0.element.embedder == vector.embedder && $0.element.action != action.words }
            .map { (index: $0.offset, similarity: Similarity.cosine($0.element.embedding, vector.values)) }
            .filter { $0.similarity >= threshold }
            .sorted { ($1.similarity, $0.index) < ($0.similarity, $1.index) }
            .prefix(Self.triedPlans)
            .compactMap { candidate in
                let plan = plans[candidate.index]
                guard let template = PlanTemplate(plan.template),
                    SimilarAction.admits(template, madeFor: plan.action, for: action)
                else { return nil }
                return hit(plan, action, similarity: candidate.similarity)
            }
    }

    static let triedPlans = 8

    func hit(_ plan: CachedPlan, _ action: LiftedText, similarity: Double? = nil) -> Hit? {
        guard let wire = PlanTemplate(plan.template)?.bound(to: action) else { return nil }
        return Hit(plan: plan, wire: wire, similarity: similarity)
    }

    /// An embedder that fails costs hits by similarity, nothing else.
    func vector(of action: LiftedText, for project: ProjectID) async -> Vector {
        guard let values = try? await embedder.embed([action.words], for: project).first, !values.isEmpty else {
            return Vector()
        }
        return Vector(values: values, embedder: embedder.name)
    }
}

/// What must be the same for a cached plan to fit at all.
enum PlanScope {
    static func digest(
        _ request: PlanningRequest, catalogue: String, match: GroundingMatch?,
        _ digest: @Sendable ([UInt8]) -> String
    ) -> String {
        var types = JSONObject()
        for name in request.parameters.keys.sorted() {
            types[name] = .string(PlanTemplate.type(request.parameters[name] ?? .null))
        }
        let grounding: JSONValue =
            match.map { match in
                [
                    "name": .string(match.name), "version": .string(match.version), "action": .string(match.action),
                    "capabilities": .array(match.capabilities.map(JSONValue.string)),
                ]
            } ?? .null
        let constraints = request.groundings.map { JSONValue.array($0.constraints.map(JSONValue.string)) }
        let ids = request.catalogue.map(\.id.rawValue).sorted().map(JSONValue.string)
        return digest(
            CanonicalJSON.bytes([
                "catalogue": .string(catalogue), "ids": .array(ids), "grounding": grounding,
                "constraints": .array(constraints), "parameters": .object(types),
            ]))
    }
}

extension LiftedText {
    /// ``text`` with single blanks: what the cache compares.
    var words: String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
}
