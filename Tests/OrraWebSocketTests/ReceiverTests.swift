import Foundation
import HTTPTypes
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import OrraHub
@testable import OrraWebSocket

@Suite("A connection that a receiver has", .timeLimit(.minutes(2)))
struct ReceiverTests {
    /// Tells what it gets, echoes texts, and takes nothing behind the text "hold" until it is resumed.
    private final class Receiver: WebSocketReceiver {
        enum Told: Equatable {
            case event(WebSocketEvent)
            case end
        }

        let connection: WebSocketConnection
        let told: AsyncStream<Told>
        private let tell: AsyncStream<Told>.Continuation

        init(_ connection: WebSocketConnection) {
            self.connection = connection
            (told, tell) = AsyncStream.makeStream(of: Told.self)
        }

        func received(_ event: WebSocketEvent) -> Bool {
            tell.yield(.event(event))
            guard case .text(let text) = event else { return true }
            var frames = WebSocketFrames()
            frames.append(textOf: text.readableBytes) { $0.writeImmutableBuffer(text) }
            try? connection.outlet.enqueue(frames)
            return String(buffer: text) != "hold"
        }

        func ended() {
            tell.yield(.end)
            tell.finish()
        }
    }

    private static var quiet: WebSocketLimits {
        var limits = WebSocketLimits()
        limits.pingInterval = nil
        return limits
    }

    /// A server whose receivers arrive one after the other.
    private func withServer<R: Sendable>(
        limits: WebSocketLimits = Self.quiet,
        _ body: (TestServer, AsyncStream<Receiver>) async throws -> R
    ) async throws -> R {
        let (receivers, opened) = AsyncStream.makeStream(of: Receiver.self)
        return try await TestServer.run(
            limits: limits,
            upgrade: { _, _ in
                .attach { connection in
                    let receiver = Receiver(connection)
                    opened.yield(receiver)
                    return receiver
                }
            }
        ) { server in
            try await body(server, receivers)
        }
    }

    private static func text(_ text: String) -> Receiver.Told { .event(.text(ByteBuffer(string: text))) }

    @Test("it gets each event in order, then the end, once; the client gets its answers")
    func events() async throws {
        try await withServer { server, opened in
            try await WebSocketClient.connect(url: server.url(), logger: testLogger) { connection in
                for word in ["a", "b"] { try await connection.send(text: ByteBuffer(string: word)) }
                try await connection.send(binary: ByteBuffer(string: "c"))
                var inbound = connection.inbound.makeAsyncIterator()
                #expect(await inbound.next() == .text(ByteBuffer(string: "a")))
                #expect(await inbound.next() == .text(ByteBuffer(string: "b")))
            }
            let receiver = try #require(await opened.first(where: { _ in true }))
            var all: [Receiver.Told] = []
            for await told in receiver.told { all.append(told) }
            #expect(all == [Self.text("a"), Self.text("b"), .event(.binary(ByteBuffer(string: "c"))), .end])
        }
    }

    @Test("a long message keeps its place before what comes with it", arguments: [0x1, 0x9, 0x8, 0x3] as [UInt8])
    func longMessage(opcode: UInt8) async throws {
        let long = String(repeating: "x", count: 300_000)
        try await withServer { server, opened in
            let all = try await RawPeer.run(server) { peer in
                try await peer.upgrade()
                var bytes = RawPeer.frame(0x1, ByteBuffer(string: "a"))
                for frame in [RawPeer.frame(0x1, ByteBuffer(string: long)), RawPeer.frame(opcode)] {
                    bytes.writeImmutableBuffer(frame)
                }
                bytes.writeImmutableBuffer(RawPeer.frame(0x8))
                try await peer.write(bytes)
                let receiver = try #require(await opened.first(where: { _ in true }))
                var all: [Receiver.Told] = []
                for await told in receiver.told { all.append(told) }
                return all
            }
            let short = opcode == 0x1 ? [Self.text("")] : []
            #expect(all == [Self.text("a"), Self.text(long)] + short + [.end])
        }
    }

    @Test("whoever reads its upgrade has a receiver already, however long that took")
    func known() async throws {
        let isKnown = NIOLockedValueBox(false)
        try await TestServer.run(
            limits: Self.quiet,
            upgrade: { _, _ in
                .attach { connection in
                    Thread.sleep(forTimeInterval: 0.05)
                    isKnown.withLockedValue { $0 = true }
                    return Receiver(connection)
                }
            }
        ) { server in
            try await RawPeer.run(server) { peer in
                let head = try await peer.upgrade()
                #expect(head.hasPrefix("HTTP/1.1 101"))
                #expect(isKnown.withLockedValue { $0 })
            }
        }
    }

    @Test("one that takes no more gets nothing until it is resumed, and the socket is read within the limits only")
    func held() async throws {
        var limits = Self.quiet
        limits.maxQueuedInboundMessages = 4
        let count = 2_000
        try await withServer(limits: limits) { server, opened in
            try await WebSocketClient.connect(url: server.url(), logger: testLogger) { connection in
                try await connection.send(text: ByteBuffer(string: "hold"))
                var inbound = connection.inbound.makeAsyncIterator()
                #expect(await inbound.next() == .text(ByteBuffer(string: "hold")))
                // More than the kernel's buffers keep: so this can only end once the server reads on.
                let large = ByteBuffer(repeating: UInt8(ascii: "x"), count: 16 * 1_024)
                async let sent: Void = {
                    for _ in 0..<count { try await connection.send(binary: large) }
                }()
                let receiver = try #require(await opened.first(where: { _ in true }))
                var told = receiver.told.makeAsyncIterator()
                #expect(await told.next() == Self.text("hold"))
                // What waits is bounded, however much is sent; one read may hold some more messages.
                try await Task.sleep(for: .milliseconds(200))
                #expect(receiver.connection.inbound.queue.waiting < 4 + 64 / 16 + 1)
                receiver.connection.outlet.resumeReceiving()
                for _ in 0..<count { #expect(await told.next() == .event(.binary(large))) }
                try await sent
            }
        }
    }

    @Test("one that takes no more still gets what waits and the end, when the connection is lost meanwhile")
    func lostWhileHeld() async throws {
        try await withServer { server, opened in
            try await RawPeer.run(server) { peer in
                try await peer.upgrade()
                try await peer.write(RawPeer.frame(1, ByteBuffer(string: "hold")))
                try await peer.write(RawPeer.frame(1, ByteBuffer(string: "later")))
                #expect(await peer.readFrame()?.text == "hold")
            }
            let receiver = try #require(await opened.first(where: { _ in true }))
            #expect(await receiver.connection.closed == nil)
            receiver.connection.outlet.resumeReceiving()
            var told = receiver.told.makeAsyncIterator()
            #expect(await told.next() == Self.text("hold"))
            // The peer may have gone before the server read its second frame.
            let next = await told.next()
            #expect(next == .end || next == Self.text("later"))
            if next != .end { #expect(await told.next() == .end) }
        }
    }

    @Test("nothing of HTTP is left in its pipeline, and its channel keeps no receive buffers")
    func pipeline() async throws {
        try await withServer { server, opened in
            try await WebSocketClient.connect(url: server.url(), logger: testLogger) { connection in
                try await connection.send(text: ByteBuffer(string: "a"))
                var inbound = connection.inbound.makeAsyncIterator()
                _ = await inbound.next()
                let channel = try #require(await opened.first(where: { _ in true })).connection.channel
                let handlers = try await channel.eventLoop.submit { channel.pipeline.debugDescription }.get()
                #expect(handlers.contains("WebSocketSession"))
                for name in ["HTTP", "Negotiation"] { #expect(!handlers.contains(name), "\(handlers)") }
                #expect(try await channel.getOption(.recvAllocator).get() is ReceiveBuffers)
                #expect(try await channel.getOption(.maxMessagesPerRead).get() == 1)
            }
        }
    }

    @Test("a channel keeps one small receive buffer, whatever it has read")
    func receiveBuffers() {
        var pool = NIOPooledRecvBufferAllocator(capacity: 1, recvAllocator: ReceiveBuffers())
        let allocator = ByteBufferAllocator()
        #expect(pool.buffer(allocator: allocator) { $0.capacity }.1 == 512)
        pool.record(actualReadBytes: 512)
        var capacity = 0
        for _ in 0..<10 {
            var (buffer, _) = pool.buffer(allocator: allocator) { _ in }
            capacity = buffer.capacity
            let isOurs: Bool? = buffer.modifyIfUniquelyOwned { _ in true }
            #expect(isOurs == true, "the pool keeps a buffer of \(capacity) bytes")
            pool.record(actualReadBytes: capacity)
        }
        #expect(capacity == 65_536)
        #expect(pool.count == 1)
    }

    @Test("a server that stops closes all with 1012 and waits for them, also for one that does not answer")
    func stop() async throws {
        var limits = Self.quiet
        limits.closeTimeout = .milliseconds(300)
        let connections = NIOLockedValueBox<[WebSocketConnection]>([])
        try await withServer(limits: limits) { [limits] server, opened in
            try await RawPeer.run(server) { silent in
                try await silent.upgrade()
                try await WebSocketClient.connect(url: server.url(), limits: limits, logger: testLogger) { polite in
                    for _ in 0..<2 {
                        let receiver = try #require(await opened.first(where: { _ in true }))
                        connections.withLockedValue { $0.append(receiver.connection) }
                    }
                    await server.stop()
                    for await _ in polite.inbound {}
                    #expect(await polite.closed?.code == .serviceRestart)
                }
                #expect(await silent.readFrame()?.code == 1012)
            }
        }
        #expect(connections.withLockedValue { $0.map(\.channel.isActive) } == [false, false])
    }

    @Test("a server that is cancelled drops all, the later ones too")
    func cancel() async throws {
        let connections = NIOLockedValueBox<[WebSocketConnection]>([])
        let (signals, open) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            try await withServer { server, opened in
                try await RawPeer.run(server) { first in
                    try await first.upgrade()
                    try await RawPeer.run(server) { second in
                        try await second.upgrade()
                        for _ in 0..<2 {
                            guard let receiver = await opened.first(where: { _ in true }) else { return }
                            connections.withLockedValue { $0.append(receiver.connection) }
                        }
                        open.yield()
                        #expect(await first.readEnd())
                        #expect(await second.readEnd())
                    }
                }
            }
        }
        _ = await signals.first { _ in true }
        task.cancel()
        try? await task.value
        #expect(connections.withLockedValue { $0.map(\.channel.isActive) } == [false, false])
    }
}
