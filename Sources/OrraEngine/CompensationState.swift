public import OrraModel

/// The undoing of one completed task: a fold of its events.
public struct CompensationState: Sendable, Hashable {
    /// What the service handed over, and for how long it holds.
    public let data: RawJSON
    /// When the task completed: the newest is undone first, and the time to live counts from here.
    public let completedAt: Timestamp
    public let expiresAt: Timestamp
    public internal(set) var phase = CompensationPhase.waiting
    /// Of the current request.
    public internal(set) var key: IdempotencyKey?
    /// Requests made: one more for each that was answered with partial or failed.
    public internal(set) var number = 0
    /// When the current request was made: requests wait in this order.
    public internal(set) var readyAt: Timestamp?
    /// Attempts begun. Stays while an attempt is delivered again.
    public internal(set) var attempt = 0
    /// Deliveries of the current attempt.
    public internal(set) var deliveries = 0
    public internal(set) var connectionsLost = 0
    /// What the service has undone, and what remains; `nil` until it did a part.
    public internal(set) var partial: Event.Partial?
    /// How it ended other than well; `nil` before, and if it completed.
    public internal(set) var failure: Failure?
    public internal(set) var endedAt: Timestamp?
    public internal(set) var resolution: Event.CompensationResolved?
    public internal(set) var resolvedAt: Timestamp?
    /// Whether the last attempt was answered, with partial or failed.
    var wasAnswered = false
    /// Whether the current attempt has used its one uncharged reset of the connection.
    var usedReset = false

    init(_ compensation: Event.Compensation, completedAt: Timestamp) {
        data = compensation.data
        self.completedAt = completedAt
        // A journal may say anything; what was read from a service lies within the range.
        let longest = Limits.compensationTTLRange.upperBound
        expiresAt = completedAt + max(.zero, min(.milliseconds(compensation.ttlMs), longest))
    }

    /// When time has something to do with it, if nothing else happens.
    var nextWakeup: Timestamp? {
        switch phase {
        case .waiting, .ended: nil
        case .queued: expiresAt
        case .inFlight(let delivery): delivery.deadline
        case .backingOff(let until): min(until, expiresAt)
        }
    }

    public var status: CompensationStatus {
        switch phase {
        case .waiting, .queued, .backingOff: .pending
        case .inFlight: .processing
        case .ended(let status): status
        }
    }
}

/// Where a compensation stands.
///
///     waiting ─► queued ─► inFlight ─► ended (completed, partial, failed, expired)
///        │         ▲ │        │ │         ▲
///        │         │ │        │ ▼         │
///        │         └─┼────── backingOff ──┤
///        └───────────┴────────────────────┘
public enum CompensationPhase: Sendable, Hashable {
    /// Its turn has not come: one at a time.
    case waiting
    /// Requested, and in the outbox.
    case queued(since: Timestamp, lease: TaskPhase.Lease?)
    case inFlight(TaskPhase.Delivery)
    /// The last attempt failed; the next begins then.
    case backingOff(until: Timestamp)
    case ended(CompensationStatus)

    public enum Kind: String, Sendable, CaseIterable { case waiting, queued, inFlight, backingOff, ended }

    public var kind: Kind {
        switch self {
        case .waiting: .waiting
        case .queued: .queued
        case .inFlight: .inFlight
        case .backingOff: .backingOff
        case .ended: .ended
        }
    }

    public var isFinal: Bool { kind == .ended }

    public static func successors(of kind: Kind) -> Set<Kind> {
        switch kind {
        // ended: expired before its turn.
        case .waiting: [.queued, .ended]
        // backingOff, ended: an answer that came while no connection held the request; ended: expired.
        case .queued: [.inFlight, .backingOff, .ended]
        case .inFlight: [.queued, .backingOff, .ended]
        // ended: the answer to an attempt that had timed out; expired.
        case .backingOff: [.queued, .ended]
        case .ended: []
        }
    }
}

extension Orchestration {
    /// Whether compensations may run: the outcome is known and told, and it is not success.
    public var undoes: Bool {
        switch phase {
        case .compensating: true
        case .ended(let ended): ended.status != .completed
        case .preparing, .held, .running, .ending: false
        }
    }

    /// Its outcome, once that is final and told.
    public var outcome: Event.Ended? {
        switch phase {
        case .compensating(let ended), .ended(let ended): ended
        case .preparing, .held, .running, .ending: nil
        }
    }

    /// Whether something is still to be undone, or may be by now.
    public var isUnsettled: Bool { undoes && tasks.contains { $0.undo?.phase.isFinal == false } }

    /// How the compensations stand. All 0 while nothing is undone.
    public var compensationCounts: CompensationCounts {
        guard undoes else { return CompensationCounts() }
        var counts = CompensationCounts()
        for undo in tasks.compactMap(\.undo) {
            counts.total += 1
            switch undo.status {
            case .pending, .processing: counts.active += 1
            case .completed: counts.completed += 1
            case .failed, .partial, .expired: counts.failed += 1
            }
        }
        return counts
    }

    /// Why tasks are undone, as their services are told.
    public var compensationReason: Status {
        switch phase {
        case .compensating(let ended), .ended(let ended): ended.status
        case .ending(let outcome): outcome.status
        case .preparing, .held, .running: .failed
        }
    }

    /// The one that is under way: requested, and not ended.
    var activeCompensation: TaskState? {
        tasks.first { task in task.undo.map { $0.phase != .waiting && !$0.phase.isFinal } ?? false }
    }

    /// The newest that waits for its turn.
    var nextCompensation: TaskState? {
        tasks.filter { $0.undo?.phase == .waiting }
            .max { left, right in
                guard let first = left.undo?.completedAt, let second = right.undo?.completedAt else { return false }
                return (first, left.completionOrder) < (second, right.completionOrder)
            }
    }
}
