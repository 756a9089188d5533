import OrraEngine
import OrraModel
import OrraPlanner
import OrraProtocol
import OrraStore

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
            frame.retryOf = event.retryOf
            frame.status = .preparing
        case .planningStage(let stage): frame.stage = stage
        case .planned(let event): tellPlan(event, in: &frame)
        case .approved(let event):
            frame.status = .processing
            frame.planHash = event.planHash
            frame.reason = event.reason
        case .paused:
            frame.status = .paused
            frame.pauseReason = .serviceAway
        case .resumed: frame.status = .processing
        case .ending(let outcome):
            frame.status = outcome.status
            frame.code = outcome.failure.code.rawValue
            frame.error = outcome.failure.message
        case .compensating(let ended): tellOutcome(ended, in: &frame)
        case .ended(let ended):
            tellOutcome(ended, in: &frame)
            frame.results = ended.results
            frame.duration = receivedAt.map { (entry.at - $0).nanoseconds }
        default: tellTask(entry.event, in: &frame)
        }
        return frame
    }

    private func tellOutcome(_ ended: Event.Ended, in frame: inout ProgressFrame) {
        frame.status = ended.status
        frame.data = ended.abortPayload
        frame.code = ended.failure?.code.rawValue
        frame.error = ended.failure?.message
    }

    private mutating func tellPlan(_ event: Event.Planned, in frame: inout ProgressFrame) {
        let byID = Dictionary(event.services.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for task in event.plan.tasks { services[task.id] = byID[task.service] }
        frame.status = event.holdUntil == nil ? .processing : .paused
        frame.pauseReason = event.holdUntil == nil ? nil : PauseReason(event.terms?.hold ?? .confirmation)
        frame.planner = event.terms?.planner
        frame.confidence = event.terms?.confidence
        frame.planHash = event.terms?.planHash
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
        func about(_ id: TaskID) { self.about(id, in: &frame) }
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
            frame.skipped = event.skipped
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
        case .outputWarning(let event):
            about(event.task)
            frame.path = event.path
            frame.reason = event.reason
        case .taskKept(let event):
            about(event.task)
            frame.output = event.output
            frame.from = event.from
        default: tellUndoing(event, in: &frame)
        }
    }

    private func about(_ id: TaskID, in frame: inout ProgressFrame) {
        frame.taskId = id
        frame.serviceId = services[id]?.id
        frame.serviceName = services[id]?.name
    }

    private func tellUndoing(_ event: Event, in frame: inout ProgressFrame) {
        func about(_ id: TaskID) { self.about(id, in: &frame) }
        switch event {
        case .compensationReady(let event):
            about(event.task)
            frame.number = event.number
            frame.expiresAt = event.expiresAt
        case .compensationDispatched(let event):
            about(event.task)
            frame.attempt = event.attempt
            frame.delivery = event.delivery
        case .compensationWaiting(let event):
            about(event.task)
            frame.error = Self.explain(event.reason)
        case .compensationAttemptFailed(let event):
            about(event.task)
            frame.attempt = event.attempt
            frame.code = event.failure.code.rawValue
            frame.error = event.failure.message
            frame.partial = event.partial.map { .init(completed: $0.completed, remaining: $0.remaining) }
            frame.retryAt = event.retryAt
        case .compensationEnded(let event):
            about(event.task)
            frame.compensationId = event.id
            frame.compensationStatus = event.status
            frame.attempts = event.attempts
            frame.code = event.failure?.code.rawValue
            frame.error = event.failure?.message
        case .compensationResolved(let event):
            about(event.task)
            frame.compensationId = event.id
            frame.resolution = event.resolution == .resolved ? .resolved : .ignored
            frame.reason = event.reason
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
        case .planningStage: .planningStage
        case .planned: .planned
        case .approved: .approved
        case .outputWarning: .outputWarning
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

extension ProgressFrame {
    /// A service's event on the stream of its project.
    init(_ entry: ServiceEntry) {
        self.init(type: ServiceEventAnswer.Kind(entry.event.kind).frame)
        position = entry.position
        timestamp = entry.at
        serviceId = entry.event.service
        serviceName = entry.event.name
        connection = entry.event.connection.number
        instance = entry.event.instance
        health = entry.event.health?.rawValue
        reason = entry.event.reason
    }
}

extension ServiceEventAnswer.Kind {
    init(_ kind: ServiceEvent.Kind) {
        switch kind {
        case .connected: self = .connected
        case .disconnected: self = .disconnected
        case .health: self = .health
        }
    }

    fileprivate var frame: ProgressFrame.Kind {
        switch self {
        case .connected: .serviceConnected
        case .disconnected: .serviceDisconnected
        case .health: .serviceHealth
        }
    }
}
