import OrraModel

extension LeaveOneOut {
    /// One line for each unit that was left out, and the mean; what that measures, in words.
    var text: String {
        let folds = folds()
        var text = Report.line("left out, by \(unit.rawValue)", "cases", "node F1", "edge F1", "exact", "")
        var scores: [PlanScore] = []
        for fold in folds {
            let actionable = fold.answers.filter(\.item.isActionable)
            guard !actionable.isEmpty else { continue }
            text += Report.line("  \(fold.name)", actionable, "")
            scores.append(Report.score(actionable))
        }
        let withEdges = scores.filter { $0.edges.expected > 0 }
        text += Report.line(
            "mean", "\(scores.count)", Report.percent(Self.mean(scores.map(\.nodes.f1))),
            Report.percent(Self.mean(withEdges.map(\.edges.f1))), Report.percent(Self.mean(scores.map(\.exactShare))),
            "node F1 at least 55")
        text += "\n" + Report(answers: folds.flatMap(\.answers)).thresholds
        return text + "\n" + Self.meaning(unit)
    }

    private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }

    private static func meaning(_ unit: Unit) -> String {
        """
        Each \(unit.rawValue) was planned with weights that were fitted to the cases of all others, from a start that knows
        nothing of the product's weights. So this measures how far weights carry over. It does not measure the rest of
        the planner: its rules, its lexicon, and which weights there are at all were written with these catalogues in
        view, and a catalogue that nobody has seen may do worse.

        """
    }
}
