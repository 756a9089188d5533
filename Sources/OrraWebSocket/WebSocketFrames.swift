package import NIOCore
import NIOWebSocket

/// Text messages as a server sends them, encoded once for any number of connections, which share the bytes. (A client
/// masks each frame with a key of its own.)
public struct WebSocketFrames: Sendable {
    private(set) var bytes: ByteBuffer
    /// The last text, whose frame's head ends the bytes.
    private(set) var last: (any LongText)?

    /// Whether more messages can be put behind these.
    package var takesMore: Bool { self.last == nil }

    /// No message.
    public init() { self.bytes = ByteBuffer() }

    /// The length of all frames, in bytes: what the next message is put behind.
    public var byteCount: Int { self.bytes.readableBytes + (self.last?.byteCount ?? 0) }

    /// - Parameters:
    ///   - count: the length of the text, in bytes of UTF-8.
    ///   - write: writes that many.
    package mutating func append(textOf count: Int, _ write: (inout ByteBuffer) -> Void) {
        precondition(self.last == nil, "nothing comes behind a long text")
        self.bytes.reserveCapacity(minimumWritableBytes: FrameEncoding.longestHead + count)
        FrameEncoding.writeHead(.text, count, isMasked: false, to: &self.bytes)
        let end = self.bytes.writerIndex + count
        write(&self.bytes)
        precondition(self.bytes.writerIndex == end, "a text has another length than its frame says")
    }

    /// The last message: it stays where it lies until the socket takes it.
    package mutating func append(last text: any LongText) {
        precondition(self.last == nil, "nothing comes behind a long text")
        FrameEncoding.writeHead(.text, text.byteCount, isMasked: false, to: &self.bytes)
        self.last = text
    }

    /// The messages behind the first ones, whose frames have so many bytes.
    public func dropFirst(bytes count: Int) -> WebSocketFrames {
        guard count < self.byteCount else { return WebSocketFrames() }
        var rest = self
        rest.bytes.moveReaderIndex(forwardBy: count)
        return rest
    }
}
