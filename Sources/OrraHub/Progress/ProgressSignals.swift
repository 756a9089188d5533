import OrraCore
import OrraModel
import Synchronization

/// Tells watchers that there is more to read. Carries no data: what a watcher gets, it reads from the journal, so that
/// nothing is missed, doubled or kept for it, and a slow watcher costs the hub nothing.
final class ProgressSignals: Sendable {
    enum Subject: Hashable, Sendable {
        case orchestration(OrchestrationID)
        case project(ProjectID)
    }

    struct Watch: Sendable {
        let stream: AsyncStream<Void>
        fileprivate let subject: Subject
        fileprivate let number: UInt64
    }

    private struct State {
        var watchers: [Subject: [UInt64: AsyncStream<Void>.Continuation]] = [:]
        var last: UInt64 = 0
    }

    private let state = Mutex(State())

    /// The stream yields after each change; several changes make one.
    func watch(_ subject: Subject) -> Watch {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state in
            state.last += 1
            state.watchers[subject, default: [:]][state.last] = continuation
            return state.last
        }
        return Watch(stream: stream, subject: subject, number: number)
    }

    func end(_ watch: Watch) {
        state.withLock { state in
            state.watchers[watch.subject]?.removeValue(forKey: watch.number)?.finish()
            if state.watchers[watch.subject]?.isEmpty == true { state.watchers[watch.subject] = nil }
        }
    }

    func raise(_ progressed: Progressed) {
        state.withLock { state in
            let orchestration = progressed.orchestration.map(Subject.orchestration)
            for subject in [orchestration, .project(progressed.project)].compactMap(\.self) {
                for continuation in (state.watchers[subject] ?? [:]).values { continuation.yield() }
            }
        }
    }
}
