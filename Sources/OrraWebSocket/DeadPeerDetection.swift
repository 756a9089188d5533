package import Logging
package import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// How the kernel finds out that the other machine is gone, when nobody says so: TCP keepalive for a quiet connection,
/// and on Linux `TCP_USER_TIMEOUT` for data that is not acknowledged.
///
/// Note that Linux counts a peer whose receive window stays closed as one that does not acknowledge.
public struct DeadPeerDetection: Sendable {
    /// Silence before the first probe, in whole seconds. Default: 10 s.
    public var keepAliveIdle: Duration = .seconds(10)
    /// Time between probes, in whole seconds. Default: 5 s.
    public var keepAliveInterval: Duration = .seconds(5)
    /// Unanswered probes that end the connection. Default: 3.
    public var keepAliveProbes = 3
    /// Linux only: how long sent data may stay unacknowledged. Default: 25 s.
    public var userTimeout: Duration = .seconds(25)

    /// The defaults.
    public init() {}

    /// Sets the options, and `TCP_NODELAY`, on a channel that is not yet connected or was just accepted; call it on the
    /// channel's event loop. A socket that refuses one (a Unix socket has none of them) works without it.
    package func apply(to channel: any Channel, logger: Logger) {
        guard let options = channel.syncOptions else { return }
        do {
            try options.setOption(.tcpOption(.tcp_nodelay), value: 1)
            try options.setOption(.socketOption(.so_keepalive), value: 1)
            try options.setOption(.tcpOption(Self.idleOption), value: Self.seconds(self.keepAliveIdle))
            try options.setOption(
                .tcpOption(.init(rawValue: TCP_KEEPINTVL)), value: Self.seconds(self.keepAliveInterval))
            try options.setOption(.tcpOption(.init(rawValue: TCP_KEEPCNT)), value: .init(self.keepAliveProbes))
            #if os(Linux)
                let milliseconds = self.userTimeout / .milliseconds(1)
                try options.setOption(.tcpOption(.init(rawValue: TCP_USER_TIMEOUT)), value: .init(milliseconds))
            #endif
        } catch {
            logger.debug("TCP options not set", metadata: ["error": "\(error)"])
        }
    }

    #if canImport(Darwin)
        private static let idleOption = NIOBSDSocket.Option(rawValue: TCP_KEEPALIVE)
    #else
        private static let idleOption = NIOBSDSocket.Option(rawValue: TCP_KEEPIDLE)
    #endif

    private static func seconds(_ duration: Duration) -> ChannelOptions.Types.SocketOption.Value {
        .init(max(1, duration.components.seconds))
    }
}
