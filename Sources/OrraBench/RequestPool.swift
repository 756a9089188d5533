import NIOCore
import NIOHTTP1
import NIOPosix

/// Where a hub listens.
public struct Place: Sendable, Hashable, CustomStringConvertible {
    public var host: String
    public var port: Int

    public init(host: String, port: Int) { (self.host, self.port) = (host, port) }

    public var description: String { "\(host):\(port)" }
}

/// Keep-alive connections to one address, all on one event loop; each carries a request at a time. What a general client
/// does for every request would cost more than what is measured.
final class RequestPool {
    struct Answer {
        var status: Int
        var body: ByteBuffer
    }

    let loop: any EventLoop
    let place: Place
    /// Sent with every request.
    var headers: HTTPHeaders
    private var idle: [RequestHandler] = []
    private var handlers: [ObjectIdentifier: RequestHandler] = [:]

    init(loop: any EventLoop, place: Place, headers: HTTPHeaders = [:]) {
        self.loop = loop
        self.place = place
        self.headers = headers
        self.headers.add(name: "Host", value: "\(place)")
    }

    /// Calls back on the loop: with an answer, or with why there is none.
    func send(
        _ method: HTTPMethod, _ path: String, _ body: ByteBuffer, headers more: HTTPHeaders = [:],
        _ done: @escaping (Result<Answer, any Error>) -> Void
    ) {
        var head = HTTPRequestHead(version: .http1_1, method: method, uri: path, headers: headers)
        head.headers.add(contentsOf: more)
        head.headers.add(name: "Content-Length", value: "\(body.readableBytes)")
        if let connection = idle.popLast() { return connection.start(head, body, done) }
        connect { connection in
            switch connection {
            case .success(let connection): connection.start(head, body, done)
            case .failure(let error): done(.failure(error))
            }
        }
    }

    private func connect(_ done: @escaping (Result<RequestHandler, any Error>) -> Void) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        let made = ClientBootstrap(group: loop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connectTimeout(.seconds(10))
            .connect(host: place.host, port: place.port)
            .flatMapThrowing { channel in
                try channel.pipeline.syncOperations.addHTTPClientHandlers()
                let handler = RequestHandler(pool: bound.value, channel: channel)
                try channel.pipeline.syncOperations.addHandler(handler)
                return NIOLoopBound(handler, eventLoop: channel.eventLoop)
            }
        let done = NIOLoopBound(done, eventLoop: loop)
        made.whenComplete { result in
            if case .success(let handler) = result {
                bound.value.handlers[ObjectIdentifier(handler.value)] = handler.value
            }
            done.value(result.map(\.value))
        }
    }

    fileprivate func take(back handler: RequestHandler) { idle.append(handler) }

    fileprivate func remove(_ handler: RequestHandler) {
        idle.removeAll { $0 === handler }
        handlers[ObjectIdentifier(handler)] = nil
    }

    func close() {
        for handler in Array(handlers.values) { handler.close() }
    }
}

/// One connection of a pool.
private final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let pool: RequestPool
    private let channel: any Channel
    private var done: ((Result<RequestPool.Answer, any Error>) -> Void)?
    private var status = 0
    private var isKept = true
    private var body = ByteBuffer()

    init(pool: RequestPool, channel: any Channel) {
        self.pool = pool
        self.channel = channel
    }

    func start(
        _ head: HTTPRequestHead, _ body: ByteBuffer, _ done: @escaping (Result<RequestPool.Answer, any Error>) -> Void
    ) {
        self.done = done
        let pipeline = channel.pipeline.syncOperations
        pipeline.write(NIOAny(HTTPClientRequestPart.head(head)), promise: nil)
        pipeline.write(NIOAny(HTTPClientRequestPart.body(.byteBuffer(body))), promise: nil)
        pipeline.writeAndFlush(NIOAny(HTTPClientRequestPart.end(nil)), promise: nil)
    }

    func close() { channel.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head):
            status = Int(head.status.code)
            isKept = head.isKeepAlive
            body = ByteBuffer()
        case .body(var part):
            if body.readableBytes == 0 { body = part } else { body.writeBuffer(&part) }
        case .end:
            let done = done
            self.done = nil
            if isKept { pool.take(back: self) } else { context.close(promise: nil) }
            done?(.success(RequestPool.Answer(status: status, body: body)))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(.failure(error))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.failure(ChannelError.eof))
        pool.remove(self)
        context.fireChannelInactive()
    }

    private func end(_ result: Result<RequestPool.Answer, any Error>) {
        let done = done
        self.done = nil
        done?(result)
    }
}
