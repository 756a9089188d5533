import NIOCore
import NIOHTTP1
import NIOPosix

/// Loads a hub and measures it: plays services, submits actions, checks every result.
///
/// ```swift
/// var load = Load()
/// load.inFlight = 200
/// let result = try await Bench(hub: Place(host: "127.0.0.1", port: 8005), load: load).run()
/// print(result.text)
/// ```
/// All of it runs on one event loop, so that it takes as little as possible from a hub on the same machine;
/// ``ceiling(_:)`` tells how far that carries.
public struct Bench: Sendable {
    public let hub: Place
    public let load: Load
    /// Of the project to use; `nil` makes one of its own, so that no other project gets the services.
    public let apiKey: String?

    public init(hub: Place, load: Load, apiKey: String? = nil) {
        self.hub = hub
        self.load = load
        self.apiKey = apiKey
    }

    /// The same load on a hub that does nothing: the most that this benchmark can measure on this machine.
    public static func ceiling(_ load: Load) async throws -> BenchResult {
        try await ceiling(load, faults: [:])
    }

    static func ceiling(_ load: Load, faults: [Int: IdleHub.Fault]) async throws -> BenchResult {
        try await withEventLoop { loop in
            let idle = try await loop.submit {
                NIOLoopBound(IdleHub(loop: loop, load: load, faults: faults), eventLoop: loop)
            }.get()
            let place = try await IdleHub.start(idle)
            do {
                var result = try await Bench(hub: place, load: load, apiKey: "sk-orra-none").run()
                result.hub = nil
                try await IdleHub.stop(idle)
                return result
            } catch {
                try? await IdleHub.stop(idle)
                throw error
            }
        }
    }

    public func run() async throws -> BenchResult {
        try await Self.withEventLoop { loop in
            let stage = try await Stage.set(for: self, on: loop)
            do {
                let result = try await stage.play()
                try await stage.strike()
                return result
            } catch {
                try? await stage.strike()
                throw error
            }
        }
    }

    private static func withEventLoop<Result: Sendable>(
        _ body: (any EventLoop) async throws -> Result
    ) async throws -> Result {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            let result = try await body(group.any())
            try await group.shutdownGracefully()
            return result
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }
}

/// A hub with the benchmark's services, callers and receivers around it.
private struct Stage: Sendable {
    private struct Parts {
        var pool: RequestPool
        var player: ServicePlayer
        var caller: Caller?
        var watcher: MessageSocket?
    }

    let bench: Bench
    let loop: any EventLoop
    private let parts: NIOLoopBoundBox<Parts>
    private let receiver: any Channel
    private let key: String

    static func set(for bench: Bench, on loop: any EventLoop) async throws -> Stage {
        let load = bench.load
        let parts = try await loop.submit {
            NIOLoopBoundBox(
                Parts(
                    pool: RequestPool(loop: loop, place: bench.hub), player: ServicePlayer(loop: loop, load: load)),
                eventLoop: loop)
        }.get()
        let answer = try await loop.submit {
            NIOLoopBound<(RequestServer.Request) -> RequestServer.Answer>(
                { request in
                    parts.value.caller?.webhook(request.body)
                    return (.ok, ByteBuffer())
                }, eventLoop: loop)
        }.get()
        let receiver = try await RequestServer.start(on: loop, answer: answer)
        var key = bench.apiKey
        if key == nil {
            key = try await post(parts, "/register/project", #"{"name":"bench"}"#, loop).text(ofMember: "apiKey")
        }
        guard let key else { throw BenchError("the hub made no project") }
        let stage = Stage(bench: bench, loop: loop, parts: parts, receiver: receiver, key: key)
        try await loop.submit { parts.value.pool.headers.add(name: "Authorization", value: "Bearer \(key)") }.get()
        try await stage.prepare()
        return stage
    }

    private static func post(
        _ parts: NIOLoopBoundBox<Parts>, _ path: String, _ body: String, _ loop: any EventLoop
    ) async throws -> ByteBuffer {
        let answer = try await loop.flatSubmit {
            let promise = loop.makePromise(of: RequestPool.Answer.self)
            parts.value.pool.send(.POST, path, ByteBuffer(string: body)) { promise.completeWith($0) }
            return promise.futureResult
        }.get()
        guard (200..<300).contains(answer.status) else {
            throw BenchError("the hub answered \(answer.status) to \(path): \(String(buffer: answer.body))")
        }
        return answer.body
    }

    private func prepare() async throws {
        var services: [String] = []
        for number in 0..<bench.load.services {
            let answer = try await Self.post(parts, "/register/service", registration(number), loop)
            guard let id = answer.text(ofMember: "id") else { throw BenchError("the hub registered no service") }
            services.append(id)
            for _ in 0..<bench.load.replicas { try await connect(id) }
        }
        try await prepareCaller(services)
    }

    private func registration(_ number: Int) -> String {
        let payload = bench.load.payload > 0 ? #","payload":{"type":"string"}"# : ""
        let object = #"{"type":"object","properties":{"token":{"type":"string"}\#(payload)},"required":["token"]}"#
        return #"{"name":"bench-echo-\#(number)","description":"Echoes the token of a benchmark","#
            + #""schema":{"input":\#(object),"output":\#(object)},"examples":["echo the token"]}"#
    }

    private func connect(_ service: String) async throws {
        let callbacks = try await loop.submit { [parts, loop] in
            NIOLoopBound(parts.value.player.callbacks(service: service), eventLoop: loop)
        }.get()
        let socket = try await MessageSocket.connect(
            loop: loop, to: bench.hub, path: "/ws?serviceId=\(service)",
            headers: ["Authorization": "Bearer \(key)", "User-Agent": ServicePlayer.agent], callbacks: callbacks)
        try await loop.submit { [parts] in parts.value.player.opened(socket.value) }.get()
    }

    private func prepareCaller(_ services: [String]) async throws {
        let frame = body(services)
        try await loop.submit { [parts, loop, load = bench.load] in
            let caller = Caller(loop: loop, load: load, hub: parts.value.pool, frame: frame)
            parts.value.player.asked = { [unowned caller] in caller.asked($0) }
            parts.value.player.answered = { [unowned caller] in caller.answered($0) }
            parts.value.caller = caller
        }.get()
        guard bench.load.outcome != .webhook else { return }
        let callbacks = try await loop.submit { [parts, loop] in
            NIOLoopBound(
                MessageSocket.Callbacks(receive: { _, message in parts.value.caller?.progress(message) }),
                eventLoop: loop)
        }.get()
        let socket = try await MessageSocket.connect(
            loop: loop, to: bench.hub, path: "/progress", headers: ["Authorization": "Bearer \(key)"],
            callbacks: callbacks)
        try await loop.submit { [parts] in parts.value.watcher = socket.value }.get()
    }

    /// The body of an action, around its tokens.
    private func body(_ services: [String]) -> (before: String, after: String) {
        let load = bench.load
        let webhook =
            load.outcome == .progress
            ? "" : #","webhook":"http://127.0.0.1:\#(receiver.localAddress?.port ?? 0)/""#
        let filling =
            load.payload > 0 && load.carriesPayload == .all
            ? #",{"field":"payload","value":"\#(String(repeating: "x", count: load.payload))"}"#
            : ""
        let before = #"{"action":{"content":"\#(load.action ?? "benchmark")"},"data":["#
        let plan = load.action == nil ? #","plan":{"tasks":[\#(tasks(services))]}"# : ""
        return (before, "\(filling)]\(webhook)\(plan)}")
    }

    private func tasks(_ services: [String]) -> String {
        let load = bench.load
        var tasks: [String] = []
        for chain in 0..<load.width {
            for step in 0..<load.length {
                let number = chain * load.length + step + 1
                let service = services[(number - 1) % services.count]
                let source = step == 0 ? "task0" : "task\(number - 1)"
                let token = step == 0 && load.width > 1 ? "token\(chain)" : "token"
                let payload = load.takesPayload(atStep: step) ? #","payload":"$\#(source).payload""# : ""
                tasks.append(
                    #"{"id":"task\#(number)","service":"\#(service)","input":{"token":"$\#(source).\#(token)"\#(payload)}}"#
                )
            }
        }
        return tasks.joined(separator: ",")
    }

    /// Runs the load.
    func play() async throws -> BenchResult {
        let watch = LocalProcess(listeningOn: bench.hub)
        let own = LocalProcess.own
        let usage = try await loop.submit { [loop] in
            NIOLoopBoundBox(Usage(), eventLoop: loop)
        }.get()
        try await loop.flatSubmit { [parts, loop] in
            guard let caller = parts.value.caller else { return loop.makeSucceededVoidFuture() }
            caller.onMeasuring = { usage.value.begin(hub: watch?.sample(), own: own.sample()) }
            caller.onMeasured = { usage.value.end(hub: watch?.sample(), own: own.sample()) }
            return caller.run()
        }.get()
        return try await loop.submit { [parts, load = bench.load] in
            guard let caller = parts.value.caller else { throw BenchError("nothing was run") }
            return BenchResult(
                load: load, caller.tally, measured: caller.measured,
                lostConnections: parts.value.player.lostConnections, usage: usage.value)
        }.get()
    }

    func strike() async throws {
        try await loop.submit { [parts] in
            parts.value.watcher?.close()
            parts.value.player.close()
            parts.value.pool.close()
        }.get()
        try await receiver.close()
        // What closed is told to the handlers in the turns that follow.
        try await loop.scheduleTask(in: .milliseconds(50)) {}.futureResult.get()
    }
}
