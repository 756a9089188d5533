import OrraModel

/// Draws an action: its header, the box with its tasks, the footer. Pure: the same view at the same moment gives the same
/// lines.
///
/// ```
/// ┌─ Tasks
/// │ ✓ inventory-tool          0.4s
/// │ ├─ ◐ delivery-agent       1.2s  ▰▰▰▰▰▱▱▱ 62 %  booking a carrier
/// │ └─ ○ payment-service
/// └─ ◎ processing  1.6s
/// ```
///
/// When the action did not complete, what is undone stands below its tasks:
///
/// ```
/// ├─ Undo
/// │ ✓ inventory-tool          0.2s  undone
/// └─ ✕ failed after 2.0s
/// ```
struct TaskBox: Sendable {
    var view: ActionView
    /// The hub's time.
    var now: Timestamp
    /// Turns the icons of what runs.
    var tick = 0
    /// Columns there are; more than enough when nothing limits them.
    var width = 200
    /// Rows there are for tasks; what matters least is left out beyond them.
    var maximumTasks = Int.max

    static let barCells = 8
    static let nameColumn = 26
    private static let durationColumns = 6

    var header: [Line] {
        let title = Line(view.status.icon, view.status.style).adding(" ").adding(view.action, .bold)
        guard let id = view.id else { return [title] }
        let origin = PlanText.origin(view.planner, view.confidence).map { "  planned: \($0)" } ?? ""
        let retry = view.retryOf.map { "  again after \($0)" } ?? ""
        return [title, Line("  \(id)", .faint).adding(retry, .faint).adding(origin, .faint)]
    }

    var box: [Line] {
        let compensations = shownCompensations
        let rows = shown(TaskTree(view.tasks).rows, limit: maximumTasks - compensations.rowCount)
        let column = nameEnd(rows.rows)
        var lines = [Line("┌─ ", .faint).adding("Tasks", .bold)]
        lines += rows.rows.map { line($0, nameEnd: column) }
        if rows.hidden > 0 { lines.append(Line("│ ", .faint).adding("… \(rows.hidden) more", .faint)) }
        if view.tasks.isEmpty { lines.append(Line("│ ", .faint).adding(view.hasEnded ? "none" : "planning", .faint)) }
        if !view.compensations.isEmpty { lines.append(Line("├─ ", .faint).adding("Undo", .bold)) }
        if compensations.hidden > 0 {
            lines.append(Line("│ ", .faint).adding("… \(compensations.hidden) more", .faint))
        }
        lines += compensations.rows.map { line($0, nameEnd: column) }
        lines.append(footer)
        return lines
    }

    /// `✓ completed in 3.4s`
    var footer: Line {
        let line = Line("└─ ", .faint)
        let elapsed = view.elapsed(at: now).map(Times.duration)
        let status = view.status
        guard view.hasEnded || view.isUndoing else {
            let words = view.isEnding ? "ending as \(status.words)" : status.words
            return line.adding("\(status.icon) \(words)", status.style).adding(elapsed.map { "  \($0)" } ?? "")
        }
        let link = status == .completed ? "in" : "after"
        return line.adding("\(status == .completed ? "✓" : status.icon) \(status.words)", status.style)
            .adding(elapsed.map { " \(link) \($0)" } ?? "").adding(view.isUndoing ? ", undoing" : "", .busy)
    }

    private func line(_ row: TaskTree.Row, nameEnd: Int) -> Line {
        let task = row.task
        var line = Line("│ " + row.guides, .faint)
        line.add(task.state.icon(tick: tick), task.state.style)
        line.add(" ")
        let name = DisplayWidth.shortened(view.label(of: task), to: max(4, nameEnd - line.width))
        line.add(name, task.state == .pending || task.state == .cancelled ? .faint : .plain)
        return finished(
            line, elapsed: task.elapsed(at: now), isFinal: task.state.isFinal, tail: tail(row), nameEnd: nameEnd)
    }

    private func line(_ compensation: CompensationView, nameEnd: Int) -> Line {
        let state = compensation.state
        var line = Line("│ ", .faint).adding(state.icon(tick: tick), state.style).adding(" ")
        let name = DisplayWidth.shortened(view.label(of: compensation.task), to: max(4, nameEnd - line.width))
        line.add(name, state == .pending ? .faint : .plain)
        return finished(
            line, elapsed: compensation.elapsed(at: now), isFinal: state.isFinal, tail: tail(compensation),
            nameEnd: nameEnd)
    }

    /// The line with the duration in its column and what stands behind it.
    private func finished(_ start: Line, elapsed: Duration?, isFinal: Bool, tail: [Line.Span], nameEnd: Int) -> Line {
        var line = start
        var tail = tail
        if let elapsed {
            let text = Times.duration(elapsed)
            line.pad(to: nameEnd + Self.durationColumns - DisplayWidth.of(text))
            line.add(text, isFinal ? .faint : .plain)
        } else if let first = tail.first {
            line.pad(to: nameEnd + Self.durationColumns)
            line.add("  ")
            line.add(first.text, first.style)
            tail.removeFirst()
        }
        for part in tail {
            line.add("  ")
            line.add(part.text, part.style)
        }
        return line
    }

    /// What stands behind the duration: progress, what the service says, why it waits, what else it needs.
    private func tail(_ row: TaskTree.Row) -> [Line.Span] {
        let task = row.task
        var parts: [Line.Span] = []
        if task.state == .running {
            if task.attempt > 1 { parts.append(.init(text: "attempt \(task.attempt)", style: .warning)) }
            if let progress = task.progress { parts.append(.init(text: bar(progress), style: .busy)) }
            if let message = task.message { parts.append(.init(text: message, style: .plain)) }
        } else if let note = task.note {
            let style: Style = task.state == .done ? .faint : task.state.style
            let prefix = task.state == .waiting && task.retryAt != nil ? "attempt \(task.attempt) failed: " : ""
            parts.append(.init(text: prefix + note, style: style))
        }
        if task.state == .waiting, let retryAt = task.retryAt, !view.hasEnded { parts.append(again(retryAt)) }
        if task.state == .pending, !row.furtherDependencies.isEmpty {
            let names = row.furtherDependencies.map { view.label(of: $0) }.joined(separator: ", ")
            parts.append(.init(text: "← \(names)", style: .faint))
        }
        return parts
    }

    /// What stands behind the duration of what is undone: how it ended and why, or why it waits.
    private func tail(_ compensation: CompensationView) -> [Line.Span] {
        let note = compensation.note(of: view[compensation.task])
        switch compensation.state {
        case .pending: return []
        case .running:
            return compensation.attempt > 1
                ? [.init(text: "attempt \(compensation.attempt)", style: .warning)] : []
        case .waiting:
            let prefix = compensation.retryAt == nil ? "" : "attempt \(compensation.attempt): "
            let why = Line.Span(text: prefix + (note ?? ""), style: .warning)
            guard let retryAt = compensation.retryAt, !view.hasEnded else { return [why] }
            return [why, again(retryAt)]
        case .undone, .failed:
            let words = note ?? (compensation.outcome ?? .completed).words
            return [.init(text: words, style: compensation.state == .undone ? .faint : .bad)]
        }
    }

    private func again(_ retryAt: Timestamp) -> Line.Span {
        let wait = max(.zero, retryAt - now)
        return .init(text: "again in \(Times.age(wait + .milliseconds(999)))", style: .faint)
    }

    /// `▰▰▰▰▰▱▱▱ 62 %`; in a narrow window the number alone.
    private func bar(_ progress: Double) -> String {
        let percent = "\(Int((progress * 100).rounded())) %"
        guard width >= 60 else { return percent }
        let full = Int((progress * Double(Self.barCells)).rounded())
        return String(repeating: "▰", count: full) + String(repeating: "▱", count: Self.barCells - full) + " " + percent
    }

    /// The column at which names end and durations begin.
    private func nameEnd(_ rows: [TaskTree.Row]) -> Int {
        let names = view.compensations.map { 4 + DisplayWidth.of(view.label(of: $0.task)) }
        let widest =
            (rows.map { 4 + DisplayWidth.of($0.guides) + DisplayWidth.of(view.label(of: $0.task)) } + names).max() ?? 0
        return min(max(widest, Self.nameColumn), max(12, width - Self.durationColumns - 2))
    }

    /// Chooses what to show in a low window: what runs before what waits for its turn before what is done.
    private func shown(_ rows: [TaskTree.Row], limit: Int) -> (rows: [TaskTree.Row], hidden: Int) {
        guard rows.count > limit else { return (rows, 0) }
        func rank(_ state: TaskView.State) -> Int {
            switch state {
            case .failed, .aborted: 0
            case .running, .waiting: 1
            case .pending: 2
            case .done, .cancelled: 3
            }
        }
        let kept = rows.indices.sorted { (rank(rows[$0].task.state), $0) < (rank(rows[$1].task.state), $1) }
            .prefix(max(1, limit - 1)).sorted()
        return (kept.map { rows[$0] }, rows.count - kept.count)
    }

    /// In a low window the newest ones, in at most half of the rows.
    private var shownCompensations: (rows: [CompensationView], hidden: Int, rowCount: Int) {
        let all = view.compensations
        guard !all.isEmpty else { return ([], 0, 0) }
        let limit = max(1, maximumTasks / 2)
        guard all.count > limit else { return (all, 0, all.count + 1) }
        let rows = Array(all.suffix(max(1, limit - 1)))
        return (rows, all.count - rows.count, limit + 1)
    }
}
