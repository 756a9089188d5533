import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1
import OrraModel
import OrraStore
import ServiceLifecycle
import Synchronization

@testable import OrraHub

let quietLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A real hub on a free port of 127.0.0.1, with what a test needs around it. Everything that a test starts ends with it.
final class TestHub: Sendable {
    private struct Run {
        var port = 0
        var group: ServiceGroup?
        var ended: AsyncStream<Void>?
    }

    private let run = Mutex(Run())
    private let jobs: AsyncStream<@Sendable () async -> Void>.Continuation
    private let logger: Logger
    private let configuration: HubConfiguration

    fileprivate init(
        _ jobs: AsyncStream<@Sendable () async -> Void>.Continuation, _ configuration: HubConfiguration,
        _ logger: Logger
    ) {
        self.jobs = jobs
        self.configuration = configuration
        self.logger = logger
    }

    var port: Int { run.withLock { $0.port } }

    /// A task that is cancelled, and awaited, when the test ends.
    func spawn(_ job: @escaping @Sendable () async -> Void) { jobs.yield(job) }

    func start(_ store: any Store) async throws {
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        let hub = try await Hub(store: store, configuration: configuration, logger: logger) { found.yield($0) }
        let group = ServiceGroup(services: [hub], logger: logger)
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        spawn {
            try? await group.run()
            found.finish()
            end.finish()
        }
        guard let port = await ports.first(where: { _ in true }) else {
            throw TimedOut(description: "the hub did not start")
        }
        run.withLock { $0 = Run(port: port, group: group, ended: ended) }
    }

    /// Stops gracefully, and returns when the hub has ended.
    func stop() async {
        let (group, ended) = run.withLock { ($0.group, $0.ended) }
        await group?.triggerGracefulShutdown()
        if let ended { for await _ in ended {} }
    }
}

/// Runs a hub, and the test's body beside it.
func withTestHub(
    _ store: any Store = InMemoryStore(), tuning: HubTuning = HubTuning(), retention: Duration = Limits.retention,
    planning: PlanningSettings = PlanningSettings(), model: ModelConfiguration? = nil,
    logger: Logger = quietLogger, _ body: (TestHub) async throws -> Void
) async throws {
    let (jobs, continuation) = AsyncStream.makeStream(of: (@Sendable () async -> Void).self)
    var configuration = HubConfiguration(
        port: 0, dataDirectory: "", retention: retention, planning: planning, model: model)
    configuration.tuning = tuning
    let hub = TestHub(continuation, configuration, logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            await withDiscardingTaskGroup { running in
                for await job in jobs { running.addTask { await job() } }
                running.cancelAll()
            }
        }
        let result: Result<Void, any Error>
        do {
            try await hub.start(store)
            result = .success(try await body(hub))
        } catch {
            result = .failure(error)
        }
        await hub.stop()
        continuation.finish()
        try await group.waitForAll()
        try result.get()
    }
}

/// What the hub answered.
struct Answer {
    var status: Int
    var headers: HTTPHeaders
    var body: [UInt8]

    /// `null` for what is no JSON.
    var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
    var code: String? { json["error"]?["code"]?.string }
    var kind: String? { json["error"]?["kind"]?.string }
    var param: String? { json["error"]?["param"]?.string }
    var message: String { json["error"]?["message"]?.string ?? "" }
}

extension TestHub {
    func call(
        _ method: HTTPMethod, _ path: String, key: String? = nil, body: [UInt8]? = nil, client: HTTPClient = .shared
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = method
        if let key { request.headers.add(name: "Authorization", value: "Bearer \(key)") }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let response = try await client.execute(request, timeout: .seconds(60))
        let bytes = try await response.body.collect(upTo: 64 * 1024 * 1024)
        return Answer(
            status: Int(response.status.code), headers: response.headers, body: Array(bytes.readableBytesView))
    }

    func call(_ method: HTTPMethod, _ path: String, key: String? = nil, _ body: JSONValue) async throws -> Answer {
        try await call(method, path, key: key, body: RawJSON(body).bytes)
    }

    func makeProject(_ name: String = "shop") async throws -> TestProject {
        let answer = try await call(.POST, "/register/project", ["name": .string(name)])
        guard answer.status == 201, let key = answer.json["apiKey"]?.string, let id = answer.json["id"]?.string else {
            throw TimedOut(description: "no project: \(answer.status) \(answer.message)")
        }
        return TestProject(hub: self, id: ProjectID(id), key: key)
    }
}
