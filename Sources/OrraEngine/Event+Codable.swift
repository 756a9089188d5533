import OrraModel

/// On disk: `{"v": 1, "type": "taskReady", "task": "task1", …}`. A later version adds types and optional members; it
/// never changes what a member means.
extension Event: Codable {
    public static let version = 1

    private enum CodingKeys: String, CodingKey {
        case version = "v"
        case type
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let version = try container.decode(Int.self, forKey: .version)
        guard version <= Self.version else {
            throw DecodingError.dataCorruptedError(
                forKey: .version, in: container, debugDescription: "is \(version); this hub reads up to \(Self.version)"
            )
        }
        switch try container.decode(Kind.self, forKey: .type) {
        case .received: self = .received(try Received(from: decoder))
        case .planningStage: self = .planningStage(try PlanningStage(from: decoder))
        case .planned: self = .planned(try Planned(from: decoder))
        case .approved: self = .approved(try Approved(from: decoder))
        case .outputWarning: self = .outputWarning(try OutputWarning(from: decoder))
        case .taskReady: self = .taskReady(try TaskReady(from: decoder))
        case .taskDispatched: self = .taskDispatched(try TaskDispatched(from: decoder))
        case .taskWaiting: self = .taskWaiting(try TaskWaiting(from: decoder))
        case .taskInterim: self = .taskInterim(try TaskInterim(from: decoder))
        case .attemptFailed: self = .attemptFailed(try AttemptFailed(from: decoder))
        case .taskCompleted: self = .taskCompleted(try TaskCompleted(from: decoder))
        case .taskFailed: self = .taskFailed(try TaskFailed(from: decoder))
        case .taskAborted: self = .taskAborted(try TaskAborted(from: decoder))
        case .taskCancelled: self = .taskCancelled(try TaskCancelled(from: decoder))
        case .taskLate: self = .taskLate(try TaskLate(from: decoder))
        case .messageRejected: self = .messageRejected(try MessageRejected(from: decoder))
        case .paused: self = .paused
        case .resumed: self = .resumed
        case .ending: self = .ending(try Outcome(from: decoder))
        case .taskKept: self = .taskKept(try TaskKept(from: decoder))
        case .compensating: self = .compensating(try Ended(from: decoder))
        case .compensationReady: self = .compensationReady(try CompensationReady(from: decoder))
        case .compensationDispatched: self = .compensationDispatched(try TaskDispatched(from: decoder))
        case .compensationWaiting: self = .compensationWaiting(try TaskWaiting(from: decoder))
        case .compensationAttemptFailed: self = .compensationAttemptFailed(try CompensationAttemptFailed(from: decoder))
        case .compensationEnded: self = .compensationEnded(try CompensationEnded(from: decoder))
        case .compensationResolved: self = .compensationResolved(try CompensationResolved(from: decoder))
        case .ended: self = .ended(try Ended(from: decoder))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Self.version, forKey: .version)
        try container.encode(kind, forKey: .type)
        switch self {
        case .received(let event): try event.encode(to: encoder)
        case .planningStage(let event): try event.encode(to: encoder)
        case .planned(let event): try event.encode(to: encoder)
        case .approved(let event): try event.encode(to: encoder)
        case .outputWarning(let event): try event.encode(to: encoder)
        case .taskReady(let event): try event.encode(to: encoder)
        case .taskDispatched(let event): try event.encode(to: encoder)
        case .taskWaiting(let event): try event.encode(to: encoder)
        case .taskInterim(let event): try event.encode(to: encoder)
        case .attemptFailed(let event): try event.encode(to: encoder)
        case .taskCompleted(let event): try event.encode(to: encoder)
        case .taskFailed(let event): try event.encode(to: encoder)
        case .taskAborted(let event): try event.encode(to: encoder)
        case .taskCancelled(let event): try event.encode(to: encoder)
        case .taskLate(let event): try event.encode(to: encoder)
        case .messageRejected(let event): try event.encode(to: encoder)
        case .paused, .resumed: break
        case .ending(let event): try event.encode(to: encoder)
        case .taskKept(let event): try event.encode(to: encoder)
        case .compensating(let event): try event.encode(to: encoder)
        case .compensationReady(let event): try event.encode(to: encoder)
        case .compensationDispatched(let event): try event.encode(to: encoder)
        case .compensationWaiting(let event): try event.encode(to: encoder)
        case .compensationAttemptFailed(let event): try event.encode(to: encoder)
        case .compensationEnded(let event): try event.encode(to: encoder)
        case .compensationResolved(let event): try event.encode(to: encoder)
        case .ended(let event): try event.encode(to: encoder)
        }
    }

    /// An event's type, as on disk.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        case received, planningStage, planned, approved, outputWarning, taskReady, taskDispatched, taskWaiting,
            taskInterim, attemptFailed, taskCompleted
        case taskFailed, taskAborted, taskCancelled, taskLate, messageRejected, paused, resumed
        case taskKept, ending, compensating, compensationReady, compensationDispatched, compensationWaiting
        case compensationAttemptFailed, compensationEnded, compensationResolved, ended
    }

    public var kind: Kind {
        switch self {
        case .received: .received
        case .planningStage: .planningStage
        case .planned: .planned
        case .approved: .approved
        case .outputWarning: .outputWarning
        case .taskReady: .taskReady
        case .taskDispatched: .taskDispatched
        case .taskWaiting: .taskWaiting
        case .taskInterim: .taskInterim
        case .attemptFailed: .attemptFailed
        case .taskCompleted: .taskCompleted
        case .taskFailed: .taskFailed
        case .taskAborted: .taskAborted
        case .taskCancelled: .taskCancelled
        case .taskLate: .taskLate
        case .messageRejected: .messageRejected
        case .paused: .paused
        case .resumed: .resumed
        case .ending: .ending
        case .taskKept: .taskKept
        case .compensating: .compensating
        case .compensationReady: .compensationReady
        case .compensationDispatched: .compensationDispatched
        case .compensationWaiting: .compensationWaiting
        case .compensationAttemptFailed: .compensationAttemptFailed
        case .compensationEnded: .compensationEnded
        case .compensationResolved: .compensationResolved
        case .ended: .ended
        }
    }
}
