public import OrraModel

/// One frame of the live progress: a journal entry as a watcher sees it.
///
/// `{"seq": 7, "position": 1042, "type": "task_completed", "orchestrationId": "o_…", "timestamp": "…Z",
///   "taskId": "task1", "serviceName": "payment-service", "output": {…}}`
///
/// `seq` counts 1, 2, 3 … within the orchestration, `position` grows within the project; a watcher resumes with the last
/// one that it saw. Which of the other members stand with which type: `sdk-protocol/progress.md`.
public struct ProgressFrame: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// The action has come in and is being planned.
        case received
        /// One stage of planning is through: `stage`.
        case planningStage = "planning_stage"
        /// The plan is on disk: `plan`, `tasks`, `planner`, `confidence`?, `planHash`, `pauseReason`?.
        case planned
        /// A person said yes to the plan that waited: `planHash`, `reason`?.
        case approved
        /// A task's inputs are there: `input`.
        case taskReady = "task_ready"
        /// The task was handed to a connection: `attempt`, `delivery`.
        case taskDispatched = "task_dispatched"
        /// The service is away; the task waits: `error` says why.
        case taskWaiting = "task_waiting"
        case taskInterimResult = "task_interim_result"
        /// An attempt ended without an output: `error`, `code`, `retryAt`?.
        case taskAttemptFailed = "task_attempt_failed"
        case taskCompleted = "task_completed"
        /// The output breaks the service's own schema, and was taken all the same: `path`, `reason`.
        case outputWarning = "output_warning"
        case taskFailed = "task_failed"
        case taskAborted = "task_aborted"
        /// The task was never run, or is no longer awaited, because the orchestration ended.
        case taskCancelled = "task_cancelled"
        /// A result that came after the orchestration's outcome was decided. It changes nothing.
        case taskLate = "task_late"
        /// A message that was acknowledged and had no effect: `error` says why.
        case messageRejected = "message_rejected"
        /// Nothing else can run until a service comes back.
        case paused
        case resumed
        /// A retry keeps the output that the task had before: `output`, `from`.
        case taskKept = "task_kept"
        /// The outcome is decided; what runs is awaited: `status`, `error`?.
        case ending
        /// The outcome is final and told; what was done is undone, newest first: `status`, `error`?.
        case compensating
        /// A task is to be undone: `number`, `expiresAt`.
        case compensationReady = "compensation_ready"
        /// The request to undo it was handed to a connection: `attempt`, `delivery`.
        case compensationDispatched = "compensation_dispatched"
        /// Its service is away, or the next attempt is due: `error` says why.
        case compensationWaiting = "compensation_waiting"
        /// An attempt did not undo all of it: `error`, `code`, `partial`?, `retryAt`?.
        case compensationAttemptFailed = "compensation_attempt_failed"
        /// It is undone, or never will be: `compensationId`, `compensationStatus`, `attempts`, `error`?.
        case compensationEnded = "compensation_ended"
        /// The operator has dealt with what could not be undone: `compensationId`, `resolution`, `reason`.
        case compensationResolved = "compensation_resolved"
        /// The last frame: `status`, `results`?, `error`?, `duration`.
        case ended
        /// The part that was asked for is deleted: the next frame is number `oldest`.
        case reset
        /// A connection of a service, not of an action. Only on the stream of the project, without `seq`.
        case serviceConnected = "service_connected"
        case serviceDisconnected = "service_disconnected"
        case serviceHealth = "service_health"
    }

    public var seq: Int?
    public var position: Int64?
    public var type: Kind
    public var orchestrationId: OrchestrationID?
    public var timestamp: Timestamp?
    public var status: Status?
    public var action: String?
    public var plan: JSONValue?
    /// With `planned`: what runs each task.
    public var tasks: [PlannedTask]?
    /// With `planning_stage`.
    public var stage: PlanningStage?
    /// Who made the plan.
    public var planner: PlanOrigin?
    /// Of the planner, between 0 and 1.
    public var confidence: Double?
    /// What an approval is about.
    public var planHash: String?
    /// With `planned`: it runs only after a person's yes. With `paused`: why.
    public var pauseReason: PauseReason?
    public var taskId: TaskID?
    public var serviceId: ServiceID?
    public var serviceName: String?
    public var attempt: Int?
    /// 1 for an attempt's first delivery; more after lost connections.
    public var delivery: Int?
    public var input: RawJSON?
    public var output: RawJSON?
    /// An interim result, or an abort's payload.
    public var data: RawJSON?
    public var code: String?
    public var error: String?
    public var retryAt: Timestamp?
    public var results: [RawJSON]?
    /// Nanoseconds since the action was received.
    public var duration: Int64?
    /// With `received`: the orchestration whose plan and outputs are used again.
    public var retryOf: OrchestrationID?
    /// With `task_kept`: where the output comes from.
    public var from: OrchestrationID?
    /// With `task_interim_result`: how many before it were dropped, because they came too fast.
    public var skipped: Int?
    /// The request's number within its compensation: 1, 2, …
    public var number: Int?
    /// Until when the task can be undone.
    public var expiresAt: Timestamp?
    public var partial: PartialCompensation?
    public var compensationId: CompensationID?
    /// Not `status`, which is always that of the orchestration.
    public var compensationStatus: CompensationStatus?
    public var attempts: Int?
    public var resolution: CompensationResolution?
    /// With `output_warning`: the place within the output, `items[0].price`.
    public var path: String?
    /// What the operator wrote, what is wrong with an output, or why a connection's state changed.
    public var reason: String?
    /// With `service_…`: the connection's number.
    public var connection: UInt64?
    public var instance: String?
    public var health: String?
    public var oldest: Int?
    /// `true` when the payloads of the entry fit no frame and were left out; the inspection has them.
    public var truncated: Bool?

    public init(type: Kind) { self.type = type }

    public struct PlannedTask: Sendable, Hashable, Codable {
        public var id: TaskID
        public var serviceId: ServiceID
        public var serviceName: String
        public var serviceType: ServiceKind
        public var dependencies: [TaskID]
        public var reason: String?

        public init(
            id: TaskID, serviceId: ServiceID, serviceName: String, serviceType: ServiceKind, dependencies: [TaskID],
            reason: String?
        ) {
            self.id = id
            self.serviceId = serviceId
            self.serviceName = serviceName
            self.serviceType = serviceType
            self.dependencies = dependencies
            self.reason = reason
        }
    }

    /// What a service could undo, and what it could not.
    public struct PartialCompensation: Sendable, Hashable, Codable {
        public var completed: RawJSON
        public var remaining: RawJSON

        public init(completed: RawJSON, remaining: RawJSON) {
            self.completed = completed
            self.remaining = remaining
        }
    }

    /// Whether a stream of one orchestration ends with it.
    public var isLast: Bool { type == .ended }
}

extension ProgressFrame {
    public init(frame: [UInt8]) throws {
        self = try WireDecoder(maximumDepth: Limits.storedJSONDepth).decode(Self.self, from: frame)
    }

    /// At most ``Limits/frameBytes``: what fits no frame goes without its payloads, or nobody could read on behind it.
    public func frame() throws -> [UInt8] { try pieces().bytes }

    /// The same, large payloads not copied yet.
    public func pieces() throws -> JSONPieces {
        let pieces = try WireEncoder().pieces(of: self)
        guard pieces.count > Limits.frameBytes else { return pieces }
        var short = self
        (short.input, short.output, short.data, short.results, short.plan) = (nil, nil, nil, nil, nil)
        short.partial = nil
        short.stage?.steps = nil
        short.truncated = true
        return try WireEncoder().pieces(of: short)
    }
}
