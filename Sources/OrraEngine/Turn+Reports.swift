import OrraModel

/// What services report. The first durable outcome of a task counts; all else is acknowledged and changes nothing.
extension Turn {
    mutating func report(
        _ id: TaskID, _ report: TaskReport, _ execution: String, in surroundings: some Surroundings
    ) {
        guard let task = orchestration[id] else { return }
        guard !task.phase.isFinal else { return reportAfterOutcome(task, report, in: surroundings) }
        guard task.phase != .blocked else { return reject(task, "the task has not been delivered yet") }
        switch report {
        case .inProgress: break
        case .interim(let data, let interim, let skipped): self.interim(task, data, interim, execution, skipped)
        case .output(let output, let compensation):
            leaveDelivery(task, succeeded: true)
            complete(task, output, compensation, in: surroundings)
        case .malformed(let reason): malformed(task, reason)
        case .compensation: malformed(task, "an answer to a compensation came instead")
        case .aborted(let payload):
            leaveDelivery(task, succeeded: true)
            emit(.taskAborted(.init(task: id, payload: payload)))
            begin(
                .init(
                    status: .aborted, failure: .init(.taskAborted, "\(orchestration.label(task)) aborted the action"),
                    task: id))
        case .error(let message): error(task, message, execution, in: surroundings)
        }
    }

    private mutating func malformed(_ task: TaskState, _ reason: String) {
        leaveDelivery(task, succeeded: false)
        fail(task.id, Failure(.taskOutputInvalid, "\(orchestration.label(task)) sent no result: \(reason)"))
    }

    /// Takes the task from its connection or from the outbox.
    mutating func leaveDelivery(_ task: TaskState, succeeded: Bool) {
        switch task.phase {
        case .inFlight(let delivery): perform(.release(task.id, delivery.connection, succeeded: succeeded))
        case .queued: perform(.withdraw(task.id, service: task.service))
        default: break
        }
    }

    private mutating func error(
        _ task: TaskState, _ message: String, _ execution: String, in surroundings: some Surroundings
    ) {
        // The error of an attempt that was counted already, said again; or one that comes after its timeout.
        guard !task.failedExecutions.contains(execution) else { return }
        if case .backingOff = task.phase { return }
        if case .queued = task.phase, task.deliveries == 0 { return }
        leaveDelivery(task, succeeded: false)
        let failure = Failure(
            .taskFailed, "\(orchestration.label(task)): \(message.prefix(Limits.errorCharacters))")
        attemptFailed(task, failure, execution: execution, in: surroundings)
    }

    private mutating func interim(
        _ task: TaskState, _ data: RawJSON, _ id: InterimID, _ execution: String, _ skipped: Int
    ) {
        guard task.interimCount < Limits.interimResultsPerTask, data.count <= Limits.payloadBytes,
            orchestration.payloadBytes + data.count <= Limits.orchestrationBytes / 4,
            task.lastInterim != .init(execution: execution, data: data)
        else { return }
        emit(
            .taskInterim(
                .init(
                    task: task.id, id: id, execution: execution, data: data, skipped: skipped > 0 ? skipped : nil)))
    }

    private mutating func reportAfterOutcome(
        _ task: TaskState, _ report: TaskReport, in surroundings: some Surroundings
    ) {
        // A success counts for what is to be undone, so it is kept however many other messages came before it.
        if case .output(let output, let compensation) = report, !task.hasOutput, !task.hasLateSuccess,
            completedLate(task, output, compensation, in: surroundings)
        {
            return
        }
        guard task.rejections < Limits.rejectionsPerTask else { return }
        switch report {
        case .output where task.hasLateSuccess: break  // said again
        case .error(let message) where !task.hasOutput && task.phase == .cancelled:
            emit(.taskLate(.init(task: task.id, error: String(message.prefix(Limits.errorCharacters)))))
        case .output(let output, _) where task.isOutput(output): break  // the same, said again
        case .interim, .inProgress: break
        case .output, .error, .malformed, .aborted, .compensation: reject(task, "the task already has an outcome")
        }
    }

    private mutating func reject(_ task: TaskState, _ reason: String) {
        guard task.rejections < Limits.rejectionsPerTask else { return }
        emit(.messageRejected(.init(task: task.id, reason: reason)))
    }
}
