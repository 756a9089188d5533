import OrraModel

/// Keeps a hub from asking an endpoint that is down: after some faults in a row nothing is sent for a while, then one
/// request finds out whether it is back.
struct CircuitBreaker: Sendable, Hashable {
    enum Permission: Hashable {
        case allowed
        /// The one request that finds out.
        case probe
        case refused(retryAfter: Duration)
    }

    private enum State: Hashable {
        case closed(faults: Int)
        case open(until: Duration)
        case probing
    }

    static let faultsInARow = 5
    static let pause = Duration.seconds(30)

    private var state = State.closed(faults: 0)

    var isOpen: Bool { if case .closed = state { false } else { true } }

    mutating func ask(at time: Duration) -> Permission {
        switch state {
        case .closed: return .allowed
        case .open(let until):
            guard time >= until else { return .refused(retryAfter: until - time) }
            state = .probing
            return .probe
        case .probing: return .refused(retryAfter: .seconds(1))
        }
    }

    /// The endpoint answered. Late answers of requests from before the pause end it, too: it is back.
    mutating func succeeded() { state = .closed(faults: 0) }

    mutating func failed(_ permission: Permission, at time: Duration) {
        switch (state, permission) {
        case (.closed(let faults), _):
            state = faults + 1 >= Self.faultsInARow ? .open(until: time + Self.pause) : .closed(faults: faults + 1)
        case (.probing, .probe): state = .open(until: time + Self.pause)
        default: break
        }
    }

    /// Nobody waits for the answer any more: it tells nothing. The next request is the probe.
    mutating func abandoned(_ permission: Permission, at time: Duration) {
        if state == .probing, permission == .probe { state = .open(until: time) }
    }
}
