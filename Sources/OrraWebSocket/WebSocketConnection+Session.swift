package import HTTPTypes
package import Logging
package import NIOCore
import NIOWebSocket

/// Which side of the connection this is: it decides who masks.
package enum WebSocketRole: Sendable {
    case server, client
}

extension WebSocketConnection {
    /// Turns a channel whose HTTP handlers go away into a WebSocket connection. Call it on the channel's event loop;
    /// then fire `channelReadComplete` behind the last byte that HTTP left over, which starts the reading.
    package static func install(
        on channel: any Channel, role: WebSocketRole, request: HTTPRequest, subprotocol: String?,
        limits: WebSocketLimits,
        logger: Logger
    ) throws -> WebSocketConnection {
        let end = channel.eventLoop.makePromise(of: WebSocketClose?.self)
        let inbound = InboundQueue(limits: limits) {
            channel.triggerUserOutboundEvent(SessionCommand.resumeReading, promise: nil)
        }
        let outbound = OutboundQueue(limits: limits) {
            channel.triggerUserOutboundEvent(SessionCommand.drain, promise: nil)
        }
        let session = WebSocketSession(
            role: role == .server ? .server : .client, limits: limits, inbound: inbound, outbound: outbound, end: end,
            logger: logger)
        do {
            // Where half-closure is allowed, a peer's FIN under TLS would only end the connection after five seconds.
            try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)
            try channel.syncOptions?.setOption(.autoRead, value: false)
            let decoder = ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: limits.maxMessageSize))
            try channel.pipeline.syncOperations.addHandlers(decoder, session)
        } catch {
            end.fail(error)
            throw error
        }
        return WebSocketConnection(
            request: request, remoteAddress: channel.remoteAddress?.hostAndPort, subprotocol: subprotocol,
            inbound: WebSocketInbound(queue: inbound), channel: channel, outbound: outbound, end: end.futureResult)
    }

    /// Calls back at the end, on the channel's event loop: what ``closed`` waits for, without a task.
    package func whenEnded(_ callback: @escaping @Sendable () -> Void) {
        self.end.whenComplete { _ in callback() }
    }

    /// Closes the connection unless it closes already, and waits for its end, at most ``WebSocketLimits/closeTimeout``.
    package func finish(code: WebSocketCloseCode, reason: String) async {
        await self.close(code: code, reason: reason)
        _ = await self.closed
    }
}

extension SocketAddress {
    /// `192.0.2.7:80` or `[2001:db8::7]:80`; `nil` for a Unix socket.
    package var hostAndPort: String? {
        guard let address = self.ipAddress, let port = self.port else { return nil }
        return address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
}
