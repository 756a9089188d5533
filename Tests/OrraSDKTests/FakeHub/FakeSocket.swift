import NIOCore
import NIOHTTP1
import NIOWebSocket
import OrraModel
import OrraProtocol

/// One socket of a component, on the hub's side.
final class FakeSocket: Sendable {
    let channel: any Channel
    let head: HTTPRequestHead
    let messages = Mailbox<ServiceMessage>()
    /// The close code that the component sent, or `nil` for one without.
    let closes = Mailbox<WebSocketErrorCode?>()

    init(channel: any Channel, head: HTTPRequestHead) {
        self.channel = channel
        self.head = head
    }

    func next() async throws -> ServiceMessage { try await messages.next() }

    /// The component's next message, acknowledged.
    func nextAcknowledged() async throws -> ServiceMessage {
        let message = try await next()
        try await acknowledge(message)
        return message
    }

    func acknowledge(_ message: ServiceMessage) async throws {
        if let id = message.id { try await send(.acknowledgement(id)) }
    }

    func send(_ message: HubMessage) async throws {
        try await send(opcode: .text, ByteBuffer(bytes: message.frame()))
    }

    func send(opcode: WebSocketOpcode, _ data: ByteBuffer) async throws {
        try await channel.writeAndFlush(WebSocketFrame(fin: true, opcode: opcode, data: data)).get()
    }

    func close(_ code: WebSocketErrorCode) async throws {
        var data = ByteBuffer()
        data.write(webSocketErrorCode: code)
        try await send(opcode: .connectionClose, data)
    }

    /// Ends TCP without a word.
    func drop() async throws { try await channel.close() }

    func sendTask(
        _ task: Int = 1, key: String = "key-1", execution: String = "e_1",
        input: JSONValue = ["orderId": "ORD1", "amount": 2]
    ) async throws {
        try await send(
            .taskRequest(
                .init(
                    task: TaskID(task), execution: ExecutionID(execution),
                    idempotencyKey: IdempotencyKey(rawValue: key),
                    service: ServiceID("s_abc"), input: RawJSON(input))))
    }

    /// Asks for the undoing of what ``sendTask(_:key:execution:input:)`` asked for.
    func sendRevert(
        key: String = "undo-1", execution: String = "e_u1", reason: HubMessage.CompensationContext.Reason = .failed,
        payload: JSONValue? = nil, attempt: Int = 1, remaining: JSONValue? = nil,
        data: JSONValue = [
            "originalTask": ["orderId": "ORD1", "amount": 2], "taskResult": ["paymentStatus": "paid"],
        ]
    ) async throws {
        try await send(
            .compensationRequest(
                .init(
                    task: TaskID(1), execution: ExecutionID(execution), idempotencyKey: IdempotencyKey(rawValue: key),
                    service: ServiceID("s_abc"), input: RawJSON(data)),
                .init(
                    orchestration: OrchestrationID("o_1"), reason: reason, payload: payload.map { RawJSON($0) },
                    timestamp: Timestamp(milliseconds: 0), attempt: attempt, remaining: remaining.map { RawJSON($0) })))
    }

    func cancel(_ key: String) async throws {
        try await send(
            .cancelRequest(
                task: TaskID(1), execution: ExecutionID("e_1"), idempotencyKey: IdempotencyKey(rawValue: key)))
    }

    /// Until the component has handled everything that was sent before: it answers in order.
    func settled() async throws {
        try await send(.ping(ServiceID("s_abc")))
        let message = try await next()
        guard message.payload == .pong else { throw Unexpected(message) }
    }
}

/// Unmasks what comes, answers pings and close frames.
final class FakeSocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let socket: FakeSocket
    private let inOrder: AsyncStream<ServiceMessage>.Continuation

    init(socket: FakeSocket) {
        self.socket = socket
        let (stream, feed) = AsyncStream.makeStream(of: ServiceMessage.self)
        inOrder = feed
        Task { for await message in stream { await socket.messages.put(message) } }
    }

    func channelInactive(context: ChannelHandlerContext) { inOrder.finish() }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = Self.unwrapInboundIn(data)
        var payload = frame.unmaskedData
        switch frame.opcode {
        case .text:
            // A frame that is no service message is a fault of the SDK: the test that waits for it fails.
            if let message = try? ServiceMessage(frame: Array(payload.readableBytesView)) { inOrder.yield(message) }
        case .ping:
            context.writeAndFlush(Self.wrapOutboundOut(.init(fin: true, opcode: .pong, data: payload)), promise: nil)
        case .connectionClose:
            let code = payload.readWebSocketErrorCode()
            Task { [socket] in await socket.closes.put(code) }
            let channel = context.channel
            context.writeAndFlush(
                Self.wrapOutboundOut(.init(fin: true, opcode: .connectionClose, data: frame.unmaskedData))
            )
            .whenComplete { _ in channel.close(promise: nil) }
        default: break
        }
    }
}
