package import NIOCore

/// Receive buffers that live as long as what was read: NIO's own allocator keeps up to four for each channel, each as large
/// as the largest read, and thousands of channels that rest keep them too.
///
/// NIO still keeps the first one, which is why that is small.
package struct ReceiveBuffers: RecvByteBufferAllocator {
    private var sizes = AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 512, maximum: 65_536)

    /// Sets it on a channel that has read nothing yet. On the channel's event loop.
    package static func apply(to channel: any Channel) throws {
        // Of as many buffers as may be read at once, NIO would keep all.
        try channel.syncOptions?.setOption(.maxMessagesPerRead, value: 1)
        try channel.syncOptions?.setOption(.recvAllocator, value: ReceiveBuffers())
    }

    package func buffer(allocator: ByteBufferAllocator) -> ByteBuffer { sizes.buffer(allocator: allocator) }

    /// A buffer that might be too small is not used again: so none is.
    package mutating func record(actualReadBytes: Int) -> Bool {
        _ = sizes.record(actualReadBytes: actualReadBytes)
        return true
    }

    /// Without a size, buffers are not pooled.
    package func nextBufferSize() -> Int? { nil }
}
