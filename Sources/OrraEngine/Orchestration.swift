public import OrraModel

/// One action on its way: a plain value, the fold of its journal.
///
/// `handle` (in `Orchestration+Handle.swift`) decides what happens next and returns it; `apply` folds what happened.
/// Neither knows a clock, a socket, a database or chance.
public struct Orchestration: Sendable, Hashable {
    public let id: OrchestrationID
    public let project: ProjectID
    public let action: String
    public let data: RawJSON
    /// Of one attempt.
    public let timeout: Duration
    public let gracePeriod: Duration
    public let webhook: String?
    public let retryOf: OrchestrationID?
    public let receivedAt: Timestamp
    public internal(set) var phase = OrchestrationPhase.preparing
    public internal(set) var plan: Plan?
    public internal(set) var terms = PlanTerms()
    /// Whether a person said yes to the plan.
    public internal(set) var isApproved = false
    public internal(set) var services: [Event.ServiceReference] = []
    /// In the order of their numbers, from `task1`.
    public internal(set) var tasks: [TaskState] = []
    public internal(set) var isPaused = false
    public internal(set) var abortPayload: RawJSON?
    /// When the outcome was decided; what compensations are told.
    public internal(set) var decidedAt: Timestamp?
    /// Bytes of parameters, inputs, outputs, interim results and what undoes them: what it holds in the journal.
    public internal(set) var payloadBytes = 0
    /// Tasks that gave an output, late ones too.
    var completions = 0
    /// Number of the last journal entry.
    public internal(set) var seq = 0
    public internal(set) var lastEventAt: Timestamp

    public init(_ received: Event.Received, at now: Timestamp) {
        id = received.orchestration
        project = received.project
        action = received.action
        data = received.data
        // Checked when it came; a damaged journal must not overflow the times that are made of it.
        timeout = min(max(.milliseconds(received.timeoutMs), .zero), Limits.taskTimeoutRange.upperBound)
        gracePeriod = min(max(.milliseconds(received.gracePeriodMs), .zero), Limits.gracePeriodRange.upperBound)
        webhook = received.webhook
        retryOf = received.retryOf
        receivedAt = now
        lastEventAt = now
        payloadBytes = received.data.count
        seq = 1
    }

    /// What lists and answers show.
    public var status: Status {
        switch phase {
        case .preparing: .preparing
        case .held: .paused
        case .running: isPaused ? .paused : .processing
        case .ending(let outcome): outcome.status == .completed ? .processing : outcome.status
        case .compensating(let ended), .ended(let ended): ended.status
        }
    }

    public var failure: Failure? {
        switch phase {
        case .preparing, .held, .running: nil
        case .ending(let outcome): outcome.failure
        case .compensating(let ended), .ended(let ended): ended.failure
        }
    }

    /// What a paused one waits for; `nil` if it is not paused.
    public var pauseReason: PauseReason? {
        switch phase {
        case .held: PauseReason(terms.hold ?? .confirmation)
        default: status == .paused ? .serviceAway : nil
        }
    }

    public subscript(id: TaskID) -> TaskState? {
        tasks.indices.contains(id.number - 1) ? tasks[id.number - 1] : nil
    }

    public func name(of service: ServiceID) -> String {
        services.first { $0.id == service }?.name ?? service.rawValue
    }

    /// `task2 (delivery-agent)`, as errors name it.
    func label(_ task: TaskState) -> String { "\(task.id) (\(name(of: task.service)))" }
}

///     preparing ─► held ─► running ─► ending ─► compensating ─► ended
///         │ └────────│────────▲ │        └───────────────────────▲
///         └──────────┴──────────┴────────────────────────────────┘
public enum OrchestrationPhase: Sendable, Hashable {
    /// Being planned; its caller has no answer yet.
    case preparing
    /// The plan waits for a person's yes.
    case held(until: Timestamp)
    case running
    /// The outcome is decided; nothing more is dispatched, what runs is awaited until its deadline.
    case ending(Event.Outcome)
    /// The outcome is told; completed tasks that can be undone are undone, the newest first.
    case compensating(Event.Ended)
    case ended(Event.Ended)

    public enum Kind: String, Sendable, CaseIterable { case preparing, held, running, ending, compensating, ended }

    public var kind: Kind {
        switch self {
        case .preparing: .preparing
        case .held: .held
        case .running: .running
        case .ending: .ending
        case .compensating: .compensating
        case .ended: .ended
        }
    }

    public static func successors(of kind: Kind) -> Set<Kind> {
        switch kind {
        // ended: not actionable, or the hub stopped meanwhile.
        case .preparing: [.held, .running, .ended]
        // ended: rejected, cancelled, or nobody said yes in time.
        case .held: [.running, .ended]
        // ended: completed.
        case .running: [.ending, .ended]
        // ended: nothing is to be undone.
        case .ending: [.compensating, .ended]
        case .compensating: [.ended]
        case .ended: []
        }
    }
}
