import OrraModel

extension Status {
    /// In lists and headers.
    var icon: String {
        switch self {
        case .processing: "◎"
        case .completed: "●"
        case .failed: "✕"
        case .registered, .preparing, .pending: "○"
        case .notActionable: "⊘"
        case .paused: "⏸"
        case .aborted: "⊟"
        case .cancelled: "⊗"
        }
    }

    var style: Style {
        switch self {
        case .processing: .busy
        case .completed: .good
        case .failed, .aborted, .notActionable: .bad
        case .paused: .warning
        case .registered, .preparing, .pending, .cancelled: .faint
        }
    }

    /// `not actionable`.
    var words: String { rawValue.replacing("_", with: " ") }
}

extension TaskView.State {
    /// In the task tree. What runs turns with each `tick`.
    func icon(tick: Int = 0) -> String {
        switch self {
        case .done: "✓"
        case .running: ["◐", "◓", "◑", "◒"][tick % 4]
        case .pending: "○"
        case .failed: "✕"
        case .waiting: "⏸"
        case .aborted: "⊟"
        case .cancelled: "⊗"
        }
    }

    var style: Style {
        switch self {
        case .done: .good
        case .running: .busy
        case .pending, .cancelled: .faint
        case .failed, .aborted: .bad
        case .waiting: .warning
        }
    }
}
