import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// A hub that does nothing: it takes what a benchmark sends and hands it on, without a plan, a check or a disk. What the
/// benchmark reaches on it is the most that it can measure.
final class IdleHub {
    /// What a hub could do wrong to an action; so tests see that the benchmark notices it.
    enum Fault: Sendable, CaseIterable {
        /// It is answered 503.
        case refused
        /// It is accepted, and nothing follows.
        case lost
        /// Its outcome carries the token of an action that there was not.
        case anotherToken
        /// Its outcome names another action.
        case anotherID
        /// Its outcome comes one task early.
        case taskLeftOut
        case failed
        /// Its outcome comes twice.
        case repeated
    }

    private struct Action {
        /// The hub's own id.
        var id: String
        /// Chains that are not done.
        var open: Int
        var fault: Fault?
    }

    private let loop: any EventLoop
    private let load: Load
    /// By the number of an action, from 1.
    private let faults: [Int: Fault]
    private var services = 0
    private var sockets: [MessageSocket] = []
    private var watchers: [MessageSocket] = []
    private var turn = 0
    private var submitted = 0
    private var actions: [Int: Action] = [:]
    private var receiver: (pool: RequestPool, path: String)?
    private var server: (any Channel)?

    init(loop: any EventLoop, load: Load, faults: [Int: Fault] = [:]) {
        self.loop = loop
        self.load = load
        self.faults = faults
    }

    static func start(_ hub: NIOLoopBound<IdleHub>) async throws -> Place {
        let loop = hub.eventLoop
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: 1 << 25,
            shouldUpgrade: { channel, _ in
                channel.eventLoop.makeSucceededFuture(HTTPHeaders())
            },
            upgradePipelineHandler: { channel, request in
                channel.eventLoop.makeCompletedFuture {
                    let hub = hub.value
                    let handler = MessageHandler(
                        isClient: false,
                        callbacks: .init(receive: { [unowned hub] _, message in hub.received(message) }))
                    try channel.pipeline.syncOperations.addHandler(handler)
                    guard let socket = handler.socket else { return }
                    if request.uri == "/progress" { hub.watchers.append(socket) } else { hub.sockets.append(socket) }
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
            for socket in hub.value.sockets + hub.value.watchers { socket.close() }
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
        if receiver == nil, let url = request.body.text(ofMember: "webhook"), let place = Place(url: url) {
            receiver = (RequestPool(loop: loop, place: place), "/")
        }
        guard let token = Token(member: "value", of: request.body) else { return (.badRequest, ByteBuffer()) }
        let fault = faults[token.action]
        guard fault != .refused else { return (.serviceUnavailable, ByteBuffer(string: #"{"code":"Orra:Test"}"#)) }
        submitted += 1
        let id = "o_\(submitted)"
        actions[token.action] = Action(id: id, open: load.width, fault: fault)
        if fault != .lost {
            for chain in 0..<load.width { dispatch(Token(action: token.action, chain: chain)) }
        }
        return (.accepted, ByteBuffer(string: #"{"id":"\#(id)"}"#))
    }

    private func dispatch(_ token: Token) {
        guard !sockets.isEmpty else { return }
        turn += 1
        let payload =
            load.takesPayload(atStep: token.steps)
            ? #","payload":"\#(String(repeating: "x", count: load.payload))""# : ""
        sockets[turn % sockets.count].send(
            ByteBuffer(
                string: #"{"type":"task_request","id":"task1","input":{"token":"\#(token.text)"\#(payload)},"#
                    + #""executionId":"e_\#(turn)","idempotencyKey":"k\#(turn)","serviceId":"s_1"}"#))
    }

    private func received(_ message: ByteBuffer) {
        guard message.text(ofMember: "type") == "task_result", let token = Token(member: "token", of: message),
            let action = actions[token.action]
        else { return }
        let steps = action.fault == .taskLeftOut ? load.length - 1 : load.length
        if token.steps < steps { return dispatch(token) }
        actions[token.action]?.open -= 1
        guard action.open == 1 else { return }
        actions[token.action] = nil
        tell(token, of: action)
        if action.fault == .repeated { tell(token, of: action) }
    }

    private func tell(_ token: Token, of action: Action) {
        let status = action.fault == .failed ? "failed" : "completed"
        let id = action.fault == .anotherID ? "o_0" : action.id
        var text = token.text
        if action.fault == .anotherToken { text = "b1000000" + text.drop { $0 != "-" } }
        let rest = #""orchestrationId":"\#(id)","status":"\#(status)","results":{"token":"\#(text)"}}"#
        for watcher in watchers { watcher.send(ByteBuffer(string: #"{"type":"ended",\#(rest)"#)) }
        guard let receiver else { return }
        let body = ByteBuffer(string: #"{"type":"orchestration.\#(status)",\#(rest)"#)
        receiver.pool.send(.POST, receiver.path, body) { _ in }
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
