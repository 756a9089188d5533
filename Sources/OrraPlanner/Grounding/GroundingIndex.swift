public import OrraModel

/// The use case that an action was matched to.
public struct GroundingMatch: Sendable, Hashable {
    /// Of the grounding.
    public var name: String
    public var version: String
    /// Of the use case, from 0.
    public var useCase: Int
    /// The use case's action.
    public var action: String
    /// 0 to 1.
    public var similarity: Double
    /// What the plan's services must cover: see ``CapabilityCoverage``.
    public var capabilities: [String]
    /// What the plan must keep: see ``PlanConstraint``.
    public var constraints: [String]

    /// What an orchestration keeps of it.
    public var hit: GroundingHit {
        GroundingHit(name: name, version: version, action: action, similarity: similarity)
    }
}

/// What came of matching an action.
public struct GroundingMatches: Sendable, Hashable {
    public struct Considered: Sendable, Hashable {
        /// Its action, as the grounding has it.
        public var useCase: String
        public var similarity: Double
    }

    /// `nil` if nothing reaches the embedder's threshold.
    public var best: GroundingMatch?
    /// The best first, at most ``GroundingIndex/consideredUseCases``.
    public var considered: [Considered]
}

/// A project's use cases with their vectors: built once for a set of groundings and an embedder.
///
/// A model's embedder is asked without the values, which would tell it more than the words do. An action may also match by
/// its words alone, as it does without a model: a model of small size misses what is said nearly as in the use case. The
/// similarity of the words is then stretched, so that it reaches the model's threshold where it reaches its own.
public struct GroundingIndex: Sendable {
    public static let consideredUseCases = 20

    private struct Entry: Sendable {
        var grounding: Int
        var useCase: Int
        /// The embedder's.
        var vector: [Float]
        /// The lexical embedder's.
        var words: [Float]
        var isNegated: Bool
        var names: [Set<String>]
    }

    public let groundings: [Grounding]
    public let embedder: String
    private let entries: [Entry]

    /// Asks the embedder for all use cases at once.
    ///
    /// - Parameter project: who pays for it; `nil` for nobody.
    public init(
        _ groundings: [Grounding], embedder: any Embedder, for project: ProjectID? = nil
    ) async throws(EmbeddingFault) {
        var places: [(grounding: Int, useCase: Int)] = []
        var texts: [String] = []
        for (number, grounding) in groundings.enumerated() {
            for (index, useCase) in grounding.useCases.enumerated() {
                places.append((number, index))
                texts.append(Self.text(of: useCase))
            }
        }
        let vectors =
            texts.isEmpty ? [] : try await embedder.embed(texts.map { Self.text($0, for: embedder) }, for: project)
        guard vectors.count == texts.count else {
            throw EmbeddingFault(reason: "the embedder gave \(vectors.count) vectors for \(texts.count) texts")
        }
        self.groundings = groundings
        self.embedder = embedder.name
        entries = zip(zip(places, texts), vectors).map { source, vector in
            let (place, text) = source
            let params = groundings[place.grounding].useCases[place.useCase].params
            return Entry(
                grounding: place.grounding, useCase: place.useCase, vector: vector,
                words: embedder.name == LexicalEmbedder.name ? vector : LexicalEmbedder.vector(text),
                isNegated: ValueText.isNegated(text),
                names: params.keys.sorted().map(Self.words))
        }
    }

    /// Matches an action.
    ///
    /// - Parameters:
    ///   - parameterNames: of the action. A use case whose parameters are missing is less alike.
    ///   - threshold: `nil` for the embedder's own; see ``EmbedderThresholds``.
    public func match(
        action: String, parameterNames: [String], embedder: any Embedder, threshold: Double? = nil,
        for project: ProjectID? = nil
    ) async throws(EmbeddingFault) -> GroundingMatches {
        guard embedder.name == self.embedder else {
            throw EmbeddingFault(reason: "the use cases were embedded by \(self.embedder), not by \(embedder.name)")
        }
        guard !entries.isEmpty else { return GroundingMatches(best: nil, considered: []) }
        guard let vector = try await embedder.embed([Self.text(action, for: embedder)], for: project).first else {
            throw EmbeddingFault(reason: "the embedder gave no vector for the action")
        }
        let bound = threshold ?? EmbedderThresholds.standard(for: self.embedder).grounding
        let asked = Asked(
            action, vector, parameterNames.map(Self.words), isLexical: embedder.name == LexicalEmbedder.name,
            threshold: bound)
        let ranked = entries.indices
            .map { (index: $0, similarity: asked.similarity(to: entries[$0])) }
            .sorted { ($1.similarity, $0.index) < ($0.similarity, $1.index) }
        let considered = ranked.prefix(Self.consideredUseCases).map { entry in
            GroundingMatches.Considered(
                useCase: groundings[entries[entry.index].grounding].useCases[entries[entry.index].useCase].action,
                similarity: entry.similarity)
        }
        guard let best = ranked.first, best.similarity >= bound else {
            return GroundingMatches(best: nil, considered: considered)
        }
        return GroundingMatches(best: match(entries[best.index], best.similarity), considered: considered)
    }

    private func match(_ entry: Entry, _ similarity: Double) -> GroundingMatch {
        let grounding = groundings[entry.grounding]
        let useCase = grounding.useCases[entry.useCase]
        return GroundingMatch(
            name: grounding.name, version: grounding.version, useCase: entry.useCase, action: useCase.action,
            similarity: similarity, capabilities: useCase.capabilities, constraints: grounding.constraints)
    }

    /// An action, as it is compared with each use case.
    private struct Asked {
        let vector: [Float]
        let names: [Set<String>]
        /// `nil` where the vector is the lexical embedder's.
        let words: [Float]?
        let isNegated: Bool
        let stretch: Double

        init(_ action: String, _ vector: [Float], _ names: [Set<String>], isLexical: Bool, threshold: Double) {
            self.vector = vector
            self.names = names
            words = isLexical ? nil : LexicalEmbedder.vector(action)
            isNegated = ValueText.isNegated(action)
            stretch = threshold / EmbedderThresholds.lexical.grounding
        }

        /// How alike the texts are; up to a tenth less when the action lacks parameters of the use case.
        func similarity(to entry: Entry) -> Double {
            let cosine = max(0, alike(entry))
            guard !entry.names.isEmpty else { return cosine }
            let present = entry.names.filter { wanted in
                names.contains { wanted.isSubset(of: $0) || $0.isSubset(of: wanted) }
            }
            return cosine * (0.9 + 0.1 * Double(present.count) / Double(entry.names.count))
        }

        private func alike(_ entry: Entry) -> Double {
            guard let words else { return Similarity.cosine(vector, entry.vector) }
            let byWords = min(1, Similarity.cosine(words, entry.words) * stretch)
            // To a model an action and its opposite are nearly the same.
            return isNegated == entry.isNegated ? max(byWords, Similarity.cosine(vector, entry.vector)) : byWords
        }
    }

    /// `orderId`, `order_id` and `Order ID` are the same.
    private static func words(_ name: String) -> Set<String> {
        let words = WordSplitter.words(name).map(Stemmer.stem)
        return words.isEmpty ? [name.lowercased()] : Set(words)
    }

    /// What the embedder is asked: the lexical one leaves values out by itself.
    private static func text(_ text: String, for embedder: any Embedder) -> String {
        embedder.name == LexicalEmbedder.name ? text : ValueText.marked(text)
    }

    /// The use case's action, with the names of parameters in place of their examples.
    private static func text(of useCase: Grounding.UseCase) -> String {
        var text = useCase.action
        // Longer values first, and by name: the same text however the dictionary is ordered.
        let examples = useCase.params.compactMap { name, value in value.string.map { (name: name, value: $0) } }
            .filter { $0.value.count > 2 }
            .sorted { ($1.value.count, $0.name) < ($0.value.count, $1.name) }
        for example in examples { text = text.replacing(example.value, with: "{\(example.name)}") }
        return text
    }
}

/// Matching once, without keeping the vectors.
public enum GroundingMatcher {
    public static func match(
        action: String, parameterNames: [String], groundings: [Grounding], embedder: any Embedder,
        threshold: Double? = nil, for project: ProjectID? = nil
    ) async throws(EmbeddingFault) -> GroundingMatches {
        let index = try await GroundingIndex(groundings, embedder: embedder, for: project)
        return try await index.match(
            action: action, parameterNames: parameterNames, embedder: embedder, threshold: threshold, for: project)
    }
}
