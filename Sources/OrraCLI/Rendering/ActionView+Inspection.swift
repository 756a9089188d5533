import OrraModel
import OrraProtocol

extension ActionView {
    init(_ inspection: Inspection) {
        self.init(id: inspection.id, action: inspection.action)
        status = inspection.status
        tasks = inspection.tasks.map(TaskView.init).sorted { $0.id < $1.id }
        startedAt = inspection.timestamp
        duration = .nanoseconds(inspection.duration)
        results = inspection.results ?? []
        error = inspection.error
        retryOf = inspection.retryOf
        pauseReason = inspection.status == .paused ? inspection.pauseReason : nil
        planner = inspection.planner
        confidence = inspection.confidence
        compensations = inspection.tasks.compensations
        isUndoing = inspection.status.isFinal && compensations.contains { !$0.state.isFinal }
        hasEnded = inspection.status.isFinal && !isUndoing
    }
}

extension TaskView {
    init(_ task: TaskInspection) {
        self.init(id: task.id, name: task.serviceName, dependencies: task.dependencies ?? [])
        state = State(task.status)
        let begun = task.statusHistory.first { $0.status == .processing }
        startedAt = begun?.timestamp
        duration = begun == nil && task.duration == 0 ? nil : .nanoseconds(task.duration)
        attempt = max(1, task.attempts ?? 1)
        note = task.error ?? task.abortPayload.flatMap { ProgressReport($0.value).message }
        let reports = (task.interimResults ?? []).suffix(64).map { ProgressReport($0.data.value) }
        progress = reports.last { $0.fraction != nil }?.fraction
        message = reports.last { $0.message != nil }?.message
    }
}

extension TaskView.State {
    init(_ status: Status) {
        switch status {
        case .registered, .preparing, .pending: self = .pending
        case .processing: self = .running
        case .paused: self = .waiting
        case .completed: self = .done
        case .failed, .notActionable: self = .failed
        case .aborted: self = .aborted
        case .cancelled: self = .cancelled
        }
    }
}
