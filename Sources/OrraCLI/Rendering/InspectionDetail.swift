import OrraModel
import OrraProtocol

/// Draws an inspection: header, box, what was asked for of each task, results.
struct InspectionDetail: Sendable {
    enum Updates: Sendable { case none, shortened, whole }

    var isDetailed = false
    var updates = Updates.none

    func lines(_ inspection: Inspection, now: Timestamp, width: Int?) -> [Line] {
        let view = ActionView(inspection)
        let box = TaskBox(view: view, now: now, width: width ?? 200)
        var lines = box.header
        lines.append(Line("  \(Times.moment(inspection.timestamp))", .faint))
        if inspection.status == .paused, let reason = inspection.pauseReason {
            lines.append(Line("  ⏸ ", .warning).adding(PlanText.waits(reason, inspection.id), .warning))
        }
        lines += [Line()] + box.box.map { line in width.map { line.truncated(to: $0) } ?? line }
        if isDetailed, let stages = inspection.planning, !stages.isEmpty {
            lines += [Line()] + PlanningText(stages: stages).lines
        }
        for task in inspection.tasks.sorted(by: { $0.id < $1.id }) {
            let section = section(task)
            if !section.isEmpty { lines += [Line(), title(task)] + section }
        }
        if let abort = inspection.abortInfo {
            lines += [Line(), Line("Aborted by \(abort.serviceName) (\(abort.taskId))", .bad)]
            if isDetailed, let payload = abort.payload { lines += json(payload) }
        }
        return lines + Outcome.lines(view)
    }

    private func title(_ task: TaskInspection) -> Line {
        let state = TaskView.State(task.status)
        var line = Line(state.icon(), state.style).adding(" ").adding(task.serviceName, .bold)
        line.add("  \(task.id)", .faint)
        if isDetailed {
            let attempts = task.attempts ?? 0
            line.add("  \(task.status.words)", state.style)
            if task.duration > 0 { line.add("  \(Times.duration(.nanoseconds(task.duration)))") }
            if attempts > 0 { line.add("  \(attempts) attempt\(attempts == 1 ? "" : "s")", .faint) }
            if let undone = task.compensation?.status { line.add("  \(undone.words)", undone.style) }
        }
        return line
    }

    private func section(_ task: TaskInspection) -> [Line] {
        var lines: [Line] = []
        if isDetailed {
            if let dependencies = task.dependencies, !dependencies.isEmpty {
                lines.append(label("needs").adding(dependencies.map(\.description).joined(separator: ", ")))
            }
            if let error = task.error { lines.append(label("error").adding(error, .bad)) }
            if !task.statusHistory.isEmpty { lines.append(label("history")) }
            lines += task.statusHistory.map { change in
                Line("    \(Times.clock(change.timestamp))  ", .faint)
                    .adding(change.status.words, change.status.style)
                    .adding(change.error.map { "  \($0)" } ?? "")
            }
            if let history = task.compensationHistory, !history.isEmpty { lines.append(label("undo")) }
            lines += (task.compensationHistory ?? []).map { change in
                Line("    \(Times.clock(change.timestamp))  ", .faint)
                    .adding(change.status.words, change.status.style)
                    .adding(change.attempt > 1 ? "  attempt \(change.attempt) of \(change.maxAttempts)" : "", .faint)
                    .adding(change.error.map { "  \($0)" } ?? "")
            }
            if let warnings = task.warnings, !warnings.isEmpty {
                lines.append(label("output breaks its schema"))
                lines += warnings.map { Line("    \($0.path)  ", .faint).adding($0.reason, .warning) }
            }
            for (name, payload) in [
                ("input", task.input), ("output", task.output), ("abort payload", task.abortPayload),
            ] {
                if let payload { lines += [label(name)] + json(payload) }
            }
        }
        return lines + updateLines(task.interimResults ?? [])
    }

    private func updateLines(_ results: [InterimResult]) -> [Line] {
        guard updates != .none, !results.isEmpty else { return [] }
        return [label("updates")]
            + results.flatMap { result -> [Line] in
                let time = Line("    \(Times.clock(result.timestamp))  ", .faint)
                guard updates == .whole else { return [time.adding(Narration.report(result.data.value))] }
                return [time] + json(result.data)
            }
    }

    private func label(_ name: String) -> Line { Line("  \(name)  ", .faint) }

    private func json(_ payload: RawJSON) -> [Line] { JSONText.prettyLines(payload.value).map { Line("    " + $0) } }
}
