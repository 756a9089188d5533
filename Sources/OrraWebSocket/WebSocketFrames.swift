package import NIOCore
import NIOWebSocket

/// Text messages as a server sends them, encoded once for any number of connections, which share the bytes. (A client
/// masks each frame with a key of its own.)
public struct WebSocketFrames: Sendable {
    var bytes: ByteBuffer

    /// No message.
    public init() { self.bytes = ByteBuffer() }

    /// The length of all frames, in bytes: what the next message is put behind.
    public var byteCount: Int { self.bytes.readableBytes }

    /// - Parameters:
    ///   - count: the length of the text, in bytes of UTF-8.
    ///   - write: writes that many.
    package mutating func append(textOf count: Int, _ write: (inout ByteBuffer) -> Void) {
        self.bytes.reserveCapacity(minimumWritableBytes: FrameEncoding.longestHead + count)
        FrameEncoding.writeHead(.text, count, isMasked: false, to: &self.bytes)
        let end = self.bytes.writerIndex + count
        write(&self.bytes)
        precondition(self.bytes.writerIndex == end, "a text has another length than its frame says")
    }

    /// The messages behind the first ones, whose frames have so many bytes.
    public func dropFirst(bytes count: Int) -> WebSocketFrames {
        var rest = self
        rest.bytes.moveReaderIndex(forwardBy: count)
        return rest
    }
}
