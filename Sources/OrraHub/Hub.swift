import AsyncHTTPClient
import HTTPTypes
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
import NIOPosix
import OrraCore
import OrraEngine
import OrraModel
import OrraPlanner
public import OrraStore
import OrraWebSocket
public import ServiceLifecycle

/// A hub on one port: HTTP for operators, WebSockets for services and watchers, one SQLite file.
///
/// ```swift
/// let hub = try await Hub(store: store, configuration: configuration, logger: logger)
/// try await ServiceGroup(services: [hub], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger).run()
/// ```
/// What was running when the hub last stopped goes on as soon as it runs. On a graceful shutdown it stops accepting,
/// closes sockets with 1012, commits what it has, and returns.
public struct Hub: ServiceLifecycle.Service {
    private let configuration: HubConfiguration
    private let loop: HubLoop
    private let store: any Store
    private let planning: HubPlanning
    private let feeds: ProgressFeeds
    private let modelClient: HTTPClient?
    private let logger: Logger
    private let onRunning: @Sendable (_ port: Int) async -> Void

    /// Reads what the store kept. `onRunning` is told the port once requests are answered.
    public init(
        store: any Store, configuration: HubConfiguration, logger: Logger,
        onRunning: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) async throws(StoreError) {
        self.configuration = configuration
        self.store = store
        self.logger = logger
        self.onRunning = onRunning
        let recovery = try await store.recover()
        loop = HubLoop(
            recovery: recovery, store: store, tuning: configuration.tuning,
            eventLoop: MultiThreadedEventLoopGroup.singleton.any(), logger: logger)
        feeds = ProgressFeeds(store: store, signals: loop.signals, logger: logger)
        modelClient = configuration.model.map { _ in
            HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: ModelEndpoint.connections)
        }
        planning = HubPlanning(
            loop: loop, store: store, configuration: configuration, client: modelClient, logger: logger)
    }

    /// What a start banner tells.
    public struct Summary: Sendable, Hashable {
        public var projects: Int
        public var live: Int
        /// Orchestrations whose journal is damaged: they stay as they are, and the rest goes on.
        public var quarantined: [String]
    }

    public var summary: Summary {
        get async {
            Summary(
                projects: loop.directory.projects.count, live: await loop.liveCount,
                quarantined: await loop.quarantined)
        }
    }

    public func run() async throws {
        let tuning = configuration.tuning
        let pruner = Pruner(
            loop: loop, store: store, retention: configuration.retention, interval: tuning.pruneInterval,
            logger: logger)
        let services = HubServices(
            loop: loop, store: store, planning: planning, pruner: pruner, version: OrraVersion.current)
        let application = Application(
            router: services.router(),
            server: .http1WebSocket(limits: tuning.socketLimits) { request, _ in await upgrade(request, services) },
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port), serverName: nil,
                backlog: Limits.connectionBacklog),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? configuration.port) },
            logger: logger)
        let client = HTTPClient(
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            configuration: Self.webhookClient(slots: tuning.webhookSlots))
        let sender = WebhookSender(
            loop: loop, store: store, client: client, slots: tuning.webhookSlots, logger: logger)
        // Stopped in the reverse order: first the port and its sockets, then the posts, last the loop.
        var lifecycle = ServiceGroupConfiguration(
            services: [
                LoopService(loop: loop), OnEventLoops(SenderService(sender: sender)), PrunerService(pruner: pruner),
                FeedService(feeds: feeds), OnEventLoops(application), StopNotice(loop: loop),
            ],
            logger: logger)
        lifecycle.maximumGracefulShutdownDuration = Limits.shutdown - .seconds(2)
        let group = ServiceGroup(configuration: lifecycle)
        let result: Result<Void, any Error>
        do {
            result = .success(try await group.run())
        } catch {
            result = .failure(error)
        }
        try? await client.shutdown()
        try? await modelClient?.shutdown()
        await store.close()
        try result.get()
    }

    private static func webhookClient(slots: Int) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: .seconds(10), read: .seconds(10)))
        configuration.httpVersion = .http1Only
        // As many as are posted at once: a post that waited for a connection would wait within its ten seconds.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = slots
        return configuration
    }

    private func upgrade(_ request: HTTPRequest, _ services: HubServices) async -> WebSocketUpgrade {
        guard SocketRoute.isSocketPath(request.path ?? "/") else { return .http }
        // Of the subprotocols that browsers offer, the one without the key is chosen.
        let subprotocol = SocketRoute.offeredSubprotocols(request).first { $0 == "orra" }
        switch await SocketRoute.decide(request, services: services) {
        case .refused: return .http
        case .service(let id):
            return .attach(subprotocol: subprotocol) { ServiceSocket.open($0, of: id, loop) }
        case .progress(let subject, let after):
            return .upgrade(subprotocol: subprotocol) { socket in
                await ProgressSocket(
                    subject: subject, after: after, store: store, signals: loop.signals, feeds: feeds,
                    socket: socket, logger: logger
                ).run()
            }
        }
    }
}

/// A service whose tasks run on the threads of the sockets.
private struct OnEventLoops<Base: ServiceLifecycle.Service>: ServiceLifecycle.Service {
    let base: Base
    init(_ base: Base) { self.base = base }

    func run() async throws {
        try await withTaskExecutorPreference(EventLoopExecutor(MultiThreadedEventLoopGroup.singleton)) {
            try await base.run()
        }
    }
}

/// The loop as a part of the hub's life: ends last, with everything on disk.
private struct LoopService: ServiceLifecycle.Service {
    let loop: HubLoop
    func run() async {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await loop.keepCompany() }
                await loop.run()
                group.cancelAll()
            }
        } onGracefulShutdown: {
            loop.stop()
        }
    }
}

private struct SenderService: ServiceLifecycle.Service {
    let sender: WebhookSender
    func run() async { await cancelWhenGracefulShutdown { await sender.run() } }
}

private struct PrunerService: ServiceLifecycle.Service {
    let pruner: Pruner
    func run() async { await cancelWhenGracefulShutdown { await pruner.run() } }
}

private struct FeedService: ServiceLifecycle.Service {
    let feeds: ProgressFeeds
    func run() async { await cancelWhenGracefulShutdown { await feeds.run() } }
}

/// Runs before the port closes: sockets that close from then on are the hub's own doing.
private struct StopNotice: ServiceLifecycle.Service {
    let loop: HubLoop
    func run() async {
        try? await gracefulShutdown()
        loop.beginStopping()
    }
}
