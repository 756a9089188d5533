import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import OrraHub
import OrraWebSocket
import ServiceLifecycle

let testLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A real server on a free port of 127.0.0.1, stopped gracefully when the closure ends.
struct TestServer: Sendable {
    let port: Int
    let services: ServiceGroup

    func url(_ path: String = "/echo") -> String { "ws://127.0.0.1:\(self.port)\(path)" }

    /// Asks for the graceful stop, and returns at once.
    func stop() async { await self.services.triggerGracefulShutdown() }

    static func run<R: Sendable>(
        limits: WebSocketLimits = .init(),
        builder: (HTTPServerBuilder) throws -> HTTPServerBuilder = { $0 },
        upgrade: @escaping WebSocketDecision = Self.echo,
        _ body: (TestServer) async throws -> R
    ) async throws -> R {
        let (ports, portFound) = AsyncStream.makeStream(of: Int.self)
        let server = try builder(.http1WebSocket(limits: limits, shouldUpgrade: upgrade)).buildServer(
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: testLogger, responder: Self.answerHTTP
        ) { channel in
            portFound.yield(channel.localAddress?.port ?? 0)
        }
        let services = ServiceGroup(configuration: .init(services: [.init(service: server)], logger: testLogger))
        async let running: Void = services.run()
        let result: Result<R, any Error>
        do {
            guard let port = await ports.first(where: { _ in true }) else { throw CancellationError() }
            result = .success(try await body(TestServer(port: port, services: services)))
        } catch {
            result = .failure(error)
        }
        await services.triggerGracefulShutdown()
        try await running
        return try result.get()
    }

    /// Upgrades `/echo`; everything else is HTTP.
    static let echo: WebSocketDecision = { request, _ in
        guard request.path == "/echo" else { return .http }
        return .upgrade { try await Self.echo($0) }
    }

    static func echo(_ connection: WebSocketConnection) async throws {
        for await event in connection.inbound {
            switch event {
            case .text(let text): try await connection.send(text: text)
            case .binary(let data): try await connection.send(binary: data)
            case .pong, .missedPong, .stalled: break
            }
        }
    }

    @concurrent @Sendable
    private static func answerHTTP(
        _ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel
    ) async throws {
        let isRefused = request.head.path == "/secret"
        let body = ByteBuffer(string: isRefused ? #"{"error":"wrong key"}"# : "http \(request.head.path ?? "")")
        var response = Response(status: isRefused ? .unauthorized : .ok, body: .init(byteBuffer: body))
        response.headers[.contentType] = "text/plain"
        try await writer.write(response: response.head, body: response.body)
    }
}
