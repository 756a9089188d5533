import OrraCore
import OrraModel
import Synchronization

/// Tells that there is more to read. Carries no data: what a watcher gets is read from the journal, so that nothing is
/// missed or doubled.
final class ProgressSignals: Sendable {
    struct Watch: Sendable {
        let stream: AsyncStream<Void>
        fileprivate let subject: ProgressSubject
        fileprivate let number: UInt64
    }

    private struct State {
        var watches: [ProgressSubject: [UInt64: AsyncStream<Void>.Continuation]] = [:]
        var last: UInt64 = 0
    }

    private let state = Mutex(State())

    /// The stream yields after each change; several changes make one.
    func watch(_ subject: ProgressSubject) -> Watch {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state in
            state.last += 1
            state.watches[subject, default: [:]][state.last] = continuation
            return state.last
        }
        return Watch(stream: stream, subject: subject, number: number)
    }

    func end(_ watch: Watch) {
        state.withLock { state in
            state.watches[watch.subject]?.removeValue(forKey: watch.number)?.finish()
            if state.watches[watch.subject]?.isEmpty == true { state.watches[watch.subject] = nil }
        }
    }

    func raise(_ progressed: Progressed) {
        state.withLock { state in
            let orchestration = progressed.orchestration.map(ProgressSubject.orchestration)
            for subject in [orchestration, .project(progressed.project)].compactMap(\.self) {
                for continuation in (state.watches[subject] ?? [:]).values { continuation.yield() }
            }
        }
    }
}
