import HTTPTypes
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import OrraModel
import OrraProtocol

/// The hub's side of the service protocol, played by the test: it registers whoever comes, and hands out the sockets.
final class FakeHub: Sendable {
    struct Call: Sendable {
        var method: HTTPMethod
        var uri: String
        var headers: HTTPHeaders
        var body: [UInt8]
    }

    struct Answer: Sendable {
        var status: HTTPResponseStatus
        var body: String

        static func error(_ status: HTTPResponseStatus, _ message: String) -> Answer {
            let body = APIError.Body(error: APIError(.unauthorized, .invalidAPIKey, message))
            let bytes = (try? WireEncoder().encode(body)) ?? []
            return Answer(status: status, body: String(decoding: bytes, as: UTF8.self))
        }

        static func registered(id: String = "s_abc", version: Int = 1) -> Answer {
            let body =
                "{\"id\":\"\(id)\",\"name\":\"n\",\"status\":\"registered\",\"revertible\":false,\"version\":\(version)}"
            return Answer(status: .ok, body: body)
        }
    }

    let registrations = Mailbox<Call>()
    let sockets = Mailbox<FakeSocket>()
    /// Answers to come, for registrations and for upgrades; when they are used up: registered, and accepted.
    let registrationAnswers = NIOLockedValueBox<[Answer]>([])
    let refusals = NIOLockedValueBox<[Answer]>([])
    let port = NIOLockedValueBox(0)

    var url: String { "http://127.0.0.1:\(port.withLockedValue { $0 })" }

    /// Listens on a free port for as long as `body` runs.
    static func run(_ body: (FakeHub) async throws -> Void) async throws {
        let hub = FakeHub()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 16)
            .childChannelInitializer { channel in hub.configure(channel) }
            .bind(host: "127.0.0.1", port: 0).get()
        hub.port.withLockedValue { $0 = server.localAddress?.port ?? 0 }
        let result: Result<Void, any Error>
        do { result = .success(try await body(hub)) } catch { result = .failure(error) }
        try? await server.close()
        try? await group.shutdownGracefully()
        try result.get()
    }

    private func configure(_ channel: any Channel) -> EventLoopFuture<Void> {
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: Limits.frameBytes,
            shouldUpgrade: { channel, _ in
                let isRefused = self.refusals.withLockedValue { !$0.isEmpty }
                return channel.eventLoop.makeSucceededFuture(isRefused ? nil : [:])
            },
            upgradePipelineHandler: { channel, head in
                let socket = FakeSocket(channel: channel, head: head)
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(FakeSocketHandler(socket: socket))
                    Task { await self.sockets.put(socket) }
                }
            })
        let http = HTTPCallHandler { call in self.answer(call) }
        let unsafe = NIOLoopBound(http, eventLoop: channel.eventLoop)
        return channel.pipeline.configureHTTPServerPipeline(
            withServerUpgrade: (
                upgraders: [upgrader],
                completionHandler: { context in
                    context.pipeline.syncOperations.removeHandler(unsafe.value, promise: nil)
                }
            )
        ).flatMapThrowing { try channel.pipeline.syncOperations.addHandler(unsafe.value) }
    }

    private func answer(_ call: Call) -> Answer {
        func next(_ answers: NIOLockedValueBox<[Answer]>) -> Answer? {
            answers.withLockedValue { $0.isEmpty ? nil : $0.removeFirst() }
        }
        if call.method == .POST, call.uri.hasPrefix("/register/") {
            Task { await registrations.put(call) }
            return next(registrationAnswers) ?? .registered()
        }
        return next(refusals) ?? .error(.notFound, "no such route")
    }
}

/// Gathers a request and answers it.
private final class HTTPCallHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let answer: (FakeHub.Call) -> FakeHub.Answer
    private var call: FakeHub.Call?

    init(answer: @escaping (FakeHub.Call) -> FakeHub.Answer) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head): call = .init(method: head.method, uri: head.uri, headers: head.headers, body: [])
        case .body(let part): call?.body += Array(part.readableBytesView)
        case .end:
            guard let call else { return }
            let answer = answer(call)
            let headers: HTTPHeaders = [
                "Content-Length": "\(answer.body.utf8.count)", "Content-Type": "application/json",
            ]
            let head = HTTPResponseHead(version: .http1_1, status: answer.status, headers: headers)
            context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
            context.write(Self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: answer.body)))), promise: nil)
            context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
