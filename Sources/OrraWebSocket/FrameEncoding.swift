package import NIOCore
import NIOWebSocket

/// The four bytes that a client XORs its payload with.
struct FrameMask {
    private let bytes: (UInt8, UInt8, UInt8, UInt8)

    init(_ key: WebSocketMaskingKey) {
        self.bytes = (key[0], key[1], key[2], key[3])
    }

    /// A fresh key from the system's random numbers, as RFC 6455 demands of each frame.
    static func random() -> FrameMask {
        FrameMask(.random())
    }

    subscript(index: Int) -> UInt8 {
        switch index & 3 {
        case 0: self.bytes.0
        case 1: self.bytes.1
        case 2: self.bytes.2
        default: self.bytes.3
        }
    }
}

extension ByteBuffer {
    /// Whether it may be kept as it is: it is long, and does not lie in a much larger buffer, which NIO would copy as a whole
    /// to go on behind it, and which whoever keeps this would hold.
    package var fillsItsStorage: Bool {
        self.readableBytes > 64 * 1024 && self.storageCapacity <= 2 * self.readableBytes
    }

    /// XORs the readable bytes from `offset` on with the mask, eight at a time: a message may have 10 MiB.
    mutating func applyMask(_ mask: FrameMask, from offset: Int = 0) {
        self.withUnsafeMutableReadableBytes { bytes in
            var word: UInt64 = 0
            withUnsafeMutableBytes(of: &word) { word in
                for index in 0..<8 { word[index] = mask[index] }
            }
            let count = bytes.count - offset
            let words = count / 8
            for index in 0..<words {
                let position = offset + index * 8
                let masked = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self) ^ word
                bytes.storeBytes(of: masked, toByteOffset: position, as: UInt64.self)
            }
            for index in (words * 8)..<count { bytes[offset + index] ^= mask[index] }
        }
    }
}

/// Frames as they go over the wire. (NIO's encoder masks byte by byte, which takes seconds for 10 MiB in a debug
/// build.)
enum FrameEncoding {
    /// Payloads up to this many bytes are copied behind their header, so that a frame is one write.
    private static let copiedPayload = 16 * 1024
    /// In bytes, without a mask.
    static let longestHead = 10

    /// One unfragmented frame, in the buffers to write.
    static func encode(
        _ opcode: WebSocketOpcode, _ payload: ByteBuffer, mask: FrameMask?, allocator: ByteBufferAllocator
    ) -> (ByteBuffer, ByteBuffer?) {
        let size = payload.readableBytes
        let isCopied = mask != nil || size <= self.copiedPayload
        var frame = allocator.buffer(capacity: Self.longestHead + 4 + (isCopied ? size : 0))
        writeHead(opcode, size, isMasked: mask != nil, to: &frame)
        guard isCopied else { return (frame, payload) }
        if let mask {
            for index in 0..<4 { frame.writeInteger(mask[index]) }
            let header = frame.readableBytes
            frame.writeImmutableBuffer(payload)
            frame.applyMask(mask, from: header)
        } else {
            frame.writeImmutableBuffer(payload)
        }
        return (frame, nil)
    }

    /// All of a frame that stands before its mask and its payload.
    static func writeHead(_ opcode: WebSocketOpcode, _ size: Int, isMasked: Bool, to frame: inout ByteBuffer) {
        frame.writeInteger(0x80 | UInt8(webSocketOpcode: opcode))
        let maskBit: UInt8 = isMasked ? 0x80 : 0
        switch size {
        case ...125:
            frame.writeInteger(maskBit | UInt8(size))
        case ...Int(UInt16.max):
            frame.writeInteger(maskBit | 126)
            frame.writeInteger(UInt16(size))
        default:
            frame.writeInteger(maskBit | 127)
            frame.writeInteger(UInt64(size))
        }
    }

    /// The body of a close frame: empty without a code, else the code and as much of the reason as fits into 125 bytes.
    static func closeBody(_ close: WebSocketClose, allocator: ByteBufferAllocator) -> ByteBuffer {
        guard let code = close.code else { return ByteBuffer() }
        var body = allocator.buffer(capacity: 125)
        body.writeInteger(code.rawValue)
        for character in close.reason {
            guard body.readableBytes + character.utf8.count <= 125 else { break }
            body.writeString(String(character))
        }
        return body
    }
}
