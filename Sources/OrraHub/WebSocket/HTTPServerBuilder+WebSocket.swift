package import HTTPTypes
package import HummingbirdCore
package import OrraWebSocket

/// The answer to a client that asks for a WebSocket.
package enum WebSocketUpgrade: Sendable {
    /// Upgrade, agree on the subprotocol (one that the client offered), and run the handler. The connection lives as
    /// long as the handler: when it returns or throws, a connection that is still open is closed with 1012.
    case upgrade(subprotocol: String? = nil, handler: @Sendable (WebSocketConnection) async throws -> Void)
    /// Upgrade, and give all that comes to a receiver, without a task for the connection. It lives until it is closed. The
    /// closure runs on the connection's event loop; one that returns `nil` closes the connection itself.
    case attach(subprotocol: String? = nil, receiver: @Sendable (WebSocketConnection) -> (any WebSocketReceiver)?)
    /// Hand the request, without its `Upgrade` header, to the HTTP router, which answers 401, 404, 426 and the like.
    case http
}

/// Decides over one request for a WebSocket. It gets the head and the peer's address and port.
package typealias WebSocketDecision = @Sendable (HTTPRequest, _ remoteAddress: String?) async -> WebSocketUpgrade

extension HTTPServerBuilder {
    /// HTTP/1.1 and WebSocket on one port.
    ///
    /// ```swift
    /// Application(router: router, server: .http1WebSocket { request, remoteAddress in
    ///     guard request.path == "/echo" else { return .http }
    ///     return .upgrade { connection in
    ///         for await case .text(let text) in connection.inbound { try await connection.send(text: text) }
    ///     }
    /// })
    /// ```
    ///
    /// - Parameters:
    ///   - limits: the bounds of each connection.
    ///   - shouldUpgrade: asked for each well-formed request for a WebSocket that is the first on its connection.
    package static func http1WebSocket(
        limits: WebSocketLimits = .init(), shouldUpgrade: @escaping WebSocketDecision
    ) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            HTTPWebSocketChannel(responder: responder, limits: limits, shouldUpgrade: shouldUpgrade)
        }
    }

    /// HTTP/1.1 alone, for servers that end while connections still come: Hummingbird's `http1()` traps on one that is
    /// accepted after the server stopped taking them.
    package static var http1Only: HTTPServerBuilder { .http1WebSocket { _, _ in .http } }
}
