import OrraModel
import OrraProtocol

/// An action as it is shown: what the frames or the inspection say, and nothing about how it looks.
struct ActionView: Sendable, Hashable {
    var id: OrchestrationID?
    var action = ""
    var status = Status.preparing
    /// By number.
    var tasks: [TaskView] = []
    /// In the order in which they are undone.
    var compensations: [CompensationView] = []
    /// The action whose finished tasks this one keeps.
    var retryOf: OrchestrationID?
    /// Why it does not run, while it is paused.
    var pauseReason: PauseReason?
    /// Who made the plan.
    var planner: PlanOrigin?
    /// Of the planner, between 0 and 1.
    var confidence: Double?
    /// When the hub received it.
    var startedAt: Timestamp?
    /// From acceptance to the end; `nil` while it runs.
    var duration: Duration?
    var results: [RawJSON] = []
    var error: String?
    /// The outcome is decided, but tasks that run are still awaited.
    var isEnding = false
    /// The outcome is final, and what was done is undone.
    var isUndoing = false
    /// The last frame has come.
    var hasEnded = false

    init(id: OrchestrationID? = nil, action: String = "") {
        self.id = id
        self.action = action
    }

    subscript(id: TaskID) -> TaskView? {
        get { tasks.first { $0.id == id } }
        set {
            guard let newValue, let index = tasks.firstIndex(where: { $0.id == id }) else { return }
            tasks[index] = newValue
        }
    }

    /// The undoing of one task; it is there from the first time that it is set.
    subscript(compensationOf id: TaskID) -> CompensationView? {
        get { compensations.first { $0.task == id } }
        set {
            guard let newValue else { return }
            if let index = compensations.firstIndex(where: { $0.task == id }) {
                compensations[index] = newValue
            } else {
                compensations.append(newValue)
            }
        }
    }

    func elapsed(at now: Timestamp) -> Duration? { duration ?? startedAt.map { max(.zero, now - $0) } }

    /// The name of the task's service, with the task's id where several tasks have the same service.
    func label(of task: TaskView) -> String {
        tasks.count { $0.name == task.name } > 1 ? "\(task.name) (\(task.id))" : task.name
    }

    func label(of id: TaskID) -> String { self[id].map(label(of:)) ?? id.description }

    /// What the action's own webhook gets: the outputs of the last tasks merged into one object, later ones winning.
    /// Outputs that are no objects stay a list. `nil` without results.
    var mergedResults: JSONValue? {
        let values = results.map(\.value)
        guard values.count != 1 else { return values[0] }
        var merged = JSONObject()
        for value in values {
            guard let object = value.object else { return .array(values) }
            merged.merge(object)
        }
        return values.isEmpty ? nil : .object(merged)
    }
}

/// One task of it.
struct TaskView: Sendable, Hashable {
    enum State: Sendable, Hashable, CaseIterable {
        case pending, running, waiting, done, failed, aborted, cancelled
        var isFinal: Bool { [.done, .failed, .aborted, .cancelled].contains(self) }
    }

    var id: TaskID
    var name: String
    var dependencies: [TaskID]
    var state = State.pending
    /// When it was handed to a service for the first time.
    var startedAt: Timestamp?
    /// From the first delivery to the outcome; `nil` while there is none.
    var duration: Duration?
    /// The last one that the service told, 0 to 1.
    var progress: Double?
    /// The last text that the service told with its progress.
    var message: String?
    var attempt = 1
    /// Why it waits, or how it failed.
    var note: String?
    /// When the next attempt begins.
    var retryAt: Timestamp?

    init(id: TaskID, name: String, dependencies: [TaskID]) {
        self.id = id
        self.name = name
        self.dependencies = dependencies
    }

    func elapsed(at now: Timestamp) -> Duration? { duration ?? startedAt.map { max(.zero, now - $0) } }
}

/// What a progress object says in a form that can be drawn. Services push whatever they like; these are the usual names.
struct ProgressReport: Sendable, Hashable {
    /// 0 to 1, from `progress`, `percent` or `percentage`.
    var fraction: Double?
    /// From `message`, `status` or `text`.
    var message: String?

    init(_ value: JSONValue) {
        message = ["message", "status", "text"].lazy.compactMap { value[$0]?.string }.first { !$0.isEmpty }
        for name in ["progress", "percent", "percentage"] {
            guard let number = value[name]?.number?.double, let fraction = Self.fraction(number, name) else { continue }
            self.fraction = fraction
            break
        }
    }

    /// Up to 1 it is a share, beyond that a percentage. A whole 1 named percent is 1 %.
    private static func fraction(_ number: Double, _ name: String) -> Double? {
        switch number {
        case 1 where name != "progress": 0.01
        case 0...1: number
        case 1...100: number / 100
        default: nil
        }
    }
}
