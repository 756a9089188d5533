import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import OrraBench
import OrraHub
import OrraWebSocket
import ServiceLifecycle

/// How fast messages go to and fro through the hub's own socket code, over the loopback interface, with nothing behind
/// it.
enum EchoLimit {
    struct Result: Sendable {
        /// Microseconds.
        var p50: Double
        var perSecond: Double
    }

    static func measure(connections: Int, seconds: Double, warmUp: Double) async throws -> Result {
        try await withServer { port in
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            do {
                let load = EchoLoad(loop: group.any(), place: Place(host: "127.0.0.1", port: port))
                let result = try await load.run(connections: connections, seconds: seconds, warmUp: warmUp)
                try await group.shutdownGracefully()
                return result
            } catch {
                try? await group.shutdownGracefully()
                throw error
            }
        }
    }

    private static func withServer(_ body: (_ port: Int) async throws -> Result) async throws -> Result {
        let logger = Logger(label: "echo") { _ in SwiftLogNoOpLogHandler() }
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        let server = try HTTPServerBuilder.http1WebSocket { _, _ in .upgrade { try await echo($0) } }.buildServer(
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger, responder: refuse
        ) { found.yield($0.localAddress?.port ?? 0) }
        let services = ServiceGroup(configuration: .init(services: [.init(service: server)], logger: logger))
        async let running: Void = services.run()
        let result: Swift.Result<Result, any Error>
        do {
            guard let port = await ports.first(where: { _ in true }) else { throw CancellationError() }
            result = .success(try await body(port))
        } catch {
            result = .failure(error)
        }
        await services.triggerGracefulShutdown()
        try await running
        return try result.get()
    }

    private static func echo(_ connection: WebSocketConnection) async throws {
        for await event in connection.inbound {
            if case .text(let text) = event { try connection.enqueue(text: text) }
        }
    }

    @concurrent @Sendable
    private static func refuse(
        _ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel
    ) async throws {
        try await writer.writeHead(HTTPResponse(status: .notFound)).finish(nil)
    }
}

/// Connections that each send a message, wait until it is back, and send it again.
private struct EchoLoad: Sendable {
    /// Touched on the loop only.
    private struct State {
        var sockets: [MessageSocket] = []
        var sentAt: [ObjectIdentifier: NIODeadline] = [:]
        var nanoseconds: [Int64] = []
        var isMeasuring = false
        var isOver = false
    }

    let loop: any EventLoop
    let place: Place

    func run(connections: Int, seconds: Double, warmUp: Double) async throws -> EchoLimit.Result {
        let state = try await loop.submit { [loop] in NIOLoopBoundBox(State(), eventLoop: loop) }.get()
        // About as large as what hub and service send each other.
        let message = ByteBuffer(string: String(repeating: "x", count: 300))
        let callbacks = try await loop.submit { [loop] in
            NIOLoopBound(
                MessageSocket.Callbacks { socket, message in
                    let now = NIODeadline.now()
                    if state.value.isMeasuring, let since = state.value.sentAt[ObjectIdentifier(socket)] {
                        state.value.nanoseconds.append((now - since).nanoseconds)
                    }
                    guard !state.value.isOver else { return }
                    state.value.sentAt[ObjectIdentifier(socket)] = now
                    socket.send(message)
                }, eventLoop: loop)
        }.get()
        for _ in 0..<connections {
            let socket = try await MessageSocket.connect(
                loop: loop, to: place, path: "/echo", headers: [:], callbacks: callbacks)
            try await loop.submit { state.value.sockets.append(socket.value) }.get()
        }
        try await loop.submit {
            for socket in state.value.sockets {
                state.value.sentAt[ObjectIdentifier(socket)] = .now()
                socket.send(message)
            }
        }.get()
        try await Task.sleep(for: .seconds(warmUp))
        let since = try await loop.submit { () -> NIODeadline in
            state.value.isMeasuring = true
            return .now()
        }.get()
        try await Task.sleep(for: .seconds(seconds))
        let result = try await loop.submit { () -> EchoLimit.Result in
            state.value.isMeasuring = false
            state.value.isOver = true
            let time = NIODeadline.now() - since
            for socket in state.value.sockets { socket.close() }
            let times = state.value.nanoseconds.sorted()
            return EchoLimit.Result(
                p50: times.isEmpty ? 0 : Double(times[times.count / 2]) / 1_000,
                perSecond: Double(times.count) / (Double(time.nanoseconds) / 1e9))
        }.get()
        // What closed is told to the handlers in the turns that follow.
        try await loop.scheduleTask(in: .milliseconds(50)) {}.futureResult.get()
        return result
    }
}
