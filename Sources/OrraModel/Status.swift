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
