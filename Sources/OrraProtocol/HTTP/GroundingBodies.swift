public import OrraModel

/// `POST /groundings/test`: what would become of an action under a grounding that need not be in force.
///
/// `POST /groundings` takes a `Grounding` and answers with it; `GET /groundings` answers with an array of them.
public struct GroundingTestRequest: Sendable, Hashable, Codable {
    public var grounding: Grounding
    public var action: ActionRequest.Action
    public var data: [ActionRequest.Parameter]?

    public init(grounding: Grounding, action: ActionRequest.Action, data: [ActionRequest.Parameter]? = nil) {
        self.grounding = grounding
        self.action = action
        self.data = data
    }
}

/// 200 of `POST /groundings/test`.
public struct GroundingTest: Sendable, Hashable, Codable {
    /// How near the action comes to a use case.
    public struct UseCase: Sendable, Hashable, Codable {
        /// The use case's action.
        public var useCase: String
        public var similarity: Double

        public init(useCase: String, similarity: Double) {
            self.useCase = useCase
            self.similarity = similarity
        }
    }

    /// `nil` when no use case is near enough.
    public var match: UseCase?
    /// The similarity that a match needs, by the embedder in use.
    public var threshold: Double
    /// All use cases, the nearest first.
    public var considered: [UseCase]
    /// What is wrong with the grounding, or with the action's plan under it: one sentence each.
    public var errors: [String]

    public init(match: UseCase?, threshold: Double, considered: [UseCase], errors: [String]) {
        self.match = match
        self.threshold = threshold
        self.considered = considered
        self.errors = errors
    }
}
