import NIOCore
import NIOWebSocket
import Testing

@testable import OrraHub
@testable import OrraWebSocket

/// What the server makes of bytes that a well-behaved client would not send.
@Suite("The server's side of RFC 6455", .timeLimit(.minutes(2)))
struct ProtocolTests {
    /// Sends the frames and returns the first answer that is no text.
    private func close(after frames: ByteBuffer..., limits: WebSocketLimits = .init()) async throws -> RawPeer.Frame? {
        try await TestServer.run(limits: limits) { server in
            try await RawPeer.run(server) { peer in
                try await peer.upgrade()
                // Not awaited: the server may be done before it has taken all of it.
                for frame in frames { peer.channel.writeAndFlush(frame, promise: nil) }
                return await peer.readFrame()
            }
        }
    }

    @Test("a message in fragments arrives whole, with a ping between them answered first")
    func fragments() async throws {
        try await TestServer.run { server in
            try await RawPeer.run(server) { peer in
                try await peer.upgrade()
                try await peer.write(RawPeer.frame(1, ByteBuffer(string: "one "), isLast: false))
                try await peer.write(RawPeer.frame(9, ByteBuffer(string: "ping")))
                try await peer.write(RawPeer.frame(0, ByteBuffer(string: "two "), isLast: false))
                try await peer.write(RawPeer.frame(0, ByteBuffer(string: "three")))
                #expect(await peer.readFrame() == .init(opcode: .pong, payload: ByteBuffer(string: "ping")))
                #expect(await peer.readFrame() == .init(opcode: .text, payload: ByteBuffer(string: "one two three")))
            }
        }
    }

    @Test("an unmasked frame, a reserved bit, a reserved opcode, a lone continuation are protocol errors")
    func violations() async throws {
        let text = ByteBuffer(string: "x")
        #expect(try await self.close(after: RawPeer.frame(1, text, masked: false))?.code == 1002)
        #expect(try await self.close(after: RawPeer.frame(1, text, reserved: 0x40))?.code == 1002)
        #expect(try await self.close(after: RawPeer.frame(3, text))?.code == 1002)
        #expect(try await self.close(after: RawPeer.frame(0, text))?.code == 1002)
    }

    @Test("a new message inside a fragmented one, and a fragmented ping, are protocol errors")
    func misplacedFragments() async throws {
        let text = ByteBuffer(string: "x")
        let first = RawPeer.frame(1, text, isLast: false)
        #expect(try await self.close(after: first, RawPeer.frame(1, text))?.code == 1002)
        #expect(try await self.close(after: RawPeer.frame(9, text, isLast: false))?.code == 1002)
    }

    @Test("text that is not UTF-8 closes with 1007, also when it is cut across fragments")
    func invalidText() async throws {
        let invalid = ByteBuffer(bytes: [0x68, 0xC3, 0x28])
        #expect(try await self.close(after: RawPeer.frame(1, invalid))?.code == 1007)
        let half = RawPeer.frame(1, ByteBuffer(bytes: [0xC3]), isLast: false)
        #expect(try await self.close(after: half, RawPeer.frame(0, ByteBuffer(bytes: [0xA9])))?.text == "é")
        #expect(try await self.close(after: half, RawPeer.frame(0, ByteBuffer(bytes: [0x28])))?.code == 1007)
    }

    @Test("a close frame is echoed with its code", arguments: [1000, 1001, 1012, 3000, 4999])
    func closeIsEchoed(code: UInt16) async throws {
        try await TestServer.run { server in
            try await RawPeer.run(server) { peer in
                try await peer.upgrade()
                try await peer.write(RawPeer.frame(8, ByteBuffer(integer: code)))
                #expect(await peer.readFrame()?.code == Int(code))
                #expect(await peer.readEnd())
            }
        }
    }

    @Test(
        "a close frame with a code that must not be sent is a protocol error",
        arguments: [0, 999, 1004, 1005, 1006, 1015, 2999, 5000])
    func invalidCloseCode(code: UInt16) async throws {
        #expect(try await self.close(after: RawPeer.frame(8, ByteBuffer(integer: code)))?.code == 1002)
    }

    @Test("a close frame of one byte is a protocol error, an empty one is answered by an empty one")
    func closeWithoutCode() async throws {
        #expect(try await self.close(after: RawPeer.frame(8, ByteBuffer(bytes: [3])))?.code == 1002)
        let answer = try await self.close(after: RawPeer.frame(8))
        #expect(answer == .init(opcode: .connectionClose, payload: ByteBuffer()))
    }

    @Test("a frame over the limit gets 1009, while its bytes are still on their way")
    func oversizedFrame() async throws {
        var limits = WebSocketLimits()
        limits.maxMessageSize = 1000
        let close = try await self.close(
            after: RawPeer.frame(1, ByteBuffer(repeating: 0x61, count: 4_000_000)), limits: limits)
        #expect(close?.code == 1009)
        #expect(close?.text.hasSuffix("message over 1000 bytes") == true)
    }

    @Test("a message over the limit in fragments gets 1009, one at the limit passes")
    func oversizedMessage() async throws {
        var limits = WebSocketLimits()
        limits.maxMessageSize = 1000
        let first = RawPeer.frame(1, ByteBuffer(repeating: 0x61, count: 600), isLast: false)
        let rest = RawPeer.frame(0, ByteBuffer(repeating: 0x61, count: 400))
        let tooMuch = RawPeer.frame(0, ByteBuffer(repeating: 0x61, count: 401))
        #expect(try await self.close(after: first, rest, limits: limits)?.payload.readableBytes == 1000)
        #expect(try await self.close(after: first, tooMuch, limits: limits)?.code == 1009)
    }

    @Test("pings are answered while the application does not read, and its messages wait for it")
    func pingWhileBusy() async throws {
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        try await TestServer.run(upgrade: { _, _ in
            .upgrade { connection in
                for await _ in gate { break }
                try await TestServer.echo(connection)
            }
        }) { server in
            try await RawPeer.run(server) { peer in
                try await peer.upgrade()
                for index in 0..<100 { try await peer.write(RawPeer.frame(1, ByteBuffer(string: "\(index)"))) }
                try await peer.write(RawPeer.frame(9, ByteBuffer(string: "there?")))
                #expect(await peer.readFrame() == .init(opcode: .pong, payload: ByteBuffer(string: "there?")))
                open.finish()
                for index in 0..<100 { #expect(await peer.readFrame()?.text == "\(index)") }
            }
        }
    }

    @Test("a slow application stops the reading at the bound, and it goes on when the application does")
    func backPressure() async throws {
        var limits = WebSocketLimits()
        limits.maxQueuedInboundMessages = 8
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        try await TestServer.run(
            limits: limits,
            upgrade: { _, _ in
                .upgrade { connection in
                    for await _ in gate { break }
                    try await TestServer.echo(connection)
                }
            }
        ) { server in
            try await RawPeer.run(server) { peer in
                try await peer.upgrade()
                let large = ByteBuffer(repeating: 0x61, count: 1_000_000)
                let channel = peer.channel
                async let written: Void = {
                    for _ in 0..<32 { try await channel.writeAndFlush(RawPeer.frame(2, large)) }
                }()
                open.finish()
                for _ in 0..<32 { #expect(await peer.readFrame()?.payload.readableBytes == large.readableBytes) }
                try await written
            }
        }
    }
}
