public import OrraEngine
public import OrraModel
public import OrraStore

/// The outbox as a projection of the journal: a row while a task or its undoing waits for a connection of its service,
/// and for good when it was given up for want of one.
public enum OutboxProjection {
    /// `orchestration` is as the event, or those of one decision, left it. What deletes a row does so whether or not
    /// there is one: a task that runs has none.
    public static func changes(
        by event: Event, of orchestration: Orchestration, at now: Timestamp
    ) -> [Write] {
        switch event {
        case .taskReady(let event): insert(event.task, .task, of: orchestration)
        case .taskWaiting(let event) where event.reason != .serviceAway: insert(event.task, .task, of: orchestration)
        case .taskDispatched(let event): delete(event.task, .task, of: orchestration)
        case .attemptFailed(let event): delete(event.task, .task, of: orchestration)
        case .taskCompleted(let event): delete(event.task, .task, of: orchestration)
        case .taskFailed(let event) where event.failure.code == .serviceAway:
            // A dead letter: it stays to be seen.
            orchestration[event.task]?.key.map { [.outboxDead($0, at: now, error: event.failure.message)] } ?? []
        case .taskFailed(let event): delete(event.task, .task, of: orchestration)
        case .taskAborted(let event): delete(event.task, .task, of: orchestration)
        case .taskCancelled(let event): delete(event.task, .task, of: orchestration)
        case .compensationReady(let event): insert(event.task, .compensation, of: orchestration)
        case .compensationWaiting(let event) where event.reason != .serviceAway:
            insert(event.task, .compensation, of: orchestration)
        case .compensationDispatched(let event): delete(event.task, .compensation, of: orchestration)
        case .compensationAttemptFailed(let event): delete(event.task, .compensation, of: orchestration)
        case .compensationEnded(let event): delete(event.task, .compensation, of: orchestration)
        default: []
        }
    }

    private static func insert(_ id: TaskID, _ kind: WorkKind, of orchestration: Orchestration) -> [Write] {
        guard let task = orchestration[id] else { return [] }
        let (key, readyAt) = kind == .task ? (task.key, task.readyAt) : (task.undo?.key, task.undo?.readyAt)
        guard let key, let readyAt else { return [] }
        return [
            .outboxInsert(
                OutboxRow(
                    key: key, reference: TaskReference(orchestration.id, id, kind), project: orchestration.project,
                    service: task.service, readyAt: readyAt))
        ]
    }

    private static func delete(_ id: TaskID, _ kind: WorkKind, of orchestration: Orchestration) -> [Write] {
        let key = kind == .task ? orchestration[id]?.key : orchestration[id]?.undo?.key
        return key.map { [.outboxDelete($0)] } ?? []
    }
}

/// The inbox of failed compensations as a projection of the journal.
public enum InboxProjection {
    public static func changes(by event: Event, of orchestration: Orchestration) -> [Write] {
        switch event {
        case .compensationEnded(let event): entry(event.id, event.task, of: orchestration)
        case .compensationResolved(let event): entry(event.id, event.task, of: orchestration)
        default: []
        }
    }

    private static func entry(_ id: CompensationID, _ task: TaskID, of orchestration: Orchestration) -> [Write] {
        guard let task = orchestration[task], let undo = task.undo, case .ended(let status) = undo.phase,
            status != .completed, let endedAt = undo.endedAt
        else { return [] }
        let resolution = undo.resolution.map {
            $0.resolution == .resolved ? FailedCompensation.Resolution.resolved : .ignored
        }
        return [
            .failedCompensation(
                FailedCompensation(
                    id: id, project: orchestration.project,
                    reference: TaskReference(orchestration.id, task.id, .compensation), service: task.service,
                    serviceName: orchestration.name(of: task.service), status: status,
                    failure: undo.failure?.message, attempts: undo.attempt, at: endedAt,
                    resolution: resolution ?? .pending, reason: undo.resolution?.reason, resolvedAt: undo.resolvedAt))
        ]
    }
}
