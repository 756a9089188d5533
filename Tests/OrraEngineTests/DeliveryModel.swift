import OrraModel

@testable import OrraEngine

/// What a hub holds for one orchestration if it does what the decisions say: checked after every input against where
/// the orchestration itself says that its tasks and compensations are.
struct DeliveryModel {
    private var waiting: Set<TaskReference> = []
    private var inFlight: [TaskReference: ConnectionID] = [:]

    /// What differs, or `nil`.
    mutating func perform(_ input: OrchestrationInput, _ decision: Decision, of live: Orchestration) -> String? {
        switch input {
        case .recovered: self = DeliveryModel()
        case .dispatched(let task, _, let connection, _, let kind):
            let reference = TaskReference(live.id, task, kind)
            if waiting.remove(reference) != nil { inFlight[reference] = connection }
        case .connectionLost(let task, let connection, let kind):
            let reference = TaskReference(live.id, task, kind)
            if inFlight[reference] == connection { inFlight[reference] = nil }
        default: break
        }
        for effect in decision.effects {
            switch effect {
            case .enqueue(let task, _, _, let kind):
                guard waiting.insert(TaskReference(live.id, task, kind)).inserted else {
                    return "\(task) is enqueued twice"
                }
            case .withdraw(let task, _, let kind): waiting.remove(TaskReference(live.id, task, kind))
            case .release(let task, let connection, _, let kind):
                let reference = TaskReference(live.id, task, kind)
                guard inFlight[reference] == connection else { return "\(task) is released where it is not" }
                inFlight[reference] = nil
            case .resetConnection, .cancelRequest: break
            }
        }
        return difference(from: live, after: input)
    }

    private mutating func difference(from live: Orchestration, after input: OrchestrationInput) -> String? {
        var queued: Set<TaskReference> = []
        var flying: [TaskReference: ConnectionID] = [:]
        for task in live.tasks {
            switch task.phase {
            case .queued: queued.insert(TaskReference(live.id, task.id))
            case .inFlight(let delivery): flying[TaskReference(live.id, task.id)] = delivery.connection
            default: break
            }
            switch task.undo?.phase {
            case .queued: queued.insert(TaskReference(live.id, task.id, .compensation))
            case .inFlight(let delivery):
                flying[TaskReference(live.id, task.id, .compensation)] = delivery.connection
            default: break
            }
        }
        // The hub takes back what the orchestration did not want dispatched any more.
        if case .dispatched(let task, _, _, _, let kind) = input, flying[TaskReference(live.id, task, kind)] == nil {
            inFlight[TaskReference(live.id, task, kind)] = nil
        }
        if waiting != queued { return "\(waiting.sorted()) wait, \(queued.sorted()) should" }
        return inFlight == flying ? nil : "\(inFlight) are in flight, \(flying) should be"
    }
}
