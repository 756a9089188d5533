import NIOCore
import NIOHTTP1
import NIOPosix

/// An HTTP server on the benchmark's event loop, as small as can be: it takes the hub's webhooks, and plays the hub that
/// does nothing.
enum RequestServer {
    struct Request {
        var path: String
        var body: ByteBuffer
    }

    /// What is answered: a status and a JSON text.
    typealias Answer = (status: HTTPResponseStatus, body: ByteBuffer)

    /// Listens on a free port of the loopback address.
    static func start(
        on loop: any EventLoop, upgrade: NIOHTTPServerUpgradeSendableConfiguration? = nil,
        answer: NIOLoopBound<(Request) -> Answer>
    ) async throws -> any Channel {
        try await ServerBootstrap(group: loop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: 1_024)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = RequestServerHandler(answer: answer.value)
                    let bound = NIOLoopBound(handler, eventLoop: channel.eventLoop)
                    let upgrade = upgrade.map { upgrade in
                        (
                            upgraders: upgrade.upgraders,
                            completionHandler: { @Sendable (_: ChannelHandlerContext) in
                                channel.pipeline.syncOperations.removeHandler(bound.value, promise: nil)
                            }
                        )
                    }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(
                        withServerUpgrade: upgrade, withErrorHandling: true)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }
}

private final class RequestServerHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let answer: (RequestServer.Request) -> RequestServer.Answer
    private var path = ""
    private var body = ByteBuffer()

    init(answer: @escaping (RequestServer.Request) -> RequestServer.Answer) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head):
            path = head.uri
            body = ByteBuffer()
        case .body(var part):
            if body.readableBytes == 0 { body = part } else { body.writeBuffer(&part) }
        case .end:
            let answer = answer(.init(path: path, body: body))
            let headers: HTTPHeaders = [
                "Content-Type": "application/json", "Content-Length": "\(answer.body.readableBytes)",
            ]
            let head = HTTPResponseHead(version: .http1_1, status: answer.status, headers: headers)
            context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
            context.write(Self.wrapOutboundOut(.body(.byteBuffer(answer.body))), promise: nil)
            context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
