import OrraModel
import OrraProtocol

/// A plan that is not run: its tasks as a tree, and for each point of failure what would become of the others.
///
/// ```
/// ○ Process new order and arrange optimal delivery
///
/// ┌─ Plan
/// │ ○ inventory-tool
/// │ └─ ○ payment-service
/// └─ 2 tasks
///
/// ┌─ If payment-service fails
/// │ ✓ inventory-tool          is undone
/// └─ all is undone
/// ```
struct PlanView: Sendable {
    private var view: ActionView
    private let preview: PlanPreview
    private var points: [FailurePoint] { preview.failurePoints }

    init(_ preview: PlanPreview, action: String) {
        view = ActionView(action: action)
        view.status = .pending
        if preview.verdict == .refused { view.status = .notActionable }
        self.preview = preview
        let points = preview.failurePoints
        let names = Dictionary(points.map { ($0.taskId, $0.serviceName) }, uniquingKeysWith: { first, _ in first })
        view.tasks = (preview.plan?["tasks"]?.array ?? []).compactMap { task in
            guard let id = task["id"]?.string.flatMap({ TaskID($0) }), id != .zero else { return nil }
            let name = names[id] ?? task["service"]?.string ?? id.description
            var shown = TaskView(id: id, name: name, dependencies: Self.dependencies(task["input"]))
            shown.note = task["reason"]?.string
            return shown
        }.sorted { $0.id < $1.id }
    }

    /// The tasks whose outputs the input takes: `"$task1.total"`.
    static func dependencies(_ input: JSONValue?) -> [TaskID] {
        let sources = (input?.object?.members ?? []).compactMap { member -> TaskID? in
            guard let text = member.value.string, text.hasPrefix("$"), let dot = text.firstIndex(of: ".") else {
                return nil
            }
            return TaskID(text[text.index(after: text.startIndex)..<dot])
        }
        return Set(sources).subtracting([.zero]).sorted()
    }

    func lines(now: Timestamp, width: Int?) -> [Line] {
        let box = TaskBox(view: view, now: now, width: width ?? 200)
        let count = view.tasks.count
        let plan =
            [Line("┌─ ", .faint).adding("Plan", .bold)] + box.box.dropFirst().dropLast()
            + [Line("└─ ", .faint).adding("\(count) task\(count == 1 ? "" : "s")")]
        guard preview.verdict != .refused else {
            let draft = view.tasks.isEmpty ? [] : [Line()] + plan
            return box.header + draft + [Line(), Line(preview.reason ?? "The action is refused.", .bad)]
        }
        return box.header + [Line()] + plan + verdict + points.flatMap { [Line()] + lines($0) }
    }

    /// Who made the plan, and what becomes of it. Nothing where the hub says nothing of it.
    private var verdict: [Line] {
        guard let origin = PlanText.origin(preview.planner, preview.confidence) else { return [] }
        var lines = [Line(), Line("planned: \(origin)", .faint)]
        switch preview.verdict {
        case .confirmation: lines.append(Line("It would wait for confirmation before it runs.", .warning))
        case .approval: lines.append(Line("It would wait for approval before it runs.", .warning))
        case .run, .refused: break
        }
        return lines
    }

    private func lines(_ point: FailurePoint) -> [Line] {
        var lines = [
            Line("┌─ ", .faint).adding("If ", .bold).adding(label(point.taskId, point.serviceName), .bold)
                .adding(" fails", .bold)
        ]
        lines += point.undone.map { row("✓", .good, $0.taskId, $0.serviceName, "is undone") }
        lines += point.maybeUndone.map {
            row("○", .warning, $0.taskId, $0.serviceName, "is undone, if it has completed by then")
        }
        lines += point.cannotUndo.map {
            row(
                "✕", .bad, $0.taskId, $0.serviceName,
                "can't be undone" + ($0.certain ? "" : ", if it has completed by then"))
        }
        return lines + [Line("└─ ", .faint).adding(summary(point))]
    }

    private func summary(_ point: FailurePoint) -> String {
        if !point.cannotUndo.isEmpty {
            return point.cannotUndo.contains(where: \.certain) ? "something stays" : "something may stay"
        }
        return point.undone.isEmpty && point.maybeUndone.isEmpty ? "there is nothing to undo" : "all is undone"
    }

    private func row(_ icon: String, _ style: Style, _ id: TaskID, _ name: String, _ fate: String) -> Line {
        var line = Line("│ ", .faint).adding(icon, style).adding(" ").adding(label(id, name))
        line.pad(to: TaskBox.nameColumn)
        return line.adding("  ").adding(fate, style)
    }

    private func label(_ id: TaskID, _ name: String) -> String { view[id].map(view.label(of:)) ?? name }
}
