import Logging
import NIOCore
import NIOPosix
import ProcessSupport
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A TCP proxy before the hub that loses, holds and slows down what passes through it.
final class Proxy: Sendable {
    private struct State {
        var connections: [Int: [any Channel]] = [:]
        var last = 0
        var target = 0
        var delay = Duration.zero
        var isStalled = false
        var isRefusing = false
    }

    private let state = Mutex(State())

    var connections: Int { state.withLock { $0.connections.count } }

    /// Takes connections on a free port of 127.0.0.1 until it is cancelled.
    func run(onListening: @Sendable (Int) -> Void) async throws {
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: "127.0.0.1", port: 0) { Self.wrap($0) }
        onListening(server.channel.localAddress?.port ?? 0)
        try await server.executeThenClose { clients in
            try await withThrowingDiscardingTaskGroup { group in
                for try await client in clients { group.addTask { await self.relay(client) } }
            }
        }
    }

    private typealias Stream = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private static func wrap(_ channel: any Channel) -> EventLoopFuture<Stream> {
        channel.eventLoop.makeCompletedFuture { try Stream(wrappingChannelSynchronously: channel) }
    }

    private func relay(_ client: Stream) async {
        let target = state.withLock { $0.isRefusing ? 0 : $0.target }
        guard target > 0,
            let hub = try? await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connectTimeout(.seconds(5))
                .connect(host: "127.0.0.1", port: target, channelInitializer: { Self.wrap($0) })
        else {
            // The connection was taken already: all that is left is to drop it.
            try? await client.executeThenClose { _, _ in }
            return
        }
        let number = state.withLock { state in
            state.last += 1
            state.connections[state.last] = [client.channel, hub.channel]
            return state.last
        }
        try? await client.executeThenClose { fromClient, toClient in
            try await hub.executeThenClose { fromHub, toHub in
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await self.pump(fromClient, into: toHub) }
                    group.addTask { await self.pump(fromHub, into: toClient) }
                    await group.next()
                    group.cancelAll()
                }
            }
        }
        state.withLock { _ = $0.connections.removeValue(forKey: number) }
    }

    private func pump(
        _ source: NIOAsyncChannelInboundStream<ByteBuffer>, into sink: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async {
        do {
            for try await bytes in source {
                let delay = state.withLock { $0.delay }
                if delay > .zero { try await Task.sleep(for: delay) }
                // Meanwhile nothing more is read: both sides' buffers fill.
                while state.withLock({ $0.isStalled }) { try await Task.sleep(for: .milliseconds(20)) }
                try await sink.write(bytes)
            }
        } catch {
            // Cut, or cancelled: the other direction ends with it.
        }
    }

    // MARK: - Faults

    /// Where the hub listens.
    func lead(to port: Int) { state.withLock { $0.target = port } }

    /// Cuts about this share of the connections, with a reset or without. Returns how many.
    func cut(percent: Int, resetting: Bool, _ generator: inout SeededGenerator) -> Int {
        let pairs = state.withLock { $0.connections.sorted { $0.key < $1.key }.map(\.value) }
        var chosen = pairs.filter { _ in generator.chance(percent) }
        if chosen.isEmpty { chosen = Array(pairs.randomElement(using: &generator).map { [$0] } ?? []) }
        for channel in chosen.joined() {
            // With a linger of zero the kernel throws away what is on its way and sends a reset.
            let socket = resetting ? channel as? any SocketOptionProvider : nil
            let prepared = socket?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
            (prepared ?? channel.eventLoop.makeSucceededVoidFuture()).whenComplete { _ in
                channel.close(mode: .all, promise: nil)
            }
        }
        return chosen.count
    }

    func delay(_ delay: Duration) { state.withLock { $0.delay = delay } }
    func stall(_ isStalled: Bool) { state.withLock { $0.isStalled = isStalled } }
    func refuse(_ isRefusing: Bool) { state.withLock { $0.isRefusing = isRefusing } }

    func heal() {
        delay(.zero)
        stall(false)
        refuse(false)
    }
}
