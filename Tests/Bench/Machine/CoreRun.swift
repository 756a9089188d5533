import Foundation
import OrraCore
import OrraEngine
import OrraModel
import OrraStore

/// The production core on the production store, with a service that answers at once: what the hub does, without sockets
/// and without HTTP. So what is committed here is what the hub commits.
struct CoreRun {
    struct Step {
        /// Results of tasks that it took in.
        var results: Int
        /// Changes that were committed: journal entries and rows.
        var writes: Int
        var commit: Duration
    }

    private var core: Core
    let store: SQLiteStore
    let project: ProjectID
    private let service: ServiceID
    private let origin = ContinuousClock.now
    private let start: Timestamp
    private var random = SystemRandomNumberGenerator()
    private var tokens: UInt64 = 0
    private var results = 0
    private static let connection = ConnectionID(1)

    /// Goes on with the store's first project and service, or makes them.
    init(_ store: SQLiteStore, isServed: Bool = true) async throws {
        let recovery = try await store.recover()
        let wall = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
        start = max(wall, recovery.lastEntryAt ?? wall)
        self.store = store
        project = recovery.projects.first?.id ?? .random(using: &random)
        service = recovery.services.first?.id ?? .random(using: &random)
        core = Core(recovering: recovery, at: start)
        if recovery.projects.isEmpty {
            request(
                .registerProject(
                    Project(id: project, name: "bench", createdAt: start),
                    keyHash: String(repeating: "0", count: 64)))
        }
        if recovery.services.isEmpty { request(.registerService(echo)) }
        if isServed {
            core.enqueue(
                .connected(
                    Connection(
                        id: Self.connection, service: service, connectedAt: start, credit: Limits.maximumCredit)))
        }
        while try await step() != nil {}
    }

    private var echo: Service {
        let schema = JSONSchema(["type": "object", "properties": ["token": ["type": "string"]], "required": ["token"]])
        return Service(
            id: service, project: project, kind: .service, name: "bench-echo-0",
            description: "Echoes the token of a benchmark", schema: ServiceSchema(input: schema, output: schema),
            registeredAt: start)
    }

    private var now: Timestamp { start + (ContinuousClock.now - origin) }

    private mutating func request(_ request: Request) {
        tokens += 1
        core.enqueue(.request(request, RequestToken(tokens)))
    }

    /// Actions of so many tasks, one after the other.
    mutating func submit(_ count: Int, length: Int = 1) {
        for _ in 0..<count {
            let token = "b\(tokens)-0-"
            let tasks = (1...length).map { number in
                Plan.Task(
                    id: TaskID(number), service: service,
                    input: [.init(field: "token", source: TaskID(number - 1), sourceField: "token")])
            }
            let received = Event.Received(
                orchestration: .ordered(at: now, using: &random), project: project, action: "benchmark",
                data: RawJSON([["field": "token", "value": .string(token)]]))
            request(
                .submit(
                    received, parameterValues: [token],
                    .plan(Plan(parameters: RawJSON(["token": .string(token)]), tasks: tasks))))
        }
    }

    /// One commit of what waits, and the answers of the service to what it was given. `nil`: nothing waits.
    mutating func step() async throws -> Step? {
        guard let batch = core.nextBatch(at: now) else { return nil }
        var step = Step(results: results, writes: batch.writes.count, commit: .zero)
        if !batch.writes.isEmpty {
            let before = ContinuousClock.now
            try await store.commit(batch.writes)
            step.commit = ContinuousClock.now - before
        }
        results = 0
        for case .deliver(_, let delivery) in core.committed() { answer(delivery) }
        return step
    }

    private mutating func answer(_ delivery: TaskDelivery) {
        results += 1
        core.enqueue(
            .report(
                IncomingReport(
                    connection: Self.connection, service: service, key: delivery.key,
                    report: .output(RawJSON(["token": .string("b\(tokens)-0-.")]), nil),
                    execution: delivery.execution.rawValue, messageID: "m")))
    }

    /// Until nothing waits.
    mutating func settle() async throws { while try await step() != nil {} }
}
