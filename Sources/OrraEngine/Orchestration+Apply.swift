public import OrraModel

/// The fold: what an event does to the state. Total and silent about the past: a journal that this version wrote folds
/// without a decision being made again.
extension Orchestration {
    /// Rebuilds an orchestration from its journal. Throws ``JournalFault`` when the entries are no journal.
    public init(replaying entries: some Collection<JournalEntry>) throws(JournalFault) {
        guard let first = entries.first, first.seq == 1, case .received(let received) = first.event else {
            throw JournalFault(orchestration: entries.first?.orchestration, reason: "does not begin with `received`")
        }
        self.init(received, at: first.at)
        for entry in entries.dropFirst() {
            guard entry.seq == seq + 1 else {
                throw JournalFault(orchestration: id, reason: "entry \(seq + 1) is missing")
            }
            guard isPossible(entry.event) else {
                throw JournalFault(orchestration: id, reason: "entry \(entry.seq) names a task that the plan lacks")
            }
            apply(entry.event, at: entry.at)
        }
    }

    /// Folds one event and counts it.
    public mutating func apply(_ event: Event, at now: Timestamp) {
        seq += 1
        lastEventAt = max(lastEventAt, now)
        payloadBytes += event.payloadBytes
        switch event {
        case .received: preconditionFailure("a journal has one `received`, its first entry")
        case .planningStage: break
        case .planned(let event):
            plan = event.plan
            services = event.services
            terms = event.terms ?? PlanTerms()
            tasks = event.plan.tasks.map(TaskState.init)
            move(to: event.holdUntil.map { .held(until: $0) } ?? .running)
        case .approved:
            isApproved = true
            move(to: .running)
        case .paused: isPaused = true
        case .resumed: isPaused = false
        case .ending(let outcome):
            decidedAt = now
            move(to: .ending(outcome))
        case .compensating(let ended): move(to: .compensating(ended))
        case .ended(let ended): move(to: .ended(ended))
        case .messageRejected(let event): if let task = event.task { tasks[task.number - 1].rejections += 1 }
        default: applyToTask(event, at: now)
        }
    }

    private mutating func applyToTask(_ event: Event, at now: Timestamp) {
        switch event {
        case .outputWarning: break
        case .taskReady(let event):
            tasks[event.task.number - 1].input = event.input
            tasks[event.task.number - 1].key = event.key
            tasks[event.task.number - 1].readyAt = now
            move(event.task, to: .queued(since: now, lease: nil))
        case .taskDispatched(let event):
            let delivery = TaskPhase.Delivery(
                execution: event.execution, connection: event.connection, instance: event.instance,
                deadline: now + timeout)
            tasks[event.task.number - 1].attempt = event.attempt
            tasks[event.task.number - 1].deliveries = event.delivery
            if event.delivery == 1 { tasks[event.task.number - 1].usedReset = false }
            move(event.task, to: .inFlight(delivery))
        case .taskWaiting(let event): applyWaiting(event, at: now)
        case .taskInterim(let event):
            tasks[event.task.number - 1].interimCount += 1
            tasks[event.task.number - 1].lastInterim = .init(execution: event.execution, data: event.data)
        case .attemptFailed(let event):
            if let execution = event.execution { tasks[event.task.number - 1].failedExecutions.insert(execution) }
            tasks[event.task.number - 1].deliveries = 0
            if let retryAt = event.retryAt { move(event.task, to: .backingOff(until: retryAt)) }
        case .taskCompleted(let event):
            tasks[event.task.number - 1].output = event.output
            tasks[event.task.number - 1].hasOutput = true
            completed(event.task, event.compensation, at: now)
            move(event.task, to: .completed(at: now))
        case .taskKept(let event):
            tasks[event.task.number - 1].output = event.output
            tasks[event.task.number - 1].hasOutput = true
            move(event.task, to: .completed(at: now))
        case .taskFailed(let event): move(event.task, to: .failed)
        case .taskAborted(let event):
            // Of several aborts the first one ends the action, and says why.
            if phase == .running { abortPayload = event.payload }
            move(event.task, to: .aborted)
        case .taskCancelled(let event): move(event.task, to: .cancelled)
        case .taskLate(let event):
            guard event.output != nil || event.compensation != nil else {
                tasks[event.task.number - 1].rejections += 1
                return
            }
            tasks[event.task.number - 1].lateOutput = event.output
            completed(event.task, event.compensation, at: now)
        default: applyToCompensation(event, at: now)
        }
    }

    private mutating func completed(_ task: TaskID, _ compensation: Event.Compensation?, at now: Timestamp) {
        completions += 1
        tasks[task.number - 1].completionOrder = completions
        tasks[task.number - 1].undo = compensation.map { CompensationState($0, completedAt: now) }
    }

    private mutating func applyWaiting(_ event: Event.TaskWaiting, at now: Timestamp) {
        let index = event.task.number - 1
        switch event.reason {
        case .serviceAway: return  // the task stays queued since when it was
        case .connectionLost: tasks[index].connectionsLost += 1
        case .connectionReset: tasks[index].usedReset = true
        case .hubRestarted, .retryDue: break
        }
        var lease: TaskPhase.Lease?
        if case .inFlight(let delivery) = tasks[index].phase { lease = delivery.lease }
        switch event.reason {
        // After a reset the same attempt goes on; with the hub it starts anew.
        case .connectionReset, .hubRestarted: lease?.until = now + timeout
        case .connectionLost, .serviceAway, .retryDue: break
        }
        move(event.task, to: .queued(since: now, lease: lease))
    }

    private mutating func move(_ task: TaskID, to phase: TaskPhase) {
        let index = task.number - 1
        let from = tasks[index].phase.kind
        precondition(
            from == phase.kind || TaskPhase.successors(of: from).contains(phase.kind),
            "a task can't go from \(from) to \(phase.kind)")
        tasks[index].phase = phase
        // It is not delivered any more. Payloads may be large, and a live orchestration is in memory.
        if phase.isFinal { tasks[index].input = nil }
    }

    private mutating func move(to phase: OrchestrationPhase) {
        precondition(
            OrchestrationPhase.successors(of: self.phase.kind).contains(phase.kind),
            "an orchestration can't go from \(self.phase.kind) to \(phase.kind)")
        self.phase = phase
    }

    /// Whether the event can be folded: its task is in the plan, and its transition is legal.
    private func isPossible(_ event: Event) -> Bool {
        func may(_ id: TaskID, _ kind: TaskPhase.Kind? = nil) -> Bool {
            guard let task = self[id] else { return false }
            guard let kind, kind != task.phase.kind else { return true }
            return TaskPhase.successors(of: task.phase.kind).contains(kind)
        }
        func may(_ id: TaskID, undo kind: CompensationPhase.Kind?) -> Bool {
            guard undoes, let undo = self[id]?.undo else { return false }
            guard let kind, kind != undo.phase.kind else { return true }
            return CompensationPhase.successors(of: undo.phase.kind).contains(kind)
        }
        func may(_ kind: OrchestrationPhase.Kind) -> Bool {
            OrchestrationPhase.successors(of: phase.kind).contains(kind)
        }
        switch event {
        case .received: return false
        case .planningStage: return phase == .preparing
        case .approved: return phase.kind == .held
        case .outputWarning(let event): return may(event.task)
        case .planned(let event):
            return may(event.holdUntil == nil ? .running : .held)
                && event.plan.tasks.map(\.id.number) == Array(1..<(event.plan.tasks.count + 1))
        case .taskReady(let event): return may(event.task, .queued)
        case .taskDispatched(let event): return event.isCountable && self[event.task]?.phase.kind == .queued
        case .taskWaiting(let event): return may(event.task, .queued)
        case .taskInterim(let event): return may(event.task)
        case .attemptFailed(let event): return may(event.task, event.retryAt == nil ? nil : .backingOff)
        case .taskCompleted(let event): return may(event.task, .completed)
        case .taskFailed(let event): return may(event.task, .failed)
        case .taskAborted(let event): return may(event.task, .aborted)
        case .taskCancelled(let event): return may(event.task, .cancelled)
        case .taskLate(let event): return may(event.task)
        case .taskKept(let event): return may(event.task, .completed)
        case .compensating: return may(.compensating)
        case .compensationReady(let event): return may(event.task, undo: .queued)
        case .compensationDispatched(let event):
            return event.isCountable && self[event.task]?.undo?.phase.kind == .queued
        case .compensationWaiting(let event): return may(event.task, undo: .queued)
        case .compensationAttemptFailed(let event):
            return may(event.task, undo: event.retryAt == nil ? nil : .backingOff)
        case .compensationEnded(let event): return may(event.task, undo: .ended)
        case .compensationResolved(let event): return self[event.task]?.undo?.phase.kind == .ended
        case .messageRejected(let event): return event.task.map { may($0) } ?? true
        case .paused, .resumed: return true
        case .ending: return may(.ending)
        case .ended: return may(.ended)
        }
    }
}

extension Event {
    /// Bytes of what came from outside with it.
    fileprivate var payloadBytes: Int {
        switch self {
        case .planned(let event): event.plan.parameters.count
        case .taskReady(let event): event.input.count
        case .taskInterim(let event): event.data.count
        case .taskCompleted(let event): event.output.count + (event.compensation?.data.count ?? 0)
        case .taskLate(let event):
            (event.output?.count ?? 0) + (event.compensation?.data.count ?? 0)
        case .taskKept(let event): event.output.count
        case .taskAborted(let event): event.payload.count
        case .compensationAttemptFailed(let event):
            (event.partial?.completed.count ?? 0) + (event.partial?.remaining.count ?? 0)
        default: 0
        }
    }
}

extension Event.TaskDispatched {
    /// Whether its numbers can be counted on.
    fileprivate var isCountable: Bool { (1...1_000_000).contains(attempt) && (1...1_000_000_000).contains(delivery) }
}

/// A journal that can't be folded: the disk or another program changed it.
public struct JournalFault: Error, Hashable, CustomStringConvertible {
    public var orchestration: OrchestrationID?
    public var reason: String

    public init(orchestration: OrchestrationID?, reason: String) {
        self.orchestration = orchestration
        self.reason = reason
    }

    public var description: String { "the journal of \(orchestration?.rawValue ?? "an orchestration") \(reason)" }
}
