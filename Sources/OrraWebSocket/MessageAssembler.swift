import NIOCore
import NIOWebSocket

/// The rules of RFC 6455 for what a peer may send: masking, reserved bits, fragments, UTF-8, close codes. A plain value
/// that gets one frame after the other and says what each one means. (NIO's decoder checks none of these, and its
/// aggregator drops the mask that must be checked.)
struct MessageAssembler {
    enum Role { case server, client }

    enum Step: Equatable {
        /// A fragment; the message goes on.
        case incomplete
        case message(WebSocketEvent)
        case ping(ByteBuffer)
        case pong(ByteBuffer)
        case close(WebSocketClose)
        /// The connection is to be closed with this code.
        case violation(WebSocketCloseCode, String)
    }

    private let role: Role
    private let maxMessageSize: Int
    private var fragments: (opcode: WebSocketOpcode, data: ByteBuffer)?

    init(role: Role, maxMessageSize: Int) {
        self.role = role
        self.maxMessageSize = maxMessageSize
    }

    /// A frame whose bytes nobody else holds is unmasked where it lies.
    mutating func receive(_ frame: consuming WebSocketFrame) -> Step {
        guard frame.reservedBits.isEmpty else { return .violation(.protocolError, "reserved bit set") }
        guard (frame.maskKey != nil) == (self.role == .server) else {
            return .violation(.protocolError, self.role == .server ? "frame not masked" : "masked frame from a server")
        }
        var data = ByteBuffer()
        swap(&frame.data, &data)
        if let key = frame.maskKey { data.applyMask(FrameMask(key)) }
        switch frame.opcode {
        case .text, .binary, .continuation: return self.receiveData(data, frame.opcode, isLast: frame.fin)
        case .ping: return .ping(data)
        case .pong: return .pong(data)
        case .connectionClose: return Self.close(data)
        default: return .violation(.protocolError, "reserved opcode")
        }
    }

    private mutating func receiveData(_ data: ByteBuffer, _ opcode: WebSocketOpcode, isLast: Bool) -> Step {
        guard (opcode == .continuation) == (self.fragments != nil) else {
            return .violation(.protocolError, "unexpected fragment")
        }
        var message = (opcode: opcode, data: data)
        if var fragments = self.fragments.take() {
            guard fragments.data.readableBytes + data.readableBytes <= self.maxMessageSize else {
                return .violation(.messageTooLarge, "message over \(self.maxMessageSize) bytes")
            }
            fragments.data.writeImmutableBuffer(data)
            message = fragments
        }
        guard isLast else {
            self.fragments = message
            return .incomplete
        }
        guard message.opcode == .text else { return .message(.binary(message.data)) }
        guard message.data.isValidUTF8 else { return .violation(.invalidData, "text is not UTF-8") }
        return .message(.text(message.data))
    }

    private static func close(_ body: ByteBuffer) -> Step {
        var body = body
        guard body.readableBytes > 0 else { return .close(WebSocketClose(code: nil, reason: "", byPeer: true)) }
        guard let code = body.readInteger(as: UInt16.self).map(WebSocketCloseCode.init(rawValue:)), code.isSendable
        else {
            return .violation(.protocolError, "invalid close code")
        }
        guard body.isValidUTF8 else { return .violation(.invalidData, "close reason is not UTF-8") }
        return .close(WebSocketClose(code: code, reason: String(buffer: body), byPeer: true))
    }
}

extension ByteBuffer {
    /// Validates without making a String where the system can.
    fileprivate var isValidUTF8: Bool {
        if #available(macOS 26.0, *) {
            (try? UTF8Span(validating: self.readableBytesUInt8Span)) != nil
        } else {
            (try? self.getUTF8ValidatedString(at: self.readerIndex, length: self.readableBytes)) != nil
        }
    }
}
