import Synchronization

/// Whether a component is to stop. Once it is turned, it stays so.
final class StopSwitch: Sendable {
    private struct State {
        var isTurned = false
        var waiting: [AsyncStream<Void>.Continuation] = []
    }

    private let state = Mutex(State())

    func turn() {
        let waiting = state.withLock { state in
            state.isTurned = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.finish() }
    }

    /// Until it is turned, or the Swift task is cancelled.
    func wait() async {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        let isTurned = state.withLock { state in
            if !state.isTurned { state.waiting.append(continuation) }
            return state.isTurned
        }
        if isTurned { return }
        for await _ in stream {}
    }
}
