package import NIOCore
package import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// One WebSocket on the benchmark's event loop: whole text messages in and out, and pings answered.
package final class MessageSocket {
    let channel: any Channel
    private let handler: MessageHandler

    fileprivate init(channel: any Channel, handler: MessageHandler) {
        self.channel = channel
        self.handler = handler
    }

    /// Written at the end of what the loop does now, so that a batch is one write to the socket.
    package func send(_ message: ByteBuffer) { handler.send(message, on: channel) }

    package func close() { channel.close(promise: nil) }

    /// Connects. `receive` gets each message, `ended` is called once when the connection is over; both on the loop.
    package static func connect(
        loop: any EventLoop, to place: Place, path: String, headers: HTTPHeaders,
        callbacks: NIOLoopBound<Callbacks>
    ) async throws -> NIOLoopBound<MessageSocket> {
        try await ClientBootstrap(group: loop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: place.host, port: place.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try upgrade(
                        channel, to: MessageHandler(isClient: true, callbacks: callbacks.value), path: path,
                        host: "\(place)", headers: headers)
                }
            }
            .get()
    }

    package struct Callbacks {
        var receive: (MessageSocket, ByteBuffer) -> Void
        var ended: () -> Void

        package init(receive: @escaping (MessageSocket, ByteBuffer) -> Void, ended: @escaping () -> Void = {}) {
            (self.receive, self.ended) = (receive, ended)
        }
    }

    private static func upgrade(
        _ channel: any Channel, to handler: MessageHandler, path: String, host: String, headers: HTTPHeaders
    ) throws -> EventLoopFuture<NIOLoopBound<MessageSocket>> {
        let bound = NIOLoopBound(handler, eventLoop: channel.eventLoop)
        let upgrader = NIOTypedWebSocketClientUpgrader<NIOLoopBound<MessageSocket>>(
            maxFrameSize: 1 << 25, enableAutomaticErrorHandling: false
        ) { channel, _ in
            channel.eventLoop.makeCompletedFuture {
                let socket = MessageSocket(channel: channel, handler: bound.value)
                bound.value.socket = socket
                try channel.pipeline.syncOperations.addHandler(bound.value)
                return NIOLoopBound(socket, eventLoop: channel.eventLoop)
            }
        }
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: headers)
        head.headers.add(name: "Host", value: host)
        let refused = BenchError("the hub refused a WebSocket for \(path.prefix { $0 != "?" })")
        let configuration = NIOUpgradableHTTPClientPipelineConfiguration(
            upgradeConfiguration: NIOTypedHTTPClientUpgradeConfiguration(
                upgradeRequestHead: head, upgraders: [upgrader],
                notUpgradingCompletionHandler: { $0.eventLoop.makeFailedFuture(refused) }))
        return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: configuration)
    }
}

/// Frames to whole messages and back. Pings are answered, a close frame ends the connection.
final class MessageHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let isClient: Bool
    private let callbacks: MessageSocket.Callbacks
    var socket: MessageSocket?
    private var parts: ByteBuffer?
    private var flushIsDue = false

    init(isClient: Bool, callbacks: MessageSocket.Callbacks) {
        self.isClient = isClient
        self.callbacks = callbacks
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if socket == nil { socket = MessageSocket(channel: context.channel, handler: self) }
    }

    func send(_ message: ByteBuffer, on channel: any Channel) {
        write(.text, message, to: channel)
        guard !flushIsDue else { return }
        flushIsDue = true
        let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
        channel.eventLoop.execute {
            bound.value.flushIsDue = false
            channel.flush()
        }
    }

    private func write(_ opcode: WebSocketOpcode, _ message: ByteBuffer, to channel: any Channel) {
        let frame = WebSocketFrame(
            fin: true, opcode: opcode, maskKey: isClient ? WebSocketMaskingKey.random() : nil, data: message)
        channel.pipeline.syncOperations.write(NIOAny(frame), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = Self.unwrapInboundIn(data)
        switch frame.opcode {
        case .text, .binary, .continuation:
            var data = frame.unmaskedData
            if parts != nil { parts?.writeBuffer(&data) } else { parts = data }
            guard frame.fin, let message = parts, let socket else { return }
            parts = nil
            callbacks.receive(socket, message)
        case .ping:
            write(.pong, frame.unmaskedData, to: context.channel)
            context.flush()
        case .connectionClose:
            write(.connectionClose, frame.unmaskedData, to: context.channel)
            context.flush()
            context.close(promise: nil)
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelInactive(context: ChannelHandlerContext) {
        callbacks.ended()
        // They hold each other.
        socket = nil
        context.fireChannelInactive()
    }
}

/// Why a benchmark could not be run, in a sentence.
public struct BenchError: Error, Sendable, CustomStringConvertible {
    public var description: String
    public init(_ description: String) { self.description = description }
}
