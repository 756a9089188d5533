import OrraEngine
import OrraModel
import OrraPlanner
import OrraProtocol

/// Journal entries as watchers see them. Keeps what later entries refer back to: names of services, the start.
struct ProgressNarrator {
    private var services: [TaskID: Event.ServiceReference] = [:]
    private var receivedAt: Timestamp?

    /// Entries must be told in order, from the first.
    mutating func frame(of entry: JournalEntry) -> ProgressFrame {
        var frame = ProgressFrame(type: Self.kind(of: entry.event))
        frame.seq = entry.seq
        frame.position = entry.position
        frame.orchestrationId = entry.orchestration
        frame.timestamp = entry.at
        switch entry.event {
        case .received(let event):
            receivedAt = entry.at
            frame.action = event.action
            frame.status = .preparing
        case .planned(let event): tellPlan(event, in: &frame)
        case .paused: frame.status = .paused
        case .resumed: frame.status = .processing
        case .ending(let outcome):
            frame.status = outcome.status
            frame.code = outcome.failure.code.rawValue
            frame.error = outcome.failure.message
        case .ended(let ended):
            frame.status = ended.status
            frame.results = ended.results
            frame.data = ended.abortPayload
            frame.code = ended.failure?.code.rawValue
            frame.error = ended.failure?.message
            frame.duration = receivedAt.map { (entry.at - $0).nanoseconds }
        default: tellTask(entry.event, in: &frame)
        }
        return frame
    }

    private mutating func tellPlan(_ event: Event.Planned, in frame: inout ProgressFrame) {
        let byID = Dictionary(event.services.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for task in event.plan.tasks { services[task.id] = byID[task.service] }
        frame.status = .processing
        frame.plan = PlanValidator.wire(event.plan)
        frame.tasks = event.plan.tasks.compactMap { task in
            byID[task.service].map {
                .init(
                    id: task.id, serviceId: $0.id, serviceName: $0.name, serviceType: $0.kind,
                    dependencies: task.dependencies, reason: task.reason)
            }
        }
    }

    private func tellTask(_ event: Event, in frame: inout ProgressFrame) {
        func about(_ id: TaskID) {
            frame.taskId = id
            frame.serviceId = services[id]?.id
            frame.serviceName = services[id]?.name
        }
        switch event {
        case .taskReady(let event):
            about(event.task)
            frame.input = event.input
        case .taskDispatched(let event):
            about(event.task)
            frame.attempt = event.attempt
            frame.delivery = event.delivery
        case .taskWaiting(let event):
            about(event.task)
            frame.error = Self.explain(event.reason)
        case .taskInterim(let event):
            about(event.task)
            frame.data = event.data
        case .attemptFailed(let event):
            about(event.task)
            frame.attempt = event.attempt
            frame.code = event.failure.code.rawValue
            frame.error = event.failure.message
            frame.retryAt = event.retryAt
        case .taskCompleted(let event):
            about(event.task)
            frame.output = event.output
        case .taskFailed(let event):
            about(event.task)
            frame.code = event.failure.code.rawValue
            frame.error = event.failure.message
        case .taskAborted(let event):
            about(event.task)
            frame.data = event.payload
        case .taskCancelled(let event): about(event.task)
        case .taskLate(let event):
            about(event.task)
            frame.output = event.output
            frame.error = event.error
        case .messageRejected(let event):
            if let task = event.task { about(task) }
            frame.error = event.reason
        default: break
        }
    }

    static func explain(_ reason: Event.TaskWaiting.Reason) -> String {
        switch reason {
        case .serviceAway: "the service is away"
        case .connectionLost: "the connection was lost"
        case .hubRestarted: "the hub restarted"
        case .connectionReset: "no answer to a redelivery: the connection is reset"
        case .retryDue: "the next attempt is due"
        }
    }

    private static func kind(of event: Event) -> ProgressFrame.Kind {
        switch event {
        case .received: .received
        case .planned: .planned
        case .taskReady: .taskReady
        case .taskDispatched: .taskDispatched
        case .taskWaiting: .taskWaiting
        case .taskInterim: .taskInterimResult
        case .attemptFailed: .taskAttemptFailed
        case .taskCompleted: .taskCompleted
        case .taskFailed: .taskFailed
        case .taskAborted: .taskAborted
        case .taskCancelled: .taskCancelled
        case .taskLate: .taskLate
        case .messageRejected: .messageRejected
        case .paused: .paused
        case .resumed: .resumed
        case .ending: .ending
        case .ended: .ended
        }
    }
}
