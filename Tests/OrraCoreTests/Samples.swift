import OrraCore
import OrraEngine
import OrraModel
import OrraStore

/// What tests of the core have in common: one project, services that take and give a text, plans.
enum Sample {
    static let start = Timestamp(milliseconds: 1_000_000)
    static let project = Project(id: ProjectID("p_one"), name: "one", createdAt: start)
    static let schema = ServiceSchema(
        input: JSONSchema(["type": "object", "properties": ["text": ["type": "string"]]]),
        output: JSONSchema(["type": "object", "properties": ["text": ["type": "string"]]]))

    static func service(_ name: String, attempts: Int = 3) -> Service {
        Service(
            id: ServiceID("s_\(name)"), project: project.id, kind: .service, name: name, description: "d",
            schema: schema,
            retry: RetryPolicy(maximumAttempts: attempts, initialInterval: .milliseconds(200), jitter: 0.5),
            registeredAt: start)
    }

    static func received(
        _ id: String, timeout: Duration = .seconds(30), gracePeriod: Duration = .seconds(1_800), webhook: String? = nil
    ) -> Event.Received {
        Event.Received(
            orchestration: OrchestrationID(id), project: project.id, action: "Say", data: RawJSON([]), timeout: timeout,
            gracePeriod: gracePeriod, webhook: webhook)
    }

    /// One task after another, each by the service that is named.
    static func chain(_ services: String...) -> Plan {
        Plan(
            parameters: RawJSON(["text": "a"]),
            tasks: services.enumerated().map { index, service in
                Plan.Task(
                    id: TaskID(index + 1), service: ServiceID("s_\(service)"),
                    input: [.init(field: "text", source: TaskID(index), sourceField: "text")])
            })
    }

    static let output = RawJSON(["text": "done"])
}

/// A core with a store and a clock that a test sets.
struct Bench {
    var core: Core
    let store: InMemoryStore
    var now: Timestamp
    /// What was to be done after the commits of the last `run`.
    var effects: [Effect] = []
    private var tokens: UInt64 = 0

    init(_ store: InMemoryStore = InMemoryStore(), seed: UInt64 = 1, at now: Timestamp = Sample.start) async throws {
        self.store = store
        self.now = now
        core = Core(recovering: try await store.recover(), at: now, random: SeededGenerator(seed: seed))
    }

    /// With a project and these services.
    static func make(_ services: String...) async throws -> Bench {
        var bench = try await Bench()
        bench.request(.registerProject(Sample.project, keyHash: "hash"))
        for service in services { bench.request(.registerService(Sample.service(service))) }
        try await bench.run()
        return bench
    }

    @discardableResult
    mutating func request(_ request: Request) -> RequestToken {
        tokens += 1
        let token = RequestToken(tokens)
        core.enqueue(.request(request, token))
        return token
    }

    /// Commits batch after batch until nothing waits and nothing is due.
    mutating func run() async throws {
        effects = []
        while let batch = core.nextBatch(at: now) {
            do throws(StoreError) {
                if !batch.writes.isEmpty { try await store.commit(batch.writes) }
                effects += core.committed()
            } catch {
                effects += core.failed(error)
            }
        }
    }

    mutating func submit(_ received: Event.Received, _ plan: Plan) {
        request(.receive(received, parameterValues: []))
        request(.plan(received.orchestration, plan))
    }

    mutating func connect(
        _ number: UInt64, _ service: String, credit: Int = 16, instance: String? = nil
    ) {
        var connection = Connection(
            id: ConnectionID(number), service: ServiceID("s_\(service)"), connectedAt: now, credit: credit)
        connection.instance = instance
        core.enqueue(.connected(connection))
    }

    mutating func report(_ report: TaskReport, of delivery: TaskDelivery, on number: UInt64, message: String? = "m") {
        core.enqueue(
            .report(
                IncomingReport(
                    connection: ConnectionID(number), service: delivery.service, key: delivery.key, report: report,
                    execution: delivery.execution.rawValue, messageID: message)))
    }

    /// Tasks handed to connections by the last `run`.
    var deliveries: [TaskDelivery] {
        effects.compactMap { if case .deliver(_, let delivery) = $0 { delivery } else { nil } }
    }

    var acknowledged: [String] {
        effects.compactMap { if case .acknowledge(_, let id) = $0 { id } else { nil } }
    }

    func reply(to token: RequestToken) -> Reply? {
        for case .reply(token, let reply) in effects { return reply }
        return nil
    }
}
