import HTTPTypes
import NIOCore
import Testing

@testable import OrraHub
@testable import OrraWebSocket

@Suite("A connection between our client and our server", .timeLimit(.minutes(2)))
struct ConnectionTests {
    private struct Failure: Error {}

    @Test("messages of every length encoding come back", arguments: [0, 1, 125, 126, 65535, 65536, 10 * 1024 * 1024])
    func echo(size: Int) async throws {
        try await TestServer.run { server in
            try await WebSocketClient.connect(url: server.url(), logger: testLogger) { connection in
                let message = ByteBuffer(repeating: 0x7A, count: size)
                try await connection.send(text: message)
                try await connection.send(binary: message)
                var inbound = connection.inbound.makeAsyncIterator()
                #expect(await inbound.next() == .text(message))
                #expect(await inbound.next() == .binary(message))
            }
        }
    }

    @Test("a message over 10 MiB and its envelope is refused by the sender, and closed with 1009 by the receiver")
    func oversized() async throws {
        let message = ByteBuffer(repeating: 0x7A, count: 10 * 1024 * 1024 + 65 * 1024 + 1)
        try await TestServer.run { server in
            try await WebSocketClient.connect(url: server.url(), logger: testLogger) { connection in
                let error = WebSocketError.messageTooLarge(
                    size: message.readableBytes, limit: WebSocketLimits().maxMessageSize)
                await #expect(throws: error) { try await connection.send(text: message) }
            }
            var lax = WebSocketLimits()
            lax.maxMessageSize *= 2
            try await WebSocketClient.connect(url: server.url(), limits: lax, logger: testLogger) { connection in
                try await connection.send(text: message)
                for await _ in connection.inbound {}
                let close = await connection.closed
                #expect(close?.code == .messageTooLarge)
                #expect(close?.byPeer == true)
            }
        }
    }

    @Test("the client's limit holds for what the server sends")
    func oversizedFromServer() async throws {
        let (closes, closed) = AsyncStream.makeStream(of: WebSocketClose?.self)
        var limits = WebSocketLimits()
        limits.maxMessageSize = 100
        try await TestServer.run(upgrade: { _, _ in
            .upgrade { connection in
                try await connection.send(text: ByteBuffer(repeating: 0x61, count: 101))
                for await _ in connection.inbound {}
                closed.yield(await connection.closed)
            }
        }) { server in
            try await WebSocketClient.connect(url: server.url(), limits: limits, logger: testLogger) { connection in
                for await _ in connection.inbound {}
                #expect(await connection.closed?.code == .messageTooLarge)
            }
            let close = await closes.first { _ in true }
            #expect(close??.code == .messageTooLarge)
        }
    }

    @Test("the subprotocol, the request and the addresses are known to both sides")
    func subprotocol() async throws {
        try await TestServer.run(upgrade: { request, remoteAddress in
            let offered = request.headerFields[.secWebSocketProtocol] ?? ""
            return .upgrade(subprotocol: "orra.v1") { connection in
                let facts = "\(offered)|\(request.path ?? "")|\(request.headerFields[.authorization] ?? "")"
                try await connection.send(text: ByteBuffer(string: facts))
                #expect(connection.remoteAddress == remoteAddress)
                #expect(remoteAddress?.hasPrefix("127.0.0.1:") == true)
                #expect(connection.subprotocol == "orra.v1")
                for await _ in connection.inbound {}
            }
        }) { server in
            try await WebSocketClient.connect(
                url: server.url("/ws?a=b"), headers: [.authorization: "Bearer k"], subprotocols: ["other", "orra.v1"],
                logger: testLogger
            ) { connection in
                #expect(connection.subprotocol == "orra.v1")
                #expect(connection.request.path == "/ws?a=b")
                #expect(connection.remoteAddress == "127.0.0.1:\(server.port)")
                var inbound = connection.inbound.makeAsyncIterator()
                #expect(await inbound.next() == .text(ByteBuffer(string: "other, orra.v1|/ws?a=b|Bearer k")))
            }
        }
    }

    @Test("a server that stops closes with 1012, behind what was queued")
    func quiesce() async throws {
        try await TestServer.run { server in
            try await WebSocketClient.connect(url: server.url(), logger: testLogger) { connection in
                try await connection.send(text: ByteBuffer(string: "x"))
                var inbound = connection.inbound.makeAsyncIterator()
                #expect(await inbound.next() == .text(ByteBuffer(string: "x")))
                await server.stop()
                #expect(await inbound.next() == nil)
                #expect(await connection.closed?.code == .serviceRestart)
                await #expect(throws: WebSocketError.closed) { try await connection.send(text: ByteBuffer()) }
            }
        }
    }

    @Test("a handler that throws, and one that returns, close with 1012; one that says a code closes with it")
    func handlerEnds() async throws {
        try await TestServer.run(upgrade: { request, _ in
            .upgrade { connection in
                try connection.enqueue(text: ByteBuffer(string: "last words"))
                switch request.path {
                case "/throw": throw Failure()
                case "/close": await connection.close(code: .normal, reason: "done")
                default: break
                }
            }
        }) { server in
            for (path, code) in [("/throw", 1012), ("/return", 1012), ("/close", 1000)] {
                try await WebSocketClient.connect(url: server.url(path), logger: testLogger) { connection in
                    var inbound = connection.inbound.makeAsyncIterator()
                    #expect(await inbound.next() == .text(ByteBuffer(string: "last words")))
                    #expect(await inbound.next() == nil)
                    let close = await connection.closed
                    #expect(close?.code?.rawValue == UInt16(code))
                    #expect(close?.reason == (code == 1000 ? "done" : ""))
                }
            }
        }
    }

    @Test("the client closes with 1000 when its body returns, 1011 when it throws, 1001 when it is cancelled")
    func clientEnds() async throws {
        let (closes, closed) = AsyncStream.makeStream(of: WebSocketClose?.self)
        try await TestServer.run(upgrade: { _, _ in
            .upgrade { connection in
                for await _ in connection.inbound {}
                closed.yield(await connection.closed)
            }
        }) { server in
            var seen = closes.makeAsyncIterator()
            try await WebSocketClient.connect(url: server.url(), logger: testLogger) { _ in }
            #expect(await seen.next() == WebSocketClose(code: .normal, reason: "", byPeer: true))
            await #expect(throws: Failure.self) {
                try await WebSocketClient.connect(url: server.url(), logger: testLogger) { _ in throw Failure() }
            }
            #expect(await seen.next() == WebSocketClose(code: .internalError, reason: "", byPeer: true))
            let (connections, connected) = AsyncStream.makeStream(of: Void.self)
            let task = Task {
                try await WebSocketClient.connect(url: server.url(), logger: testLogger) { connection in
                    connected.yield()
                    for await _ in connection.inbound {}
                    try Task.checkCancellation()
                }
            }
            _ = await connections.first { _ in true }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(await seen.next() == WebSocketClose(code: .goingAway, reason: "", byPeer: true))
        }
    }

    @Test("a connection that is lost has no close code")
    func lost() async throws {
        let (closes, closed) = AsyncStream.makeStream(of: WebSocketClose?.self)
        try await TestServer.run(upgrade: { _, _ in
            .upgrade { connection in
                for await _ in connection.inbound {}
                closed.yield(await connection.closed)
            }
        }) { server in
            try await RawPeer.run(server) { peer in _ = try await peer.upgrade() }
            #expect(await closes.first { _ in true } == .some(nil))
        }
    }

    @Test("a peer that does not read shows as a stall, and its queue is bounded")
    func stalledPeer() async throws {
        let (stalls, stalled) = AsyncStream.makeStream(of: (error: WebSocketError?, isStalled: Bool, queued: Int).self)
        var limits = WebSocketLimits()
        limits.maxQueuedOutboundMessages = 4
        limits.closeTimeout = .milliseconds(50)
        try await TestServer.run(
            limits: limits,
            upgrade: { _, _ in
                .upgrade { connection in
                    var error: WebSocketError?
                    let large = ByteBuffer(repeating: 0x61, count: 1_000_000)
                    while error == nil {
                        do {
                            try connection.enqueue(text: large)
                            await Task.yield()
                        } catch let refusal as WebSocketError {
                            // Before that, the kernel may still take some for its own buffers.
                            if connection.outboundStall ?? .zero > .milliseconds(300) { error = refusal }
                        }
                    }
                    stalled.yield((error, connection.outboundStall != nil, connection.queuedOutbound.messages))
                    await connection.close(code: .policyViolation, reason: "lagging", discardingQueued: true)
                }
            }
        ) { server in
            try await RawPeer.run(server, reading: false) { peer in
                try await peer.write(RawPeer.handshake)
                let seen = await stalls.first { _ in true }
                #expect(seen?.error == .outboundFull(messages: 4, bytes: 4_000_000))
                #expect(seen?.isStalled == true)
                #expect(seen?.queued == 4)
            }
        }
    }

    @Test("a send that waits for a slow peer ends when its task is cancelled")
    func cancelledSend() async throws {
        let (results, ended) = AsyncStream.makeStream(of: Bool.self)
        var limits = WebSocketLimits()
        limits.closeTimeout = .milliseconds(50)
        try await TestServer.run(
            limits: limits,
            upgrade: { _, _ in
                .upgrade { connection in
                    let task = Task {
                        let large = ByteBuffer(repeating: 0x61, count: 1_000_000)
                        while true { try await connection.send(text: large) }
                    }
                    while connection.queuedOutbound.messages == 0 || connection.outboundStall == nil {
                        await Task.yield()
                    }
                    task.cancel()
                    do { try await task.value } catch { ended.yield(error is CancellationError) }
                    await connection.close(code: .normal, discardingQueued: true)
                }
            }
        ) { server in
            try await RawPeer.run(server, reading: false) { peer in
                try await peer.write(RawPeer.handshake)
                #expect(await results.first { _ in true } == true)
            }
        }
    }
}

#if os(Linux)
    extension ConnectionTests {
        @Test("the kernel looks for dead peers on both sides, as the limits say")
        func deadPeerOptions() async throws {
            let (options, found) = AsyncStream.makeStream(of: [Int].self)
            try await TestServer.run(upgrade: { _, _ in
                .upgrade { connection in
                    found.yield(try await Self.tcpOptions(of: connection))
                    for await _ in connection.inbound {}
                }
            }) { server in
                try await WebSocketClient.connect(url: server.url(), logger: testLogger) { connection in
                    let expected = [1, 10, 5, 3, 25_000, 1]
                    let ours = try await Self.tcpOptions(of: connection)
                    #expect(ours == expected)
                    #expect(await options.first { _ in true } == expected)
                }
            }
        }

        /// SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, TCP_USER_TIMEOUT, TCP_NODELAY, by their Linux
        /// numbers.
        private static func tcpOptions(of connection: WebSocketConnection) async throws -> [Int] {
            let channel = connection.channel
            var values = [Int(try await channel.getOption(.socketOption(.so_keepalive)).get())]
            for number: CInt in [4, 5, 6, 18, 1] {
                values.append(Int(try await channel.getOption(.tcpOption(.init(rawValue: number))).get()))
            }
            return values
        }
    }
#endif
