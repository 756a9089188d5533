package import NIOCore

/// A text that is copied to a socket as far as the socket takes it, and is no one piece of memory before.
package protocol LongText: Sendable {
    /// Of UTF-8.
    var byteCount: Int { get }

    /// Appends so many bytes behind the first `offset` ones; they are there.
    func write(from offset: Int, count: Int, to buffer: inout ByteBuffer)
}

/// A long text on its way: its frame has begun, and nothing else may go out before it ends.
struct TextUnderway {
    let text: any LongText
    private(set) var offset = 0
    /// Whoever waits for it to be taken.
    let sender: CheckedContinuation<Void, any Error>?

    init(_ text: any LongText, sender: CheckedContinuation<Void, any Error>?) {
        self.text = text
        self.sender = sender
    }

    var isOver: Bool { self.offset == self.text.byteCount }

    /// The next bytes, at most so many.
    mutating func next(_ most: Int, allocator: ByteBufferAllocator) -> ByteBuffer {
        let count = min(most, self.text.byteCount - self.offset)
        var buffer = allocator.buffer(capacity: count)
        self.text.write(from: self.offset, count: count, to: &buffer)
        precondition(buffer.readableBytes == count, "a text has another length than its frame says")
        self.offset += count
        return buffer
    }
}
