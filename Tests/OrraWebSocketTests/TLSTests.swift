import HTTPTypes
import HummingbirdCore
import HummingbirdTLS
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import OrraHub
@testable import OrraWebSocket

@Suite("WebSocket over TLS", .timeLimit(.minutes(2)))
struct TLSTests {
    private func withServer(_ body: (_ url: String) async throws -> Void) async throws {
        let key = try NIOSSLPrivateKey(bytes: Array(Self.key.utf8), format: .pem)
        let configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(try Self.certificate)], privateKey: .privateKey(key))
        try await TestServer.run(builder: { try .tls($0, tlsConfiguration: configuration) }) { server in
            try await body("wss://127.0.0.1:\(server.port)/echo")
        }
    }

    @Test("a certificate that is trusted: messages pass, and both sides see the close")
    func trusted() async throws {
        try await self.withServer { url in
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .certificates([try Self.certificate])
            let attempt = ClientAttempt(
                url: try WebSocketURL(url), headers: [:], subprotocols: [], limits: .init(), logger: testLogger,
                tls: tls)
            try await WebSocketClient.run(attempt, on: MultiThreadedEventLoopGroup.singleton) { connection in
                let message = ByteBuffer(repeating: 0x7A, count: 1_000_000)
                try await connection.send(text: message)
                var inbound = connection.inbound.makeAsyncIterator()
                #expect(await inbound.next() == .text(message))
                await connection.close(code: .normal)
                #expect(await connection.closed?.code == .normal)
            }
        }
    }

    @Test("a certificate that nobody vouches for is refused before anything is sent")
    func untrusted() async throws {
        try await self.withServer { url in
            do {
                try await WebSocketClient.connect(url: url, logger: testLogger) { _ in }
                Issue.record("connected")
            } catch WebSocketClientError.lost(let reason) {
                #expect(reason.contains("CERTIFICATE_VERIFY_FAILED"))
            }
        }
    }

    private static var certificate: NIOSSLCertificate {
        get throws {
            let pem = """
                -----BEGIN CERTIFICATE-----
                MIIBmzCCAUGgAwIBAgIUTAEdNA7NC5wvAZbWM72A/WCyM9UwCgYIKoZIzj0EAwIw
                FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjE4MDc1M1oYDzIxMjYxMDI5
                MTgwNzUzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
                PQMBBwNCAAR3/UPiup2rEHOC84j4A0/1sUalot0UxUJLuzGcUOvdqkLLhcRlFWSh
                xa2/QLwuUqmIqEyb4R3jf7017i7wSJNuo28wbTAdBgNVHQ4EFgQUVQw5qFZstRhs
                cOGy5eGaIUqNVygwHwYDVR0jBBgwFoAUVQw5qFZstRhscOGy5eGaIUqNVygwDwYD
                VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
                zj0EAwIDSAAwRQIhALPehjSc5r9BvMvEdtHR8TyRCdBe4OAK2eFv4axhWJpvAiA/
                DvtTRDbOHSy7LrrokVHnC07K8RlhJDz3GxpJLYh/nA==
                -----END CERTIFICATE-----
                """
            return try NIOSSLCertificate(bytes: Array(pem.utf8), format: .pem)
        }
    }

    /// Made for this test; it guards nothing.
    private static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg3h/zHoP+ISIA8m4M
        1poDkaf4JjOTp8LNzS5g/mQ3R/OhRANCAAR3/UPiup2rEHOC84j4A0/1sUalot0U
        xUJLuzGcUOvdqkLLhcRlFWShxa2/QLwuUqmIqEyb4R3jf7017i7wSJNu
        -----END PRIVATE KEY-----
        """
}
