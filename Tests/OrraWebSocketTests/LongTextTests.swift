import NIOCore
import NIOWebSocket
import Synchronization
import Testing

@testable import OrraHub
@testable import OrraWebSocket

@Suite("Long texts", .timeLimit(.minutes(2)))
struct LongTextTests {
    /// Says how much of it was asked for.
    private final class Counted: LongText {
        let byteCount: Int
        let letter: UInt8
        private let copied = Atomic(0)

        init(_ count: Int, _ letter: Character) {
            self.byteCount = count
            self.letter = letter.asciiValue ?? 0
        }

        /// Ends too when the test is cancelled.
        func begun() async throws { while self.written == 0 { try await Task.sleep(for: .milliseconds(1)) } }

        var written: Int { self.copied.load(ordering: .acquiring) }

        func write(from offset: Int, count: Int, to buffer: inout ByteBuffer) {
            buffer.writeRepeatingByte(self.letter, count: count)
            self.copied.add(count, ordering: .acquiringAndReleasing)
        }

        var frames: WebSocketFrames {
            var frames = WebSocketFrames()
            frames.append(textOf: 5) { $0.writeString("short") }
            frames.append(last: self)
            return frames
        }
    }

    private static let size = 24 * 1024 * 1024
    /// More than sockets take from each other when nobody reads.
    private static var limits: WebSocketLimits {
        var limits = WebSocketLimits()
        limits.maxMessageSize = 2 * size
        limits.maxQueuedOutboundBytes = 4 * size
        limits.closeTimeout = .seconds(90)
        limits.pingInterval = nil
        return limits
    }

    private static func isAll(_ frame: RawPeer.Frame?, _ letter: Character) -> Bool {
        frame?.opcode == .text && frame?.payload == ByteBuffer(repeating: letter.asciiValue ?? 0, count: size)
    }

    @Test("is copied as far as the socket takes it, and all messages come whole and in order")
    func asFarAsTaken() async throws {
        let (first, second) = (Counted(Self.size, "a"), Counted(Self.size, "b"))
        let (marks, marked) = AsyncStream.makeStream(of: String.self)
        try await TestServer.run(
            limits: Self.limits,
            upgrade: { _, _ in
                .upgrade { connection in
                    async let sent: Void = {
                        try await connection.send(first.frames)
                        marked.yield("sent")
                    }()
                    try await first.begun()
                    for await event in connection.inbound {
                        guard case .text(let text) = event else { continue }
                        marked.yield(String(buffer: text))
                        if String(buffer: text) != "stop" { continue }
                        try connection.enqueue(text: ByteBuffer(string: "between"))
                        _ = try connection.enqueue(second.frames, behindAtMost: .max)
                        try connection.enqueue(text: ByteBuffer(string: "behind"))
                    }
                    try await sent
                }
            }
        ) { server in
            try await RawPeer.run(server, reading: false) { peer in
                try await peer.write(RawPeer.handshake)
                try await peer.write(RawPeer.frame(1, ByteBuffer(string: "stop")))
                var seen = marks.makeAsyncIterator()
                #expect(await seen.next() == "stop")
                // A ping in the middle of a frame is answered behind it.
                try await peer.write(RawPeer.frame(9, ByteBuffer(string: "there?")))
                try await peer.write(RawPeer.frame(1, ByteBuffer(string: "on")))
                #expect(await seen.next() == "on")
                #expect(first.written < Self.size && second.written == 0)

                try await peer.channel.setOption(.autoRead, value: true).get()
                peer.channel.read()
                _ = await peer.readHead()
                #expect(await peer.readFrame()?.text == "short")
                #expect(Self.isAll(await peer.readFrame(), "a"))
                #expect(await seen.next() == "sent")
                #expect(await peer.readFrame() == .init(opcode: .pong, payload: ByteBuffer(string: "there?")))
                for text in ["between", "short"] { #expect(await peer.readFrame()?.text == text) }
                #expect(Self.isAll(await peer.readFrame(), "b"))
                #expect(await peer.readFrame()?.text == "behind")
                #expect(first.written == Self.size && second.written == Self.size)
            }
        }
    }

    enum Ending: CaseIterable { case peer, application, violation, discarded }

    @Test("is finished before a close frame, whoever closes", arguments: Ending.allCases)
    func closing(_ ending: Ending) async throws {
        let text = Counted(Self.size, "a")
        let (marks, marked) = AsyncStream.makeStream(of: Void.self)
        try await TestServer.run(
            limits: Self.limits,
            upgrade: { _, _ in
                .upgrade { connection in
                    _ = try connection.enqueue(text.frames, behindAtMost: .max)
                    for await event in connection.inbound {
                        guard case .text = event else { continue }
                        marked.yield()
                        if ending == .application || ending == .discarded {
                            await connection.close(
                                code: .normal, reason: "over", discardingQueued: ending == .discarded)
                        }
                    }
                }
            }
        ) { server in
            try await RawPeer.run(server, reading: false) { peer in
                try await peer.write(RawPeer.handshake)
                try await peer.write(RawPeer.frame(1, ByteBuffer(string: "go")))
                var seen = marks.makeAsyncIterator()
                _ = await seen.next()
                // One that has not begun is dropped.
                try await text.begun()
                #expect(text.written < Self.size)
                switch ending {
                case .peer: try await peer.write(RawPeer.frame(8, ByteBuffer(integer: UInt16(1000))))
                case .violation: try await peer.write(RawPeer.frame(3))
                case .application, .discarded: break
                }
                try await peer.channel.setOption(.autoRead, value: true).get()
                peer.channel.read()
                _ = await peer.readHead()
                #expect(await peer.readFrame()?.text == "short")
                #expect(Self.isAll(await peer.readFrame(), "a"))
                let close = await peer.readFrame()
                #expect(close?.opcode == .connectionClose)
                #expect(close?.code == (ending == .violation ? 1002 : 1000))
            }
        }
    }

    @Test("whoever waits for one to be taken is told when the connection is lost")
    func lost() async throws {
        let text = Counted(Self.size, "a")
        let (ends, ended) = AsyncStream.makeStream(of: WebSocketError?.self)
        try await TestServer.run(
            limits: Self.limits,
            upgrade: { _, _ in
                .upgrade { connection in
                    do {
                        try await connection.send(text.frames)
                        ended.yield(nil)
                    } catch { ended.yield(error as? WebSocketError) }
                }
            }
        ) { server in
            try await RawPeer.run(server, reading: false) { peer in
                try await peer.write(RawPeer.handshake)
                try await text.begun()
            }
            var seen = ends.makeAsyncIterator()
            #expect(await seen.next() == .some(.closed))
        }
    }

    @Test("frames behind a much longer one do not take a buffer of its size each")
    func pipelined() async throws {
        let (capacities, taken) = AsyncStream.makeStream(of: Int.self)
        let count = 20
        try await TestServer.run(
            limits: Self.limits,
            upgrade: { _, _ in
                .upgrade { connection in
                    for await event in connection.inbound {
                        if case .text(let text) = event { taken.yield(text.storageCapacity / text.readableBytes) }
                    }
                }
            }
        ) { server in
            try await RawPeer.run(server) { peer in
                try await peer.upgrade()
                var frames = RawPeer.frame(1, ByteBuffer(repeating: UInt8(ascii: "x"), count: 8 << 20))
                for _ in 0..<count {
                    frames.writeImmutableBuffer(
                        RawPeer.frame(1, ByteBuffer(repeating: UInt8(ascii: "y"), count: 70_000)))
                }
                try await peer.write(frames)
                var seen = capacities.makeAsyncIterator()
                var large = 0
                for _ in 0...count { if try #require(await seen.next()) > 8 { large += 1 } }
                // Those that share the first one's buffer while they are read; none has one of its own.
                #expect(large < count / 2)
            }
        }
    }

    @Test("a long frame that nobody else holds is unmasked where it lies", arguments: [true, false])
    func inPlace(isHeld: Bool) throws {
        let text = ByteBuffer(repeating: UInt8(ascii: "x"), count: 100_000)
        let key = WebSocketMaskingKey.random()
        var masked = ByteBuffer(buffer: text)
        masked.webSocketMask(key)
        func address(_ buffer: ByteBuffer) -> UnsafeRawPointer? {
            buffer.withUnsafeReadableBytes { $0.baseAddress }
        }
        let place = address(masked)
        let held = isHeld ? masked : ByteBuffer()
        var assembler = MessageAssembler(role: .server, maxMessageSize: 1_000_000)
        let step = assembler.receive(WebSocketFrame(fin: true, opcode: .text, maskKey: key, data: consume masked))
        guard case .message(.text(let message)) = step else { return #expect(Bool(false), "no message") }
        #expect(message == text)
        #expect((address(message) == place) == !isHeld)
        withExtendedLifetime(held) {}
    }
}
