public import OrraModel

/// What was decided about a plan beside the plan itself.
public struct PlanTerms: Sendable, Hashable, Codable {
    /// The use case of a grounding that the action matched.
    public struct Grounding: Sendable, Hashable, Codable {
        public var name: String
        public var version: String
        /// The use case's action.
        public var action: String
        public var similarity: Double

        public init(name: String, version: String, action: String, similarity: Double) {
            self.name = name
            self.version = version
            self.action = action
            self.similarity = similarity
        }
    }

    public var planner: PlanOrigin?
    /// Of the planner, between 0 and 1.
    public var confidence: Double?
    /// Digest of the plan and of its services' schemas: what an approval is about.
    public var planHash: String?
    /// Why it does not run before a person says yes.
    public var hold: HoldReason?
    /// Of a retry: the plan to which a person said yes before, and what that yes was asked for.
    public var approvedHash: String?
    public var approvedFor: HoldReason?
    /// Absent: `enforce`, as before there was a choice.
    public var outputCheck: PlanningSettings.OutputCheck?
    public var grounding: Grounding?

    public init(
        planner: PlanOrigin? = nil, confidence: Double? = nil, planHash: String? = nil, hold: HoldReason? = nil,
        outputCheck: PlanningSettings.OutputCheck? = nil, grounding: Grounding? = nil
    ) {
        self.planner = planner
        self.confidence = confidence
        self.planHash = planHash
        self.hold = hold
        self.outputCheck = outputCheck
        self.grounding = grounding
    }
}
