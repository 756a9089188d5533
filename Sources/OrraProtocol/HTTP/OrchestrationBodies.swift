public import OrraModel

/// `POST /orchestrations`. Member names match without regard to case.
public struct ActionRequest: Sendable, Hashable, Codable {
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

    public init(
        action: Action, data: [Parameter]? = nil, timeout: GoDuration? = nil,
        healthCheckGracePeriod: GoDuration? = nil, webhook: String? = nil, plan: JSONValue? = nil
    ) {
        self.action = action
        self.data = data
        self.timeout = timeout
        self.healthCheckGracePeriod = healthCheckGracePeriod
        self.webhook = webhook
        self.plan = plan
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

    public init(
        id: OrchestrationID, projectID: ProjectID, action: String, data: [ActionRequest.Parameter], plan: JSONValue?,
        status: Status, error: String? = nil, timestamp: Timestamp, timeout: Duration, gracePeriod: Duration,
        webhook: String?, taskZero: RawJSON?, retryOf: OrchestrationID? = nil
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

    public init(
        id: OrchestrationID, action: String, status: Status, error: String?, timestamp: Timestamp,
        compensation: CompensationCounts? = nil
    ) {
        self.id = id
        self.action = action
        self.status = status
        self.error = error
        self.timestamp = timestamp
        self.compensation = compensation
    }
}
