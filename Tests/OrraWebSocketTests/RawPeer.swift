import NIOCore
import NIOPosix
import NIOWebSocket

@testable import OrraWebSocket

/// A TCP connection whose bytes the test writes itself.
final class RawPeer {
    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let bytes: AsyncStream<ByteBuffer>.Continuation

        init(_ bytes: AsyncStream<ByteBuffer>.Continuation) { self.bytes = bytes }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { self.bytes.yield(Self.unwrapInboundIn(data)) }
        func channelInactive(context: ChannelHandlerContext) { self.bytes.finish() }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    struct Frame: Equatable {
        let opcode: WebSocketOpcode
        let payload: ByteBuffer

        /// The code of a close frame.
        var code: Int? { self.payload.getInteger(at: self.payload.readerIndex, as: UInt16.self).map(Int.init) }
        var text: String { String(buffer: self.payload) }
    }

    let channel: any Channel
    private var incoming: AsyncStream<ByteBuffer>.Iterator
    private var received = ByteBuffer()
    private var isAtEnd = false

    private init(_ channel: any Channel, _ incoming: AsyncStream<ByteBuffer>) {
        self.channel = channel
        self.incoming = incoming.makeAsyncIterator()
    }

    static func run<R>(_ server: TestServer, reading: Bool = true, _ body: (RawPeer) async throws -> R) async throws
        -> R
    {
        let (incoming, bytes) = AsyncStream.makeStream(of: ByteBuffer.self)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: reading)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Reader(bytes)) }
            }
            .connect(host: "127.0.0.1", port: server.port).get()
        do {
            let result = try await body(RawPeer(channel, incoming))
            try? await channel.close()
            return result
        } catch {
            try? await channel.close()
            throw error
        }
    }

    func write(_ text: String) async throws { try await self.write(ByteBuffer(string: text)) }
    func write(_ bytes: ByteBuffer) async throws { try await self.channel.writeAndFlush(bytes) }

    static let handshake = """
        GET /echo HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n
        """

    /// Upgrades, and returns the head of the answer.
    @discardableResult
    func upgrade(_ handshake: String = RawPeer.handshake) async throws -> String {
        try await self.write(handshake)
        return await self.readHead()
    }

    /// Everything up to and with the next empty line, or what there was before the end.
    func readHead() async -> String {
        var head = ""
        while !head.hasSuffix("\r\n\r\n"), let byte = await self.readBytes(1) { head += String(buffer: byte) }
        return head
    }

    func readBytes(_ count: Int) async -> ByteBuffer? {
        while self.received.readableBytes < count {
            guard !self.isAtEnd, let more = await self.incoming.next(isolation: #isolation) else {
                self.isAtEnd = true
                return nil
            }
            self.received.writeImmutableBuffer(more)
        }
        return self.received.readSlice(length: count)
    }

    /// Whether the peer closed TCP and sent nothing more.
    func readEnd() async -> Bool { await self.readBytes(1) == nil }

    /// The next frame, which must not be masked.
    func readFrame() async -> Frame? {
        guard var head = await self.readBytes(2), let first = head.readInteger(as: UInt8.self),
            let second = head.readInteger(as: UInt8.self), second & 0x80 == 0
        else { return nil }
        var length = Int(second)
        if second == 126, var word = await self.readBytes(2) { length = Int(word.readInteger(as: UInt16.self) ?? 0) }
        if second == 127, var word = await self.readBytes(8) { length = Int(word.readInteger(as: UInt64.self) ?? 0) }
        guard let payload = await self.readBytes(length),
            let opcode = WebSocketOpcode(encodedWebSocketOpcode: first & 0x0F)
        else { return nil }
        return Frame(opcode: opcode, payload: payload)
    }

    /// Bytes of one frame, masked unless the test wants to break that rule.
    static func frame(
        _ opcode: UInt8, _ payload: ByteBuffer = ByteBuffer(), isLast: Bool = true, reserved: UInt8 = 0,
        masked: Bool = true
    ) -> ByteBuffer {
        var frame = ByteBuffer(integer: (isLast ? 0x80 : 0) | reserved | opcode)
        let mask: UInt8 = masked ? 0x80 : 0
        switch payload.readableBytes {
        case ...125: frame.writeInteger(mask | UInt8(payload.readableBytes))
        case ...65535: frame.writeMultipleIntegers(mask | 126, UInt16(payload.readableBytes))
        default: frame.writeMultipleIntegers(mask | 127, UInt64(payload.readableBytes))
        }
        guard masked else {
            frame.writeImmutableBuffer(payload)
            return frame
        }
        let key = FrameMask.random()
        for index in 0..<4 { frame.writeInteger(key[index]) }
        let header = frame.readableBytes
        frame.writeImmutableBuffer(payload)
        frame.applyMask(key, from: header)
        return frame
    }
}
