public import OrraModel

/// `GET /orchestrations/inspections/{id}`: everything that the journal tells of one orchestration.
public struct Inspection: Sendable, Hashable, Codable {
    public var id: OrchestrationID
    public var status: Status
    public var action: String
    public var timestamp: Timestamp
    public var error: String?
    public var abortInfo: AbortInfo?
    /// In the order of their numbers; `task0` is left out.
    public var tasks: [TaskInspection]
    /// The outputs of the plan's last tasks, one each. Only of a completed orchestration.
    public var results: [RawJSON]?
    /// Nanoseconds, from acceptance to the end, or to now.
    public var duration: Int64
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
    /// What each stage of planning found, in order.
    public var planning: [PlanningStage]?

    public init(
        id: OrchestrationID, status: Status, action: String, timestamp: Timestamp, error: String?,
        abortInfo: AbortInfo?, tasks: [TaskInspection], results: [RawJSON]?, duration: Int64,
        retryOf: OrchestrationID? = nil, pauseReason: PauseReason? = nil, planHash: String? = nil,
        planner: PlanOrigin? = nil, confidence: Double? = nil, planning: [PlanningStage]? = nil
    ) {
        self.id = id
        self.status = status
        self.action = action
        self.timestamp = timestamp
        self.error = error
        self.abortInfo = abortInfo
        self.tasks = tasks
        self.results = results
        self.duration = duration
        self.retryOf = retryOf
        self.pauseReason = pauseReason
        self.planHash = planHash
        self.planner = planner
        self.confidence = confidence
        self.planning = planning
    }
}

/// Which task gave the action up, and why.
public struct AbortInfo: Sendable, Hashable, Codable {
    public var taskId: TaskID
    public var serviceId: ServiceID
    public var serviceName: String
    public var payload: RawJSON?

    public init(taskId: TaskID, serviceId: ServiceID, serviceName: String, payload: RawJSON?) {
        self.taskId = taskId
        self.serviceId = serviceId
        self.serviceName = serviceName
        self.payload = payload
    }
}

public struct TaskInspection: Sendable, Hashable, Codable {
    public var id: TaskID
    public var serviceId: ServiceID
    public var serviceName: String
    public var status: Status
    public var statusHistory: [StatusChange]
    public var input: RawJSON?
    public var output: RawJSON?
    public var abortPayload: RawJSON?
    public var error: String?
    /// Nanoseconds, from the first delivery to the outcome, or to now.
    public var duration: Int64
    public var interimResults: [InterimResult]?
    /// Where undoing it stands; `nil` while nothing is to be undone.
    public var compensation: CompensationState?
    /// What happened to that, oldest first.
    public var compensationHistory: [CompensationChange]?
    public var isRevertible: Bool
    /// The tasks whose outputs it takes.
    public var dependencies: [TaskID]?
    /// Attempts begun so far.
    public var attempts: Int?
    /// Where the output breaks the service's own schema, and was taken all the same.
    public var warnings: [OutputWarning]?

    public init(
        id: TaskID, serviceId: ServiceID, serviceName: String, status: Status, statusHistory: [StatusChange],
        input: RawJSON?, output: RawJSON?, abortPayload: RawJSON?, error: String?, duration: Int64,
        interimResults: [InterimResult]?, compensation: CompensationState? = nil,
        compensationHistory: [CompensationChange]? = nil, isRevertible: Bool, dependencies: [TaskID]?, attempts: Int?,
        warnings: [OutputWarning]? = nil
    ) {
        self.id = id
        self.serviceId = serviceId
        self.serviceName = serviceName
        self.status = status
        self.statusHistory = statusHistory
        self.input = input
        self.output = output
        self.abortPayload = abortPayload
        self.error = error
        self.duration = duration
        self.interimResults = interimResults
        self.compensation = compensation
        self.compensationHistory = compensationHistory
        self.isRevertible = isRevertible
        self.dependencies = dependencies
        self.attempts = attempts
        self.warnings = warnings
    }
}

/// Where a task's output breaks the service's own schema.
public struct OutputWarning: Sendable, Hashable, Codable {
    /// Within the output: `items[0].price`.
    public var path: String
    public var reason: String

    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }
}

public struct StatusChange: Sendable, Hashable, Codable {
    public var id: String
    public var orchestrationId: OrchestrationID
    public var taskId: TaskID
    public var status: Status
    public var timestamp: Timestamp
    public var serviceId: ServiceID?
    public var error: String?

    public init(
        id: String, orchestrationId: OrchestrationID, taskId: TaskID, status: Status, timestamp: Timestamp,
        serviceId: ServiceID?, error: String?
    ) {
        self.id = id
        self.orchestrationId = orchestrationId
        self.taskId = taskId
        self.status = status
        self.timestamp = timestamp
        self.serviceId = serviceId
        self.error = error
    }
}

public struct InterimResult: Sendable, Hashable, Codable {
    public var id: InterimID
    public var timestamp: Timestamp
    public var data: RawJSON

    public init(id: InterimID, timestamp: Timestamp, data: RawJSON) {
        self.id = id
        self.timestamp = timestamp
        self.data = data
    }
}
