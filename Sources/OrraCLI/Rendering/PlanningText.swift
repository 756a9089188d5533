import OrraModel

/// What each stage of planning found, as people read it.
///
/// ```
/// ┌─ Planning
/// │ ✓ parameters   2 parameters                        12µs
/// │ ✓ offline      4 of 4 phrases matched              85µs  confidence 0.91
/// │     ● 0.92  inventory-tool
/// │     ○ 0.40  mailer
/// │   task1  inventory-tool  'check the stock'
/// │     orderId ← $task0.orderId  same name
/// │   unused: quickly
/// └─ 0.1ms
/// ```
struct PlanningText: Sendable {
    var stages: [PlanningStage]

    var lines: [Line] {
        guard !stages.isEmpty else { return [] }
        var lines = [Line("┌─ ", .faint).adding("Planning", .bold)]
        for stage in stages { lines += Self.lines(stage) }
        let total = stages.reduce(0) { $0 + max(0, $1.microseconds) }
        return lines + [Line("└─ ", .faint).adding(PlanText.time(microseconds: total))]
    }

    private static let nameColumns = 13

    private static func lines(_ stage: PlanningStage) -> [Line] {
        let sign = sign(stage.result)
        var head = Line("│ ", .faint).adding("\(sign.text) ", sign.style).adding(stage.stage.rawValue, .bold)
        head.pad(to: 4 + nameColumns)
        head.add(stage.summary)
        head.add("  \(PlanText.time(microseconds: stage.microseconds))", .faint)
        if let confidence = stage.confidence { head.add("  confidence \(PlanText.decimal(confidence))") }
        var lines = [head]
        if let usage = stage.usage { lines.append(row(self.usage(usage), .faint)) }
        lines += (stage.considered ?? []).map {
            row($0.isChosen ? "● " : "○ ", $0.isChosen ? .good : .faint)
                .adding("\(PlanText.decimal($0.score))  ", .faint).adding($0.service, $0.isChosen ? .bold : .plain)
        }
        for step in stage.steps ?? [] {
            lines.append(
                row("\(step.task)  ", .faint).adding(step.service, .bold).adding("  \(step.reason)"))
            lines += step.bindings.map {
                row("  \($0.field) ← \($0.source)").adding("  \($0.reason)", .faint)
            }
        }
        if let unused = stage.unused, !unused.isEmpty {
            lines.append(row("unused: ", .warning).adding(unused.joined(separator: "; ")))
        }
        return lines
    }

    private static func row(_ text: String, _ style: Style = .plain) -> Line {
        Line("│   ", .faint).adding("  ").adding(text, style)
    }

    private static func usage(_ usage: PlanningStage.Usage) -> String {
        let requests = "\(usage.requests) request\(usage.requests == 1 ? "" : "s")"
        let cost = usage.microcost.map { ", cost \(PlanText.cost(microcost: $0))" } ?? ""
        return "\(usage.model): \(requests), \(usage.promptTokens) + \(usage.completionTokens) tokens\(cost)"
    }

    private static func sign(_ result: PlanningStage.Result) -> Line.Span {
        switch result {
        case .passed, .hit: .init(text: "✓", style: .good)
        case .miss, .skipped: .init(text: "○", style: .faint)
        case .refused, .failed: .init(text: "✕", style: .bad)
        }
    }
}
