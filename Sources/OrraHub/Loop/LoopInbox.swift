import NIOCore
import OrraCore
import OrraModel
import Synchronization

/// Where inputs wait until the loop takes them: a bounded queue that anybody fills without waiting for the loop, which may
/// be busy with a batch.
final class LoopInbox: Sendable {
    typealias Caller = CheckedContinuation<Reply, Never>

    /// What the loop takes at once.
    struct Load {
        var inputs: [Input] = []
        /// Who waits for an answer, by the token of the request.
        var callers: [RequestToken: Caller] = [:]
    }

    private struct State {
        var load = Load()
        /// What sockets brought while the queue was full, and whom to tell once it is in.
        var held = CircularBuffer<(input: Input, isIn: @Sendable () -> Void)>(initialCapacity: 1)
        /// Inputs that the loop has taken and not applied.
        var taken = 0
        var lastToken: UInt64 = 0
        /// The loop looks here by itself before it rests.
        var isAwake = false
        var takesRequests = true
        var isClosed = false

        var queued: Int { load.inputs.count + taken }

        mutating func takeOrHold(_ input: Input, _ isIn: @escaping @Sendable () -> Void) -> Bool {
            guard queued < Limits.queuedInputs || isClosed else {
                held.append((input, isIn))
                return false
            }
            load.inputs.append(input)
            return true
        }

        /// Takes of what is held as much as there is room for, all when nobody makes room any more.
        mutating func takeHeld() -> [@Sendable () -> Void] {
            var told: [@Sendable () -> Void] = []
            while queued < Limits.queuedInputs || isClosed, let (input, isIn) = held.popFirst() {
                load.inputs.append(input)
                told.append(isIn)
            }
            return told
        }
    }

    private let state = Mutex(State())
    private let wake: @Sendable () -> Void

    init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

    /// Inputs that wait, here and with the loop.
    var queued: Int { state.withLock { $0.queued } }

    // MARK: - Anybody's side

    /// The answer, once the request's transaction is on disk.
    func request(_ request: Request) async -> Reply {
        await withCheckedContinuation { caller in
            let isTaken = add { state in
                guard state.takesRequests, state.queued < Limits.queuedInputs else { return false }
                state.lastToken += 1
                let token = RequestToken(state.lastToken)
                state.load.callers[token] = caller
                state.load.inputs.append(.request(request, token))
                return true
            }
            if !isTaken { caller.resume(returning: .failure(.unavailable)) }
        }
    }

    func put(_ input: Input) {
        _ = add { state in
            state.load.inputs.append(input)
            return true
        }
    }

    /// Takes an input that is in no hurry: it goes with the next batch, and whoever brings it sees to it that there is one.
    func putAside(_ input: Input) { state.withLock { $0.load.inputs.append(input) } }

    /// Waits while the queue is full, so that a flood is left in the kernel's buffers.
    func offer(_ input: Input) async {
        await withCheckedContinuation { caller in
            if offer(input, orHeldUntil: { caller.resume() }) { caller.resume() }
        }
    }

    /// Takes the input. `false`: the queue is full, the input is held until there is room, and then `isIn` is called. Until
    /// then its source is to bring nothing more.
    func offer(_ input: Input, orHeldUntil isIn: @escaping @Sendable () -> Void) -> Bool {
        add { $0.takeOrHold(input, isIn) }
    }

    /// The same for an input that is in no hurry, as in ``putAside(_:)``.
    func offerAside(_ input: Input, orHeldUntil isIn: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { $0.takeOrHold(input, isIn) }
    }

    private func add(_ body: (inout State) -> Bool) -> Bool {
        let (isTaken, mustWake) = state.withLock { state in
            guard body(&state) else { return (false, false) }
            defer { state.isAwake = true }
            return (true, !state.isAwake)
        }
        if mustWake { wake() }
        return isTaken
    }

    /// No new requests.
    func refuseRequests() { state.withLock { $0.takesRequests = false } }

    /// Nobody waits for room any more.
    func close() {
        let held = state.withLock { state in
            (state.takesRequests, state.isClosed) = (false, true)
            return state.takeHeld()
        }
        for isIn in held { isIn() }
    }

    // MARK: - The loop's side

    /// Everything that came.
    func take() -> Load {
        state.withLock { state in
            state.isAwake = true
            state.taken += state.load.inputs.count
            defer { state.load = Load() }
            return state.load
        }
    }

    /// So many inputs are left with the loop: there is room for what was held, if that is enough.
    func applied(left: Int) {
        let held = state.withLock { state in
            state.taken = left
            return state.takeHeld()
        }
        for isIn in held { isIn() }
    }

    /// Whether the loop may rest: from then on an input wakes it.
    func rest() -> Bool {
        state.withLock { state in
            guard state.load.inputs.isEmpty else { return false }
            state.isAwake = false
            return true
        }
    }
}
