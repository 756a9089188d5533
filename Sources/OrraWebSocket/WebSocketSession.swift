import Logging
import NIOCore
import NIOWebSocket

/// What the application asks of the session, from any thread: sent down the pipeline as an outbound event.
enum SessionCommand: Sendable {
    /// The outbound queue has messages.
    case drain
    /// The inbound queue has room again.
    case resumeReading
    case setBusy(Bool)
    case close(WebSocketClose, discardingQueued: Bool)
}

/// The last handler of an upgraded channel, right behind the frame decoder. It owns everything that is protocol and not
/// application: reassembly and its rules, pings and pongs, keep-alive, back-pressure, the closing handshake, quiescing.
///
/// Reading is its own business (`autoRead` is off): it goes on after each read unless the inbound queue is full, and
/// always while closing, so that the peer's close frame is seen whatever the application does.
final class WebSocketSession: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    enum State {
        case open
        /// A close frame will follow once the outbound queue is written.
        case closing(WebSocketClose)
        /// Our close frame is out; the peer's is awaited.
        case closeSent
        /// Both close frames are out, or the peer can't be understood any more: only the end of TCP is awaited.
        case done
    }

    let role: MessageAssembler.Role
    let limits: WebSocketLimits
    let inbound: InboundQueue
    let outbound: OutboundQueue
    let end: EventLoopPromise<WebSocketClose?>
    let logger: Logger

    private var assembler: MessageAssembler
    private var keepAlive: KeepAlive
    /// While it is in the pipeline, for ticks come from outside.
    private var context: ChannelHandlerContext?
    private var closeTimer: Scheduled<Void>?
    private var state = State.open
    /// The close frame that began the closing handshake.
    private var firstClose: WebSocketClose?
    private var readingPaused = false
    private var stallTimer: Scheduled<Void>?
    private var toldStall = false
    /// A long message that came with this read, see `deliver`.
    private var held: WebSocketEvent?
    /// In bytes.
    private static let deliveredAtOnce = 64 * 1024
    /// The newest ping that came while the socket was not writable; older ones need no answer (RFC 6455, 5.5.3).
    private var owedPong: ByteBuffer?

    init(
        role: MessageAssembler.Role, limits: WebSocketLimits, inbound: InboundQueue, outbound: OutboundQueue,
        end: EventLoopPromise<WebSocketClose?>, logger: Logger
    ) {
        self.role = role
        self.limits = limits
        self.inbound = inbound
        self.outbound = outbound
        self.end = end
        self.logger = logger
        self.assembler = MessageAssembler(role: role, maxMessageSize: limits.maxMessageSize)
        self.keepAlive = KeepAlive(missedPongLimit: limits.missedPongLimit)
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.awaitTick(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        self.finish()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.finish()
        context.fireChannelInactive()
    }

    private func finish() {
        self.deliverHeld()
        self.state = .done
        self.stallTimer?.cancel()
        self.closeTimer?.cancel()
        self.inbound.finish()
        self.outbound.discard()
        self.end.succeed(self.firstClose)  // no effect the second time
    }

    // MARK: Reading

    /// NIO must not read on its own account; see the type's comment.
    func read(context: ChannelHandlerContext) {}

    func channelReadComplete(context: ChannelHandlerContext) {
        self.deliverHeld()
        self.keepAlive.peerHeard()
        self.readOn(context)
    }

    private func readOn(_ context: ChannelHandlerContext) {
        if case .open = self.state {
            self.readingPaused = !self.inbound.mayReadOn()
        } else {
            self.readingPaused = false
        }
        if !self.readingPaused { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.deliverHeld()
        if case .done = self.state { return }
        switch self.assembler.receive(Self.unwrapInboundIn(data)) {
        case .incomplete:
            break
        case .message(let event):
            self.deliver(event)
        case .ping(let payload):
            self.answerPing(context, payload)
        case .pong(var payload):
            let number = payload.readInteger(as: UInt64.self)
            if let number, let roundTrip = self.keepAlive.pongReceived(payload: number, at: .now()) {
                self.inbound.yield(.pong(roundTrip: roundTrip))
            }
        case .close(let close):
            self.closeReceived(context, close)
        case .violation(let code, let reason):
            self.violationFound(context, code, reason)
        }
    }

    /// A long message is held back until the decoder has let go of its bytes, or there would be three of them while the
    /// application reads it.
    private func deliver(_ event: WebSocketEvent) {
        if event.size > Self.deliveredAtOnce {
            self.held = event
        } else {
            self.inbound.yield(event)  // dropped once the queue is finished
        }
    }

    private func deliverHeld() {
        if let event = self.held.take() { self.inbound.yield(event) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case NIOWebSocketError.invalidFrameLength:
            self.failToDecode(context, .messageTooLarge, "message over \(self.limits.maxMessageSize) bytes")
        case is NIOWebSocketError:
            self.failToDecode(context, .protocolError, "invalid control frame")
        case is ByteToMessageDecoderError:
            break  // what follows a frame that could not be decoded is dropped
        default:
            self.logger.debug("WebSocket connection failed", metadata: ["error": "\(error)"])
            context.close(promise: nil)
        }
    }

    // MARK: Writing

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.outbound.writabilityChanged(to: context.channel.isWritable)
        self.watchForStall(context)
        self.drain(context)
        context.fireChannelWritabilityChanged()
    }

    /// A socket that is full for a moment is none that stalls: a long message fills it.
    private func watchForStall(_ context: ChannelHandlerContext) {
        self.stallTimer?.cancel()
        self.stallTimer = nil
        if context.channel.isWritable {
            if self.toldStall { self.inbound.yield(.stalled(false)) }
            self.toldStall = false
        } else if !self.toldStall {
            let interval = TimeAmount(self.limits.stallInterval)
            self.stallTimer = context.eventLoop.assumeIsolated().scheduleTask(in: interval) {
                guard case .open = self.state else { return }
                self.toldStall = true
                self.inbound.yield(.stalled(true))
            }
        }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard let command = event as? SessionCommand else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        switch command {
        case .drain: self.drain(context)
        case .resumeReading: if self.readingPaused { self.readOn(context) }
        case .setBusy(let busy): self.keepAlive.setBusy(busy)
        case .close(let close, let discarding): self.beginClose(context, close, discardingQueued: discarding)
        }
        promise?.succeed()
    }

    /// Writes what is queued as long as the socket takes it, then the close frame if one is due.
    private func drain(_ context: ChannelHandlerContext) {
        defer { context.flush() }
        if let payload = self.owedPong, context.channel.isWritable {
            self.owedPong = nil
            if self.mayWriteData { self.write(context, .pong, payload) }
        }
        while self.mayWriteData, context.channel.isWritable {
            if let message = self.outbound.take() {
                switch message.content {
                case .message(let opcode, let payload): self.write(context, opcode, payload)
                case .frames(let frames):
                    precondition(self.role == .server, "a client masks each frame")
                    context.write(Self.wrapOutboundOut(frames.bytes), promise: nil)
                }
                message.sender?.resume()
            } else if case .closing(let close) = self.state {
                self.sendClose(context, close)
            } else {
                return
            }
        }
    }

    private var mayWriteData: Bool {
        switch self.state {
        case .open, .closing: true
        case .closeSent, .done: false
        }
    }

    private func answerPing(_ context: ChannelHandlerContext, _ payload: ByteBuffer) {
        guard self.mayWriteData else { return }
        guard context.channel.isWritable else {
            self.owedPong = payload
            return
        }
        self.write(context, .pong, payload)
        context.flush()
    }

    private func write(
        _ context: ChannelHandlerContext, _ opcode: WebSocketOpcode, _ payload: ByteBuffer,
        promise: EventLoopPromise<Void>? = nil
    ) {
        let mask = self.role == .client ? FrameMask.random() : nil
        let (head, rest) = FrameEncoding.encode(opcode, payload, mask: mask, allocator: context.channel.allocator)
        context.write(Self.wrapOutboundOut(head), promise: rest == nil ? promise : nil)
        if let rest { context.write(Self.wrapOutboundOut(rest), promise: promise) }
    }

    // MARK: Closing

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            let close = WebSocketClose(code: .serviceRestart, reason: "the server restarts", byPeer: false)
            self.beginClose(context, close, discardingQueued: false)
        case ChannelEvent.inputClosed:
            context.close(promise: nil)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    private func beginClose(_ context: ChannelHandlerContext, _ close: WebSocketClose, discardingQueued: Bool) {
        guard case .open = self.state else { return }
        self.state = .closing(close)
        self.firstClose = close
        self.startCloseTimer(context)
        if discardingQueued { self.outbound.discard() } else { self.outbound.stopAccepting() }
        self.stopDelivering(context)
        self.drain(context)
    }

    /// What the peer sends from now on is read for its close frame only.
    private func stopDelivering(_ context: ChannelHandlerContext) {
        self.deliverHeld()
        self.inbound.finish()
        if self.readingPaused { self.readOn(context) }
    }

    private func sendClose(_ context: ChannelHandlerContext, _ close: WebSocketClose) {
        self.state = .closeSent
        let body = FrameEncoding.closeBody(close, allocator: context.channel.allocator)
        self.write(context, .connectionClose, body)
        context.flush()
    }

    private func closeReceived(_ context: ChannelHandlerContext, _ close: WebSocketClose) {
        let isAnswer = if case .closeSent = self.state { true } else { false }
        self.state = .done
        self.firstClose = self.firstClose ?? close
        self.startCloseTimer(context)
        self.outbound.discard()
        self.stopDelivering(context)
        guard !isAnswer else { return self.closeTransport(context) }
        var answer = close
        answer.reason = ""
        let written = context.eventLoop.makePromise(of: Void.self)
        let body = FrameEncoding.closeBody(answer, allocator: context.channel.allocator)
        self.write(context, .connectionClose, body, promise: written)
        written.futureResult.assumeIsolated().whenComplete { _ in self.closeTransport(context) }
        context.flush()
    }

    /// The server closes TCP; the client leaves that to the server, until the close timeout (RFC 6455, 7.1.1).
    private func closeTransport(_ context: ChannelHandlerContext) {
        if self.role == .server { context.close(promise: nil) }
    }

    /// The peer broke a rule, but its frames can still be told apart.
    private func violationFound(_ context: ChannelHandlerContext, _ code: WebSocketCloseCode, _ reason: String) {
        guard self.mayWriteData else { return context.close(promise: nil) }
        let close = WebSocketClose(code: code, reason: reason, byPeer: false)
        self.firstClose = self.firstClose ?? close
        self.startCloseTimer(context)
        self.outbound.discard()
        self.sendClose(context, close)
        self.stopDelivering(context)
    }

    /// The decoder has given up, so the peer's close frame will not be seen. TCP is closed for writing behind our close
    /// frame, and what the peer still sends is read and dropped until it closes too: closing at once would reset the
    /// connection, and the peer might never see the code.
    private func failToDecode(_ context: ChannelHandlerContext, _ code: WebSocketCloseCode, _ reason: String) {
        let closeFrameIsDue = self.mayWriteData
        self.state = .done
        self.startCloseTimer(context)
        self.outbound.discard()
        self.stopDelivering(context)
        guard closeFrameIsDue else {
            context.close(mode: .output, promise: nil)
            return
        }
        let close = WebSocketClose(code: code, reason: reason, byPeer: false)
        self.firstClose = self.firstClose ?? close
        let written = context.eventLoop.makePromise(of: Void.self)
        let body = FrameEncoding.closeBody(close, allocator: context.channel.allocator)
        self.write(context, .connectionClose, body, promise: written)
        written.futureResult.assumeIsolated().whenComplete { _ in context.close(mode: .output, promise: nil) }
        context.flush()
    }

    private func startCloseTimer(_ context: ChannelHandlerContext) {
        guard self.closeTimer == nil else { return }
        let timeout = TimeAmount(self.limits.closeTimeout)
        self.closeTimer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) {
            context.close(promise: nil)
        }
    }

    // MARK: Keep-alive

    /// Thousands of connections tick together that often, for each tick by itself would wake the event loop.
    private static let ticksPerInterval: Int64 = 128

    private func awaitTick(_ context: ChannelHandlerContext) {
        guard let interval = self.limits.pingInterval.map(TimeAmount.init) else { return }
        let tick = (.now() + interval).rounded(to: interval.nanoseconds / Self.ticksPerInterval)
        Metronome.of(context.eventLoop).tick(self, at: tick, on: context.eventLoop)
    }

    /// An interval is over.
    func tick() {
        guard let context = self.context, case .open = self.state else { return }
        self.awaitTick(context)
        self.keepAliveTick(context)
    }

    private func keepAliveTick(_ context: ChannelHandlerContext) {
        let suspended = self.readingPaused || !context.channel.isWritable
        switch self.keepAlive.tick(at: .now(), suspended: suspended) {
        case .rest:
            break
        case .ping(let payload, let missed):
            if missed > 0 { self.inbound.yield(.missedPong(count: missed)) }
            self.write(context, .ping, ByteBuffer(integer: payload))
            context.flush()
        case .dead(let missed):
            self.inbound.yield(.missedPong(count: missed))
            let close = WebSocketClose(code: .serviceRestart, reason: "\(missed) pings unanswered", byPeer: false)
            self.beginClose(context, close, discardingQueued: true)
        }
    }
}

extension NIODeadline {
    /// The nearest multiple.
    fileprivate func rounded(to nanoseconds: Int64) -> NIODeadline {
        let step = UInt64(max(nanoseconds, 1))
        return .uptimeNanoseconds((self.uptimeNanoseconds + step / 2) / step * step)
    }
}
