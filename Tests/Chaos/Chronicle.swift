import OrraModel
import OrraProtocol
import OrraSDK
import ProcessSupport
import Synchronization

/// What a watcher of the project saw of every orchestration, over all faults.
final class Chronicle: Sendable {
    struct Story: Sendable {
        var lastSeq = 0
        var status: Status?
        var code: String?
        var tasks: [TaskID: TaskStory] = [:]
        /// Tasks in the order of their completion, and in the order in which they were first asked to be undone.
        var completions: [TaskID] = []
        var undoings: [TaskID] = []
        /// A line for each frame, for people who look for a cause.
        var lines: [String] = []

        /// Whether what was done first was undone last. What came late is undone when it has come.
        var isUndoneNewestFirst: Bool {
            let inTime = undoings.filter { tasks[$0]?.late == 0 }
            return inTime == completions.reversed().filter { inTime.contains($0) }
        }

        /// Whether the hub knows that the task has had its effect, in time or late.
        func hasDone(_ task: TaskID) -> Bool { tasks[task].map { $0.completed + $0.late > 0 } ?? false }
    }

    struct TaskStory: Sendable {
        var completed = 0
        var late = 0
        /// The `result` of its output.
        var output: String?
        /// Why it was handed out again, in order.
        var causes: [String] = []
        var deliveries = 0
    }

    private struct State {
        var stories: [OrchestrationID: Story] = [:]
        var ended = 0
        var faults: [String] = []
        var lastPosition: Int64 = 0
    }

    private let state = Mutex(State())

    var stories: [OrchestrationID: Story] { state.withLock { $0.stories } }
    /// Orchestrations that have ended.
    var ended: Int { state.withLock { $0.ended } }
    /// Frames that should not have been.
    var faults: [String] { state.withLock { $0.faults } }

    func status(of id: OrchestrationID) -> Status? { state.withLock { $0.stories[id]?.status } }

    /// Watches until it is cancelled, whatever happens to the connection.
    func watch(_ client: OperatorClient) async throws {
        let patience = ProgressPatience(limit: .seconds(600), coversFirstConnection: true)
        try await client.projectProgress(patience: patience) { frame in take(frame) }
    }

    private static func line(_ frame: ProgressFrame) -> String {
        let words: [String?] = [
            frame.timestamp.map { "\($0)" }, frame.type.rawValue, frame.taskId.map { "\($0)" }, frame.serviceName,
            frame.attempt.map { "attempt \($0)" }, frame.delivery.map { "delivery \($0)" }, frame.code, frame.error,
        ]
        return words.compactMap { $0 }.joined(separator: " ")
    }

    private func take(_ frame: ProgressFrame) {
        guard let id = frame.orchestrationId, let seq = frame.seq else { return }
        state.withLock { state in
            func fault(_ text: String) { state.faults.append("\(id), frame \(seq): \(text)") }
            if let position = frame.position {
                if position <= state.lastPosition { fault("position \(position) after \(state.lastPosition)") }
                state.lastPosition = position
            }
            var story = state.stories[id] ?? Story()
            if seq != story.lastSeq + 1 { fault("it follows \(story.lastSeq)") }
            story.lastSeq = seq
            story.lines.append(Self.line(frame))
            if let task = frame.taskId {
                let wasCompleted = (story.tasks[task]?.completed ?? 0) > 0
                if frame.type == .taskDispatched, wasCompleted { fault("\(task) is asked for after its result") }
                if frame.type == .taskCompleted, wasCompleted { fault("\(task) completes twice") }
                story.tasks[task, default: TaskStory()].take(frame)
                if frame.type == .taskCompleted { story.completions.append(task) }
                if frame.type == .compensationDispatched, !story.undoings.contains(task) { story.undoings.append(task) }
            }
            if frame.type == .ended {
                if story.status != nil { fault("it ends twice") }
                story.status = frame.status
                story.code = frame.code
                state.ended += 1
            }
            state.stories[id] = story
        }
    }
}

extension Chronicle.TaskStory {
    fileprivate mutating func take(_ frame: ProgressFrame) {
        switch frame.type {
        case .taskDispatched: deliveries += 1
        case .taskWaiting: causes.append(frame.error ?? "unknown")
        case .taskAttemptFailed: causes.append(frame.code ?? "unknown")
        case .taskCompleted:
            completed += 1
            output = frame.output?.value["result"]?.string
        case .taskLate: late += frame.error == nil ? 1 : 0
        default: break
        }
    }
}
