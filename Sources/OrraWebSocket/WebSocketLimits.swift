/// Every bound of one WebSocket connection, in one place.
///
/// The hub and the SDK use the defaults; tests shorten the intervals.
public struct WebSocketLimits: Sendable {
    /// Largest message in bytes, in either direction; one frame may be as large. A longer one from the peer closes the
    /// connection with 1009, a longer one to the peer is refused by `send`.
    /// Default: 10 MiB of payload and 64 KiB for the envelope around it.
    public var maxMessageSize = 10 * 1024 * 1024 + 64 * 1024

    /// Bytes that wait in ``WebSocketConnection/inbound`` before the socket is read no further. Default: 10 MiB.
    /// Below this bound, and below ``maxQueuedInboundMessages``, pings are answered while the application is slow.
    public var maxQueuedInboundBytes = 10 * 1024 * 1024

    /// Messages that wait in ``WebSocketConnection/inbound`` before the socket is read no further. Default: 1024.
    public var maxQueuedInboundMessages = 1024

    /// Bytes that may wait for a peer that reads slowly; one message may always wait, however large.
    /// What would exceed it is refused with ``WebSocketError/outboundFull(messages:bytes:)``. Default: 32 MiB.
    public var maxQueuedOutboundBytes = 32 * 1024 * 1024

    /// Messages that may wait for a peer that reads slowly. Default: 1024.
    public var maxQueuedOutboundMessages = 1024

    /// Time between two WebSocket pings to an idle peer; `nil` sends none. Default: 20 s.
    public var pingInterval: Duration? = .seconds(20)

    /// How long the socket may be full before the peer is said to stall. Default: 1 s.
    public var stallInterval: Duration = .seconds(1)

    /// Pings in a row that an idle peer may leave unanswered; then the connection is closed with 1012. Default: 2.
    public var missedPongLimit = 2

    /// Time for the closing handshake, what is queued before it included; then TCP is closed. Default: 5 s.
    public var closeTimeout: Duration = .seconds(5)

    /// On the server: time from accepting a connection to its first whole request head. Default: 30 s.
    public var requestHeadTimeout: Duration = .seconds(30)

    /// On the server: how long a connection that speaks plain HTTP may be idle; `nil` is for ever. Default: 120 s.
    public var httpIdleTimeout: Duration? = .seconds(120)

    /// On the client: time for DNS and TCP to connect. Default: 10 s.
    public var connectTimeout: Duration = .seconds(10)

    /// On the client: time from connecting to the answer to the upgrade, TLS included. Default: 30 s.
    public var upgradeTimeout: Duration = .seconds(30)

    /// How the kernel finds a dead peer. Default: keepalive at 10 s + 3 × 5 s, user timeout 25 s.
    public var deadPeer = DeadPeerDetection()

    /// The defaults.
    public init() {}
}
