import HTTPTypes
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket

/// One attempt to connect, which can be cancelled at any point, and the connection that comes of it.
final class ClientAttempt: Sendable {
    private struct State {
        /// One for each address that is tried.
        var channels: [any Channel] = []
        var connection: WebSocketConnection?
        var isCancelled = false
    }

    private let url: WebSocketURL
    private let headers: HTTPFields
    private let subprotocols: [String]
    private let limits: WebSocketLimits
    private let logger: Logger
    private let tls: TLSConfiguration
    private let state = NIOLockedValueBox(State())

    init(
        url: WebSocketURL, headers: HTTPFields, subprotocols: [String], limits: WebSocketLimits, logger: Logger,
        tls: TLSConfiguration
    ) {
        self.url = url
        self.headers = headers
        self.subprotocols = subprotocols
        self.limits = limits
        self.logger = logger
        self.tls = tls
    }

    func connect(on group: any EventLoopGroup) async throws -> WebSocketConnection {
        let tlsContext = self.url.isSecure ? try NIOSSLContext(configuration: self.tls) : nil
        let upgraded: EventLoopFuture<WebSocketConnection>
        do {
            upgraded = try await ClientBootstrap(group: group)
                .connectTimeout(TimeAmount(self.limits.connectTimeout))
                .connect(host: self.url.host, port: self.url.port) { channel in
                    self.configure(channel, tlsContext)
                }
        } catch {
            if self.state.withLockedValue(\.isCancelled) { throw CancellationError() }
            throw WebSocketClientError.unreachable(
                host: self.url.host, port: self.url.port, reason: Self.describe(error))
        }
        do {
            let connection = try await upgraded.get()
            let isCancelled = self.state.withLockedValue { state in
                state.connection = connection
                return state.isCancelled
            }
            if isCancelled {
                await connection.finish(code: .goingAway, reason: "")
                throw CancellationError()
            }
            return connection
        } catch {
            throw self.state.withLockedValue(\.isCancelled) ? CancellationError() : error
        }
    }

    /// Abandons what is under way: a connection is closed with 1001, anything before that at once.
    func cancel() {
        let (channels, connection) = self.state.withLockedValue { state in
            state.isCancelled = true
            return (state.channels, state.connection)
        }
        if let connection {
            let close = WebSocketClose(code: .goingAway, reason: "", byPeer: false)
            let command = SessionCommand.close(close, discardingQueued: true)
            connection.channel.triggerUserOutboundEvent(command, promise: nil)
        } else {
            for channel in channels { channel.close(promise: nil) }
        }
    }

    /// Sets up a channel that is about to connect, on its event loop. The inner future is the upgraded connection.
    private func configure(
        _ channel: any Channel, _ tlsContext: NIOSSLContext?
    ) -> EventLoopFuture<EventLoopFuture<WebSocketConnection>> {
        channel.eventLoop.makeCompletedFuture {
            let isCancelled = self.state.withLockedValue { state in
                state.channels.append(channel)
                return state.isCancelled
            }
            if isCancelled { throw CancellationError() }
            self.limits.deadPeer.apply(to: channel, logger: self.logger)
            let pipeline = channel.pipeline.syncOperations
            if let tlsContext {
                let isAddress = (try? SocketAddress(ipAddress: self.url.host, port: 0)) != nil
                try pipeline.addHandler(
                    NIOSSLClientHandler(context: tlsContext, serverHostname: isAddress ? nil : self.url.host))
            }
            let encoder = HTTPRequestEncoder()
            let decoder = ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes))
            let key = NIOWebSocketClientUpgrader.randomRequestKey()
            let promise = channel.eventLoop.makePromise(of: WebSocketConnection.self)
            let upgrade = ClientUpgradeHandler(
                request: self.request(key: key), key: key, subprotocols: self.subprotocols,
                httpHandlers: [encoder, decoder], limits: self.limits, logger: self.logger, promise: promise)
            try pipeline.addHandlers(encoder, decoder, upgrade)
            return promise.futureResult
        }
    }

    private func request(key: String) -> HTTPRequest {
        var fields = self.headers
        fields[.upgrade] = "websocket"
        fields[.connection] = "Upgrade"
        fields[.secWebSocketVersion] = "13"
        fields[.secWebSocketKey] = key
        fields[.secWebSocketExtensions] = nil
        fields[.secWebSocketProtocol] = self.subprotocols.isEmpty ? nil : self.subprotocols.joined(separator: ", ")
        fields[.contentLength] = nil
        fields[.transferEncoding] = nil
        return HTTPRequest(
            method: .get, scheme: self.url.isSecure ? "https" : "http", authority: self.url.authority,
            path: self.url.target, headerFields: fields)
    }

    private static func describe(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            // One line for each address that was tried; they mostly say the same.
            if let tried = error.connectionErrors.first { return "\(tried.error)" }
            return "the host name is unknown"
        case ChannelError.connectTimeout:
            return "no answer in time"
        default:
            return "\(error)"
        }
    }
}
