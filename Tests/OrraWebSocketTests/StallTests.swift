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

    @Test("encoded frames are put behind so many bytes and no more; all that was taken arrives, in order")
    func encodedFrames() async throws {
        let (counts, counted) = AsyncStream.makeStream(of: Int.self)
        let bound = 256 * 1024
        try await TestServer.run(
            limits: Self.quick,
            upgrade: { _, _ in
                .upgrade { connection in
                    try await connection.send(text: ByteBuffer(string: "first"))
                    var number = 0
                    func frames() -> WebSocketFrames {
                        var frames = WebSocketFrames()
                        for _ in 0..<3 {
                            let size = [10, 1_000, 66_000][number % 3]
                            let text = Array("\(number) ".utf8) + [UInt8](repeating: 0x78, count: size)
                            frames.append(textOf: text.count) { $0.writeBytes(text) }
                            number += 1
                        }
                        return frames
                    }
                    var next = frames()
                    while try connection.enqueue(next, behindAtMost: bound) {
                        #expect(connection.queuedOutbound.bytes <= bound + next.byteCount)
                        next = frames()
                    }
                    number -= 3
                    counted.yield(number)
                    try await connection.send(frames())
                    let last = frames()
                    try await connection.send(last.dropFirst(bytes: 2 + "\(number - 3) ".utf8.count + 10))
                    for await _ in connection.inbound {}
                }
            }
        ) { server in
            try await RawPeer.run(server, reading: false) { peer in
                try await peer.write(RawPeer.handshake)
                var iterator = counts.makeAsyncIterator()
                let count = try #require(await iterator.next())
                #expect(count > 0)
                try await peer.channel.setOption(.autoRead, value: true).get()
                peer.channel.read()
                _ = await peer.readHead()
                #expect(await peer.readFrame()?.text == "first")
                // The first of the last three was dropped.
                for number in Array(0..<count + 3) + [count + 4, count + 5] {
                    let text = await peer.readFrame()?.text
                    #expect(text?.hasPrefix("\(number) x") == true)
                    #expect(text?.utf8.count == "\(number) ".utf8.count + [10, 1_000, 66_000][number % 3])
                }
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
