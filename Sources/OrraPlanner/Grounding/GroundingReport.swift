public import OrraModel

/// What `orra grounding test <file> "<action>"` shows: whether the grounding is sound, and what the action matches.
public struct GroundingReport: Sendable, Hashable {
    public struct Constraint: Sendable, Hashable {
        public var text: String
        /// Whether every plan is checked against it. Prose is only shown.
        public var isChecked: Bool
    }

    /// What must be mended before the grounding can be applied.
    public var faults: [GroundingFault]
    public var match: GroundingMatch?
    /// The best first.
    public var considered: [GroundingMatches.Considered]
    /// Of the match, or else of the grounding.
    public var constraints: [Constraint]
    public var embedder: String
    public var threshold: Double

    /// - Parameters:
    ///   - threshold: `nil` for the embedder's own.
    ///   - project: who pays for the embedder; `nil` for nobody.
    public init(
        _ grounding: Grounding, action: String, parameterNames: [String] = [],
        embedder: any Embedder = LexicalEmbedder(), threshold: Double? = nil,
        for project: ProjectID? = nil
    ) async throws(EmbeddingFault) {
        faults = GroundingValidator.faults(of: grounding)
        let bound = threshold ?? EmbedderThresholds.standard(for: embedder.name).grounding
        let matches = try await GroundingMatcher.match(
            action: action, parameterNames: parameterNames, groundings: [grounding], embedder: embedder,
            threshold: bound, for: project)
        match = matches.best
        considered = matches.considered
        constraints = grounding.constraints.map { text in
            Constraint(text: text, isChecked: (try? PlanConstraint.parse(text)) != nil)
        }
        self.embedder = embedder.name
        self.threshold = bound
    }
}
