import OrraModel
import OrraProtocol

/// What the hub asks of a component: to do a task, or to undo it.
struct Assignment: Sendable, Equatable {
    var request: HubMessage.TaskRequest
    /// Why the task is to be undone; `nil` for one that is to be done.
    var revert: HubMessage.CompensationContext?

    var key: IdempotencyKey { request.idempotencyKey }
    var report: ServiceMessage.TaskReport { request.report }
    /// What it holds in memory while it waits.
    var bytes: Int {
        request.input.count + (revert?.payload?.count ?? 0) + (revert?.remaining?.count ?? 0)
    }
}

extension HubMessage.TaskRequest {
    /// What an answer to this delivery names.
    var report: ServiceMessage.TaskReport {
        .init(task: task.description, execution: execution.rawValue, idempotencyKey: idempotencyKey)
    }
}

extension Admission.Run {
    func report(_ key: IdempotencyKey) -> ServiceMessage.TaskReport {
        .init(task: task.description, execution: execution.rawValue, idempotencyKey: key)
    }
}
