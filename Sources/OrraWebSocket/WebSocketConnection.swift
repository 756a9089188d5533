public import HTTPTypes
public import NIOCore
import NIOWebSocket

/// One upgraded connection, the same on the server and on the client. It lives as long as the closure that it was given
/// to.
///
/// ```swift
/// for await event in connection.inbound {
///     if case .text(let message) = event { try await connection.send(text: message) }
/// }
/// let close = await connection.closed
/// ```
///
/// A peer that does not read shows in three ways: `send` does not return, ``outboundStall`` grows, and messages
/// pile up in ``queuedOutbound`` until ``enqueue(text:)`` and `send` throw
/// ``WebSocketError/outboundFull(messages:bytes:)``.
public struct WebSocketConnection: Sendable {
    /// The head of the request that asked for the upgrade: the one received, or on the client the one sent.
    public let request: HTTPRequest

    /// The peer's address and port, such as `192.0.2.7:41522` or `[2001:db8::7]:41522`; `nil` for a Unix socket.
    public let remoteAddress: String?

    /// The subprotocol that was agreed on, if any.
    public let subprotocol: String?

    /// What the peer sends, and what the keep-alive finds. It ends when the closing handshake begins, when the
    /// connection is lost, or when the task that waits is cancelled; what came before is delivered first. One task at a
    /// time may wait.
    public let inbound: WebSocketInbound

    package let channel: any Channel
    let outbound: OutboundQueue
    let end: EventLoopFuture<WebSocketClose?>

    /// Sends a text message, and returns once the connection took it for writing, which waits while the peer is slow.
    /// Messages leave in the order of the calls.
    ///
    /// - Throws: ``WebSocketError``, or `CancellationError`; then the message was not sent.
    public func send(text: ByteBuffer) async throws {
        try await self.outbound.send(.message(.text, text))
    }

    /// Sends a binary message, like ``send(text:)``.
    public func send(binary: ByteBuffer) async throws {
        try await self.outbound.send(.message(.binary, binary))
    }

    /// Puts a text message into the bounded queue and returns at once, so that a slow peer never holds up the caller.
    ///
    /// - Throws: ``WebSocketError``. When the queue is full, `close` the connection: the peer lags.
    public func enqueue(text: ByteBuffer) throws {
        try self.outbound.enqueue(.message(.text, text))
    }

    /// Sends messages that were encoded before, all in one, like ``send(text:)``. On a server only. Together they have at
    /// most ``WebSocketLimits/maxMessageSize``.
    public func send(_ frames: WebSocketFrames) async throws {
        try await self.outbound.send(.frames(frames))
    }

    /// Puts messages that were encoded before into the bounded queue, all in one, unless more than `bytes` wait there.
    /// Returns at once, and says whether it did. On a server only.
    ///
    /// - Throws: ``WebSocketError``.
    public func enqueue(_ frames: WebSocketFrames, behindAtMost bytes: Int) throws -> Bool {
        try self.outbound.enqueue(.frames(frames), behindAtMost: bytes)
    }

    /// Says whether the peer works on something. A busy peer gets no pings and its silence means nothing: only the
    /// kernel ends that connection. When the peer is no longer busy, missed pongs are counted anew.
    public func setBusy(_ busy: Bool) {
        self.outlet.setBusy(busy)
    }

    /// Begins the closing handshake behind the messages that are queued, and returns without waiting for its end, which
    /// ``closed`` tells. After ``WebSocketLimits/closeTimeout`` TCP is closed. No effect on a connection that closes
    /// already.
    ///
    /// - Parameters:
    ///   - code: a code that may be sent, see ``WebSocketCloseCode/isSendable``.
    ///   - reason: cut to 123 bytes.
    ///   - discardingQueued: drops the messages that still wait, for a peer that lags.
    public func close(code: WebSocketCloseCode, reason: String = "", discardingQueued: Bool = false) async {
        let begun = self.channel.eventLoop.makePromise(of: Void.self)
        self.outlet.beginClosing(code: code, reason: reason, discardingQueued: discardingQueued, promise: begun)
        try? await begun.futureResult.get()  // fails only on a connection that is gone
    }

    /// Waits for the end of the connection: the close frame that began the closing handshake, or `nil` if the
    /// connection was lost without one.
    public var closed: WebSocketClose? {
        get async { (try? await self.end.get()) ?? nil }
    }

    /// How long the socket has not taken all that was written to it; `nil` when it has. A peer that does not read, and
    /// a link slower than what is sent, both show here.
    public var outboundStall: Duration? {
        self.outbound.stall
    }

    /// What waits to be written, beyond some 64 KiB that the socket's own buffer holds.
    public var queuedOutbound: (messages: Int, bytes: Int) {
        self.outbound.queued
    }
}
