public import OrraModel

/// What an input leads to: events for the journal, and what is to be done once they are on disk.
public struct Decision: Sendable, Hashable {
    public var events: [Event] = []
    public var effects: [Effect] = []

    public init(events: [Event] = [], effects: [Effect] = []) {
        self.events = events
        self.effects = effects
    }

    /// In the order in which they are to be performed.
    public enum Effect: Sendable, Hashable {
        /// The task waits for a connection of its service.
        case enqueue(TaskID, service: ServiceID, lease: TaskPhase.Lease?, kind: WorkKind = .task)
        /// The task waits no longer.
        case withdraw(TaskID, service: ServiceID, kind: WorkKind = .task)
        /// The connection has one task less in flight. `succeeded` counts in its health.
        case release(TaskID, ConnectionID, succeeded: Bool, kind: WorkKind = .task)
        /// Closed with 1012, so that its client comes back and sends what it holds.
        case resetConnection(ConnectionID)
        /// Tells a connection that the task is no longer wanted.
        case cancelRequest(TaskID, ConnectionID, ExecutionID, IdempotencyKey)
    }
}

/// What can happen to an orchestration.
public enum OrchestrationInput: Sendable, Hashable {
    /// `kept`: outputs of tasks that a retry takes over from the orchestration that it repeats.
    case planned(Plan, kept: [KeptOutput] = [], terms: PlanTerms? = nil, stages: [PlanningStage] = [])
    case notActionable(reason: String, stages: [PlanningStage] = [])
    /// A person's yes to the plan that waits for it.
    case approve(reason: String?)
    case reject(reason: String?)
    /// Its caller was told that it is not accepted.
    case abandoned
    /// The hub starts: nothing is connected yet.
    case recovered
    /// The fleet has assigned a queued task to a connection.
    case dispatched(TaskID, ExecutionID, ConnectionID, instance: String?, kind: WorkKind = .task)
    /// The connection with the task in flight is gone.
    case connectionLost(TaskID, ConnectionID, kind: WorkKind = .task)
    /// A connection of a service came or went.
    case connectivityChanged
    case report(TaskID, TaskReport, execution: String)
    /// The same about a request to undo: under which of its keys, and from where.
    case undoReport(TaskID, TaskReport, key: IdempotencyKey, from: ConnectionID)
    /// Somebody took care of a compensation that had failed.
    case resolve(TaskID, Event.CompensationResolved.Resolution, reason: String)
    case cancel
    case clock
}

/// A finished task's output, for the orchestration that repeats its own.
public struct KeptOutput: Sendable, Hashable {
    public var task: TaskID
    public var output: RawJSON
    public var from: OrchestrationID

    public init(task: TaskID, output: RawJSON, from: OrchestrationID) {
        self.task = task
        self.output = output
        self.from = from
    }
}

/// What a service says about a task.
public enum TaskReport: Sendable, Hashable {
    case output(RawJSON, Event.Compensation?)
    case error(String)
    /// Names the task and is no result. It would come the same again.
    case malformed(reason: String)
    /// `skipped`: results before it that came too fast to be kept.
    case interim(RawJSON, InterimID, skipped: Int = 0)
    case aborted(RawJSON)
    /// The answer to a request to undo.
    case compensation(CompensationReport)
    /// The service already works on it.
    case inProgress
}

/// What a service says about the undoing of a task.
public enum CompensationReport: Sendable, Hashable {
    case completed
    case partial(Event.Partial)
    case failed(String)
}

/// What an orchestration needs to know of the world to decide.
public protocol Surroundings {
    func service(_ id: ServiceID) -> Service?
    /// Since when no connection of the service has been open; `nil` while one is.
    func awaySince(_ id: ServiceID) -> Timestamp?
}
