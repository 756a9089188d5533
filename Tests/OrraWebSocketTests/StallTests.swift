import NIOCore
import NIOWebSocket
import Testing

@testable import OrraHub
@testable import OrraWebSocket

@Suite("Peers that do not read", .timeLimit(.minutes(2)))
struct StallTests {
    private static var quick: WebSocketLimits {
        var limits = WebSocketLimits()
        limits.stallInterval = .milliseconds(100)
        limits.pingInterval = nil
        return limits
    }

    @Test("a peer that does not read is told as stalled, and as well again once it reads")
    func stalled() async throws {
        let (events, happened) = AsyncStream.makeStream(of: WebSocketEvent.self)
        let size = 8 * 1024 * 1024
        try await TestServer.run(
            limits: Self.quick,
            upgrade: { _, _ in
                .upgrade { connection in
                    for _ in 0..<2 {
                        try connection.enqueue(text: ByteBuffer(repeating: UInt8(ascii: "x"), count: size))
                    }
                    for await event in connection.inbound { happened.yield(event) }
                }
            }
        ) { server in
            try await RawPeer.run(server, reading: false) { peer in
                try await peer.write(RawPeer.handshake)
                var seen = events.makeAsyncIterator()
                #expect(await seen.next() == .stalled(true))
                try await peer.channel.setOption(.autoRead, value: true).get()
                peer.channel.read()
                _ = await peer.readHead()
                for _ in 0..<2 { #expect(await peer.readFrame()?.payload.readableBytes == size) }
                try await peer.write(RawPeer.frame(1, ByteBuffer(string: "well")))
                // A slow machine may stall again meanwhile: each time it is told that it is over.
                var isStalled = true
                while let event = await seen.next(), case .stalled(let now) = event {
                    #expect(now != isStalled)
                    isStalled = now
                    if !now { break }
                }
                #expect(!isStalled)
            }
        }
    }

    @Test("a socket that is full for a moment is none that stalls")
    func busy() async throws {
        let (events, happened) = AsyncStream.makeStream(of: WebSocketEvent.self)
        var limits = Self.quick
        limits.stallInterval = .seconds(60)
        let size = 4 * 1024 * 1024
        try await TestServer.run(
            limits: limits,
            upgrade: { _, _ in
                .upgrade { connection in
                    for _ in 0..<4 {
                        try await connection.send(text: ByteBuffer(repeating: UInt8(ascii: "x"), count: size))
                    }
                    for await event in connection.inbound { happened.yield(event) }
                }
            }
        ) { server in
            try await RawPeer.run(server) { peer in
                try await peer.upgrade()
                for _ in 0..<4 { #expect(await peer.readFrame()?.payload.readableBytes == size) }
                try await peer.write(RawPeer.frame(1, ByteBuffer(string: "well")))
                var seen = events.makeAsyncIterator()
                #expect(await seen.next() == .text(ByteBuffer(string: "well")))
            }
        }
    }

    @Test("a peer that stalls and leaves is told as stalled, and then the connection ends")
    func leaves() async throws {
        let (events, happened) = AsyncStream.makeStream(of: WebSocketEvent.self)
        try await TestServer.run(
            limits: Self.quick,
            upgrade: { _, _ in
                .upgrade { connection in
                    for _ in 0..<3 {
                        try connection.enqueue(text: ByteBuffer(repeating: UInt8(ascii: "x"), count: 8 * 1024 * 1024))
                    }
                    for await event in connection.inbound { happened.yield(event) }
                    happened.finish()
                }
            }
        ) { server in
            try await RawPeer.run(server, reading: false) { peer in
                try await peer.write(RawPeer.handshake)
                var seen = events.makeAsyncIterator()
                #expect(await seen.next() == .stalled(true))
                try await peer.channel.close()
                #expect(await seen.next() == nil)
            }
        }
    }
}
