public import HTTPTypes
public import Logging
public import NIOCore
public import NIOPosix
import NIOSSL

/// Connects to WebSocket servers over `ws://` and `wss://`.
public enum WebSocketClient {
    /// Connects, runs `body`, closes. When `body` returns, the connection is closed with 1000; when it throws, with
    /// 1011; when the task is cancelled, with 1001, at once. Either way it is over when this function returns.
    ///
    /// ```swift
    /// try await WebSocketClient.connect(url: "ws://localhost:8005/ws", logger: logger) { connection in
    ///     try await connection.send(text: ByteBuffer(string: "hello"))
    ///     for await event in connection.inbound { print(event) }
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - url: `ws://host[:port]/path[?query]` or `wss://…`; TLS trusts the system's certificates.
    ///   - headers: added to the request, such as `Authorization`. Those of the handshake itself are replaced.
    ///   - subprotocols: offered in this order; what the server chose is ``WebSocketConnection/subprotocol``.
    ///   - limits: the bounds of the connection.
    ///   - eventLoopGroup: default: the process-wide group.
    ///   - logger: gets debug messages, never payloads or URLs.
    ///   - body: uses the connection, and must not keep it.
    /// - Returns: what `body` returns.
    /// - Throws: ``WebSocketClientError`` when there is no connection, `CancellationError`, or what `body` throws.
    public static func connect<R>(
        url: String, headers: HTTPFields = [:], subprotocols: [String] = [], limits: WebSocketLimits = .init(),
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton, logger: Logger,
        _ body: (WebSocketConnection) async throws -> R
    ) async throws -> R {
        let attempt = ClientAttempt(
            url: try WebSocketURL(url), headers: headers, subprotocols: subprotocols, limits: limits, logger: logger,
            tls: .makeClientConfiguration())
        return try await self.run(attempt, on: eventLoopGroup, body)
    }

    static func run<R>(
        _ attempt: ClientAttempt, on eventLoopGroup: any EventLoopGroup, _ body: (WebSocketConnection) async throws -> R
    ) async throws -> R {
        try await withTaskCancellationHandler {
            let connection = try await attempt.connect(on: eventLoopGroup)
            do {
                let result = try await body(connection)
                await connection.finish(code: .normal, reason: "")
                return result
            } catch {
                let code: WebSocketCloseCode = Task.isCancelled ? .goingAway : .internalError
                await connection.finish(code: code, reason: "")
                throw error
            }
        } onCancel: {
            attempt.cancel()
        }
    }
}
