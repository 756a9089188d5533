import OrraCore
import OrraEngine
import OrraModel
import OrraStore

extension Bench {
    /// With a project, these services, and bounds of a test's own.
    static func make(_ services: [Service], bounds: Core.Bounds = Core.Bounds()) async throws -> Bench {
        var bench = try await Bench()
        bench.core = Core(
            recovering: try await bench.store.recover(), at: bench.now, bounds: bounds,
            random: SeededGenerator(seed: 1))
        bench.request(.registerProject(Sample.project, keyHash: "hash"))
        for service in services { bench.request(.registerService(service)) }
        try await bench.run()
        return bench
    }

    /// A new process on what is on disk now.
    func restarted(bounds: Core.Bounds = Core.Bounds()) async throws -> Bench {
        var bench = try await Bench(InMemoryStore(store.snapshot()), at: now)
        bench.core = Core(
            recovering: try await bench.store.recover(), at: now, bounds: bounds, random: SeededGenerator(seed: 2))
        return bench
    }

    /// Each connection that was handed a task by the last `run`, in order.
    var deliveredTo: [UInt64] {
        effects.compactMap { if case .deliver(let connection, _) = $0 { connection.number } else { nil } }
    }

    var posts: [WebhookDelivery] {
        effects.compactMap { if case .post(let delivery) = $0 { delivery } else { nil } }
    }

    var positions: [Int64] {
        effects.compactMap { if case .progressed(let progressed) = $0 { progressed.position } else { nil } }
    }

    func failure(of token: RequestToken) -> RequestFailure? {
        if case .failure(let failure)? = reply(to: token) { failure } else { nil }
    }

    /// What happened to services, as the journal tells it.
    func serviceEvents() async throws -> [ServiceEvent] {
        try await store.serviceEvents(of: Sample.project.id, afterPosition: 0, limit: .max).map(\.event)
    }

    func events(of id: String) async throws -> [Event] {
        try await store.journal(of: OrchestrationID(id), after: 0, limit: .max).map(\.event)
    }

    /// Submits `o_1`, `o_2` … with one task each, and lets them run.
    mutating func submit(_ numbers: ClosedRange<Int>, to service: String = "echo") async throws {
        for number in numbers { submit(Sample.received("o_\(number)"), Sample.chain(service)) }
        try await run()
    }
}
