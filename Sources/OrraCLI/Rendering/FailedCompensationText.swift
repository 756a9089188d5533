import OrraModel
import OrraProtocol

/// Tasks that could not be undone, as people read them.
enum FailedCompensationText {
    static func table(_ failures: [FailedCompensationAnswer], withResolution: Bool, now: Timestamp) -> Table {
        let rows = failures.map { failure -> [Line.Span] in
            let isPending = failure.resolutionState == .pending
            var row: [Line.Span] = [
                .init(text: isPending ? "✕" : "✓", style: isPending ? .bad : .good),
                .init(text: failure.id.rawValue, style: .plain),
                .init(text: "\(failure.serviceName) (\(failure.taskId))", style: .bold),
                .init(text: failure.status.words, style: isPending ? failure.status.style : .faint),
                .init(text: "\(failure.attemptsMade)", style: .plain),
                .init(text: Times.age(now - failure.timestamp), style: .plain),
                .init(text: failure.orchestrationId.rawValue, style: .faint),
            ]
            if withResolution {
                let reason = failure.resolution.map { ": \($0)" } ?? ""
                row.append(.init(text: failure.resolutionState.rawValue + reason, style: isPending ? .warning : .good))
            }
            return row + [.init(text: failure.failure ?? "", style: isPending ? .bad : .faint)]
        }
        let heading =
            ["", "ID", "TASK", "STATUS", "ATTEMPTS", "AGE", "ACTION"] + (withResolution ? ["RESOLUTION"] : [])
            + ["FAILURE"]
        return Table(heading: heading, rows: rows, flexible: heading.count - 1)
    }

    static func lines(_ failure: FailedCompensationAnswer) -> [Line] {
        var lines = [
            Line("✕ ", .bad).adding(failure.serviceName, .bold).adding("  \(failure.taskId)  ", .faint)
                .adding(failure.status.words, failure.status.style),
            Line("  \(failure.id)", .faint), Line("  \(Times.moment(failure.timestamp))", .faint), Line(),
            label("action", failure.orchestrationId.rawValue),
            label("attempts", "\(failure.attemptsMade) of \(failure.maxAttempts)"),
        ]
        if let text = failure.failure { lines.append(label("failure", text, .bad)) }
        if failure.resolutionState == .pending {
            lines.append(label("resolution", "pending", .warning))
        } else {
            let moment = failure.resolvedAt.map { ", \(Times.moment($0))" } ?? ""
            lines.append(label("resolution", failure.resolutionState.rawValue + moment, .good))
            if let reason = failure.resolution { lines.append(label("reason", reason)) }
        }
        guard let data = failure.compensationData else { return lines }
        if let context = data.context { lines.append(label("undone as", "the action \(Self.words(context.reason))")) }
        lines.append(label("in time", "for \(Times.duration(.milliseconds(data.ttl))) from the task's completion"))
        lines += [Line(), Line("Data", .bold)] + json(data.data)
        if let payload = data.context?.payload { lines += [Line(), Line("Abort payload", .bold)] + json(payload) }
        return lines
    }

    private static func words(_ reason: String) -> String {
        switch reason {
        case "aborted", "cancelled": "was \(reason)"
        default: reason
        }
    }

    private static func label(_ name: String, _ text: String, _ style: Style = .plain) -> Line {
        var line = Line("  \(name)", .faint)
        line.pad(to: 14)
        return line.adding(text, style)
    }

    private static func json(_ payload: RawJSON) -> [Line] { JSONText.prettyLines(payload.value).map { Line($0) } }
}
