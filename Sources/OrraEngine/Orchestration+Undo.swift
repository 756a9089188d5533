import OrraModel

/// The fold of what happens to compensations.
extension Orchestration {
    mutating func applyToCompensation(_ event: Event, at now: Timestamp) {
        switch event {
        case .compensationReady(let event):
            change(event.task) {
                $0.key = event.key
                $0.number = event.number
                $0.readyAt = now
                $0.deliveries = 0
                $0.wasAnswered = false
                $0.move(to: .queued(since: now, lease: nil))
            }
        case .compensationDispatched(let event):
            let delivery = TaskPhase.Delivery(
                execution: event.execution, connection: event.connection, instance: event.instance,
                deadline: now + Limits.compensationTimeout)
            change(event.task) {
                $0.attempt = event.attempt
                $0.deliveries = event.delivery
                if event.delivery == 1 { $0.usedReset = false }
                $0.move(to: .inFlight(delivery))
            }
        case .compensationWaiting(let event): change(event.task) { $0.wait(event.reason, at: now) }
        case .compensationAttemptFailed(let event):
            change(event.task) {
                $0.deliveries = 0
                // An attempt whose answer came after all is over as well.
                $0.attempt = max($0.attempt, event.attempt)
                $0.wasAnswered = event.isAnswered
                if let partial = event.partial { $0.partial = partial }
                if let retryAt = event.retryAt { $0.move(to: .backingOff(until: retryAt)) }
            }
        case .compensationEnded(let event):
            change(event.task) {
                $0.attempt = max($0.attempt, event.attempts)
                $0.failure = event.failure
                $0.endedAt = now
                $0.move(to: .ended(event.status))
            }
        case .compensationResolved(let event):
            change(event.task) {
                $0.resolution = event
                $0.resolvedAt = now
            }
        default: preconditionFailure("\(event.kind) is no event of a compensation")
        }
    }

    private mutating func change(_ task: TaskID, _ body: (inout CompensationState) -> Void) {
        guard var undo = tasks[task.number - 1].undo else { preconditionFailure("\(task) can't be undone") }
        body(&undo)
        tasks[task.number - 1].undo = undo
    }
}

extension CompensationState {
    fileprivate mutating func move(to next: CompensationPhase) {
        precondition(
            phase.kind == next.kind || CompensationPhase.successors(of: phase.kind).contains(next.kind),
            "a compensation can't go from \(phase.kind) to \(next.kind)")
        phase = next
    }

    fileprivate mutating func wait(_ reason: Event.TaskWaiting.Reason, at now: Timestamp) {
        switch reason {
        case .serviceAway: return  // it stays queued since when it was
        case .connectionLost: connectionsLost += 1
        case .connectionReset: usedReset = true
        case .hubRestarted, .retryDue: break
        }
        var lease: TaskPhase.Lease?
        if case .inFlight(let delivery) = phase { lease = delivery.lease }
        switch reason {
        case .connectionReset, .hubRestarted: lease?.until = now + Limits.compensationTimeout
        case .connectionLost, .serviceAway, .retryDue: break
        }
        move(to: .queued(since: now, lease: lease))
    }
}
