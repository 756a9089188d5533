import OrraModel
import OrraProtocol
import OrraSDK
import ProcessSupport
import Synchronization

/// Watches a whole project over every restart of its hub, and keeps what it sees.
final class ProjectWatcher: Sendable {
    private let seen = Mutex<[ProgressFrame]>([])

    var frames: [ProgressFrame] { seen.withLock { $0 } }

    func count(_ kind: ProgressFrame.Kind) -> Int { seen.withLock { $0.count { $0.type == kind } } }

    /// Watches until it is cancelled.
    func watch(_ project: Operator) async throws {
        try await project.client.projectProgress { frame in seen.withLock { $0.append(frame) } }
    }
}

/// What must be true of the journal of an orchestration that has completed, however often anything was killed.
func checkJournal(_ frames: [ProgressFrame]) throws {
    guard frames.compactMap(\.seq) == Array(1...max(frames.count, 1)) else {
        throw ProcessFault("the numbers are not 1 to \(frames.count): \(frames.compactMap(\.seq))")
    }
    var completed: Set<TaskID> = []
    for frame in frames {
        guard let task = frame.taskId else { continue }
        switch frame.type {
        case .taskCompleted:
            guard completed.insert(task).inserted else { throw ProcessFault("\(task) completed twice") }
        case .taskDispatched where completed.contains(task):
            throw ProcessFault("\(task) was asked for again after its result was on disk")
        default: break
        }
    }
    guard frames.last?.type == .ended, frames.last?.status == .completed else {
        throw ProcessFault("the last frame is not the completion")
    }
}
