public import OrraModel

/// What was decided about a plan beside the plan itself.
public struct PlanTerms: Sendable, Hashable, Codable {
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
    public var grounding: GroundingHit?

    public init(
        planner: PlanOrigin? = nil, confidence: Double? = nil, planHash: String? = nil, hold: HoldReason? = nil,
        outputCheck: PlanningSettings.OutputCheck? = nil, grounding: GroundingHit? = nil
    ) {
        self.planner = planner
        self.confidence = confidence
        self.planHash = planHash
        self.hold = hold
        self.outputCheck = outputCheck
        self.grounding = grounding
    }
}
