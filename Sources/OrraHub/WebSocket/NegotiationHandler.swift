import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1
import NIOWebSocket
import OrraWebSocket

/// Decides, on the first request of a connection, between HTTP and WebSocket, and closes the connection when that takes
/// too long or the server quiesces meanwhile. For HTTP it stays and takes the `Upgrade` header out of every request,
/// because NIO's decoder stops behind a request that has one.
///
/// NIO's own `NIOTypedHTTPServerUpgradeHandler` can't be used: it loses a request whose upgrade is refused or is to
/// another protocol, such as `h2c`.
final class NegotiationHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart
    typealias Negotiated = HTTPWebSocketChannel.Negotiated

    private enum State {
        case waiting
        /// A head that asks for a WebSocket came; its end is awaited.
        case asked(HTTPRequestHead)
        /// The application decides.
        case deciding(HTTPRequestHead)
        case http
        case webSocket
    }

    private struct Acceptance: Sendable {
        let headers: HTTPHeaders
        let request: HTTPRequest
        let upgrade: WebSocketUpgrade

        var subprotocol: String? {
            switch self.upgrade {
            case .upgrade(let subprotocol, _), .attach(let subprotocol, _): subprotocol
            case .http: nil
            }
        }
    }

    private let httpHandlers: [any RemovableChannelHandler]
    private let shouldUpgrade: WebSocketDecision
    private let limits: WebSocketLimits
    private let logger: Logger
    private let promise: EventLoopPromise<Negotiated>
    private var state = State.waiting
    private var deadline: Scheduled<Void>?
    private var readIsOwed = false
    /// Requests passed on to HTTP, and those of them that are answered.
    private var requests = 0
    private var answers = 0
    /// The number of the request behind which the HTTP decoder stopped; its answer is the last one of the connection.
    private var lastRequest: Int?

    init(
        httpHandlers: [any RemovableChannelHandler], shouldUpgrade: @escaping WebSocketDecision,
        limits: WebSocketLimits,
        logger: Logger, promise: EventLoopPromise<Negotiated>
    ) {
        self.httpHandlers = httpHandlers
        self.shouldUpgrade = shouldUpgrade
        self.limits = limits
        self.logger = logger
        self.promise = promise
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let timeout = TimeAmount(self.limits.requestHeadTimeout)
        self.deadline = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) {
            context.close(promise: nil)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.deadline?.cancel()
        self.promise.fail(ChannelError.eof)  // no effect once completed
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch (self.state, event) {
        case (.waiting, is ChannelShouldQuiesceEvent), (.asked, is ChannelShouldQuiesceEvent),
            (.deciding, is ChannelShouldQuiesceEvent), (.waiting, ChannelEvent.inputClosed),
            (.asked, ChannelEvent.inputClosed), (.deciding, ChannelEvent.inputClosed):
            context.close(promise: nil)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.state {
        case .waiting:
            guard case .head(let head) = Self.unwrapInboundIn(data) else { return context.close(promise: nil) }
            if head.asksForWebSocket {
                self.state = .asked(head)
            } else {
                self.becomeHTTP(context, head)
            }
        case .asked(let head):
            if case .end = Self.unwrapInboundIn(data) {
                self.state = .deciding(head)
                self.decide(context, head)
            } else {
                self.becomeHTTP(context, head)  // a request with a body is no WebSocket handshake
                context.fireChannelRead(data)
            }
        case .deciding:
            break  // the decoder has stopped: nothing comes
        case .http:
            guard case .head(let head) = Self.unwrapInboundIn(data) else { return context.fireChannelRead(data) }
            self.passOn(context, head)
        case .webSocket:
            context.fireChannelRead(data)  // bytes left over by the HTTP decoder
        }
    }

    /// While the application decides, nothing more is read: the decoder would keep it all.
    func read(context: ChannelHandlerContext) {
        if case .deciding = self.state {
            self.readIsOwed = true
        } else {
            context.read()
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .http = self.state else { return context.write(data, promise: promise) }
        switch Self.unwrapOutboundIn(data) {
        case .head(var head) where self.lastRequest == self.answers + 1:
            head.headers.replaceOrAdd(name: "Connection", value: "close")
            return context.write(Self.wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            self.answers += 1
        default:
            break
        }
        context.write(data, promise: promise)
    }

    private func decide(_ context: ChannelHandlerContext, _ head: HTTPRequestHead) {
        let channel = context.channel
        let remoteAddress = channel.remoteAddress?.hostAndPort
        // Used for its checks of the request and for the accept key only.
        let upgrader = NIOTypedWebSocketServerUpgrader<Void>(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
        let decision = upgrader.buildUpgradeResponse(
            channel: channel, upgradeRequest: head, initialResponseHeaders: [:]
        )
        .flatMap { [shouldUpgrade] headers in
            channel.eventLoop.makeFutureWithTask { () -> Acceptance? in
                let request = try HTTPRequest(head, secure: false, splitCookie: false)
                let upgrade = await shouldUpgrade(request, remoteAddress)
                if case .http = upgrade { return nil }
                return Acceptance(headers: headers, request: request, upgrade: upgrade)
            }
        }
        decision.assumeIsolated().whenComplete { result in
            guard case .deciding(let head) = self.state, context.channel.isActive else { return }
            if case .success(let acceptance?) = result {
                self.becomeWebSocket(context, acceptance)
            } else {
                self.becomeHTTP(context, head)
                context.fireChannelRead(Self.wrapInboundOut(.end(nil)))
                context.fireChannelReadComplete()
            }
            if self.readIsOwed { context.read() }
        }
    }

    private func becomeHTTP(_ context: ChannelHandlerContext, _ head: HTTPRequestHead) {
        self.state = .http
        self.deadline?.cancel()
        self.promise.completeWith(
            Result {
                let pipeline = context.pipeline.syncOperations
                try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
                try pipeline.addHandler(
                    HTTPConnectionStateHandler(idleTimeout: self.limits.httpIdleTimeout, logger: self.logger))
                return .http(
                    try NIOAsyncChannel(
                        wrappingChannelSynchronously: context.channel,
                        configuration: .init(isOutboundHalfClosureEnabled: true)))
            })
        self.passOn(context, head)
    }

    private func becomeWebSocket(_ context: ChannelHandlerContext, _ acceptance: Acceptance) {
        self.state = .webSocket
        self.deadline?.cancel()
        var headers = acceptance.headers
        if let subprotocol = acceptance.subprotocol { headers.add(name: "Sec-WebSocket-Protocol", value: subprotocol) }
        let head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        let connection: WebSocketConnection
        do {
            connection = try WebSocketConnection.install(
                on: context.channel, role: .server, request: acceptance.request, subprotocol: acceptance.subprotocol,
                limits: self.limits, logger: self.logger)
        } catch {
            self.promise.fail(error)
            return context.close(promise: nil)
        }
        let pipeline = context.pipeline.syncOperations
        let removed = self.httpHandlers.map { pipeline.removeHandler($0) }  // the decoder forwards what it still holds
        EventLoopFuture.andAllComplete(removed, on: context.eventLoop).assumeIsolated().whenComplete { _ in
            // Only now, for the encoder would choke on frames.
            switch acceptance.upgrade {
            case .upgrade(_, let handler): self.promise.succeed(.webSocket(connection, handler))
            case .attach(_, let receiver):
                if let receiver = receiver(connection) { connection.attach(receiver) }
                self.promise.succeed(.attached(connection))
            case .http: preconditionFailure("nothing is accepted for HTTP")
            }
            context.flush()  // only now: a peer that reads its upgrade is known, to whatever it asks for next
            context.fireChannelReadComplete()  // or early frames would wait for the next read
            pipeline.removeHandler(context: context, promise: nil)
        }
    }

    /// The decoder stops behind a request that asks for an upgrade, so that request has to be the last one.
    private func passOn(_ context: ChannelHandlerContext, _ head: HTTPRequestHead) {
        var head = head
        self.requests += 1
        if head.headers.contains(name: "upgrade") {
            self.lastRequest = self.requests
            head.headers.remove(name: "upgrade")
            head.headers.replaceOrAdd(name: "connection", value: "close")
        }
        context.fireChannelRead(Self.wrapInboundOut(.head(head)))
    }
}

extension HTTPRequestHead {
    fileprivate var asksForWebSocket: Bool {
        self.method == .GET
            && self.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
    }
}
