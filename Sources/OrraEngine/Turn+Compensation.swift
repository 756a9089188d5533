import OrraModel

/// Undoing: completed tasks that can be undone, the newest first, one at a time, each up to ten attempts within its time
/// to live. A service that is away costs no attempt.
extension Turn {
    /// After every input: requests the next compensation when none is under way.
    mutating func compensate(in surroundings: some Surroundings) {
        guard orchestration.undoes else { return }
        while orchestration.activeCompensation == nil, let task = orchestration.nextCompensation, let undo = task.undo {
            guard now < undo.expiresAt else {
                expire(task, undo)
                continue
            }
            request(task, undo, in: surroundings)
        }
        if case .compensating(let ended) = orchestration.phase, orchestration.activeCompensation == nil { end(ended) }
    }

    private mutating func request(_ task: TaskState, _ undo: CompensationState, in surroundings: some Surroundings) {
        let number = undo.number + 1
        emit(
            .compensationReady(
                .init(
                    task: task.id, key: .compensation(of: task.id, of: orchestration.id, number: number),
                    number: number,
                    expiresAt: undo.expiresAt)))
        if surroundings.awaySince(task.service) != nil {
            emit(.compensationWaiting(.init(task: task.id, reason: .serviceAway)))
        }
        enqueueCompensation(task.id)
    }

    private mutating func enqueueCompensation(_ id: TaskID) {
        guard let task = orchestration[id], case .queued(_, let lease)? = task.undo?.phase else { return }
        perform(.enqueue(id, service: task.service, lease: lease, kind: .compensation))
    }

    mutating func compensationDispatched(
        _ id: TaskID, _ execution: ExecutionID, _ connection: ConnectionID, _ instance: String?
    ) {
        guard let task = orchestration[id], let undo = task.undo, case .queued = undo.phase else { return }
        // It is over, though the clock has not been looked at yet.
        guard now < undo.expiresAt else { return expire(task, undo) }
        let isRedelivery = undo.deliveries > 0
        emit(
            .compensationDispatched(
                .init(
                    task: id, attempt: isRedelivery ? undo.attempt : undo.attempt + 1, delivery: undo.deliveries + 1,
                    execution: execution, connection: connection, instance: instance)))
    }

    mutating func compensationLostConnection(_ id: TaskID, _ connection: ConnectionID) {
        guard let task = orchestration[id], let undo = task.undo, case .inFlight(let delivery) = undo.phase,
            delivery.connection == connection
        else { return }
        emit(.compensationWaiting(.init(task: id, reason: .connectionLost)))
        guard undo.connectionsLost + 1 < Limits.connectionsLostPerTask else {
            return finish(
                task, undo.partial == nil ? .failed : .partial,
                Failure(
                    .taskLosesConnections,
                    "\(orchestration.label(task)) lost its connection \(Limits.connectionsLostPerTask) times while it was "
                        + "undone; look for a crash in the service's own logs"))
        }
        enqueueCompensation(id)
    }

    mutating func compensationRecovered(_ task: TaskState) {
        if case .inFlight? = task.undo?.phase {
            emit(.compensationWaiting(.init(task: task.id, reason: .hubRestarted)))
        }
        enqueueCompensation(task.id)
    }

    // MARK: - Answers

    mutating func compensationReport(
        _ id: TaskID, _ report: TaskReport, _ key: IdempotencyKey, _ connection: ConnectionID
    ) {
        guard let task = orchestration[id], let undo = task.undo, undo.key != nil, !undo.phase.isFinal else { return }
        // What is undone is undone, whichever request asked for it. Any other answer counts for the current request only,
        // and not while another connection works on it.
        if report != .compensation(.completed) {
            guard undo.key == key else { return }
            if case .inFlight(let delivery) = undo.phase, delivery.connection != connection { return }
        }
        switch report {
        case .inProgress, .interim: return
        case .compensation(.completed):
            leaveCompensation(task, undo, succeeded: true)
            emit(
                .compensationEnded(
                    .init(
                        task: id, id: .init(of: task.id, of: orchestration.id), status: .completed,
                        attempts: max(undo.attempt, 1))))
        case .compensation(.partial(let partial)):
            answered(
                task, undo, Failure(.compensationPartial, "\(orchestration.label(task)) was undone only in part"),
                partial)
        case .compensation(.failed(let message)), .error(let message):
            let said = message.prefix(Limits.errorCharacters)
            answered(task, undo, Failure(.compensationFailed, "\(orchestration.label(task)) was not undone: \(said)"))
        case .malformed(let reason):
            invalid(task, undo, reason)
        case .output: invalid(task, undo, "a task's output came instead")
        case .aborted: invalid(task, undo, "an abort came instead")
        }
    }

    private mutating func invalid(_ task: TaskState, _ undo: CompensationState, _ reason: String) {
        answered(
            task, undo,
            Failure(.compensationInvalid, "\(orchestration.label(task)) sent no compensation result: \(reason)"))
    }

    /// The service did not undo it all, and said so: its next request has a new key, or it would be answered from memory.
    private mutating func answered(
        _ task: TaskState, _ undo: CompensationState, _ failure: Failure, _ partial: Event.Partial? = nil
    ) {
        // The answer of an attempt that was counted already, said again.
        if case .backingOff = undo.phase, undo.wasAnswered { return }
        // Its attempt timed out before: it is counted already, and the wait may even be over.
        let isCounted = undo.phase.kind == .backingOff || undo.phase.kind == .queued && undo.deliveries == 0
        leaveCompensation(task, undo, succeeded: false)
        compensationAttemptFailed(task, undo, failure, partial: partial, isAnswered: true, isCounted: isCounted)
    }

    private mutating func leaveCompensation(_ task: TaskState, _ undo: CompensationState, succeeded: Bool) {
        switch undo.phase {
        case .inFlight(let delivery):
            perform(.release(task.id, delivery.connection, succeeded: succeeded, kind: .compensation))
        case .queued: perform(.withdraw(task.id, service: task.service, kind: .compensation))
        default: break
        }
    }

    /// Ends an attempt: another follows after the wait, or the compensation ends.
    private mutating func compensationAttemptFailed(
        _ task: TaskState, _ undo: CompensationState, _ failure: Failure, partial: Event.Partial? = nil,
        isAnswered: Bool, isCounted: Bool = false
    ) {
        let policy = RetryPolicy.compensation
        let attempt = max(undo.attempt, 1)
        guard attempt < policy.maximumAttempts, now < undo.expiresAt else {
            emit(
                .compensationAttemptFailed(
                    .init(
                        task: task.id, attempt: attempt, failure: failure, isAnswered: isAnswered, partial: partial)))
            guard attempt >= policy.maximumAttempts else { return finishExpired(task, undo) }
            var last = failure
            last.message += " (\(attempt) attempts)"
            return finish(task, partial != nil || undo.partial != nil ? .partial : .failed, last)
        }
        var retryAt = now + policy.delay(afterAttempt: attempt, fraction: undo.key?.fraction(attempt) ?? 0)
        // The answer to an attempt that had timed out: the wait goes on as it was.
        if isCounted {
            if case .backingOff(let until) = undo.phase { retryAt = until } else { retryAt = now }
        }
        emit(
            .compensationAttemptFailed(
                .init(
                    task: task.id, attempt: attempt, failure: failure, isAnswered: isAnswered, partial: partial,
                    retryAt: min(retryAt, undo.expiresAt))))
    }

    private mutating func expire(_ task: TaskState, _ undo: CompensationState) {
        leaveCompensation(task, undo, succeeded: false)
        finishExpired(task, undo)
    }

    private mutating func finishExpired(_ task: TaskState, _ undo: CompensationState) {
        let ttl = (undo.expiresAt - undo.completedAt).brief
        finish(
            task, .expired,
            Failure(
                .compensationExpired,
                "\(orchestration.label(task)) could be undone within \(ttl) of its completion, and was not"))
    }

    private mutating func finish(_ task: TaskState, _ status: CompensationStatus, _ failure: Failure) {
        emit(
            .compensationEnded(
                .init(
                    task: task.id, id: .init(of: task.id, of: orchestration.id), status: status, failure: failure,
                    attempts: orchestration[task.id]?.undo?.attempt ?? 0)))
    }

    // MARK: - Time

    mutating func compensationClock(in surroundings: some Surroundings) {
        guard let task = orchestration.activeCompensation, let undo = task.undo else { return }
        switch undo.phase {
        case .inFlight(let delivery) where delivery.deadline <= now: compensationTimedOut(task, undo, delivery)
        case .queued where undo.expiresAt <= now, .backingOff where undo.expiresAt <= now: expire(task, undo)
        case .backingOff(let until) where until <= now:
            if undo.wasAnswered { return request(task, undo, in: surroundings) }
            emit(.compensationWaiting(.init(task: task.id, reason: .retryDue)))
            enqueueCompensation(task.id)
        default: break
        }
    }

    private mutating func compensationTimedOut(
        _ task: TaskState, _ undo: CompensationState, _ delivery: TaskPhase.Delivery
    ) {
        perform(.release(task.id, delivery.connection, succeeded: false, kind: .compensation))
        if undo.deliveries > 1, !undo.usedReset, now < undo.expiresAt {
            // Clients answer what they hold only after a reconnect: one reset, not charged as an attempt.
            emit(.compensationWaiting(.init(task: task.id, reason: .connectionReset)))
            perform(.resetConnection(delivery.connection))
            return enqueueCompensation(task.id)
        }
        let failure = Failure(
            .compensationTimedOut,
            "\(orchestration.label(task)) did not say within \(Limits.compensationTimeout.brief) whether it is undone")
        compensationAttemptFailed(task, undo, failure, isAnswered: false)
    }

    // MARK: - The inbox

    mutating func resolve(_ id: TaskID, _ resolution: Event.CompensationResolved.Resolution, _ reason: String) {
        guard let undo = orchestration[id]?.undo, case .ended(let status) = undo.phase, status != .completed,
            undo.resolution == nil
        else { return }
        emit(
            .compensationResolved(
                .init(task: id, id: .init(of: id, of: orchestration.id), resolution: resolution, reason: reason)))
    }
}
