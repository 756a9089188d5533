import OrraModel

/// Readying, dispatching and losing tasks.
extension Turn {
    /// Binds the inputs of every task whose dependencies have outputs.
    mutating func readyTasks(in surroundings: some Surroundings) {
        // By index: a loop over the tasks themselves would have the first event copy all of them.
        for index in orchestration.tasks.indices where orchestration.tasks[index].phase == .blocked {
            guard isRunning else { return }
            let task = orchestration.tasks[index]
            guard task.dependencies.allSatisfy({ orchestration[$0]?.hasOutput == true }) else { continue }
            switch InputBinding.bind(task, in: orchestration, to: surroundings.service(task.service)?.schema.input) {
            case .bound(let input):
                emit(
                    .taskReady(
                        .init(
                            task: task.id, input: input,
                            key: .task(task.id, of: orchestration.id))))
                if surroundings.awaySince(task.service) != nil {
                    emit(.taskWaiting(.init(task: task.id, reason: .serviceAway)))
                }
                perform(.enqueue(task.id, service: task.service, lease: nil))
            case .failure(let failure): fail(task.id, failure)
            }
        }
    }

    mutating func dispatched(
        _ id: TaskID, _ execution: ExecutionID, _ connection: ConnectionID, _ instance: String?
    ) {
        guard let task = orchestration[id], case .queued = task.phase else { return }
        let isRedelivery = task.deliveries > 0
        emit(
            .taskDispatched(
                .init(
                    task: id, attempt: isRedelivery ? task.attempt : task.attempt + 1, delivery: task.deliveries + 1,
                    execution: execution, connection: connection, instance: instance)))
    }

    mutating func connectionLost(_ id: TaskID, _ connection: ConnectionID) {
        guard let task = orchestration[id], case .inFlight(let delivery) = task.phase,
            delivery.connection == connection
        else { return }
        // What ends is not delivered again; a result that comes after a reconnect is late.
        guard isRunning else { return emit(.taskCancelled(.init(task: id))) }
        emit(.taskWaiting(.init(task: id, reason: .connectionLost)))
        guard task.connectionsLost + 1 < Limits.connectionsLostPerTask else {
            return fail(
                id,
                Failure(
                    .taskLosesConnections,
                    "\(orchestration.label(task)) lost its connection \(Limits.connectionsLostPerTask) times while it ran; "
                        + "look for a crash in the service's own logs"))
        }
        enqueue(id)
    }

    private mutating func enqueue(_ id: TaskID) {
        guard let task = orchestration[id], case .queued(_, let lease) = task.phase else { return }
        perform(.enqueue(id, service: task.service, lease: lease))
    }

    // MARK: - Time

    mutating func clock(in surroundings: some Surroundings) {
        for task in orchestration.tasks {
            switch task.phase {
            case .inFlight(let delivery) where delivery.deadline <= now: timeOut(task, delivery, in: surroundings)
            case .backingOff(let until) where until <= now && isRunning:
                emit(.taskWaiting(.init(task: task.id, reason: .retryDue)))
                enqueue(task.id)
            case .queued(let since, _) where isRunning:
                guard let end = orchestration.graceEnd(of: task, queuedSince: since, in: surroundings), end <= now
                else { continue }
                perform(.withdraw(task.id, service: task.service))
                fail(
                    task.id,
                    Failure(
                        .serviceAway,
                        "\(orchestration.label(task)) was away longer than the grace period of "
                            + "\(orchestration.gracePeriod.brief); start the service, or submit with a longer "
                            + "healthCheckGracePeriod"))
            default: continue
            }
        }
    }

    private mutating func timeOut(
        _ task: TaskState, _ delivery: TaskPhase.Delivery, in surroundings: some Surroundings
    ) {
        perform(.release(task.id, delivery.connection, succeeded: false))
        guard isRunning else { return emit(.taskCancelled(.init(task: task.id))) }
        if task.deliveries > 1, !task.usedReset {
            // Clients answer what they hold only after a reconnect: one reset, not charged as an attempt.
            emit(.taskWaiting(.init(task: task.id, reason: .connectionReset)))
            perform(.resetConnection(delivery.connection))
            return enqueue(task.id)
        }
        let failure = Failure(
            .taskTimedOut,
            "\(orchestration.label(task)) gave no answer within \(orchestration.timeout.brief) in attempt \(task.attempt)"
        )
        attemptFailed(task, failure, execution: nil, in: surroundings)
    }

    // MARK: - Failure

    /// Ends an attempt: another follows after the policy's wait, or the task fails for good.
    mutating func attemptFailed(
        _ task: TaskState, _ failure: Failure, execution: String?, in surroundings: some Surroundings
    ) {
        let policy = surroundings.service(task.service)?.retry ?? .standard
        let attempt = max(task.attempt, 1)
        guard isRunning, attempt < policy.maximumAttempts else {
            emit(.attemptFailed(.init(task: task.id, attempt: attempt, execution: execution, failure: failure)))
            var last = failure
            if policy.maximumAttempts > 1, isRunning { last.message += " (\(attempt) attempts)" }
            return fail(task.id, last)
        }
        let delay = policy.delay(afterAttempt: attempt, fraction: task.key?.fraction(attempt) ?? 0)
        emit(
            .attemptFailed(
                .init(
                    task: task.id, attempt: attempt, execution: execution, failure: failure, retryAt: now + delay)))
    }

    /// The task fails for good, and the orchestration with it.
    mutating func fail(_ id: TaskID, _ failure: Failure) {
        emit(.taskFailed(.init(task: id, failure: failure)))
        begin(.init(status: .failed, failure: failure, task: id))
    }
}
