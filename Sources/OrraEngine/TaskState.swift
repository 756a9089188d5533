public import OrraModel

/// One task of a running orchestration: a fold of its events.
public struct TaskState: Sendable, Hashable {
    public let id: TaskID
    public let service: ServiceID
    public let dependencies: [TaskID]
    public internal(set) var phase = TaskPhase.blocked
    public internal(set) var key: IdempotencyKey?
    /// From when it is ready until it has its outcome; the journal has it for ever.
    public internal(set) var input: RawJSON?
    /// When its inputs were there: tasks of a service are delivered in this order, also again.
    public internal(set) var readyAt: Timestamp?
    /// `nil` too once ``Orchestration/shed(above:)`` has let go of it: ``hasOutput`` stays.
    public internal(set) var output: RawJSON?
    public internal(set) var hasOutput = false
    /// What was let go of, to know it when it is said again.
    var shedOutput: PayloadPrint?
    /// How it is undone, if it completed and can be.
    public internal(set) var undo: CompensationState?
    /// Among the tasks of its orchestration: the last to complete is undone first.
    var completionOrder = 0
    /// Attempts begun. Stays while an attempt is delivered again.
    public internal(set) var attempt = 0
    /// Deliveries of the current attempt.
    public internal(set) var deliveries = 0
    public internal(set) var connectionsLost = 0
    /// Whether the current attempt has used its one uncharged reset of the connection.
    var usedReset = false
    /// Executions whose error was counted: clients repeat a report whose acknowledgement they missed.
    var failedExecutions: Set<String> = []
    var interimCount = 0
    var lastInterim: LastInterim?
    /// A success that came too late, and is in the journal.
    public internal(set) var lateOutput: RawJSON?
    /// Whether a success behind the task's outcome was kept: as an output, or only to be undone.
    var hasLateSuccess: Bool { lateOutput != nil || !hasOutput && undo != nil }
    /// Rejections that the journal holds for this task; bounded.
    var rejections = 0

    /// Whether this output is the one that counted.
    func isOutput(_ other: RawJSON) -> Bool { output == other || output == nil && shedOutput == PayloadPrint(other) }

    struct LastInterim: Hashable {
        var execution: String
        var data: RawJSON
    }

    init(_ task: Plan.Task) {
        id = task.id
        service = task.service
        dependencies = task.dependencies
    }
}

/// Where a task stands.
///
///     blocked ─► queued ─► inFlight ─► completed (from blocked too: kept by a retry)
///        │         ▲ │        │ ├────► failed
///        │         │ │        │ └────► aborted
///        │         │ └► …     ▼
///        │         └──── backingOff
///        └──────────────────────────► cancelled (from any that is not final)
///
/// What may follow stands in ``TaskPhase/successors(of:)``; a test fails on a transition that no test exercised.
public enum TaskPhase: Sendable, Hashable {
    /// An input is missing.
    case blocked
    /// Ready, and in the outbox. `lease` holds it for the instance that had it, until then.
    case queued(since: Timestamp, lease: Lease?)
    case inFlight(Delivery)
    /// The last attempt failed; the next begins then.
    case backingOff(until: Timestamp)
    case completed(at: Timestamp)
    case failed
    case aborted
    case cancelled

    /// A task's claim of one service instance: no other gets it before the attempt's deadline.
    public struct Lease: Sendable, Hashable {
        public var instance: String
        public var until: Timestamp

        public init(instance: String, until: Timestamp) {
            self.instance = instance
            self.until = until
        }
    }

    public struct Delivery: Sendable, Hashable {
        public var execution: ExecutionID
        public var connection: ConnectionID
        public var instance: String?
        public var deadline: Timestamp

        /// What remains of the claim when the connection is gone.
        var lease: Lease? { instance.map { Lease(instance: $0, until: deadline) } }
    }

    public enum Kind: String, Sendable, CaseIterable {
        case blocked, queued, inFlight, backingOff, completed, failed, aborted, cancelled
    }

    public var kind: Kind {
        switch self {
        case .blocked: .blocked
        case .queued: .queued
        case .inFlight: .inFlight
        case .backingOff: .backingOff
        case .completed: .completed
        case .failed: .failed
        case .aborted: .aborted
        case .cancelled: .cancelled
        }
    }

    public var isFinal: Bool { Self.successors(of: kind).isEmpty }

    public static func successors(of kind: Kind) -> Set<Kind> {
        switch kind {
        // completed: kept by a retry; failed: an input is missing or invalid.
        case .blocked: [.queued, .completed, .failed, .cancelled]
        // A report may come while no connection holds the task: the client queued it while it was offline.
        case .queued: [.inFlight, .backingOff, .completed, .failed, .aborted, .cancelled]
        case .inFlight: [.queued, .backingOff, .completed, .failed, .aborted, .cancelled]
        // completed, aborted: the answer to an attempt that had timed out.
        case .backingOff: [.queued, .completed, .failed, .aborted, .cancelled]
        case .completed, .failed, .aborted, .cancelled: []
        }
    }
}
