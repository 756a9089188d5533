/// How a project's actions are planned. What is absent is as the hub has it.
public struct PlanningSettings: Sendable, Hashable, Codable {
    /// What becomes of a task's output that breaks the service's own schema.
    public enum OutputCheck: String, Sendable, Codable, CaseIterable {
        /// The task fails.
        case enforce
        /// The task completes, and the journal holds a warning.
        case warn
        case off
    }

    /// What becomes of an action that no use case of the groundings in force matches.
    public enum GroundingMode: String, Sendable, Codable, CaseIterable {
        /// It is refused.
        case strict
        /// It is planned, and the explanation says so.
        case advise
    }

    /// Which planner is asked first, where a language model is configured.
    public enum Order: String, Sendable, Codable, CaseIterable {
        /// The model; the offline planner when the model is out of reach.
        case model
        /// The offline planner; the model for what that is not sure of.
        case offline
    }

    /// A plan of the offline planner with at least this confidence runs. 0 to 1.
    public var runThreshold: Double?
    /// One with less waits for a person's or the model's yes down to this one, and is refused below. 0 to 1.
    public var draftThreshold: Double?
    public var outputCheck: OutputCheck?
    public var grounding: GroundingMode?
    public var order: Order?
    /// Whether every plan that is not pinned waits for approval.
    public var approveNewPlans: Bool?
    /// What models may cost the project in all in a calendar month of UTC, in millionths of the prices' currency.
    public var modelBudget: Int?

    public init(
        runThreshold: Double? = nil, draftThreshold: Double? = nil, outputCheck: OutputCheck? = nil,
        grounding: GroundingMode? = nil, order: Order? = nil, approveNewPlans: Bool? = nil, modelBudget: Int? = nil
    ) {
        self.runThreshold = runThreshold
        self.draftThreshold = draftThreshold
        self.outputCheck = outputCheck
        self.grounding = grounding
        self.order = order
        self.approveNewPlans = approveNewPlans
        self.modelBudget = modelBudget
    }

    /// These, and the others where these say nothing.
    public func over(_ others: PlanningSettings) -> PlanningSettings {
        PlanningSettings(
            runThreshold: runThreshold ?? others.runThreshold,
            draftThreshold: draftThreshold ?? others.draftThreshold,
            outputCheck: outputCheck ?? others.outputCheck, grounding: grounding ?? others.grounding,
            order: order ?? others.order, approveNewPlans: approveNewPlans ?? others.approveNewPlans,
            modelBudget: modelBudget ?? others.modelBudget)
    }

    /// What holds where nobody sets anything.
    public static let standard = PlanningSettings(
        runThreshold: 0.7, draftThreshold: 0.3, outputCheck: .warn, grounding: .strict, order: .model,
        approveNewPlans: false)
}
