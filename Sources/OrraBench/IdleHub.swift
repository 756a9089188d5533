import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// A hub that does nothing: it takes what a benchmark sends and hands it on, without a plan, a check or a disk. What the
/// benchmark reaches on it is the most that it can measure.
final class IdleHub {
    private let loop: any EventLoop
    private let load: Load
    private var actions = 0
    private var services = 0
    private var sockets: [MessageSocket] = []
    private var turn = 0
    /// Chains of an action that are not done.
    private var open: [Int: Int] = [:]
    private var receiver: (pool: RequestPool, path: String)?
    private var server: (any Channel)?

    init(loop: any EventLoop, load: Load) {
        self.loop = loop
        self.load = load
    }

    static func start(_ hub: NIOLoopBound<IdleHub>) async throws -> Place {
        let loop = hub.eventLoop
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: 1 << 25,
            shouldUpgrade: { channel, _ in
                channel.eventLoop.makeSucceededFuture(HTTPHeaders())
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    let hub = hub.value
                    let handler = MessageHandler(
                        isClient: false,
                        callbacks: .init(receive: { [unowned hub] _, message in hub.received(message) }))
                    try channel.pipeline.syncOperations.addHandler(handler)
                    if let socket = handler.socket { hub.sockets.append(socket) }
                }
            })
        let answer = try await loop.submit {
            NIOLoopBound<(RequestServer.Request) -> RequestServer.Answer>(
                { [unowned hub = hub.value] in hub.answer($0) }, eventLoop: loop)
        }.get()
        let server = try await RequestServer.start(
            on: loop, upgrade: (upgraders: [upgrader], completionHandler: { _ in }), answer: answer)
        try await loop.submit { hub.value.server = server }.get()
        return Place(host: "127.0.0.1", port: server.localAddress?.port ?? 0)
    }

    static func stop(_ hub: NIOLoopBound<IdleHub>) async throws {
        try await hub.eventLoop.flatSubmit {
            for socket in hub.value.sockets { socket.close() }
            hub.value.receiver?.pool.close()
            return hub.value.server?.close() ?? hub.eventLoop.makeSucceededVoidFuture()
        }.get()
        try await hub.eventLoop.scheduleTask(in: .milliseconds(50)) {}.futureResult.get()
    }

    private func answer(_ request: RequestServer.Request) -> RequestServer.Answer {
        guard request.path == "/orchestrations" else {
            services += 1
            return (.ok, ByteBuffer(string: #"{"id":"s_\#(services)"}"#))
        }
        actions += 1
        if receiver == nil, let url = request.body.text(ofMember: "webhook"), let place = Place(url: url) {
            receiver = (RequestPool(loop: loop, place: place), "/")
        }
        if let token = Token(member: "value", of: request.body) {
            open[token.action] = load.width
            for chain in 0..<load.width { dispatch(Token(action: token.action, chain: chain)) }
        }
        return (.accepted, ByteBuffer(string: #"{"id":"o_\#(actions)"}"#))
    }

    private func dispatch(_ token: Token) {
        guard !sockets.isEmpty else { return }
        turn += 1
        let payload = load.payload > 0 ? #","payload":"\#(String(repeating: "x", count: load.payload))""# : ""
        sockets[turn % sockets.count].send(
            ByteBuffer(
                string: #"{"type":"task_request","id":"task1","input":{"token":"\#(token.text)"\#(payload)},"#
                    + #""executionId":"e_\#(turn)","idempotencyKey":"k\#(turn)","serviceId":"s_1"}"#))
    }

    private func received(_ message: ByteBuffer) {
        guard message.text(ofMember: "type") == "task_result", let token = Token(member: "token", of: message) else {
            return
        }
        if token.steps < load.length { return dispatch(token) }
        let left = (open[token.action] ?? 1) - 1
        open[token.action] = left > 0 ? left : nil
        guard left == 0, let receiver else { return }
        let body = #"{"type":"orchestration.completed","status":"completed","results":{"token":"\#(token.text)"}}"#
        receiver.pool.send(.POST, receiver.path, ByteBuffer(string: body)) { _ in }
    }
}

extension Place {
    /// Of `http://host:port/…`.
    public init?(url: String) {
        guard url.hasPrefix("http://") else { return nil }
        let authority = url.dropFirst(7).prefix { $0 != "/" }.split(separator: ":")
        guard authority.count == 2, let port = Int(authority[1]) else { return nil }
        self.init(host: String(authority[0]), port: port)
    }
}
