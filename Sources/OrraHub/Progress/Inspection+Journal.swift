import OrraEngine
import OrraModel
import OrraProtocol

extension Inspection {
    /// Everything that the journal tells. Throws ``JournalFault`` when it is none.
    init(journal: [JournalEntry], at now: Timestamp) throws(JournalFault) {
        let orchestration = try Orchestration(replaying: journal)
        var story = TaskStories(orchestration)
        for entry in journal { story.tell(entry) }
        var results: [RawJSON]?
        var abort: AbortInfo?
        if let ended = orchestration.outcome {
            results = ended.results
            if ended.status == .aborted, let id = ended.task, let task = orchestration[id] {
                abort = AbortInfo(
                    taskId: id, serviceId: task.service, serviceName: orchestration.name(of: task.service),
                    payload: ended.abortPayload)
            }
        }
        let isOver = orchestration.status.isFinal
        self.init(
            id: orchestration.id, status: orchestration.status, action: orchestration.action,
            timestamp: orchestration.receivedAt, error: orchestration.failure?.message, abortInfo: abort,
            tasks: story.inspections(at: now), results: results,
            duration: ((isOver ? story.endedAt ?? orchestration.lastEventAt : now) - orchestration.receivedAt)
                .nanoseconds,
            retryOf: orchestration.retryOf, pauseReason: orchestration.pauseReason,
            planHash: orchestration.terms.planHash, planner: orchestration.terms.planner,
            confidence: orchestration.terms.confidence, planning: story.planning.isEmpty ? nil : story.planning)
    }
}

/// What happened to each task, gathered entry by entry.
private struct TaskStories {
    private struct Story {
        var input: RawJSON?
        var history: [StatusChange] = []
        var interims: [InterimResult] = []
        var error: String?
        var abortPayload: RawJSON?
        var startedAt: Timestamp?
        var endedAt: Timestamp?
        var undoing: [CompensationChange] = []
        var warnings: [OutputWarning] = []
    }

    private let orchestration: Orchestration
    private var stories: [TaskID: Story] = [:]
    private(set) var endedAt: Timestamp?
    private(set) var planning: [PlanningStage] = []

    init(_ orchestration: Orchestration) { self.orchestration = orchestration }

    mutating func tell(_ entry: JournalEntry) {
        switch entry.event {
        case .taskReady(let event):
            stories[event.task, default: Story()].input = event.input
            change(event.task, .pending, entry)
        case .taskDispatched(let event):
            if stories[event.task]?.startedAt == nil { stories[event.task, default: Story()].startedAt = entry.at }
            change(event.task, .processing, entry)
        case .taskWaiting(let event):
            let status: Status = event.reason == .retryDue ? .pending : .paused
            change(event.task, status, entry, error: ProgressNarrator.explain(event.reason))
        case .taskInterim(let event):
            stories[event.task, default: Story()].interims.append(
                InterimResult(id: event.id, timestamp: entry.at, data: event.data))
        case .attemptFailed(let event):
            // A final failure follows as an entry of its own.
            if event.retryAt != nil { change(event.task, .pending, entry, error: event.failure.message) }
        case .taskCompleted(let event):
            stories[event.task]?.error = nil
            end(event.task, .completed, entry)
        case .taskFailed(let event): end(event.task, .failed, entry, error: event.failure.message)
        case .taskAborted(let event):
            stories[event.task, default: Story()].abortPayload = event.payload
            end(event.task, .aborted, entry)
        case .taskCancelled(let event): end(event.task, .cancelled, entry)
        case .taskKept(let event): end(event.task, .completed, entry)
        // How long it took to undo things is no part of an action's duration.
        case .compensating, .ended: endedAt = endedAt ?? entry.at
        case .planningStage(let stage): planning.append(stage)
        case .outputWarning(let event):
            stories[event.task, default: Story()].warnings.append(
                OutputWarning(path: event.path, reason: event.reason))
        case .received, .planned, .approved, .taskLate, .messageRejected, .paused, .resumed, .ending: break
        default: tellUndoing(entry)
        }
    }

    private mutating func tellUndoing(_ entry: JournalEntry) {
        switch entry.event {
        case .compensationReady(let event): undo(event.task, .pending, entry)
        case .compensationDispatched(let event): undo(event.task, .processing, entry, attempt: event.attempt)
        case .compensationWaiting(let event):
            undo(event.task, .pending, entry, error: ProgressNarrator.explain(event.reason))
        case .compensationAttemptFailed(let event):
            // A final failure follows as an entry of its own.
            guard event.retryAt != nil else { break }
            undo(event.task, .pending, entry, attempt: event.attempt, error: event.failure.message)
        case .compensationEnded(let event):
            undo(event.task, event.status, entry, attempt: event.attempts, error: event.failure?.message)
        default: break
        }
    }

    private mutating func undo(
        _ task: TaskID, _ status: CompensationStatus, _ entry: JournalEntry, attempt: Int? = nil, error: String? = nil
    ) {
        let last = stories[task]?.undoing.last?.attempt ?? 0
        stories[task, default: Story()].undoing.append(
            CompensationChange(
                id: "\(orchestration.id)-\(entry.seq)", taskId: task, status: status, attempt: attempt ?? last,
                maxAttempts: RetryPolicy.compensation.maximumAttempts, timestamp: entry.at, error: error))
    }

    private mutating func change(_ task: TaskID, _ status: Status, _ entry: JournalEntry, error: String? = nil) {
        stories[task, default: Story()].history.append(
            StatusChange(
                id: "\(orchestration.id)-\(entry.seq)", orchestrationId: orchestration.id, taskId: task,
                status: status, timestamp: entry.at, serviceId: orchestration[task]?.service, error: error))
        if let error { stories[task]?.error = error }
    }

    private mutating func end(_ task: TaskID, _ status: Status, _ entry: JournalEntry, error: String? = nil) {
        change(task, status, entry, error: error)
        stories[task]?.endedAt = entry.at
    }

    func inspections(at now: Timestamp) -> [TaskInspection] {
        orchestration.tasks.map { task in
            let story = stories[task.id] ?? Story()
            let status = story.history.last?.status ?? .pending
            let end = story.endedAt ?? (story.startedAt == nil ? nil : now)
            let start = story.startedAt ?? end
            return TaskInspection(
                id: task.id, serviceId: task.service, serviceName: orchestration.name(of: task.service),
                status: status, statusHistory: story.history, input: story.input, output: task.output,
                abortPayload: story.abortPayload, error: status == .processing ? nil : story.error,
                duration: end.flatMap { end in start.map { (end - $0).nanoseconds } } ?? 0,
                interimResults: story.interims.isEmpty ? nil : story.interims,
                compensation: compensation(of: task, story),
                compensationHistory: story.undoing.isEmpty ? nil : story.undoing,
                isRevertible: orchestration.services.first { $0.id == task.service }?.revertible ?? false,
                dependencies: task.dependencies, attempts: task.attempt,
                warnings: story.warnings.isEmpty ? nil : story.warnings)
        }
    }

    private func compensation(of task: TaskState, _ story: Story) -> OrraProtocol.CompensationState? {
        guard orchestration.undoes, let undo = task.undo else { return nil }
        return OrraProtocol.CompensationState(
            status: undo.status, attempt: undo.attempt, maxAttempts: RetryPolicy.compensation.maximumAttempts,
            timestamp: story.undoing.last?.timestamp ?? undo.completedAt)
    }
}
