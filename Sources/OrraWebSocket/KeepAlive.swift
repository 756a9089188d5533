import NIOCore

/// Decides when to ping, what a pong says, and when an idle peer is gone: a plain value without a clock.
///
/// Whatever the peer sends is a sign of life, not only its pongs: behind a long message a pong may take a while.
struct KeepAlive {
    enum Tick: Equatable {
        /// Nothing to do now.
        case rest
        /// Send a ping with this payload; `missed` pings before it were not answered.
        case ping(payload: UInt64, missed: Int)
        /// Close: this many pings in a row were not answered.
        case dead(missed: Int)
    }

    private let missedPongLimit: Int
    private var outstanding: (payload: UInt64, sentAt: NIODeadline)?
    private var lastPayload: UInt64 = 0
    private var heard = false
    private var missed = 0
    private var isBusy = false

    init(missedPongLimit: Int) {
        self.missedPongLimit = missedPongLimit
    }

    /// One interval is over.
    /// - Parameter suspended: whether this side itself does not read or can't write, so that no pong can be expected.
    mutating func tick(at now: NIODeadline, suspended: Bool) -> Tick {
        guard !self.isBusy, !suspended else {
            self.outstanding = nil
            return .rest
        }
        if self.heard { self.missed = 0 }
        if self.outstanding != nil, !self.heard {
            self.missed += 1
            if self.missed >= self.missedPongLimit { return .dead(missed: self.missed) }
        }
        self.heard = false
        self.lastPayload += 1
        self.outstanding = (self.lastPayload, now)
        return .ping(payload: self.lastPayload, missed: self.missed)
    }

    /// Bytes came from the peer.
    mutating func peerHeard() {
        self.heard = true
    }

    /// A pong came. Returns the round trip if it answers the newest ping.
    mutating func pongReceived(payload: UInt64, at now: NIODeadline) -> Duration? {
        guard let ping = self.outstanding, ping.payload == payload else { return nil }
        self.outstanding = nil
        self.missed = 0
        return Duration(now - ping.sentAt)
    }

    /// While busy there are no pings; afterwards the count of missed ones starts anew.
    mutating func setBusy(_ busy: Bool) {
        self.isBusy = busy
        self.outstanding = nil
        self.missed = 0
    }
}
