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
        case .received:
            let retry = frame.retryOf.map { ", again after \($0)" } ?? ""
            return say("received \(frame.orchestrationId?.rawValue ?? "")\(retry): \(view.action)")
        case .planned:
            let steps = view.tasks.map { step($0, view) }.joined(separator: "; ")
            let origin = PlanText.origin(view.planner, view.confidence).map { "  (\($0))" } ?? ""
            guard let reason = view.pauseReason else { return say("planned: \(steps)\(origin)") }
            return say("planned: \(steps)\(origin); waits for \(reason.rawValue)", .warning)
        case .planningStage:
            // The rest of it stands in the plan, and in `orra inspect -d`.
            guard let stage = frame.stage, [.refused, .failed].contains(stage.result) else { return nil }
            return say("\(stage.stage.rawValue): \(stage.summary)", .warning)
        case .approved: return say("approved" + (frame.reason.map { ": \($0)" } ?? ""), .good)
        case .paused:
            let reason = view.pauseReason ?? .serviceAway
            return say(
                "paused: " + (reason.isHeld ? "waits for \(reason.rawValue)" : "waits for a service"), .warning)
        case .resumed: return say("goes on")
        case .ending: return say("ending as \(view.status.words)" + because(frame), view.status.style)
        case .compensating: return say("\(view.status.words): undoing what was done", view.status.style)
        case .ended:
            let time = view.duration.map { " \(view.status == .completed ? "in" : "after") \(Times.duration($0))" }
            return say(view.status.words + (time ?? "") + because(frame), view.status.style)
        case .reset: return say("earlier events are no longer kept", .faint)
        case .serviceConnected, .serviceDisconnected, .serviceHealth:
            let change = ServiceChange.words(frame.type.rawValue, health: frame.health, reason: frame.reason)
            return say("\(frame.serviceName ?? "a service")  \(change.text)", change.style)
        default:
            guard let id = frame.taskId else { return nil }
            let words = taskWords(frame, view[id]) ?? compensationWords(frame, view)
            return words.map { say("\(view.label(of: id))  \($0.text)", $0.style) }
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
        case .taskInterimResult:
            let skipped = frame.skipped.map { "  (\($0) skipped)" } ?? ""
            return frame.data.map { say(report($0.value) + skipped) }
        case .taskAttemptFailed:
            return say("attempt \(frame.attempt ?? task?.attempt ?? 1) failed" + because(frame), .warning)
        case .taskCompleted: return say("completed" + took, .good)
        case .outputWarning:
            return say("its output breaks its schema at \(frame.path ?? "the top"): \(frame.reason ?? "")", .warning)
        case .taskKept: return say("kept" + (frame.from.map { " from \($0)" } ?? ""), .faint)
        case .taskFailed: return say("failed" + because(frame), .bad)
        case .taskAborted: return say("aborted the action" + (task?.note.map { ": \($0)" } ?? ""), .bad)
        case .taskCancelled: return say("cancelled", .faint)
        case .taskLate: return say("answered too late; it changes nothing", .faint)
        case .messageRejected: return say("sent a message without effect" + because(frame), .faint)
        default: return nil
        }
    }

    private static func compensationWords(_ frame: ProgressFrame, _ view: ActionView) -> Line.Span? {
        guard let id = frame.taskId, let compensation = view[compensationOf: id] else { return nil }
        let why = compensation.note(of: view[id])
        switch frame.type {
        case .compensationDispatched:
            let attempt = frame.attempt ?? 1
            if (frame.delivery ?? 1) > 1 { return say("is asked again to undo") }
            return say(attempt > 1 ? "is being undone, attempt \(attempt)" : "is being undone")
        case .compensationWaiting: return say("waits to be undone" + (why.map { ": \($0)" } ?? ""), .warning)
        case .compensationAttemptFailed:
            return say("attempt \(frame.attempt ?? compensation.attempt) " + (why ?? "failed"), .warning)
        case .compensationEnded:
            let status = frame.compensationStatus ?? .failed
            let took = compensation.duration.map { " in \(Times.duration($0))" } ?? ""
            return say(status == .completed ? status.words + took : why ?? status.words, status.style)
        case .compensationResolved: return why.map { say($0, .faint) }
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
