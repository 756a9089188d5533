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

    /// What to do about an action that did not complete.
    static func advice(_ view: ActionView) -> Line? {
        guard view.hasEnded, view.status != .completed, let id = view.id else { return nil }
        return Line("orra inspect -d \(id)", .plain).adding("  shows what each task did", .faint)
    }
}
