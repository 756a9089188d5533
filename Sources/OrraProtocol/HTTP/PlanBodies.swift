public import OrraModel

/// `POST /plans`: what would be done, without doing it. Member names match without regard to case.
public struct PlanRequest: Sendable, Hashable {
    /// With ``pinned`` it may be left out: then its content is empty, and the pinned plan's own action stands.
    public var action: ActionRequest.Action
    public var data: [ActionRequest.Parameter]?
    /// Looked at as it is, without a planner: `{"tasks": […]}`.
    public var plan: JSONValue?
    /// Whether a refusal is told with its stages, as 200, instead of an error.
    public var explain: Bool?
    /// The name of a saved plan, which is looked at without a planner.
    public var pinned: String?

    public init(
        action: ActionRequest.Action, data: [ActionRequest.Parameter]? = nil, plan: JSONValue? = nil,
        explain: Bool? = nil, pinned: String? = nil
    ) {
        self.action = action
        self.data = data
        self.plan = plan
        self.explain = explain
        self.pinned = pinned
    }

    /// The same as an action to run.
    public var submission: ActionRequest { ActionRequest(action: action, data: data, plan: plan, pinned: pinned) }
}

extension PlanRequest: Codable {
    private enum CodingKeys: String, CodingKey { case action, data, plan, explain, pinned }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        pinned = try container.decodeIfPresent(String.self, forKey: .pinned)
        action = try container.action(forKey: .action, pinned: pinned)
        data = try container.decodeIfPresent([ActionRequest.Parameter].self, forKey: .data)
        plan = try container.decodeIfPresent(JSONValue.self, forKey: .plan)
        explain = try container.decodeIfPresent(Bool.self, forKey: .explain)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(action, forKey: .action, pinned: pinned)
        try container.encodeIfPresent(data, forKey: .data)
        try container.encodeIfPresent(plan, forKey: .plan)
        try container.encodeIfPresent(explain, forKey: .explain)
        try container.encodeIfPresent(pinned, forKey: .pinned)
    }
}

/// 200 of `POST /plans`.
public struct PlanPreview: Sendable, Hashable, Codable {
    /// What would become of the action.
    public enum Verdict: String, Sendable, Codable, CaseIterable {
        /// It would run at once.
        case run
        /// It would wait for a person's yes, because the planner is not sure of it.
        case confirmation
        /// It would wait for a person's yes, because a service or the project asks for one.
        case approval
        /// It would not run. Only where `explain` was asked for; otherwise that is an error.
        case refused

        /// `nil`: it runs at once.
        public init(_ hold: HoldReason?) {
            switch hold {
            case nil: self = .run
            case .confirmation: self = .confirmation
            case .approval: self = .approval
            }
        }
    }

    /// As it can be submitted. Of a refused action the draft that was too unsure, if there is one.
    public var plan: JSONValue?
    /// One for each task that could fail for good, by number.
    public var failurePoints: [FailurePoint]
    public var verdict: Verdict
    /// Why it is refused.
    public var reason: String?
    public var planner: PlanOrigin?
    /// Of the planner, between 0 and 1.
    public var confidence: Double?
    /// What an approval would be about.
    public var planHash: String?
    /// What each stage of planning found, in order.
    public var stages: [PlanningStage]

    public init(
        plan: JSONValue?, failurePoints: [FailurePoint], verdict: Verdict = .run, reason: String? = nil,
        planner: PlanOrigin? = nil, confidence: Double? = nil, planHash: String? = nil, stages: [PlanningStage] = []
    ) {
        self.plan = plan
        self.failurePoints = failurePoints
        self.verdict = verdict
        self.reason = reason
        self.planner = planner
        self.confidence = confidence
        self.planHash = planHash
        self.stages = stages
    }

    /// A hub that says nothing of a verdict refuses with an error.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        plan = try container.decodeIfPresent(JSONValue.self, forKey: .plan)
        failurePoints = try container.decode([FailurePoint].self, forKey: .failurePoints)
        verdict = try container.decodeIfPresent(Verdict.self, forKey: .verdict) ?? .run
        reason = try container.decodeIfPresent(String.self, forKey: .reason)
        planner = try container.decodeIfPresent(PlanOrigin.self, forKey: .planner)
        confidence = try container.decodeIfPresent(Double.self, forKey: .confidence)
        planHash = try container.decodeIfPresent(String.self, forKey: .planHash)
        stages = try container.decodeIfPresent([PlanningStage].self, forKey: .stages) ?? []
    }
}

/// What would become of the other tasks if this one failed for good.
public struct FailurePoint: Sendable, Hashable, Codable {
    public var taskId: TaskID
    public var serviceName: String
    /// Completed by then for certain, and can be undone; newest first as far as that is known.
    public var undone: [Task]
    /// May have completed by then, and would be undone.
    public var maybeUndone: [Task]
    /// Completed by then, or may have, and can't be undone.
    public var cannotUndo: [Kept]

    public init(taskId: TaskID, serviceName: String, undone: [Task], maybeUndone: [Task], cannotUndo: [Kept]) {
        self.taskId = taskId
        self.serviceName = serviceName
        self.undone = undone
        self.maybeUndone = maybeUndone
        self.cannotUndo = cannotUndo
    }

    public struct Task: Sendable, Hashable, Codable {
        public var taskId: TaskID
        public var serviceName: String

        public init(taskId: TaskID, serviceName: String) {
            self.taskId = taskId
            self.serviceName = serviceName
        }
    }

    /// A task whose work stays.
    public struct Kept: Sendable, Hashable, Codable {
        public var taskId: TaskID
        public var serviceName: String
        /// Whether it has completed by then in any case.
        public var certain: Bool

        public init(taskId: TaskID, serviceName: String, certain: Bool) {
            self.taskId = taskId
            self.serviceName = serviceName
            self.certain = certain
        }
    }
}
