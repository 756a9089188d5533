public import OrraModel

/// In the inspection of a task: where undoing it stands.
public struct CompensationState: Sendable, Hashable, Codable {
    public var status: CompensationStatus
    /// Attempts begun so far.
    public var attempt: Int
    public var maxAttempts: Int
    /// Of the last change.
    public var timestamp: Timestamp

    public init(status: CompensationStatus, attempt: Int, maxAttempts: Int, timestamp: Timestamp) {
        self.status = status
        self.attempt = attempt
        self.maxAttempts = maxAttempts
        self.timestamp = timestamp
    }

    private enum CodingKeys: String, CodingKey {
        case status, attempt
        case maxAttempts = "max_attempts"
        case timestamp
    }
}

/// One step of undoing a task.
public struct CompensationChange: Sendable, Hashable, Codable {
    public var id: String
    public var taskId: TaskID
    public var status: CompensationStatus
    public var attempt: Int
    public var maxAttempts: Int
    public var timestamp: Timestamp
    public var error: String?

    public init(
        id: String, taskId: TaskID, status: CompensationStatus, attempt: Int, maxAttempts: Int, timestamp: Timestamp,
        error: String?
    ) {
        self.id = id
        self.taskId = taskId
        self.status = status
        self.attempt = attempt
        self.maxAttempts = maxAttempts
        self.timestamp = timestamp
        self.error = error
    }
}

/// What an operator has done about a compensation that did not complete.
public enum CompensationResolution: String, Sendable, Codable, CaseIterable { case pending, resolved, ignored }

/// An entry of `GET /compensation-failures`: a task that could not be undone, or not wholly.
public struct FailedCompensationAnswer: Sendable, Hashable, Codable {
    public var id: CompensationID
    public var projectId: ProjectID
    public var orchestrationId: OrchestrationID
    public var taskId: TaskID
    public var serviceId: ServiceID
    public var serviceName: String
    /// Only of `GET /compensation-failures/{id}`.
    public var compensationData: CompensationData?
    /// `partial`, `failed` or `expired`.
    public var status: CompensationStatus
    public var resolutionState: CompensationResolution
    public var failure: String?
    /// Why it was resolved or ignored.
    public var resolution: String?
    public var attemptsMade: Int
    public var maxAttempts: Int
    public var timestamp: Timestamp
    public var resolvedAt: Timestamp?

    public init(
        id: CompensationID, projectId: ProjectID, orchestrationId: OrchestrationID, taskId: TaskID,
        serviceId: ServiceID, serviceName: String, compensationData: CompensationData? = nil,
        status: CompensationStatus, resolutionState: CompensationResolution, failure: String?, resolution: String?,
        attemptsMade: Int, maxAttempts: Int, timestamp: Timestamp, resolvedAt: Timestamp?
    ) {
        self.id = id
        self.projectId = projectId
        self.orchestrationId = orchestrationId
        self.taskId = taskId
        self.serviceId = serviceId
        self.serviceName = serviceName
        self.compensationData = compensationData
        self.status = status
        self.resolutionState = resolutionState
        self.failure = failure
        self.resolution = resolution
        self.attemptsMade = attemptsMade
        self.maxAttempts = maxAttempts
        self.timestamp = timestamp
        self.resolvedAt = resolvedAt
    }
}

/// What the service needs to undo a task: what it handed over with its output, and why it is undone.
public struct CompensationData: Sendable, Hashable, Codable {
    /// Untouched.
    public var data: RawJSON
    public var context: Context?
    /// Milliseconds from the task's completion.
    public var ttl: Int64

    public init(data: RawJSON, context: Context?, ttl: Int64) {
        self.data = data
        self.context = context
        self.ttl = ttl
    }

    /// As in the `compensation_request`.
    public struct Context: Sendable, Hashable, Codable {
        public var orchestrationId: OrchestrationID
        /// `failed`, `aborted` or `cancelled`.
        public var reason: String
        /// What the task that aborted handed over.
        public var payload: RawJSON?
        public var timestamp: Timestamp

        public init(orchestrationId: OrchestrationID, reason: String, payload: RawJSON?, timestamp: Timestamp) {
            self.orchestrationId = orchestrationId
            self.reason = reason
            self.payload = payload
            self.timestamp = timestamp
        }

        public init(_ context: HubMessage.CompensationContext) {
            self.init(
                orchestrationId: context.orchestration, reason: context.reason.rawValue, payload: context.payload,
                timestamp: context.timestamp)
        }
    }
}

/// `POST /compensation-failures/{id}/resolve` and `…/ignore`.
public struct ResolutionRequest: Sendable, Hashable, Codable {
    /// What was done about it, or why nothing is.
    public var reason: String
    public init(reason: String) { self.reason = reason }
}

/// What the project's compensation-failure webhooks receive, with `X-Orra-Event: compensation.failed`.
public struct CompensationWebhookBody: Sendable, Hashable, Codable {
    /// The same in every try and for every receiver of one event.
    public var eventID: String
    /// `compensation.failed`.
    public var type: String
    public var compensation: CompensationID
    public var project: ProjectID
    public var orchestration: OrchestrationID
    public var task: TaskID
    public var service: ServiceID
    public var serviceName: String
    /// `partial`, `failed` or `expired`.
    public var status: CompensationStatus
    public var failure: String?
    public var compensationData: CompensationData?
    public var timestamp: Timestamp

    public init(
        eventID: String, compensation: CompensationID, project: ProjectID, orchestration: OrchestrationID,
        task: TaskID, service: ServiceID, serviceName: String, status: CompensationStatus, failure: String?,
        compensationData: CompensationData?, timestamp: Timestamp
    ) {
        self.eventID = eventID
        type = "compensation.failed"
        self.compensation = compensation
        self.project = project
        self.orchestration = orchestration
        self.task = task
        self.service = service
        self.serviceName = serviceName
        self.status = status
        self.failure = failure
        self.compensationData = compensationData
        self.timestamp = timestamp
    }

    private enum CodingKeys: String, CodingKey {
        case eventID = "event_id"
        case type
        case compensation = "compensation_id"
        case project = "project_id"
        case orchestration = "orchestration_id"
        case task = "task_id"
        case service = "service_id"
        case serviceName = "service_name"
        case status, failure
        case compensationData = "compensation_data"
        case timestamp
    }
}
