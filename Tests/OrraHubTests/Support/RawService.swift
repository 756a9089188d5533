import NIOCore
import NIOPosix
import OrraModel
import Synchronization

/// A service's socket without a WebSocket library: it answers no ping, and reads only when told to.
final class RawService: Sendable {
    private struct State {
        var received = ByteBuffer()
        var isUpgraded = false
        var frames: [JSONValue] = []
        var pings = 0
        var closeCode: Int?
        var isOver = false
    }

    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let service: RawService
        init(_ service: RawService) { self.service = service }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            service.take(Self.unwrapInboundIn(data))
        }
        func channelInactive(context: ChannelHandlerContext) { service.state.withLock { $0.isOver = true } }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    private let state = Mutex(State())
    private let channel = Mutex<(any Channel)?>(nil)

    /// With `reads` it returns once the hub has upgraded.
    static func connect(
        _ id: ServiceID, _ project: TestProject, userAgent: String = "raw", reads: Bool = true
    ) async throws -> RawService {
        let service = RawService()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: reads)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Reader(service))
                }
            }
            .connect(host: "127.0.0.1", port: project.hub.port).get()
        service.channel.withLock { $0 = channel }
        project.hub.spawn {
            try? await Task.sleep(for: .seconds(600))
            try? await channel.close().get()
        }
        try await channel.writeAndFlush(
            ByteBuffer(
                string:
                    "GET /ws?serviceId=\(id) HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(project.key)\r\n"
                    + "User-Agent: \(userAgent)\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"))
        if reads { try await until("an upgrade") { service.state.withLock { $0.isUpgraded || $0.isOver } } }
        return service
    }

    private func take(_ bytes: ByteBuffer) {
        state.withLock { state in
            state.received.writeImmutableBuffer(bytes)
            if !state.isUpgraded {
                let view = state.received.readableBytesView
                guard let end = view.firstRange(of: Array("\r\n\r\n".utf8)) else { return }
                state.received.moveReaderIndex(to: end.upperBound)
                state.isUpgraded = true
            }
            while let (opcode, payload) = Self.frame(&state.received) {
                switch opcode {
                case 1: state.frames.append((try? JSONValue(parsing: Array(payload.readableBytesView))) ?? .null)
                case 8: state.closeCode = payload.getInteger(at: payload.readerIndex, as: UInt16.self).map(Int.init)
                case 9: state.pings += 1
                default: break
                }
            }
        }
    }

    /// The next whole frame; the hub's are not masked.
    private static func frame(_ buffer: inout ByteBuffer) -> (UInt8, ByteBuffer)? {
        var copy = buffer
        guard let first: UInt8 = copy.readInteger(), let second: UInt8 = copy.readInteger() else { return nil }
        var length = Int(second & 0x7f)
        if length == 126 {
            guard let word: UInt16 = copy.readInteger() else { return nil }
            length = Int(word)
        } else if length == 127 {
            guard let word: UInt64 = copy.readInteger() else { return nil }
            length = Int(word)
        }
        guard let payload = copy.readSlice(length: length) else { return nil }
        buffer = copy
        return (first & 0x0f, payload)
    }

    var frames: [JSONValue] { state.withLock { $0.frames } }
    func frames(_ type: String) -> [JSONValue] { frames.filter { $0["type"]?.string == type } }
    var requests: [FakeService.Request] { frames("task_request").map(FakeService.Request.init) }
    var pings: Int { state.withLock { $0.pings } }
    var isOver: Bool { state.withLock { $0.isOver } }

    func request(_ number: Int = 0) async throws -> FakeService.Request {
        try await eventually("task number \(number)") { requests.count > number ? requests[number] : nil }
    }

    /// Waits for the hub's close frame.
    func closeCode() async throws -> Int {
        try await eventually("a close frame") { state.withLock { $0.closeCode } }
    }

    /// From now on it reads.
    func startReading() async throws {
        guard let channel = channel.withLock({ $0 }) else { return }
        try await channel.setOption(.autoRead, value: true).get()
        channel.read()
    }

    /// A text frame, masked with zeros.
    func send(_ value: JSONValue) async throws {
        let payload = RawJSON(value).bytes
        var frame = ByteBuffer(bytes: [0x81])
        if payload.count < 126 {
            frame.writeInteger(UInt8(0x80 | payload.count))
        } else if payload.count < 65_536 {
            frame.writeInteger(UInt8(0xfe))
            frame.writeInteger(UInt16(payload.count))
        } else {
            frame.writeInteger(UInt8(0xff))
            frame.writeInteger(UInt64(payload.count))
        }
        frame.writeBytes([0, 0, 0, 0])
        frame.writeBytes(payload)
        try await channel.withLock { $0 }?.writeAndFlush(frame)
    }

    func leave() async throws { try await channel.withLock { $0 }?.close().get() }
}
