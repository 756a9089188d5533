/// Where the undoing of a task stands, in the words of the wire.
public enum CompensationStatus: String, Sendable, Codable, CaseIterable {
    /// Its turn has not come, or its service is away.
    case pending
    case processing
    case completed
    case failed
    /// Some of it is undone, and the service gave up on the rest.
    case partial
    /// Its time to live was over before it was undone.
    case expired

    public var isFinal: Bool {
        switch self {
        case .completed, .failed, .partial, .expired: true
        case .pending, .processing: false
        }
    }
}

/// How the compensations of an orchestration stand, as lists show it.
public struct CompensationCounts: Sendable, Hashable, Codable {
    /// Not ended yet.
    public var active: Int
    public var total: Int
    public var completed: Int
    /// Failed, partial or expired.
    public var failed: Int

    public init(active: Int = 0, total: Int = 0, completed: Int = 0, failed: Int = 0) {
        self.active = active
        self.total = total
        self.completed = completed
        self.failed = failed
    }
}

/// Where an orchestration or a task stands, in the words of the wire.
public enum Status: String, Sendable, Codable, CaseIterable {
    case registered
    /// Accepted by nobody yet: the plan is being made.
    case preparing
    /// A task that waits for its inputs or for a connection.
    case pending
    case processing
    case completed
    case failed
    /// The action can't be covered by the registered services. Stored, with the reason.
    case notActionable = "not_actionable"
    /// Waits for a service that is away.
    case paused
    case cancelled
    case aborted

    public var isFinal: Bool {
        switch self {
        case .completed, .failed, .notActionable, .cancelled, .aborted: true
        case .registered, .preparing, .pending, .processing, .paused: false
        }
    }
}
