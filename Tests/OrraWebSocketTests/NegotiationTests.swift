import NIOCore
import Testing

@testable import OrraHub
@testable import OrraWebSocket

@Suite("HTTP and WebSocket on one port", .timeLimit(.minutes(2)))
struct NegotiationTests {
    private func get(_ path: String, _ headers: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: test\r\n\(headers)\r\n"
    }

    @Test("plain HTTP is served on the same port, request after request")
    func plainHTTP() async throws {
        try await TestServer.run { server in
            try await RawPeer.run(server) { peer in
                for path in ["/a", "/b"] {
                    try await peer.write(self.get(path))
                    #expect(await peer.readHead().hasPrefix("HTTP/1.1 200 OK\r\n"))
                    #expect(await peer.readBytes(7).map(String.init(buffer:)) == "http \(path)")
                }
            }
        }
    }

    @Test("a request body goes to HTTP whole")
    func requestBody() async throws {
        try await TestServer.run { server in
            try await RawPeer.run(server) { peer in
                try await peer.write(
                    "POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nhello" + self.get("/b"))
                for path in ["/a", "/b"] {
                    #expect(await peer.readHead().hasPrefix("HTTP/1.1 200 OK\r\n"))
                    #expect(await peer.readBytes(7).map(String.init(buffer:)) == "http \(path)")
                }
            }
        }
    }

    @Test("Upgrade: h2c is answered by HTTP/1.1 that says it is the last answer, whether first or later")
    func otherUpgrade() async throws {
        let h2c = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
        try await TestServer.run { server in
            try await RawPeer.run(server) { peer in
                try await peer.write(self.get("/a", h2c) + self.get("/b"))
                let head = await peer.readHead()
                #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
                #expect(head.contains("Connection: close\r\n"))
                #expect(await peer.readBytes(7).map(String.init(buffer:)) == "http /a")
                #expect(await peer.readEnd())
            }
            try await RawPeer.run(server) { peer in
                try await peer.write(self.get("/a") + self.get("/b", h2c))
                #expect(await !peer.readHead().contains("Connection: close\r\n"))
                #expect(await peer.readBytes(7).map(String.init(buffer:)) == "http /a")
                #expect(await peer.readHead().contains("Connection: close\r\n"))
                #expect(await peer.readBytes(7).map(String.init(buffer:)) == "http /b")
                #expect(await peer.readEnd())
            }
        }
    }

    @Test("a handshake that is refused or malformed is answered by the router")
    func refusedUpgrade() async throws {
        try await TestServer.run { server in
            for handshake in [
                RawPeer.handshake.replacing("/echo", with: "/secret"),
                RawPeer.handshake.replacing("Version: 13", with: "Version: 8"),
                RawPeer.handshake.replacing("Sec-WebSocket-Key", with: "X-Key"),
                RawPeer.handshake.replacing("\r\n\r\n", with: "\r\nContent-Length: 2\r\n\r\nhi"),
            ] {
                try await RawPeer.run(server) { peer in
                    let head = try await peer.upgrade(handshake)
                    #expect(head.hasPrefix(handshake.contains("/secret") ? "HTTP/1.1 401 " : "HTTP/1.1 200 "))
                    #expect(head.contains("Connection: close\r\n"))
                }
            }
        }
    }

    @Test("a frame right behind the handshake is not lost")
    func earlyFrame() async throws {
        try await TestServer.run { server in
            try await RawPeer.run(server) { peer in
                var bytes = ByteBuffer(string: RawPeer.handshake)
                bytes.writeImmutableBuffer(RawPeer.frame(1, ByteBuffer(string: "early")))
                bytes.writeImmutableBuffer(RawPeer.frame(1, ByteBuffer(string: "too")))
                try await peer.write(bytes)
                #expect(await peer.readHead().hasPrefix("HTTP/1.1 101 "))
                #expect(await peer.readFrame()?.text == "early")
                #expect(await peer.readFrame()?.text == "too")
            }
        }
    }

    @Test("the accept key is the one of RFC 6455")
    func acceptKey() async throws {
        try await TestServer.run { server in
            try await RawPeer.run(server) { peer in
                let head = try await peer.upgrade()
                #expect(head.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
            }
        }
    }

    @Test("a connection that sends no whole head is closed in time")
    func slowHead() async throws {
        var limits = WebSocketLimits()
        limits.requestHeadTimeout = .milliseconds(50)
        try await TestServer.run(limits: limits) { server in
            try await RawPeer.run(server) { peer in
                try? await peer.write("GET / HTTP/1.1\r\nHost:")  // on a busy machine the time may be over already
                #expect(await peer.readEnd())
            }
        }
    }

    @Test("an idle HTTP connection is closed in time")
    func idleHTTP() async throws {
        var limits = WebSocketLimits()
        limits.httpIdleTimeout = .milliseconds(300)
        try await TestServer.run(limits: limits) { server in
            try await RawPeer.run(server) { peer in
                try await peer.write(self.get("/a"))
                #expect(await peer.readHead().hasPrefix("HTTP/1.1 200 OK\r\n"))
                #expect(await peer.readBytes(7) != nil)
                #expect(await peer.readEnd())
            }
        }
    }

    @Test("a server that stops closes connections that have not asked for anything yet")
    func quiesceBeforeNegotiation() async throws {
        try await TestServer.run { server in
            try await RawPeer.run(server) { peer in
                _ = try await RawPeer.run(server) { other in  // once it is served, the first is accepted too
                    try await other.upgrade()
                }
                await server.stop()
                #expect(await peer.readEnd())
            }
        }
    }
}
