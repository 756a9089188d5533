import HTTPTypes
import Logging
import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Sends the upgrade request and reads its answer, then makes room for the session. (NIO's own upgrade handler does not
/// show the body of a refusal, which says why a key was not accepted.)
final class ClientUpgradeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    /// A refusal's body is cut to this many bytes.
    private static let maxBody = 64 * 1024

    private enum State {
        case waiting
        case upgrading(subprotocol: String?)
        case refused(status: Int, body: ByteBuffer)
        /// The HTTP handlers go away; what the decoder still held is kept.
        case removingHTTP(subprotocol: String?, leftOver: [NIOAny])
        case done
    }

    private let request: HTTPRequest
    private let key: String
    private let subprotocols: [String]
    private let httpHandlers: [any RemovableChannelHandler]
    private let limits: WebSocketLimits
    private let logger: Logger
    private let promise: EventLoopPromise<WebSocketConnection>
    private var state = State.waiting
    private var deadline: Scheduled<Void>?

    /// - Parameters:
    ///   - request: without the headers of the handshake, which are added here.
    ///   - httpHandlers: those in front of this one, to be removed for WebSocket.
    init(
        request: HTTPRequest, key: String, subprotocols: [String], httpHandlers: [any RemovableChannelHandler],
        limits: WebSocketLimits, logger: Logger, promise: EventLoopPromise<WebSocketConnection>
    ) {
        self.request = request
        self.key = key
        self.subprotocols = subprotocols
        self.httpHandlers = httpHandlers
        self.limits = limits
        self.logger = logger
        self.promise = promise
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.fail(context, .lost(reason: "the connection was closed"))
    }

    func channelActive(context: ChannelHandlerContext) {
        let timeout = TimeAmount(self.limits.upgradeTimeout)
        self.deadline = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) {
            self.fail(context, .timedOut)
        }
        var headers = HTTPHeaders([("Host", self.request.authority ?? "")])
        for field in self.request.headerFields { headers.add(name: field.name.rawName, value: field.value) }
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: self.request.path ?? "/", headers: headers)
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.state {
        case .done:
            return
        case .removingHTTP(let subprotocol, let leftOver):
            self.state = .removingHTTP(subprotocol: subprotocol, leftOver: leftOver + [data])
            return
        case .waiting, .upgrading, .refused:
            break
        }
        switch (self.state, Self.unwrapInboundIn(data)) {
        case (.waiting, .head(let head)):
            self.headReceived(context, head)
        case (.refused(let status, var body), .body(let part)):
            let taken = min(part.readableBytes, Self.maxBody - body.readableBytes)
            body.writeBytes(part.readableBytesView.prefix(taken))
            self.state = .refused(status: status, body: body)
            if body.readableBytes == Self.maxBody { self.fail(context, .timedOut) }
        case (.refused, .end):
            self.fail(context, .timedOut)
        case (.upgrading(let subprotocol), .end):
            self.upgrade(context, subprotocol)
        default:
            break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case HTTPParserError.invalidEOFState: self.fail(context, .lost(reason: "its answer was cut off"))
        case is HTTPParserError: self.fail(context, .invalidAnswer("\(error)"))
        default: self.fail(context, .lost(reason: "\(error)"))
        }
    }

    private func headReceived(_ context: ChannelHandlerContext, _ head: HTTPResponseHead) {
        guard head.status == .switchingProtocols else {
            self.state = .refused(status: Int(head.status.code), body: ByteBuffer())
            return
        }
        let upgrader = NIOTypedWebSocketClientUpgrader<Void>(requestKey: self.key) { channel, _ in
            channel.eventLoop.makeSucceededVoidFuture()
        }
        let accept = "Sec-WebSocket-Accept"
        let subprotocol = head.headers.first(name: "Sec-WebSocket-Protocol")
        let upgrade = head.headers[canonicalForm: "Upgrade"]
        if !upgrade.contains(where: { $0.lowercased() == "websocket" }) {
            self.fail(context, .invalidAnswer("it does not upgrade to websocket"))
        } else if !head.headers.contains(name: accept) || !upgrader.shouldAllowUpgrade(upgradeResponse: head) {
            self.fail(context, .invalidAnswer("\(accept) does not match"))
        } else if head.headers.contains(name: "Sec-WebSocket-Extensions") {
            self.fail(context, .invalidAnswer("it uses an extension that was not offered"))
        } else if let subprotocol, !self.subprotocols.contains(subprotocol) {
            self.fail(context, .invalidAnswer("it chose a subprotocol that was not offered"))
        } else {
            self.state = .upgrading(subprotocol: subprotocol)
        }
    }

    /// The session comes only when HTTP is gone: the response decoder looks at everything that is written.
    private func upgrade(_ context: ChannelHandlerContext, _ subprotocol: String?) {
        self.state = .removingHTTP(subprotocol: subprotocol, leftOver: [])
        let removed = self.httpHandlers.map { context.pipeline.syncOperations.removeHandler($0) }
        EventLoopFuture.andAllComplete(removed, on: context.eventLoop).assumeIsolated().whenComplete { _ in
            self.install(context)
        }
    }

    private func install(_ context: ChannelHandlerContext) {
        guard case .removingHTTP(let subprotocol, let leftOver) = self.state else { return }
        self.state = .done
        self.deadline?.cancel()
        do {
            let connection = try WebSocketConnection.install(
                on: context.channel, role: .client, request: self.request, subprotocol: subprotocol,
                limits: self.limits,
                logger: self.logger)
            self.promise.succeed(connection)
        } catch {
            self.promise.fail(error)
            return context.close(promise: nil)
        }
        for data in leftOver { context.fireChannelRead(data) }
        context.fireChannelReadComplete()
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    /// Ends the attempt. Once the server has refused, that is the error, however its answer ends.
    private func fail(_ context: ChannelHandlerContext, _ error: WebSocketClientError) {
        self.deadline?.cancel()
        switch self.state {
        case .done: return
        case .refused(let status, let body):
            self.promise.fail(WebSocketClientError.refused(status: status, body: String(buffer: body)))
        case .waiting, .upgrading, .removingHTTP: self.promise.fail(error)
        }
        self.state = .done
        context.close(promise: nil)
    }
}
