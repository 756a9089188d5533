public import OrraModel

/// `POST /orchestrations`. Member names match without regard to case.
public struct ActionRequest: Sendable, Hashable {
    public struct Action: Sendable, Hashable, Codable {
        public var content: String
        public init(content: String) { self.content = content }
    }
    public struct Parameter: Sendable, Hashable, Codable {
        public var field: String
        /// Any JSON value.
        public var value: JSONValue
        public init(field: String, value: JSONValue) {
            self.field = field
            self.value = value
        }
    }

    /// With ``pinned`` it may be left out: then its content is empty, and the pinned plan's own action stands.
    public var action: Action
    public var data: [Parameter]?
    /// Of one attempt of a task. 30 s by default.
    public var timeout: GoDuration?
    /// How long a service may stay away. 30 min by default.
    public var healthCheckGracePeriod: GoDuration?
    /// Where this action's outcome is posted, besides the project's webhooks.
    public var webhook: String?
    /// Run as it is, without a planner: `{"tasks": […]}`.
    public var plan: JSONValue?
    /// The name of a saved plan, which is run without a planner.
    public var pinned: String?

    public init(
        action: Action, data: [Parameter]? = nil, timeout: GoDuration? = nil,
        healthCheckGracePeriod: GoDuration? = nil, webhook: String? = nil, plan: JSONValue? = nil,
        pinned: String? = nil
    ) {
        self.action = action
        self.data = data
        self.timeout = timeout
        self.healthCheckGracePeriod = healthCheckGracePeriod
        self.webhook = webhook
        self.plan = plan
        self.pinned = pinned
    }
}

extension ActionRequest: Codable {
    private enum CodingKeys: String, CodingKey {
        case action, data, timeout, healthCheckGracePeriod, webhook, plan, pinned
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        pinned = try container.decodeIfPresent(String.self, forKey: .pinned)
        action = try container.action(forKey: .action, pinned: pinned)
        data = try container.decodeIfPresent([Parameter].self, forKey: .data)
        timeout = try container.decodeIfPresent(GoDuration.self, forKey: .timeout)
        healthCheckGracePeriod = try container.decodeIfPresent(GoDuration.self, forKey: .healthCheckGracePeriod)
        webhook = try container.decodeIfPresent(String.self, forKey: .webhook)
        plan = try container.decodeIfPresent(JSONValue.self, forKey: .plan)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(action, forKey: .action, pinned: pinned)
        try container.encodeIfPresent(data, forKey: .data)
        try container.encodeIfPresent(timeout, forKey: .timeout)
        try container.encodeIfPresent(healthCheckGracePeriod, forKey: .healthCheckGracePeriod)
        try container.encodeIfPresent(webhook, forKey: .webhook)
        try container.encodeIfPresent(plan, forKey: .plan)
        try container.encodeIfPresent(pinned, forKey: .pinned)
    }
}

extension KeyedDecodingContainer {
    /// An action, which only the name of a saved plan makes needless.
    func action(forKey key: Key, pinned: String?) throws -> ActionRequest.Action {
        guard let pinned, !pinned.isEmpty else { return try decode(ActionRequest.Action.self, forKey: key) }
        return try decodeIfPresent(ActionRequest.Action.self, forKey: key) ?? .init(content: "")
    }
}

extension KeyedEncodingContainer {
    mutating func encode(_ action: ActionRequest.Action, forKey key: Key, pinned: String?) throws {
        if pinned == nil || !action.content.isEmpty { try encode(action, forKey: key) }
    }
}

/// 202 of `POST /orchestrations`: the plan is on disk, and the action will end.
public struct OrchestrationAnswer: Sendable, Hashable, Codable {
    public var id: OrchestrationID
    public var projectID: ProjectID
    public var action: ActionRequest.Action
    public var data: [ActionRequest.Parameter]
    public var plan: JSONValue?
    public var results: [RawJSON]
    public var status: Status
    public var error: String?
    public var timestamp: Timestamp
    public var timeout: GoDuration?
    public var healthCheckGracePeriod: GoDuration?
    public var webhook: String?
    public var taskZero: RawJSON?
    public var abortReason: RawJSON?
    /// The orchestration that this one runs again, with the outputs of its finished tasks.
    public var retryOf: OrchestrationID?
    /// Why it does not run, while its status is `paused`.
    public var pauseReason: PauseReason?
    /// What an approval is about.
    public var planHash: String?
    /// Who made the plan.
    public var planner: PlanOrigin?
    /// Of the planner, between 0 and 1.
    public var confidence: Double?
    public var groundingHit: GroundingHit?

    public init(
        id: OrchestrationID, projectID: ProjectID, action: String, data: [ActionRequest.Parameter], plan: JSONValue?,
        status: Status, error: String? = nil, timestamp: Timestamp, timeout: Duration, gracePeriod: Duration,
        webhook: String?, taskZero: RawJSON?, retryOf: OrchestrationID? = nil, pauseReason: PauseReason? = nil,
        planHash: String? = nil, planner: PlanOrigin? = nil, confidence: Double? = nil,
        groundingHit: GroundingHit? = nil
    ) {
        self.id = id
        self.projectID = projectID
        self.action = .init(content: action)
        self.data = data
        self.plan = plan
        results = []
        self.status = status
        self.error = error
        self.timestamp = timestamp
        self.timeout = GoDuration(timeout)
        healthCheckGracePeriod = GoDuration(gracePeriod)
        self.webhook = webhook
        self.taskZero = taskZero
        self.retryOf = retryOf
        self.pauseReason = pauseReason
        self.planHash = planHash
        self.planner = planner
        self.confidence = confidence
        self.groundingHit = groundingHit
    }
}

/// `GET /orchestrations`: by status, newest first; a status without orchestrations is left out.
public struct OrchestrationList: Sendable, Hashable, Codable {
    public var pending: [OrchestrationSummary]?
    public var processing: [OrchestrationSummary]?
    public var completed: [OrchestrationSummary]?
    public var failed: [OrchestrationSummary]?
    public var notActionable: [OrchestrationSummary]?
    public var aborted: [OrchestrationSummary]?
    public var paused: [OrchestrationSummary]?
    public var cancelled: [OrchestrationSummary]?

    /// Takes summaries newest first and sorts them into their statuses.
    public init(_ summaries: [OrchestrationSummary]) {
        func with(_ statuses: Status...) -> [OrchestrationSummary]? {
            let matching = summaries.filter { statuses.contains($0.status) }
            return matching.isEmpty ? nil : matching
        }
        pending = with(.pending, .preparing, .registered)
        processing = with(.processing)
        completed = with(.completed)
        failed = with(.failed)
        notActionable = with(.notActionable)
        aborted = with(.aborted)
        paused = with(.paused)
        cancelled = with(.cancelled)
    }

    /// All of them, newest first.
    public var all: [OrchestrationSummary] {
        [pending, processing, completed, failed, notActionable, aborted, paused, cancelled]
            .flatMap { $0 ?? [] }.sorted { ($0.timestamp, $0.id) > ($1.timestamp, $1.id) }
    }
}

public struct OrchestrationSummary: Sendable, Hashable, Codable {
    public var id: OrchestrationID
    public var action: String
    public var status: Status
    public var error: String?
    public var timestamp: Timestamp
    /// How far undoing its tasks has come; `nil` when nothing is to be undone.
    public var compensation: CompensationCounts?
    /// Why it does not run, while its status is `paused`.
    public var pauseReason: PauseReason?

    public init(
        id: OrchestrationID, action: String, status: Status, error: String?, timestamp: Timestamp,
        compensation: CompensationCounts? = nil, pauseReason: PauseReason? = nil
    ) {
        self.id = id
        self.action = action
        self.status = status
        self.error = error
        self.timestamp = timestamp
        self.compensation = compensation
        self.pauseReason = pauseReason
    }
}
