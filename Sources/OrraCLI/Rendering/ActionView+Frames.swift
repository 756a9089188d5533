import OrraModel
import OrraProtocol

extension ActionView {
    /// Takes over what a frame tells. Frames of tasks that the plan does not have change nothing.
    mutating func apply(_ frame: ProgressFrame) {
        switch frame.type {
        case .received:
            id = frame.orchestrationId ?? id
            action = frame.action ?? action
            startedAt = frame.timestamp ?? startedAt
            retryOf = frame.retryOf
            status = .preparing
        case .planned:
            tasks = (frame.tasks ?? []).map { TaskView(id: $0.id, name: $0.serviceName, dependencies: $0.dependencies) }
                .sorted { $0.id < $1.id }
            planner = frame.planner
            confidence = frame.confidence
            pauseReason = frame.pauseReason
            status = frame.pauseReason == nil ? .processing : .paused
        case .approved, .resumed:
            pauseReason = nil
            status = .processing
        case .paused:
            status = .paused
            pauseReason = frame.pauseReason ?? .serviceAway
        case .ending:
            isEnding = true
            status = frame.status ?? status
            error = frame.error ?? error
        case .compensating:
            isUndoing = true
            isEnding = false
            status = frame.status ?? status
            error = frame.error ?? error
            // How long it takes to undo things is no part of how long the action took.
            duration = elapsed(at: frame.timestamp)
        case .ended:
            hasEnded = true
            isEnding = false
            isUndoing = false
            status = frame.status ?? status
            error = frame.error ?? error
            results = frame.results ?? []
            duration = duration ?? frame.duration.map(Duration.nanoseconds) ?? elapsed(at: frame.timestamp)
        case .planningStage, .outputWarning, .reset, .messageRejected, .taskLate, .serviceConnected,
            .serviceDisconnected, .serviceHealth:
            break
        case .compensationReady, .compensationDispatched, .compensationWaiting, .compensationAttemptFailed,
            .compensationEnded, .compensationResolved:
            guard let id = frame.taskId, self[id] != nil else { return }
            var compensation = self[compensationOf: id] ?? CompensationView(task: id)
            compensation.apply(frame)
            self[compensationOf: id] = compensation
        default:
            guard let id = frame.taskId, var task = self[id] else { return }
            task.apply(frame)
            self[id] = task
        }
    }

    private func elapsed(at end: Timestamp?) -> Duration? {
        guard let startedAt, let end else { return nil }
        return max(.zero, end - startedAt)
    }
}

extension TaskView {
    fileprivate mutating func apply(_ frame: ProgressFrame) {
        switch frame.type {
        case .taskReady: state = .pending
        case .taskDispatched:
            state = .running
            startedAt = startedAt ?? frame.timestamp
            if let attempt = frame.attempt, attempt != self.attempt {
                self.attempt = attempt
                progress = nil
                message = nil
            }
            note = nil
            retryAt = nil
        case .taskWaiting:
            state = .waiting
            note = frame.error
            retryAt = nil
        case .taskInterimResult:
            guard let data = frame.data else { return }
            let report = ProgressReport(data.value)
            progress = report.fraction ?? progress
            message = report.message ?? message
        case .taskAttemptFailed:
            state = .waiting
            note = frame.error
            retryAt = frame.retryAt
        case .taskCompleted: end(.done, frame)
        case .taskKept:
            end(.done, frame)
            note = "kept"
        case .taskFailed: end(.failed, frame)
        case .taskAborted:
            end(.aborted, frame)
            note = frame.error ?? frame.data.flatMap { ProgressReport($0.value).message }
        case .taskCancelled: end(.cancelled, frame)
        default: break
        }
    }

    private mutating func end(_ state: State, _ frame: ProgressFrame) {
        self.state = state
        note = frame.error
        retryAt = nil
        if let startedAt, let end = frame.timestamp { duration = max(.zero, end - startedAt) }
    }
}
