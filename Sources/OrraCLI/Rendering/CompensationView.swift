import OrraModel
import OrraProtocol

/// The undoing of one task.
struct CompensationView: Sendable, Hashable {
    enum State: Sendable, Hashable, CaseIterable {
        case pending, running, waiting
        /// All of it.
        case undone
        /// Not, in part only, or not in time: ``CompensationView/outcome`` says which.
        case failed
        var isFinal: Bool { self == .undone || self == .failed }
    }

    var task: TaskID
    var state = State.pending
    /// What it came to.
    var outcome: CompensationStatus?
    /// When its service was asked for the first time.
    var startedAt: Timestamp?
    /// From then to the end; `nil` while there is none.
    var duration: Duration?
    var attempt = 1
    /// Why it waits, or why it is not undone.
    var note: String?
    /// When the next attempt begins.
    var retryAt: Timestamp?

    init(task: TaskID) { self.task = task }

    func elapsed(at now: Timestamp) -> Duration? { duration ?? startedAt.map { max(.zero, now - $0) } }
}

extension CompensationView {
    mutating func apply(_ frame: ProgressFrame) {
        switch frame.type {
        case .compensationDispatched:
            state = .running
            startedAt = startedAt ?? frame.timestamp
            attempt = frame.attempt ?? attempt
            note = nil
            retryAt = nil
        case .compensationWaiting:
            state = .waiting
            note = frame.error
            retryAt = nil
        case .compensationAttemptFailed:
            state = .waiting
            note = frame.error
            retryAt = frame.retryAt
        case .compensationEnded: end(frame.compensationStatus ?? .failed, error: frame.error, at: frame.timestamp)
        case .compensationResolved:
            note = "\(frame.resolution?.rawValue ?? "resolved"): \(frame.reason ?? "")"
        default: break
        }
    }

    private mutating func end(_ status: CompensationStatus, error: String?, at end: Timestamp?) {
        outcome = status
        state = status == .completed ? .undone : .failed
        note = error
        retryAt = nil
        if let startedAt, let end { duration = max(.zero, end - startedAt) }
    }

    /// `nil` for a task that is not to be undone.
    init?(_ inspection: TaskInspection) {
        guard let compensation = inspection.compensation else { return nil }
        self.init(task: inspection.id)
        let history = inspection.compensationHistory ?? []
        startedAt = history.first { $0.status == .processing }?.timestamp
        attempt = max(1, compensation.attempt)
        let error = history.last?.error
        switch compensation.status {
        case .pending:
            state = error == nil ? .pending : .waiting
            note = error
        case .processing: state = .running
        case .completed, .failed, .partial, .expired:
            end(compensation.status, error: error, at: compensation.timestamp)
        }
    }
}

extension [TaskInspection] {
    /// What is undone of these tasks, in the order in which it is.
    var compensations: [CompensationView] {
        func moment(_ task: TaskInspection) -> Timestamp {
            task.compensationHistory?.first?.timestamp ?? task.compensation?.timestamp ?? Timestamp(milliseconds: 0)
        }
        func hasBegun(_ task: TaskInspection) -> Bool { !(task.compensationHistory ?? []).isEmpty }
        let begun = filter(hasBegun).sorted { (moment($0), $1.id) < (moment($1), $0.id) }
        // The others wait for their turn: what completed last is next.
        let waiting = filter { !hasBegun($0) }.sorted { (moment($0), $0.id) > (moment($1), $1.id) }
        return (begun + waiting).compactMap(CompensationView.init)
    }
}

extension CompensationView {
    /// Why it waits or is not undone, without the task that the hub's sentence begins with: it stands there already.
    func note(of task: TaskView?) -> String? {
        guard let note, let task else { return note }
        let name = "\(task.id) (\(task.name)) "
        return note.hasPrefix(name) ? String(note.dropFirst(name.count)) : note
    }
}

extension CompensationView.State {
    /// In the same signs as the tasks.
    func icon(tick: Int = 0) -> String { taskState.icon(tick: tick) }
    var style: Style { taskState.style }

    private var taskState: TaskView.State {
        switch self {
        case .pending: .pending
        case .running: .running
        case .waiting: .waiting
        case .undone: .done
        case .failed: .failed
        }
    }
}

extension CompensationStatus {
    /// What has become of the task.
    var words: String {
        switch self {
        case .pending: "to be undone"
        case .processing: "being undone"
        case .completed: "undone"
        case .failed: "not undone"
        case .partial: "undone in part only"
        case .expired: "not undone in time"
        }
    }

    var style: Style {
        switch self {
        case .pending: .faint
        case .processing: .busy
        case .completed: .good
        case .failed, .expired, .partial: .bad
        }
    }
}
