import HTTPTypes
import NIOCore
import NIOPosix
import Testing

@testable import OrraHub
@testable import OrraWebSocket

@Suite("The client and servers that don't play along", .timeLimit(.minutes(2)))
struct ClientTests {
    /// A server that sends these bytes when it has read a request head, and closes then or never.
    private func withServer(
        sending bytes: String, thenClosing: Bool = true, _ body: (_ url: String) async throws -> Void
    ) async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Script(bytes: bytes, thenClosing: thenClosing))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body("ws://127.0.0.1:\(server.localAddress?.port ?? 0)/")) } catch {
            outcome = .failure(error)
        }
        try await server.close()
        try outcome.get()
    }

    private final class Script: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        let bytes: String
        let thenClosing: Bool

        init(bytes: String, thenClosing: Bool) {
            self.bytes = bytes
            self.thenClosing = thenClosing
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(string: self.bytes)), promise: nil)
            if self.thenClosing { context.close(promise: nil) }
        }
    }

    private func error(_ url: String, limits: WebSocketLimits = .init()) async -> WebSocketClientError? {
        do {
            try await WebSocketClient.connect(url: url, limits: limits, logger: testLogger) { _ in }
            return nil
        } catch {
            return error as? WebSocketClientError
        }
    }

    @Test("a refusal shows its status and body")
    func refused() async throws {
        try await TestServer.run { server in
            #expect(
                await self.error(server.url("/secret")) == .refused(status: 401, body: #"{"error":"wrong key"}"#))
        }
    }

    @Test("a refusal's body is cut to 64 KiB, and may end with the connection")
    func longRefusal() async throws {
        let long = String(repeating: "x", count: 100_000)
        try await self.withServer(sending: "HTTP/1.1 503 Unavailable\r\nContent-Length: 100000\r\n\r\n\(long)") { url in
            #expect(await self.error(url) == .refused(status: 503, body: String(long.prefix(65536))))
        }
        try await self.withServer(sending: "HTTP/1.1 404 Not Found\r\n\r\ngone") { url in
            #expect(await self.error(url) == .refused(status: 404, body: "gone"))
        }
    }

    @Test("an answer without the right accept key, or with what was not offered, is invalid")
    func invalidAnswers() async throws {
        let upgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        for head in ["\(upgrade)\r\n", "\(upgrade)Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"] {
            try await self.withServer(sending: head) { url in
                #expect(await self.error(url) == .invalidAnswer("Sec-WebSocket-Accept does not match"))
            }
        }
        try await TestServer.run(upgrade: { _, _ in .upgrade(subprotocol: "x") { try await TestServer.echo($0) } }) {
            server in
            #expect(await self.error(server.url()) == .invalidAnswer("it chose a subprotocol that was not offered"))
        }
    }

    @Test("no answer, half an answer and garbage are errors of their own")
    func noAnswer() async throws {
        var limits = WebSocketLimits()
        limits.upgradeTimeout = .milliseconds(50)
        try await self.withServer(sending: "", thenClosing: false) { url in
            #expect(await self.error(url, limits: limits) == .timedOut)
        }
        try await self.withServer(sending: "HTTP/1.1 10") { url in
            guard case .lost? = await self.error(url) else {
                Issue.record("not lost")
                return
            }
        }
        try await self.withServer(sending: "SSH-2.0-OpenSSH\r\n") { url in
            guard case .invalidAnswer? = await self.error(url) else {
                Issue.record("not invalid")
                return
            }
        }
    }

    @Test("a closed port and an unknown name say where nothing answered")
    func unreachable() async throws {
        let port = try await TestServer.run { server in server.port }
        guard case .unreachable("127.0.0.1", port, let reason)? = await self.error("ws://127.0.0.1:\(port)/") else {
            Issue.record("reachable")
            return
        }
        #expect(reason.contains("refused"))
    }

    @Test("a connect that waits for the answer ends when its task is cancelled")
    func cancelledConnect() async throws {
        try await self.withServer(sending: "", thenClosing: false) { url in
            let task = Task { try await WebSocketClient.connect(url: url, logger: testLogger) { _ in } }
            await Task.yield()
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test("URLs are taken apart")
    func urls() throws {
        let url = try WebSocketURL("wss://[2001:db8::1]:8443?x=y#z")
        #expect(url.isSecure)
        #expect(url.host == "2001:db8::1")
        #expect(url.port == 8443)
        #expect(url.authority == "[2001:db8::1]:8443")
        #expect(url.target == "/?x=y")
        #expect(try WebSocketURL("ws://localhost").port == 80)
        #expect(try WebSocketURL("WSS://localhost/a").port == 443)
        #expect(try WebSocketURL("ws://localhost:8005/ws?serviceId=s_1").target == "/ws?serviceId=s_1")
    }

    @Test(
        "URLs that can't be used are refused",
        arguments: [
            "", "localhost:8005", "http://localhost/", "ws://", "ws://:80/", "ws://a:b/", "ws://a:70000/", "ws://[::1/",
            "ws://user:pw@host/", "ws://host/a b", "ws://host/\r\nX: y", "ws://h\u{F6}st/",
        ])
    func invalidURLs(url: String) {
        #expect(throws: WebSocketClientError.self) { try WebSocketURL(url) }
    }
}
