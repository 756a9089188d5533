import OrraModel
import OrraProtocol

/// One line per event, for outputs that can't be redrawn.
enum Narration {
    /// The line for a frame, or `nil` for one that says nothing to a reader. `view` has taken the frame over already.
    static func line(_ frame: ProgressFrame, _ view: ActionView) -> Line? {
        guard let said = words(frame, view) else { return nil }
        let time = frame.timestamp.map { Times.clock($0) + "  " } ?? ""
        return Line(time, .faint).adding(said.text, said.style)
    }

    private static func words(_ frame: ProgressFrame, _ view: ActionView) -> Line.Span? {
        switch frame.type {
        case .received: return say("received \(frame.orchestrationId?.rawValue ?? ""): \(view.action)")
        case .planned: return say("planned: " + view.tasks.map { step($0, view) }.joined(separator: "; "))
        case .paused: return say("paused: waits for a service", .warning)
        case .resumed: return say("goes on")
        case .ending: return say("ending as \(view.status.words)" + because(frame), view.status.style)
        case .ended:
            let time = view.duration.map { " \(view.status == .completed ? "in" : "after") \(Times.duration($0))" }
            return say(view.status.words + (time ?? "") + because(frame), view.status.style)
        case .reset: return say("earlier events are no longer kept", .faint)
        default:
            guard let id = frame.taskId else { return nil }
            return taskWords(frame, view[id]).map { say("\(view.label(of: id))  \($0.text)", $0.style) }
        }
    }

    private static func taskWords(_ frame: ProgressFrame, _ task: TaskView?) -> Line.Span? {
        let took = task?.duration.map { " in \(Times.duration($0))" } ?? ""
        switch frame.type {
        case .taskDispatched:
            let attempt = frame.attempt ?? 1
            if (frame.delivery ?? 1) > 1 { return say("delivered again") }
            return say(attempt > 1 ? "started, attempt \(attempt)" : "started")
        case .taskWaiting: return say("waits" + because(frame), .warning)
        case .taskInterimResult: return frame.data.map { say(report($0.value)) }
        case .taskAttemptFailed:
            return say("attempt \(frame.attempt ?? task?.attempt ?? 1) failed" + because(frame), .warning)
        case .taskCompleted: return say("completed" + took, .good)
        case .taskFailed: return say("failed" + because(frame), .bad)
        case .taskAborted: return say("aborted the action" + (task?.note.map { ": \($0)" } ?? ""), .bad)
        case .taskCancelled: return say("cancelled", .faint)
        case .taskLate: return say("answered too late; it changes nothing", .faint)
        case .messageRejected: return say("sent a message without effect" + because(frame), .faint)
        default: return nil
        }
    }

    /// `62 %  booking a carrier`, or the beginning of the object when it says neither.
    static func report(_ value: JSONValue) -> String {
        let report = ProgressReport(value)
        let parts = [report.fraction.map { "\(Int(($0 * 100).rounded())) %" }, report.message].compactMap { $0 }
        return parts.isEmpty ? DisplayWidth.shortened(JSONText.compact(value), to: 100) : parts.joined(separator: "  ")
    }

    private static func step(_ task: TaskView, _ view: ActionView) -> String {
        guard !task.dependencies.isEmpty else { return view.label(of: task) }
        return "\(view.label(of: task)) ← " + task.dependencies.map { view.label(of: $0) }.joined(separator: ", ")
    }

    private static func because(_ frame: ProgressFrame) -> String { frame.error.map { ": \($0)" } ?? "" }

    private static func say(_ text: String, _ style: Style = .plain) -> Line.Span { .init(text: text, style: style) }
}
