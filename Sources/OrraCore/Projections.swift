public import OrraEngine
public import OrraModel
public import OrraStore

/// The outbox as a projection of the journal: a row from when a task or its undoing is ready until it has an outcome.
public enum OutboxProjection {
    public static func changes(
        by event: Event, of orchestration: Orchestration, at now: Timestamp
    ) -> [Write] {
        func delete(_ id: TaskID) -> [Write] { orchestration[id]?.key.map { [.outboxDelete($0)] } ?? [] }
        func deleteUndo(_ id: TaskID) -> [Write] {
            orchestration[id]?.undo?.key.map { [.outboxDelete($0)] } ?? []
        }
        switch event {
        case .taskReady(let ready):
            guard let task = orchestration[ready.task] else { return [] }
            return [
                .outboxInsert(
                    OutboxRow(
                        key: ready.key, reference: TaskReference(orchestration.id, ready.task),
                        project: orchestration.project, service: task.service, readyAt: now))
            ]
        case .taskCompleted(let event): return delete(event.task)
        case .taskFailed(let event) where event.failure.code == .serviceAway:
            // A dead letter: it stays to be seen.
            return orchestration[event.task]?.key.map {
                [.outboxDead($0, at: now, error: event.failure.message)]
            } ?? []
        case .taskFailed(let event): return delete(event.task)
        case .taskAborted(let event): return delete(event.task)
        case .taskCancelled(let event): return delete(event.task)
        case .compensationReady(let ready):
            guard let task = orchestration[ready.task] else { return [] }
            return [
                .outboxInsert(
                    OutboxRow(
                        key: ready.key, reference: TaskReference(orchestration.id, ready.task, .compensation),
                        project: orchestration.project, service: task.service, readyAt: now))
            ]
        case .compensationAttemptFailed(let event): return event.isAnswered ? deleteUndo(event.task) : []
        case .compensationEnded(let event): return deleteUndo(event.task)
        default: return []
        }
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
