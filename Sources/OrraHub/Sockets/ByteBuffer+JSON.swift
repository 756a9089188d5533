import NIOCore
import OrraModel
import OrraWebSocket

extension ByteBuffer {
    /// The text, in a buffer of its own: the one time that its payloads are copied.
    init(_ text: JSONPieces) {
        self.init()
        reserveCapacity(text.count)
        write(text)
    }

    mutating func write(_ text: JSONPieces) { text.forEach { writeBytes($0) } }
}

extension WebSocketFrames {
    /// A text up to this length is copied at once, in bytes.
    private static let copiedText = 64 * 1024

    init(_ text: JSONPieces) {
        self.init()
        append(text)
    }

    /// Nothing comes behind a long text.
    mutating func append(_ text: JSONPieces) {
        if text.count > Self.copiedText {
            append(last: PiecedText(pieces: text))
        } else {
            append(textOf: text.count) { $0.write(text) }
        }
    }
}

private struct PiecedText: LongText {
    let pieces: JSONPieces
    var byteCount: Int { pieces.count }

    func write(from offset: Int, count: Int, to buffer: inout ByteBuffer) {
        pieces.forEach(from: offset, atMost: count) { buffer.writeBytes($0) }
    }
}

extension SharedBytes {
    /// Those of a buffer, which nobody else may write to in place: it is not unique any more.
    convenience init(_ buffer: ByteBuffer) {
        let (bytes, storage) = buffer.withUnsafeReadableBytesWithStorageManagement { ($0, $1.takeUnretainedValue()) }
        self.init(bytes, of: storage)
    }
}
