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
    var keepAlive: KeepAlive
    /// While it is in the pipeline, for ticks come from outside.
    var context: ChannelHandlerContext?
    private var closeTimer: Scheduled<Void>?
    var state = State.open
    /// The close frame that began the closing handshake.
    private var firstClose: WebSocketClose?
    var readingPaused = false
    private var stallTimer: Scheduled<Void>?
    private var toldStall = false
    /// A long frame that came with this read, see `channelRead`.
    private var held: WebSocketFrame?
    private var isDraining = false
    private var drainsAgain = false
    var underway: TextUnderway?
    /// Of a long text, copied at once, in bytes.
    private static let copiedAtOnce = 128 * 1024
    /// The newest ping that came while the socket took nothing; older ones need no answer (RFC 6455, 5.5.3).
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
        self.finish()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.finish()
        context.fireChannelInactive()
    }

    private func finish() {
        if let context = self.context { self.takeHeld(context) }
        self.state = .done
        self.stallTimer?.cancel()
        self.closeTimer?.cancel()
        self.inbound.finish()
        self.outbound.discard()
        self.underway.take()?.sender?.resume(throwing: WebSocketError.closed)
        self.end.succeed(self.firstClose)  // no effect the second time
    }

    // MARK: Reading

    /// NIO must not read on its own account; see the type's comment.
    func read(context: ChannelHandlerContext) {}

    func channelReadComplete(context: ChannelHandlerContext) {
        self.takeHeld(context)
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

    /// A long frame is held back until the decoder has let go of its bytes: they are unmasked where they lie then.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.takeHeld(context)
        let frame = Self.unwrapInboundIn(data)
        if frame.data.fillsItsStorage { self.held = frame } else { self.take(frame, context) }
    }

    private func takeHeld(_ context: ChannelHandlerContext) {
        if let frame = self.held.take() { self.take(frame, context) }
    }

    private func take(_ frame: consuming WebSocketFrame, _ context: ChannelHandlerContext) {
        if case .done = self.state { return }
        switch self.assembler.receive(frame) {
        case .incomplete:
            break
        case .message(let event):
            self.inbound.yield(event)  // dropped once the queue is finished
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

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.takeHeld(context)
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
        // A write or a flush may call back, in the middle of a frame.
        guard !self.isDraining else { return self.drainsAgain = true }
        self.isDraining = true
        repeat {
            self.drainsAgain = false
            while self.mayWriteData, context.channel.isWritable, self.writeNext(context) {}
            context.flush()
        } while self.drainsAgain
        self.isDraining = false
    }

    /// Returns whether there was something to write.
    private func writeNext(_ context: ChannelHandlerContext) -> Bool {
        if self.underway != nil {
            self.writeOn(context)
        } else if let payload = self.owedPong.take() {
            self.write(context, .pong, payload)
        } else if let message = self.outbound.take() {
            self.write(context, message)
        } else if case .closing(let close) = self.state {
            self.sendClose(context, close)
        } else {
            return false
        }
        return true
    }

    private func write(_ context: ChannelHandlerContext, _ message: OutboundQueue.Message) {
        switch message.content {
        case .message(let opcode, let payload): self.write(context, opcode, payload)
        case .frames(let frames):
            precondition(self.role == .server, "a client masks each frame")
            self.underway = frames.last.map { TextUnderway($0, sender: message.sender) }
            context.write(Self.wrapOutboundOut(frames.bytes), promise: nil)
            guard frames.last == nil else { return }
        }
        message.sender?.resume()
    }

    /// The next bytes of the text that is under way.
    private func writeOn(_ context: ChannelHandlerContext) {
        guard var text = self.underway.take() else { return }
        let bytes = text.next(Self.copiedAtOnce, allocator: context.channel.allocator)
        // A write may call back at once, for the next one.
        if !text.isOver { self.underway = text }
        context.write(Self.wrapOutboundOut(bytes), promise: nil)
        if text.isOver { text.sender?.resume() }
    }

    /// Before a frame that waits for nothing.
    private func writeRest(_ context: ChannelHandlerContext) {
        while self.underway != nil { self.writeOn(context) }
    }

    private var mayWriteData: Bool {
        switch self.state {
        case .open, .closing: true
        case .closeSent, .done: false
        }
    }

    private func answerPing(_ context: ChannelHandlerContext, _ payload: ByteBuffer) {
        guard self.mayWriteData else { return }
        guard context.channel.isWritable, self.underway == nil else {
            self.owedPong = payload
            return
        }
        self.write(context, .pong, payload)
        context.flush()
    }

    func write(
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

    func beginClose(_ context: ChannelHandlerContext, _ close: WebSocketClose, discardingQueued: Bool) {
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
        self.inbound.finish()
        if self.readingPaused { self.readOn(context) }
    }

    private func sendClose(_ context: ChannelHandlerContext, _ close: WebSocketClose) {
        self.writeRest(context)
        guard self.mayWriteData else { return }
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
        self.writeRest(context)
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
        self.writeRest(context)
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
}
