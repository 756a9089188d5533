import OrraCore
import OrraEngine
import OrraModel
import OrraStore

/// A process of a service, as the SDKs are: it keeps what is not acknowledged, and answers what it has done from memory.
struct Client {
    let service: ServiceID
    var instance: String?
    var connection: ConnectionID?
    var held: [TaskDelivery] = []
    var unacknowledged: [(id: String, report: TaskReport, delivery: TaskDelivery)] = []
    var done: [IdempotencyKey: RawJSON] = [:]
}

/// A core, a store that fails, and clients that come and go, all by the numbers of one seed.
struct World {
    var bench: Bench
    private var random: SeededGenerator
    private var clients: [Client] = []
    private var connections: UInt64 = 0
    private var messages = 0
    private var submissions = 0
    private var planning: [RequestToken: OrchestrationID] = [:]
    private var accepting: [RequestToken: OrchestrationID] = [:]
    private(set) var accepted: Set<OrchestrationID> = []
    private var keys: [TaskReference: IdempotencyKey] = [:]
    /// Keys whose outputs were acknowledged.
    private var settled: Set<IdempotencyKey> = []
    private(set) var violations: [String] = []
    private var isHealed = false

    static let services = ["one", "two", "three"]

    init(seed: UInt64) async throws {
        random = SeededGenerator(seed: seed)
        bench = try await Bench.make("one", "two", "three")
        let webhook = Webhook(
            id: WebhookID("w_one"), project: Sample.project.id, url: "http://localhost/w", purpose: .outcomes,
            secret: "", createdAt: bench.now)
        bench.request(.addWebhook(webhook))
        try await bench.run()
        for (number, service) in Self.services.enumerated() {
            // The last service has clients that know no hello, and no instance.
            for replica in 0...(number % 2) {
                clients.append(
                    Client(service: ServiceID("s_\(service)"), instance: number == 2 ? nil : "\(service)-\(replica)"))
            }
        }
    }

    // MARK: - Steps

    mutating func step() async throws {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<14: submit()
        case 14..<30: comeOrGo(Int.random(in: 0..<clients.count, using: &random))
        case 30..<74: answer(Int.random(in: 0..<clients.count, using: &random))
        case 74..<77: cancel()
        case 77..<92: bench.now = bench.now + .milliseconds(Int64.random(in: 1...4_000, using: &random))
        case 92..<96:
            bench.store.failNextCommits(Int.random(in: 1...3, using: &random), with: CoreTests.fullDisk)
        case 96..<98: if bench.core.queued > 1 { bench.store.failNextCommits(with: CoreTests.conflict) }
        default: return try await restart()
        }
        // Inputs gather while a commit runs.
        if Bool.random(using: &random) { try await settle() }
    }

    /// No more faults: everybody is there, answers, and time goes on. Everything must end within some rounds.
    mutating func heal() async throws {
        isHealed = true
        for _ in 0..<2_000 {
            try await settle()
            for number in clients.indices where clients[number].connection == nil { comeOrGo(number) }
            for number in clients.indices { while !clients[number].held.isEmpty { answer(number) } }
            try await settle()
            guard let next = bench.core.nextWakeup else {
                if bench.core.queued == 0, clients.allSatisfy(\.held.isEmpty) { return }
                continue
            }
            bench.now = max(bench.now, next)
        }
        violations.append("the world did not come to rest")
    }

    private mutating func submit() {
        submissions += 1
        let received = Sample.received(
            "o_\(submissions)", timeout: .milliseconds(Int64.random(in: 500...6_000, using: &random)),
            gracePeriod: .milliseconds(Int64.random(in: 2_000...20_000, using: &random)),
            webhook: Bool.random(using: &random) ? "http://localhost/a" : nil)
        planning[bench.request(.receive(received, parameterValues: ["\(submissions)"]))] = received.orchestration
    }

    private mutating func plan() -> Plan {
        let count = Int.random(in: 1...6, using: &random)
        let tasks = (1...count).map { number in
            let service = Self.services[Int.random(in: 0..<3, using: &random)]
            return Plan.Task(
                id: TaskID(number), service: ServiceID("s_\(service)"),
                input: [
                    .init(
                        field: "text", source: TaskID(Int.random(in: 0..<number, using: &random)), sourceField: "text")
                ])
        }
        return Plan(parameters: RawJSON(["text": "a"]), tasks: tasks)
    }

    private mutating func comeOrGo(_ number: Int) {
        if let connection = clients[number].connection {
            clients[number].connection = nil
            bench.core.enqueue(.disconnected(connection))
            // Sometimes its process dies with it.
            guard Int.random(in: 0..<4, using: &random) == 0 else { return }
            clients[number] = Client(
                service: clients[number].service, instance: clients[number].instance.map { $0 + "'" })
        } else {
            connections += 1
            let id = ConnectionID(connections)
            clients[number].connection = id
            bench.core.enqueue(
                .connected(
                    Connection(
                        id: id, service: clients[number].service, connectedAt: bench.now,
                        credit: Int.random(in: 1...3, using: &random), awaitsHello: clients[number].instance != nil)))
            if let instance = clients[number].instance {
                bench.core.enqueue(.hello(id, credit: Int.random(in: 1...3, using: &random), instance: instance))
            }
            for message in clients[number].unacknowledged { send(message.id, message.report, message.delivery, number) }
        }
    }

    private mutating func answer(_ number: Int) {
        guard !clients[number].held.isEmpty else { return }
        let index = Int.random(in: 0..<clients[number].held.count, using: &random)
        let delivery = clients[number].held[index]
        let report: TaskReport
        switch isHealed ? 0 : Int.random(in: 0..<20, using: &random) {
        case 0..<12:
            clients[number].done[delivery.key] = Sample.output
            report = .output(Sample.output, nil)
        case 12..<14: report = .error("no luck")
        case 14..<17:
            report = .interim(
                RawJSON(["step": .number(JSONNumber(Int.random(in: 0..<3, using: &random)))]), .random(using: &random))
        case 17: report = .inProgress
        case 18: report = .aborted(RawJSON(["reason": "x"]))
        default: report = .malformed(reason: "odd")
        }
        switch report {
        case .interim, .inProgress: break
        default: clients[number].held.remove(at: index)
        }
        post(report, delivery, number)
        // Some say it twice.
        if Int.random(in: 0..<8, using: &random) == 0 { post(report, delivery, number) }
    }

    private mutating func post(_ report: TaskReport, _ delivery: TaskDelivery, _ number: Int) {
        messages += 1
        clients[number].unacknowledged.append(("m\(messages)", report, delivery))
        send("m\(messages)", report, delivery, number)
    }

    private mutating func send(_ id: String, _ report: TaskReport, _ delivery: TaskDelivery, _ number: Int) {
        guard let connection = clients[number].connection else { return }
        bench.report(report, of: delivery, on: connection.number, message: id)
    }

    private mutating func cancel() {
        guard let id = accepted.sorted().randomElement(using: &random) else { return }
        bench.request(.cancel(id, Sample.project.id))
    }

    /// A crash: what is on disk is all that is known; clients see their connections end.
    private mutating func restart() async throws {
        let seed = UInt64.random(in: 0...1_000_000, using: &random)
        let now = bench.now
        bench = try await Bench(InMemoryStore(bench.store.snapshot()), seed: seed, at: now)
        planning = [:]
        accepting = [:]
        for number in clients.indices { clients[number].connection = nil }
    }

    // MARK: - Effects

    private mutating func settle() async throws {
        repeat {
            try await bench.run()
            for effect in bench.effects { try await perform(effect) }
        } while bench.core.queued > 0
    }

    private mutating func perform(_ effect: Effect) async throws {
        switch effect {
        case .reply(let token, let reply): replied(token, reply)
        case .deliver(let connection, let delivery): delivered(connection, delivery)
        case .acknowledge(let connection, let id):
            guard let number = clients.firstIndex(where: { $0.connection == connection }) else { return }
            for message in clients[number].unacknowledged where message.id == id {
                if case .output = message.report { settled.insert(message.delivery.key) }
            }
            clients[number].unacknowledged.removeAll { $0.id == id }
        case .reset(let connection):
            if let number = clients.firstIndex(where: { $0.connection == connection }) { comeOrGo(number) }
        case .lookUp(let report):
            let reference = try await bench.store.task(of: report.key)
            guard let reference else { return violations.append("a key is unknown") }
            let entries = try await bench.store.journal(of: reference.orchestration, after: 0, limit: .max)
            bench.core.enqueue(.lateReport(report, reference.task, try Orchestration(replaying: entries)))
        case .post(let delivery):
            let fails = !isHealed && Bool.random(using: &random)
            bench.core.enqueue(.webhookAttempted(delivery.id, error: fails ? "refused" : nil))
        case .cancelRequest, .setBusy, .progressed: break
        }
    }

    private mutating func replied(_ token: RequestToken, _ reply: Reply) {
        if let id = planning.removeValue(forKey: token) {
            guard case .orchestration = reply else { return }
            accepting[bench.request(.plan(id, plan()))] = id
        } else if let id = accepting.removeValue(forKey: token) {
            if case .orchestration(let orchestration) = reply {
                if orchestration.status != .notActionable { accepted.insert(id) }
            } else {
                // As the hub does for a caller that was told 503.
                bench.core.enqueue(.recovered(id))
            }
        }
    }

    private mutating func delivered(_ connection: ConnectionID, _ delivery: TaskDelivery) {
        if keys[delivery.reference, default: delivery.key] != delivery.key { violations.append("a key has changed") }
        keys[delivery.reference] = delivery.key
        if settled.contains(delivery.key) { violations.append("an acknowledged output is asked for again") }
        guard let number = clients.firstIndex(where: { $0.connection == connection }) else { return }
        if clients[number].service != delivery.service { violations.append("a task went to another service") }
        if let output = clients[number].done[delivery.key] {
            return post(.output(output, nil), delivery, number)
        }
        clients[number].held.removeAll { $0.key == delivery.key }
        clients[number].held.append(delivery)
    }

    // MARK: - Checks

    /// Rebuilds what the store and the core hold from the journals, and compares.
    mutating func check() async throws {
        try await settle()
        let store = bench.store
        let entries = try await store.journal(of: Sample.project.id, afterPosition: 0, limit: .max)
        if entries.map(\.position) != (0..<Int64(entries.count)).map({ $0 + 1 }) {
            violations.append("positions have gaps")
        }
        var outbox: [IdempotencyKey: OutboxRow] = [:]
        var live = 0
        for (id, journal) in Dictionary(grouping: entries, by: \.orchestration) {
            if journal.map(\.seq) != Array(1...journal.count) { violations.append("\(id): numbers have gaps") }
            guard case .received(let received)? = journal.first?.event, let first = journal.first else {
                violations.append("\(id) does not begin")
                continue
            }
            var orchestration = Orchestration(received, at: first.at)
            var row = Core.row(of: orchestration)
            for entry in journal.dropFirst() {
                orchestration.apply(entry.event, at: entry.at)
                for change in OutboxProjection.changes(by: entry.event, of: orchestration, at: entry.at) {
                    switch change {
                    case .outboxInsert(let row): outbox[row.key] = row
                    case .outboxDelete(let key): outbox[key] = nil
                    default: violations.append("an odd change of the outbox")
                    }
                }
                // What comes after the end changes no row.
                if row.endedAt == nil { row = Core.row(of: orchestration) }
            }
            if try await store.orchestration(id) != row { violations.append("\(id): the row is not the journal's") }
            if row.endedAt == nil {
                live += 1
                if bench.core[orchestration: id] != orchestration {
                    violations.append("\(id): memory is not the journal")
                }
            } else if bench.core[orchestration: id] != nil {
                violations.append("\(id) has ended and is in memory")
            }
        }
        let stored = try await store.outbox()
        if Dictionary(uniqueKeysWithValues: stored.map { ($0.key, $0) }) != outbox {
            violations.append("the outbox is not the journal's")
        }
        if live != bench.core.liveCount {
            violations.append("\(live) live in the journal, \(bench.core.liveCount) in memory")
        }
    }
}
