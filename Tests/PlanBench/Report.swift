import OrraModel
import OrraPlanner

/// How good the plans are, each figure with its target beside it.
struct Report {
    let answers: [CasePack.Answer]

    private var actionable: [CasePack.Answer] { answers.filter(\.item.isActionable) }
    private var impossible: [CasePack.Answer] { answers.filter { !$0.item.isActionable } }

    var text: String {
        var text = Self.line("graphs", "cases", "node F1", "edge F1", "exact", "target")
        text += graphs + "\n" + unseen + "\n" + thresholds + "\n" + calibration
        return text
    }

    static func line(_ cells: String...) -> String {
        guard let first = cells.first, let last = cells.last else { return "" }
        return Console.left(first, 36) + cells.dropFirst().dropLast().map { Console.right($0, 9) }.joined()
            + "   " + last + "\n"
    }

    static func percent(_ value: Double) -> String { Console.number(value * 100, 1) }

    static func score(_ answers: [CasePack.Answer], from threshold: Double = 0) -> PlanScore {
        var score = PlanScore()
        for answer in answers {
            let isAnswered = answer.plan.confidence >= threshold
            score.add(
                predicted: isAnswered ? answer.tasks : [], expected: answer.item.expected,
                scoresEdges: answer.item.scoresEdges)
        }
        return score
    }

    static func line(_ name: String, _ answers: [CasePack.Answer], _ target: String) -> String {
        let score = score(answers)
        let edges = score.edges.expected == 0 ? "-" : percent(score.edges.f1)
        return line(
            name, "\(score.cases)", percent(score.nodes.f1), edges, percent(score.exactShare), target)
    }

    // MARK: - Graphs

    private var graphs: String {
        var text = ""
        for source in unique(actionable.map(\.item.source)) {
            let those = actionable.filter { $0.item.source == source }
            let domains = unique(those.map(\.item.domain))
            if domains.count > 1 {
                for domain in domains {
                    text += Self.line("  \(domain)", those.filter { $0.item.domain == domain }, "")
                }
            }
            let target = ["TaskBench": "at least 82 / 65", "NESTFUL": "at least 78 / 54"][source] ?? ""
            text += Self.line(source, those, target)
        }
        return text + Self.line("all", actionable, "")
    }

    private func unique(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }

    /// By the product's weights, which were chosen with these catalogues in view: see ``LeaveOneOut`` for others.
    private var unseen: String {
        let catalogues = unique(actionable.map(\.item.catalogue))
        let scores = catalogues.map { name in Self.score(actionable.filter { $0.item.catalogue == name }).nodes.f1 }
        let mean = scores.reduce(0, +) / Double(max(1, scores.count))
        return Self.line("mean over catalogues", "\(catalogues.count)", Self.percent(mean), "", "", "")
            + Self.line(
                "lowest of a catalogue", "1", Self.percent(scores.min() ?? 0), "", "",
                "for one never seen: --leave-one-out")
    }

    // MARK: - Thresholds

    /// What confidence is worth: by the graphs alone, and as the hub has it, which refuses what it can't bind.
    var thresholds: String {
        var text = Self.line("confidence", "answered", "coverage", "exact", "refused", "target")
        for (threshold, target) in [
            (0.7, "exact at least 85, coverage 25"), (0.3, "impossible actions refused: at least 95"),
        ] {
            let answered = actionable.filter { $0.plan.confidence >= threshold && !$0.tasks.isEmpty }
            let refused = impossible.filter { $0.plan.confidence < threshold || $0.tasks.isEmpty }
            text += Self.line(
                "at least \(Console.number(threshold, 2))", "\(answered.count)",
                Self.percent(share(answered.count, actionable.count)), Self.percent(Self.score(answered).exactShare),
                Self.percent(share(refused.count, impossible.count)), target)
        }
        for threshold in [0.7, 0.3] {
            func isRefused(_ answer: CasePack.Answer) -> Bool {
                answer.plan.draft == nil || answer.plan.confidence < threshold
            }
            let answered = actionable.filter { !isRefused($0) }
            text += Self.line(
                "  and every required input bound", "\(answered.count)",
                Self.percent(share(answered.count, actionable.count)), Self.percent(Self.score(answered).exactShare),
                Self.percent(share(impossible.count(where: isRefused), impossible.count)), "")
        }
        return text
    }

    private func share(_ part: Int, _ whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }

    private var calibration: String {
        var text = Self.line("calibration", "cases", "mean", "exact", "", "the two should agree")
        let bounds = [0.0, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 1.01]
        for (low, high) in zip(bounds, bounds.dropFirst()) {
            let those = answers.filter { low <= $0.plan.confidence && $0.plan.confidence < high && !$0.tasks.isEmpty }
            guard !those.isEmpty else { continue }
            let mean = those.reduce(0) { $0 + $1.plan.confidence } / Double(those.count)
            let exact = Self.score(those.filter(\.item.isActionable)).exact
            text += Self.line(
                "  \(Console.number(low, 1)) to \(Console.number(min(high, 1), 1))", "\(those.count)",
                Self.percent(mean), Self.percent(share(exact, those.count)), "", "")
        }
        return text
    }
}
