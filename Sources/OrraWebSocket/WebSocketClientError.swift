/// Why a client got no connection.
public enum WebSocketClientError: Error, Sendable, Equatable {
    /// The URL can't be used; the text says why, without the URL's query, which may hold a key.
    case invalidURL(String)
    /// Nothing answered there: the name is unknown, the connection was refused, or it took too long.
    case unreachable(host: String, port: Int, reason: String)
    /// The server answered the upgrade with another status, such as 401. `body` is its answer, cut to 64 KiB.
    case refused(status: Int, body: String)
    /// The server agreed, but not as RFC 6455 demands.
    case invalidAnswer(String)
    /// The server did not answer the upgrade in time.
    case timedOut
    /// The connection was lost, or TLS failed, before the upgrade was answered.
    case lost(reason: String)
}

extension WebSocketClientError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalidURL(let reason): "invalid WebSocket URL: \(reason)"
        case .unreachable(let host, let port, let reason): "can't connect to \(host), port \(port): \(reason)"
        case .refused(let status, let body): "the server refused the WebSocket with status \(status): \(body)"
        case .invalidAnswer(let reason): "the server's answer to the WebSocket upgrade is invalid: \(reason)"
        case .timedOut: "the server did not answer the WebSocket upgrade in time"
        case .lost(let reason): "the connection ended before the WebSocket upgrade was answered: \(reason)"
        }
    }
}
