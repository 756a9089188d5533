import NIOCore
import NIOWebSocket

extension WebSocketSession {
    /// Thousands of connections tick together that often, for each tick by itself would wake the event loop.
    private static let ticksPerInterval: Int64 = 128

    func awaitTick(_ context: ChannelHandlerContext) {
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
        let suspended = self.readingPaused || !context.channel.isWritable || self.underway != nil
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
