import OrraModel
import OrraProtocol

/// How the plans of a file of cases compare with the expected ones, at the thresholds that are in force.
struct PlanCaseReport: Sendable {
    var outcomes: [PlanCaseOutcome]

    /// For scripts.
    struct Summary: Encodable {
        var cases: Int
        var nodeF1: Double
        var edgeF1: Double
        var exact: Double
        var actionable: Counts
        var impossible: Counts
        var calibration: [PlanCalibration.Row]?
        var recommended: PlanCalibration.Thresholds?

        struct Counts: Encodable {
            var all: Int
            var refused: Int
        }
    }

    private var actionable: [PlanCaseOutcome] { outcomes.filter(\.asked.isActionable) }
    private var impossible: [PlanCaseOutcome] { outcomes.filter { !$0.asked.isActionable } }

    var score: PlanScore {
        var score = PlanScore()
        for outcome in actionable {
            score.add(
                predicted: outcome.isRefused ? [] : outcome.tasks, expected: outcome.asked.expected,
                scoresEdges: outcome.asked.scoresEdges)
        }
        return score
    }

    func summary(calibrated: Bool) -> Summary {
        let score = score
        let calibration = calibrated ? PlanCalibration(outcomes: outcomes) : nil
        return Summary(
            cases: outcomes.count, nodeF1: score.nodes.f1, edgeF1: score.edges.f1, exact: score.exactShare,
            actionable: .init(all: actionable.count, refused: actionable.count { $0.isRefused }),
            impossible: .init(all: impossible.count, refused: impossible.count { $0.isRefused }),
            calibration: calibration?.rows, recommended: calibration?.recommended)
    }

    var lines: [Line] {
        let score = score
        func row(_ name: String, _ value: String, _ more: String = "") -> [Line.Span] {
            [
                .init(text: name, style: .plain), .init(text: value, style: .bold), .init(text: more, style: .faint),
            ]
        }
        func count(_ verdict: [PlanCaseOutcome]) -> String { "\(verdict.count)" }
        var rows = [
            row("node F1", Self.percent(score.nodes.f1), "the right services"),
            row("edge F1", Self.percent(score.edges.f1), "the right outputs handed on"),
            row("exact", Self.percent(score.exactShare), "\(score.exact) of \(score.cases) plans as expected"),
            row("run at once", count(actionable.filter { $0.verdict == .run }), "of \(actionable.count)"),
            row(
                "wait for a yes", count(actionable.filter { [.confirmation, .approval].contains($0.verdict) }),
                "of \(actionable.count)"),
            row("refused", count(actionable.filter(\.isRefused)), "of \(actionable.count)"),
        ]
        if !impossible.isEmpty {
            rows.append(
                row(
                    "impossible, refused", count(impossible.filter(\.isRefused)),
                    "of \(impossible.count) that the services can't do"))
        }
        return Table(heading: ["MEASURE", "VALUE", ""], rows: rows, flexible: nil).lines(width: nil)
    }

    /// Each case whose plan is another than expected: what was wanted, and what came.
    var wrongLines: [Line] {
        outcomes.flatMap { outcome -> [Line] in
            let isRight = outcome.asked.isActionable ? !outcome.isRefused && outcome.isExact : outcome.isRefused
            guard !isRight else { return [] }
            let wanted = outcome.asked.isActionable ? Self.text(outcome.asked.expected) : "to be refused"
            return [
                Line(), Line("✕ ", .bad).adding(outcome.asked.action),
                Line("  expected  ", .faint).adding(wanted),
                Line("  came      ", .faint).adding(outcome.isRefused ? "refused" : Self.text(outcome.tasks)),
            ]
        }
    }

    /// `inventory-tool; payment-service ← inventory-tool`.
    private static func text(_ tasks: [PlanScore.Task]) -> String {
        tasks.map { task in
            let sources = task.dependencies.filter(tasks.indices.contains).map { tasks[$0].service }
            return task.service + (sources.isEmpty ? "" : " ← " + sources.joined(separator: ", "))
        }.joined(separator: "; ")
    }

    /// `83.4 %`.
    static func percent(_ share: Double) -> String {
        let tenths = Int(((share.isFinite ? share : 0) * 1_000).rounded())
        return "\(tenths / 10).\(tenths % 10) %"
    }
}

/// What other thresholds would do to the same cases, and which fit them.
///
/// A run threshold fits when at least 85 % of what would run at once is exactly right and no impossible action would run;
/// a draft threshold when at least 95 % of the impossible ones are refused. The lowest that fits is recommended.
struct PlanCalibration: Sendable {
    struct Row: Sendable, Encodable, Hashable {
        var threshold: Double
        /// The share of the actionable cases with at least this confidence.
        var coverage: Double
        /// The share of exact plans among those.
        var exact: Double
        var wrong: Int
        /// Impossible cases with at least this confidence.
        var impossible: Int
    }

    struct Thresholds: Sendable, Encodable, Hashable {
        var run: Double
        var draft: Double
    }

    static let exactShare = 0.85
    static let refusedShare = 0.95

    let rows: [Row]
    private let impossibleCases: Int
    private let unknown: Int

    init(outcomes: [PlanCaseOutcome]) {
        // A plan of a model, or of the cache, says nothing of the offline planner.
        let known = outcomes.filter { $0.confidence != nil || $0.tasks.isEmpty }
        unknown = outcomes.count - known.count
        let actionable = known.filter(\.asked.isActionable)
        let impossible = known.filter { !$0.asked.isActionable }
        impossibleCases = impossible.count
        func accepts(_ outcome: PlanCaseOutcome, _ threshold: Double) -> Bool {
            !outcome.tasks.isEmpty && (outcome.confidence ?? 0) >= threshold
        }
        rows = (0...20).map { step in
            let threshold = Double(step * 5) / 100
            let accepted = actionable.filter { accepts($0, threshold) }
            let exact = accepted.count { $0.isExact }
            return Row(
                threshold: threshold,
                coverage: actionable.isEmpty ? 0 : Double(accepted.count) / Double(actionable.count),
                exact: accepted.isEmpty ? 0 : Double(exact) / Double(accepted.count), wrong: accepted.count - exact,
                impossible: impossible.count { accepts($0, threshold) })
        }
    }

    /// `nil` when no threshold lets anything run that is right often enough.
    var recommended: Thresholds? {
        func fits(_ row: Row) -> Bool { row.coverage > 0 && row.exact >= Self.exactShare && row.impossible == 0 }
        guard let run = rows.first(where: fits) else { return nil }
        let draft = rows.first {
            impossibleCases == 0 || 1 - Double($0.impossible) / Double(impossibleCases) >= Self.refusedShare
        }
        return Thresholds(run: run.threshold, draft: min(draft?.threshold ?? run.threshold, run.threshold))
    }

    var lines: [Line] {
        let cells = rows.map { row -> [Line.Span] in
            [
                .init(text: PlanText.decimal(row.threshold), style: .bold),
                .init(text: PlanCaseReport.percent(row.coverage), style: .plain),
                .init(text: row.coverage > 0 ? PlanCaseReport.percent(row.exact) : "–", style: .plain),
                .init(text: "\(row.wrong)", style: row.wrong > 0 ? .warning : .plain),
                .init(text: "\(row.impossible)", style: row.impossible > 0 ? .bad : .plain),
            ]
        }
        let heading = ["THRESHOLD", "COVERAGE", "EXACT", "WRONG PLANS", "IMPOSSIBLE ACCEPTED"]
        var lines = Table(heading: heading, rows: cells, flexible: nil).lines(width: nil) + [Line()]
        if unknown > 0 {
            lines.append(
                Line("\(unknown) cases were not planned offline, and are left out of the table.", .warning))
        }
        guard let recommended else {
            return lines + [
                Line("No threshold fits: less than 85 % of the plans are exact at each.", .warning),
                Line("Better descriptions, examples and requires of the services help most.", .faint),
            ]
        }
        return lines + [
            Line("Recommended:", .bold),
            Line(
                "  orra projects planning --run-threshold \(PlanText.decimal(recommended.run)) "
                    + "--draft-threshold \(PlanText.decimal(recommended.draft))"),
        ]
    }
}
