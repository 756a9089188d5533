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
        case enqueue(TaskID, service: ServiceID, lease: TaskPhase.Lease?)
        /// The task waits no longer.
        case withdraw(TaskID, service: ServiceID)
        /// The connection has one task less in flight. `succeeded` counts in its health.
        case release(TaskID, ConnectionID, succeeded: Bool)
        /// Closed with 1012, so that its client comes back and sends what it holds.
        case resetConnection(ConnectionID)
        /// Tells a connection that the task is no longer wanted.
        case cancelRequest(TaskID, ConnectionID, ExecutionID, IdempotencyKey)
    }
}

/// What can happen to an orchestration.
public enum OrchestrationInput: Sendable, Hashable {
    case planned(Plan)
    case notActionable(reason: String)
    /// The hub starts: nothing is connected yet.
    case recovered
    /// The fleet has assigned a queued task to a connection.
    case dispatched(TaskID, ExecutionID, ConnectionID, instance: String?)
    /// The connection with the task in flight is gone.
    case connectionLost(TaskID, ConnectionID)
    /// A connection of a service came or went.
    case connectivityChanged
    case report(TaskID, TaskReport, execution: String)
    case cancel
    case clock
}

/// What a service says about a task.
public enum TaskReport: Sendable, Hashable {
    case output(RawJSON, Event.Compensation?)
    case error(String)
    /// Names the task and is no result. It would come the same again.
    case malformed(reason: String)
    case interim(RawJSON, InterimID)
    case aborted(RawJSON)
    /// The service already works on it.
    case inProgress
}

/// What an orchestration needs to know of the world to decide.
public protocol Surroundings {
    func service(_ id: ServiceID) -> Service?
    /// Since when no connection of the service has been open; `nil` while one is.
    func awaySince(_ id: ServiceID) -> Timestamp?
}
