package import HummingbirdCore
package import Logging
package import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import OrraWebSocket

/// Sets up each accepted connection, and serves it as HTTP or as WebSocket, whichever its first request makes it.
package struct HTTPWebSocketChannel: HTTPChannelHandler {
    /// A connection that is not decided yet.
    package struct Value: ServerChildChannelValue {
        package let channel: any Channel
        let negotiated: EventLoopFuture<Negotiated>
    }

    enum Negotiated: Sendable {
        case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
        case webSocket(WebSocketConnection, @Sendable (WebSocketConnection) async throws -> Void)
        /// A receiver has it.
        case attached(WebSocketConnection)
    }

    package let responder: HTTPChannelHandler.Responder
    let limits: WebSocketLimits
    let shouldUpgrade: WebSocketDecision
    private let attached = AttachedConnections()

    /// Must return without waiting for the peer: the connection is only registered once this future completes.
    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            self.limits.deadPeer.apply(to: channel, logger: logger)
            try ReceiveBuffers.apply(to: channel)
            let negotiated = channel.eventLoop.makePromise(of: Negotiated.self)
            let encoder = HTTPResponseEncoder()
            let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes))
            let errors = HTTPServerProtocolErrorHandler()
            let negotiation = NegotiationHandler(
                httpHandlers: [encoder, errors, decoder], shouldUpgrade: self.shouldUpgrade, limits: self.limits,
                logger: logger, promise: negotiated)
            do {
                try channel.pipeline.syncOperations.addHandlers(encoder, decoder, errors, negotiation)
            } catch {
                negotiated.fail(error)
                throw error
            }
            return Value(channel: channel, negotiated: negotiated.futureResult)
        }
    }

    package func handle(value: Value, logger: Logger) async {
        await withTaskCancellationHandler {
            do {
                switch try await value.negotiated.get() {
                case .http(let channel):
                    // Its steps are woken by its socket, and end there.
                    await withTaskExecutorPreference(EventLoopExecutor(value.channel.eventLoop)) {
                        await self.handleHTTP(asyncChannel: channel, logger: logger)
                    }
                case .webSocket(let connection, let handler):
                    await self.handleWebSocket(connection, handler, logger)
                case .attached(let connection):
                    await self.attached.keep(connection)
                }
            } catch {
                logger.debug("connection ended before its first request", metadata: ["error": "\(error)"])
            }
        } onCancel: {
            value.channel.close(promise: nil)
        }
    }

    /// A handler that ends without a word, well or not, closes with 1012: after 1000, 1001 or no code at all existing
    /// clients would never come back.
    private func handleWebSocket(
        _ connection: WebSocketConnection, _ handler: @Sendable (WebSocketConnection) async throws -> Void,
        _ logger: Logger
    ) async {
        do {
            try await handler(connection)
        } catch {
            logger.debug("WebSocket handler failed", metadata: ["error": "\(error)"])
        }
        await connection.finish(code: .serviceRestart, reason: "")
    }
}
