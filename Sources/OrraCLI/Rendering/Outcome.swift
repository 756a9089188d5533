import OrraModel

/// What stands below the box when an action has ended.
enum Outcome {
    static func lines(_ view: ActionView) -> [Line] {
        var lines: [Line] = []
        if let error = view.error, view.status != .completed {
            lines += [Line(), Line(error, .bad)]
        }
        if let results = view.mergedResults {
            lines += [Line(), Line("Results", .bold)]
            lines += JSONText.prettyLines(results).map { Line($0) }
        }
        return lines
    }

    /// What to do about an action that did not complete, or could not be undone.
    static func advice(_ view: ActionView) -> [Line] {
        guard view.hasEnded, view.status != .completed, let id = view.id else { return [] }
        var lines: [Line] = []
        if view.compensations.contains(where: { $0.state == .failed }) {
            lines.append(Line("orra comp-fail ls").adding("  shows what could not be undone", .faint))
        } else if view.compensations.isEmpty, view.tasks.contains(where: { $0.state == .done }) {
            lines.append(Line("orra retry \(id)").adding("  runs what did not complete", .faint))
        }
        return lines + [Line("orra inspect -d \(id)").adding("  shows what each task did", .faint)]
    }
}
