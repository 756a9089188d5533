package import NIOCore
import NIOWebSocket

/// Takes the events of one connection as they come, on its event loop.
///
/// For who holds thousands of connections that mostly rest: a task that waits for each would keep several times the memory
/// that the connection itself does. Whoever has a conversation to lead reads ``WebSocketConnection/inbound`` instead.
package protocol WebSocketReceiver: AnyObject, Sendable {
    /// Takes an event, without waiting for anything. `false`: it takes no more until
    /// ``WebSocketOutlet/resumeReceiving()``. What comes meanwhile waits, within the limits; then the socket is read no
    /// further.
    func received(_ event: WebSocketEvent) -> Bool

    /// Nothing more comes: the closing handshake has begun, or the connection is lost. Told once, behind all events.
    func ended()
}

/// What a receiver keeps of its connection: where to send, without the request that opened it.
package struct WebSocketOutlet: Sendable {
    let channel: any Channel
    let inbound: InboundQueue
    let outbound: OutboundQueue

    /// Puts text messages into the bounded queue, like ``WebSocketConnection/enqueue(text:)``. On a server only.
    package func enqueue(_ frames: WebSocketFrames) throws { try outbound.enqueue(.frames(frames)) }

    /// Says whether the peer works on something, like ``WebSocketConnection/setBusy(_:)``.
    package func setBusy(_ busy: Bool) {
        channel.triggerUserOutboundEvent(SessionCommand.setBusy(busy), promise: nil)
    }

    /// Begins the closing handshake, like ``WebSocketConnection/close(code:reason:discardingQueued:)``, and returns at once.
    package func beginClosing(
        code: WebSocketCloseCode, reason: String, discardingQueued: Bool = false, promise: EventLoopPromise<Void>? = nil
    ) {
        precondition(code.isSendable, "a close frame must not carry \(code.rawValue)")
        let close = WebSocketClose(code: code, reason: reason, byPeer: false)
        channel.triggerUserOutboundEvent(
            SessionCommand.close(close, discardingQueued: discardingQueued), promise: promise)
    }

    /// The receiver takes events again: the next one comes a little later, or the end, also of a channel that is closed.
    package func resumeReceiving() {
        channel.eventLoop.execute { [inbound] in inbound.resumeReceiver() }
    }
}

extension WebSocketConnection {
    package var outlet: WebSocketOutlet {
        WebSocketOutlet(channel: channel, inbound: inbound.queue, outbound: outbound)
    }

    /// Gives the receiver all that comes, instead of ``inbound``. On the channel's event loop.
    package func attach(_ receiver: any WebSocketReceiver) {
        channel.eventLoop.preconditionInEventLoop()
        inbound.queue.attach(receiver)
    }
}
