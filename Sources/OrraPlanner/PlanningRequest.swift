public import OrraModel

/// What planning knows of one action.
public struct PlanningRequest: Sendable, Hashable {
    /// Whose catalogue, groundings and cached plans these are.
    public var project: ProjectID
    /// The operator's words: `Process new order and arrange optimal delivery`.
    public var action: String
    /// By field name.
    public var parameters: JSONObject
    /// The project's registered services. Their order decides nothing but ties.
    public var catalogue: [Service]
    /// Those in force.
    public var groundings: [Grounding]
    /// The project's, over the hub's. What is absent is as in ``PlanningSettings/standard``.
    public var settings: PlanningSettings

    public init(
        action: String, parameters: JSONObject, catalogue: [Service], project: ProjectID = ProjectID(""),
        groundings: [Grounding] = [], settings: PlanningSettings = .standard
    ) {
        self.project = project
        self.action = action
        self.parameters = parameters
        self.catalogue = catalogue
        self.groundings = groundings
        self.settings = settings
    }
}

/// What became of an action: the verdict, and how it came about.
public struct PlanningOutcome: Sendable, Hashable {
    public enum Verdict: Sendable, Hashable {
        /// It may run now.
        case run(Plan)
        /// It may run when a person has said yes.
        case hold(Plan, HoldReason)
        case refuse(PlanningRefusal)
    }

    public var verdict: Verdict
    /// Who made the plan; `nil` when there is none.
    public var origin: PlanOrigin?
    /// Between 0 and 1; only plans of the offline planner have one.
    public var confidence: Double?
    /// One for each stage that ran, in the order in which they ran.
    public var stages: [PlanningStage]
    /// The use case that the action was matched to.
    public var groundingHit: GroundingMatch?

    public init(
        verdict: Verdict, origin: PlanOrigin? = nil, confidence: Double? = nil, stages: [PlanningStage] = [],
        groundingHit: GroundingMatch? = nil
    ) {
        self.verdict = verdict
        self.origin = origin
        self.confidence = confidence
        self.stages = stages
        self.groundingHit = groundingHit
    }

    /// The plan that runs or waits; not the draft of a refusal.
    public var plan: Plan? {
        switch verdict {
        case .run(let plan), .hold(let plan, _): plan
        case .refuse: nil
        }
    }

    public var refusal: PlanningRefusal? { if case .refuse(let refusal) = verdict { refusal } else { nil } }
}

/// Why an action gets no plan. The reason is written for the operator.
public struct PlanningRefusal: Error, Sendable, Hashable {
    public enum Kind: String, Sendable, CaseIterable {
        /// The registered services can't do it, or no use case of the groundings allows it.
        case notActionable
        /// The language model can't be reached, and the offline planner is not sure enough.
        case plannerUnavailable
        /// The project's models have cost what they may in this month. Nothing stands in for them.
        case budgetSpent
        /// The parameters, the plan that was given or the pinned plan break a rule.
        case invalid
    }

    public var kind: Kind
    public var reason: String
    /// What was planned, where the planner was too unsure of it.
    public var draft: Plan?

    public init(_ kind: Kind, _ reason: String, draft: Plan? = nil) {
        self.kind = kind
        self.reason = reason
        self.draft = draft
    }
}
