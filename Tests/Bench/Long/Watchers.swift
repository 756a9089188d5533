import NIOCore
import NIOHTTP1
import NIOPosix
import OrraBench
import ProcessSupport

extension LongRun {
    /// How long after a service has sent its result the last of many watchers knows.
    func playWatchers(_ findings: inout Findings) async throws {
        let watchers = scaled(1_000)
        let folder = try settings.freshFolder("watchers")
        defer { settings.remove(folder) }
        let (times, spreads, processor) = try await withHub(on: folder) { hub, place in
            let access = try await HubAccess(hub.address)
            let service = try await access.register("bench-echo-0")
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            do {
                let crowd = try await Crowd(loop: group.any(), place: place, key: access.key, watchers: watchers)
                try await crowd.open(service: service)
                var tellings: [Telling] = []
                let before = try sample(hub).processor
                for number in 0..<200 {
                    let told = try await crowd.expect()
                    try await access.submit(to: service, token: "b\(number)-0-")
                    tellings.append(try await told.get())
                }
                let processor = (try sample(hub).processor - before) / Double(tellings.count)
                try await crowd.close()
                try await group.shutdownGracefully()
                return (tellings.map(\.last).sorted(), tellings.map { $0.last - $0.first }.sorted(), processor)
            } catch {
                try? await group.shutdownGracefully()
                throw error
            }
        }
        let (p50, p99) = (times[times.count / 2], times[times.count * 99 / 100])
        findings.add(
            "result sent → last of \(Text.grouped(watchers)) watchers told, p99 of \(times.count)", reach: "≤ 50 ms",
            here: Text.time(p99), isReached: p99 <= 50_000)
        findings.add("the same, p50", here: Text.time(p50))
        findings.add("from the first to the last of them, p50", here: Text.time(spreads[spreads.count / 2]))
        findings.add("processor of the hub for an action that all are told", here: Text.time(processor * 1e6))
    }
}

/// How long after a result was sent the first and the last watcher knew, in microseconds.
private struct Telling: Sendable {
    var first: Double
    var last: Double
}

/// Watchers of one project and its service, on one event loop.
private struct Crowd: Sendable {
    /// Touched on the loop only.
    private struct State {
        let watchers: Int
        var player: ServicePlayer
        var sockets: [any Channel] = []
        var answeredAt = NIODeadline.now()
        /// Watchers that were told of the task's end, and of the action's.
        var told = 0
        var ended = 0
        var firstTold = NIODeadline.now()
        var lastTold = NIODeadline.now()
        var promise: EventLoopPromise<Telling>?
        /// Of the promise: the deadline of an earlier one is not its own.
        var number = 0
    }

    private let loop: any EventLoop
    private let place: Place
    private let key: String
    private let watchers: Int
    private let state: NIOLoopBoundBox<State>

    init(loop: any EventLoop, place: Place, key: String, watchers: Int) async throws {
        (self.loop, self.place, self.key, self.watchers) = (loop, place, key, watchers)
        state = try await loop.submit {
            let state = NIOLoopBoundBox(
                State(watchers: watchers, player: ServicePlayer(loop: loop, load: Load())), eventLoop: loop)
            state.value.player.answered = { _ in state.value.answeredAt = .now() }
            return state
        }.get()
    }

    func open(service: String) async throws {
        let headers = [("Authorization", "Bearer \(key)"), ("User-Agent", ServicePlayer.agent)]
        let served = try await loop.submit { [state, loop] in
            NIOLoopBound(state.value.player.callbacks(service: service), eventLoop: loop)
        }.get()
        let socket = try await MessageSocket.connect(
            loop: loop, to: place, path: "/ws?serviceId=\(service)", headers: .init(headers), callbacks: served)
        try await loop.submit { [state] in state.value.player.opened(socket.value) }.get()
        let head = WatcherHandler.head(place, headers: headers)
        for _ in 0..<watchers {
            let upgraded = loop.makePromise(of: Void.self)
            let channel = try await ClientBootstrap(group: loop).channelInitializer { [state] channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = WatcherHandler(upgraded: upgraded) { Self.told($0, state) }
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }.connect(host: place.host, port: place.port).get()
            try await channel.writeAndFlush(ByteBuffer(string: head))
            try await upgraded.futureResult.get()
            try await loop.submit { [state] in state.value.sockets.append(channel) }.get()
        }
    }

    private static func told(_ event: WatcherHandler.Event, _ state: NIOLoopBoundBox<State>) {
        switch event {
        case .taskCompleted:
            state.value.told += 1
            if state.value.told == 1 { state.value.firstTold = .now() }
            if state.value.told == state.value.watchers { state.value.lastTold = .now() }
        case .ended: state.value.ended += 1
        }
        guard state.value.told == state.value.watchers, state.value.ended == state.value.watchers else { return }
        func time(_ moment: NIODeadline) -> Double { Double((moment - state.value.answeredAt).nanoseconds) / 1_000 }
        state.value.promise?.succeed(Telling(first: time(state.value.firstTold), last: time(state.value.lastTold)))
        state.value.promise = nil
    }

    /// Of the action that is submitted next.
    func expect() async throws -> EventLoopFuture<Telling> {
        try await loop.submit { [state, loop] in
            let promise = loop.makePromise(of: Telling.self)
            (state.value.told, state.value.ended, state.value.promise) = (0, 0, promise)
            state.value.number += 1
            let number = state.value.number
            loop.scheduleTask(in: .seconds(30)) {
                guard state.value.number == number, let promise = state.value.promise else { return }
                state.value.promise = nil
                promise.fail(ProcessFault("not all watchers were told within 30 s"))
            }
            return promise.futureResult
        }.get()
    }

    func close() async throws {
        try await loop.submit { [state] in
            for socket in state.value.sockets { socket.close(promise: nil) }
            state.value.player.close()
        }.get()
        try await loop.scheduleTask(in: .milliseconds(100)) {}.futureResult.get()
    }
}
