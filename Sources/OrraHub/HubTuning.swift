import OrraCore
import OrraModel
import OrraWebSocket

/// Bounds and intervals of a hub that no setting changes. Tests make them smaller.
struct HubTuning: Sendable, Hashable {
    var bounds = Core.Bounds()
    /// How long a client that is known to say `hello` may take for it.
    var helloTimeout = Duration.seconds(5)
    /// Between two `ping` messages to an idle service.
    var pingInterval = Duration.seconds(30)
    /// Between two WebSocket pings to an idle peer.
    var webSocketPingInterval = Duration.seconds(20)
    /// How long a socket may be full before its peer is said to stall.
    var stallInterval = Duration.seconds(1)
    /// How long the kernel lets a peer that does not read keep data waiting.
    var userTimeout = DeadPeerDetection().userTimeout
    /// From the end of one look of the pruner to the next.
    var pruneInterval = Duration.seconds(60)
    /// Webhooks of one project that are posted at the same time: slow receivers of one hold up no other.
    var webhookSlots = 64

    /// An output and what undoes it come in one message.
    var socketLimits: WebSocketLimits {
        var limits = WebSocketLimits()
        limits.maxMessageSize = Limits.serviceFrameBytes
        // All that a connection with the standard credit may be sent at once, each at its limit: it was accepted.
        limits.maxQueuedOutboundBytes = Limits.defaultCredit * Limits.frameBytes
        // A task for each one that was answered, its acknowledgement, and those that were held: a client that reads may
        // be owed all of that at once.
        limits.maxQueuedOutboundMessages = 2 * Limits.maximumCredit + Limits.heldAcknowledgements
        limits.pingInterval = webSocketPingInterval
        limits.stallInterval = stallInterval
        limits.deadPeer.userTimeout = userTimeout
        return limits
    }
}
