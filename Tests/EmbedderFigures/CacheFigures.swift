import OrraModel

@testable public import OrraPlanner

/// How well a cached plan is found by alike words. Pairs of actions that mean one use case are the same; all others are
/// different: two use cases, or an action that means neither; and the pairs of `cache-pairs.json`, of which one word of
/// many makes the difference. What the cache refuses by itself, such as a value behind
/// another word, counts for nothing.
public struct CacheFigures: Sendable {
    public struct Pair: Sendable {
        public var actions: String
        public var isSame: Bool
        public var isAdmitted: Bool
        public var similarity: Double
    }

    /// Of pairs that are the same.
    public var recall: Double
    /// Different pairs of which one would get the other's plan. There must be none.
    public var wrong: [String]

    public init(_ pairs: [Pair], threshold: Double) {
        let hits = pairs.filter { $0.isAdmitted && $0.similarity >= threshold }
        recall = Double(hits.filter(\.isSame).count) / Double(max(1, pairs.filter(\.isSame).count))
        wrong = hits.filter { !$0.isSame }.map { "\(rounded($0.similarity)) \($0.actions)" }
    }

    /// The rule: 0.02 above the most alike different pair, rounded up to hundredths, no less than 0.95 and no more than
    /// 0.99, which only the same words in another form reach.
    public static func threshold(for pairs: [Pair]) -> Double {
        min(0.99, max(0.95, ((highest(of: pairs) + 0.02) * 100).rounded(.up) / 100))
    }

    /// How alike the most alike different pair is.
    public static func highest(of pairs: [Pair]) -> Double {
        pairs.filter { $0.isAdmitted && !$0.isSame }.map(\.similarity).max() ?? 0
    }

    public static func pairs(
        in cases: GroundingCases, _ part: GroundingCases.Part, embedder: any Embedder
    ) async throws -> [Pair] {
        var actions: [Action] = []
        for (number, entry) in cases[part].enumerated() {
            actions += entry.actions.map { Action($0.text, useCase: $0.kind.isMeant ? number : nil) }
        }
        let twins = cases.cachePairs[part, default: []]
        let vectors = try await embedder.embed((actions.map(\.words) + twins.flatMap { [$0.0, $0.1] }.map(words)))
        var pairs: [Pair] = []
        for one in actions.indices {
            for other in 0..<one where actions[one].words != actions[other].words {
                let (new, old) = (actions[one], actions[other])
                guard new.useCase != nil || old.useCase != nil else { continue }
                pairs.append(
                    Pair(
                        old, new, isSame: new.useCase == old.useCase,
                        similarity: Similarity.cosine(vectors[one], vectors[other])))
            }
        }
        for (number, twin) in twins.enumerated() {
            let place = actions.count + 2 * number
            pairs.append(
                Pair(
                    Action(twin.0, useCase: nil), Action(twin.1, useCase: nil), isSame: false,
                    similarity: Similarity.cosine(vectors[place], vectors[place + 1])))
        }
        return pairs
    }

    private static func words(_ text: String) -> String { Action(text, useCase: nil).words }
}

/// As the cache sees it.
struct Action {
    var text: LiftedText
    var words: String
    /// `nil` if it means none.
    var useCase: Int?

    init(_ text: String, useCase: Int?) {
        self.text = LiftedText(text)
        words = self.text.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        self.useCase = useCase
    }
}

extension CacheFigures.Pair {
    init(_ old: Action, _ new: Action, isSame: Bool, similarity: Double) {
        let kinds = old.text.literals.map { JSONValue.string($0.kind.rawValue) }
        let template = PlanTemplate(RawJSON(["tasks": [], "literals": .array(kinds)]))
        self.init(
            actions: "\(old.words) | \(new.words)", isSame: isSame,
            isAdmitted: template.map { SimilarAction.admits($0, madeFor: old.words, for: new.text) } ?? true,
            similarity: similarity)
    }
}
