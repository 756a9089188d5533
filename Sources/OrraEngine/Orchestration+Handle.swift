public import OrraModel

/// The decisions. Each input is answered with events, folded at once, and effects for after the commit; business
/// failures are events, never throws.
extension Orchestration {
    public mutating func handle(
        _ input: OrchestrationInput, at now: Timestamp, in surroundings: some Surroundings
    ) -> Decision {
        var turn = Turn(orchestration: self, now: now)
        switch input {
        case .planned(let plan, let kept, let terms, let stages):
            turn.planned(plan, kept, terms, stages, in: surroundings)
        case .notActionable(let reason, let stages): turn.refused(reason, stages)
        case .approve(let reason): turn.approve(reason)
        case .reject(let reason): turn.reject(reason)
        case .abandoned: turn.abandoned()
        case .recovered: turn.recovered()
        case .dispatched(let task, let execution, let connection, let instance, let kind):
            switch kind {
            case .task: turn.dispatched(task, execution, connection, instance)
            case .compensation: turn.compensationDispatched(task, execution, connection, instance)
            }
        case .connectionLost(let task, let connection, let kind):
            switch kind {
            case .task: turn.connectionLost(task, connection)
            case .compensation: turn.compensationLostConnection(task, connection)
            }
        case .connectivityChanged: break
        case .report(let task, let report, let execution): turn.report(task, report, execution, in: surroundings)
        case .undoReport(let task, let report, let key, let connection):
            turn.compensationReport(task, report, key, connection)
        case .resolve(let task, let resolution, let reason): turn.resolve(task, resolution, reason)
        case .cancel: turn.cancel()
        case .clock:
            turn.holdClock()
            turn.clock(in: surroundings)
            turn.compensationClock(in: surroundings)
        }
        turn.settle(in: surroundings)
        self = turn.orchestration
        return turn.decision
    }

    /// When `handle(.clock)` has something to do next, if nothing else happens. `nil`: nothing.
    public func nextWakeup(in surroundings: some Surroundings) -> Timestamp? {
        guard case .running = phase else {
            if case .held(let until) = phase { return until }
            if undoes { return activeCompensation?.undo?.nextWakeup }
            return tasks.compactMap { if case .inFlight(let delivery) = $0.phase { delivery.deadline } else { nil } }
                .min()
        }
        return tasks.compactMap { task -> Timestamp? in
            switch task.phase {
            case .inFlight(let delivery): delivery.deadline
            case .backingOff(let until): until
            case .queued(let since, _): graceEnd(of: task, queuedSince: since, in: surroundings)
            default: nil
            }
        }.min()
    }

    /// The grace period counts from the latest of: task ready or last connection lost (both set `since`), and hub start
    /// (the fleet's `awaySince` then).
    func graceEnd(
        of task: TaskState, queuedSince since: Timestamp, in surroundings: some Surroundings
    ) -> Timestamp? {
        surroundings.awaySince(task.service).map { max($0, since) + gracePeriod }
    }
}

/// The handling of one input: collects events, folding each, so that what follows sees it.
struct Turn {
    var orchestration: Orchestration
    let now: Timestamp
    var decision = Decision()

    init(orchestration: Orchestration, now: Timestamp) {
        self.orchestration = orchestration
        self.now = now
    }

    mutating func emit(_ event: Event) {
        orchestration.apply(event, at: now)
        decision.events.append(event)
    }

    mutating func perform(_ effect: Decision.Effect) { decision.effects.append(effect) }

    var isRunning: Bool { orchestration.phase == .running }
    var isEnding: Bool { if case .ending = orchestration.phase { true } else { false } }

    // MARK: - Start, end

    mutating func abandoned() {
        guard orchestration.phase == .preparing else { return }
        end(
            .init(
                status: .cancelled,
                failure: .init(.planningInterrupted, "the hub could not accept the plan; submit the action again")))
    }

    mutating func recovered() {
        if orchestration.phase == .preparing {
            return end(
                .init(
                    status: .cancelled,
                    failure: .init(.planningInterrupted, "the hub stopped while it planned; submit the action again")))
        }
        if let task = orchestration.activeCompensation { compensationRecovered(task) }
        for task in orchestration.tasks {
            switch task.phase {
            case .inFlight:
                // What ends is not delivered again; a result that still comes is late.
                guard isRunning else {
                    emit(.taskCancelled(.init(task: task.id)))
                    continue
                }
                emit(.taskWaiting(.init(task: task.id, reason: .hubRestarted)))
            case .queued: break
            default: continue
            }
            if case .queued(_, let lease) = orchestration[task.id]?.phase {
                perform(.enqueue(task.id, service: task.service, lease: lease))
            }
        }
    }

    mutating func cancel() {
        begin(.init(status: .cancelled, failure: .init(.cancelled, "cancelled by the operator")))
    }

    /// Decides how the orchestration ends. The first cause wins.
    mutating func begin(_ outcome: Event.Outcome) {
        switch orchestration.phase {
        case .preparing: return end(.init(status: outcome.status, failure: outcome.failure))
        case .held: return endHeld(outcome)
        case .running: break
        case .ending, .compensating, .ended: return
        }
        emit(.ending(outcome))
        for task in orchestration.tasks {
            switch task.phase {
            case .queued:
                perform(.withdraw(task.id, service: task.service))
                emit(.taskCancelled(.init(task: task.id)))
            case .blocked, .backingOff: emit(.taskCancelled(.init(task: task.id)))
            case .inFlight(let delivery):
                if outcome.status == .cancelled, let key = task.key {
                    perform(.cancelRequest(task.id, delivery.connection, delivery.execution, key))
                }
            case .completed, .failed, .aborted, .cancelled: break
            }
        }
    }

    mutating func end(_ ended: Event.Ended) {
        if orchestration.isPaused { emit(.resumed) }
        emit(.ended(ended))
    }

    /// After every input: readies what can be readied, ends what is over, and shows whether anything can run.
    mutating func settle(in surroundings: some Surroundings) {
        if isRunning { readyTasks(in: surroundings) }
        if isRunning, orchestration.tasks.allSatisfy(\.hasOutput) {
            let results = (orchestration.plan?.lastTasks ?? []).compactMap { orchestration[$0]?.output }
            end(.init(status: .completed, results: results))
        }
        if case .ending(let outcome) = orchestration.phase, orchestration.tasks.allSatisfy({ $0.phase.isFinal }) {
            let ended = Event.Ended(
                status: outcome.status, failure: outcome.failure, task: outcome.task,
                abortPayload: orchestration.abortPayload)
            if orchestration.nextCompensation == nil {
                end(ended)
            } else {
                if orchestration.isPaused { emit(.resumed) }
                emit(.compensating(ended))
            }
        }
        compensate(in: surroundings)
        updatePause(in: surroundings)
    }

    private mutating func updatePause(in surroundings: some Surroundings) {
        guard isRunning else {
            if isEnding, orchestration.isPaused { emit(.resumed) }
            return
        }
        var canRun = false
        var waits = false
        for task in orchestration.tasks {
            switch task.phase {
            case .inFlight, .backingOff: canRun = true
            case .queued:
                if surroundings.awaySince(task.service) == nil { canRun = true } else { waits = true }
            default: break
            }
        }
        let shouldPause = waits && !canRun
        if shouldPause != orchestration.isPaused { emit(shouldPause ? .paused : .resumed) }
    }
}
