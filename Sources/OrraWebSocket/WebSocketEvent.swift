public import NIOCore

/// What a connection reports to its application, in the order in which it happened.
public enum WebSocketEvent: Sendable, Equatable {
    /// A whole text message; its bytes are valid UTF-8.
    case text(ByteBuffer)
    /// A whole binary message.
    case binary(ByteBuffer)
    /// The peer answered our ping. The round trip is measured with a monotonic clock.
    case pong(roundTrip: Duration)
    /// The peer, although idle, left the last `count` pings unanswered and sent nothing else.
    case missedPong(count: Int)
    /// The peer has not read what is sent for ``WebSocketLimits/stallInterval``; or it reads again.
    case stalled(Bool)
}

/// How a connection ended: the close frame that began its closing handshake.
public struct WebSocketClose: Sendable, Equatable {
    /// The code; `nil` when the close frame had none.
    public var code: WebSocketCloseCode?
    /// The reason for people to read; empty when there is none.
    public var reason: String
    /// Whether the peer began the handshake; otherwise this side did.
    public var byPeer: Bool

    public init(code: WebSocketCloseCode?, reason: String, byPeer: Bool) {
        self.code = code
        self.reason = reason
        self.byPeer = byPeer
    }
}

/// A close code of RFC 6455, section 7.4, such as 1000.
public struct WebSocketCloseCode: RawRepresentable, Sendable, Hashable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// 1000: all was said. Existing clients don't come back after it.
    public static let normal = Self(rawValue: 1000)
    /// 1001: this side goes away. Existing clients don't come back after it.
    public static let goingAway = Self(rawValue: 1001)
    /// 1002: the peer broke RFC 6455.
    public static let protocolError = Self(rawValue: 1002)
    /// 1003: a kind of data that this side does not take.
    public static let unsupportedData = Self(rawValue: 1003)
    /// 1007: a text that is not UTF-8.
    public static let invalidData = Self(rawValue: 1007)
    /// 1008: the peer broke a rule of the application.
    public static let policyViolation = Self(rawValue: 1008)
    /// 1009: a message over the limit.
    public static let messageTooLarge = Self(rawValue: 1009)
    /// 1011: this side failed.
    public static let internalError = Self(rawValue: 1011)
    /// 1012: this side restarts; the peer is to come back.
    public static let serviceRestart = Self(rawValue: 1012)
    /// 1013: this side is overloaded; the peer is to come back later.
    public static let tryAgainLater = Self(rawValue: 1013)

    /// Whether a close frame may carry this code: 1000–1003, 1007–1014 and 3000–4999.
    public var isSendable: Bool {
        switch self.rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}

/// Why a message was not taken for sending.
public enum WebSocketError: Error, Sendable, Equatable {
    /// The connection is lost, or its closing handshake has begun.
    case closed
    /// The peer reads more slowly than messages come, and the bounds of ``WebSocketLimits`` are reached.
    case outboundFull(messages: Int, bytes: Int)
    /// The message is longer than ``WebSocketLimits/maxMessageSize``.
    case messageTooLarge(size: Int, limit: Int)
}

extension WebSocketError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .closed:
            "the connection is closed"
        case .outboundFull(let messages, let bytes):
            "the peer does not keep up: \(messages) messages of \(bytes) bytes wait for it"
        case .messageTooLarge(let size, let limit):
            "a message of \(size) bytes is over the limit of \(limit) bytes"
        }
    }
}
