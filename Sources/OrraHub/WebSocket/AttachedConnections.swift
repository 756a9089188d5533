import NIOCore
import OrraWebSocket
import Synchronization

/// Connections that receivers have. The task that brought the first of them waits for all, and the others end: so a server
/// still ends after its last connection, and whoever cancels it closes them, but a connection costs no task.
final class AttachedConnections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var hasKeeper = false
        var keeper: CheckedContinuation<Void, Never>?
        /// They are closed as they come.
        var isCancelled = false
    }

    private let state = Mutex(State())

    /// Returns when this task has nothing more to wait for.
    func keep(_ connection: WebSocketConnection) async {
        let (isKeeper, mustClose) = state.withLock { state in
            defer { state.hasKeeper = true }
            state.channels[ObjectIdentifier(connection.channel)] = connection.channel
            return (!state.hasKeeper, state.isCancelled)
        }
        connection.whenEnded { [self, key = ObjectIdentifier(connection.channel)] in remove(key) }
        if mustClose { connection.channel.close(promise: nil) }
        guard isKeeper else { return }
        await withTaskCancellationHandler {
            await withCheckedContinuation { keeper in
                let isDone = state.withLock { state in
                    guard state.channels.isEmpty else {
                        state.keeper = keeper
                        return false
                    }
                    (state.hasKeeper, state.isCancelled) = (false, false)
                    return true
                }
                if isDone { keeper.resume() }
            }
        } onCancel: {
            let channels = state.withLock { state in
                state.isCancelled = true
                return Array(state.channels.values)
            }
            for channel in channels { channel.close(promise: nil) }
        }
    }

    private func remove(_ key: ObjectIdentifier) {
        let keeper = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.channels[key] = nil
            guard state.channels.isEmpty, let keeper = state.keeper else { return nil }
            (state.hasKeeper, state.keeper, state.isCancelled) = (false, nil, false)
            return keeper
        }
        keeper?.resume()
    }
}
