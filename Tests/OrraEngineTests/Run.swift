import OrraModel

@testable import OrraEngine

/// The world that an orchestration under test sees.
struct World: Surroundings {
    var services: [ServiceID: Service] = [:]
    var away: [ServiceID: Timestamp] = [:]

    func service(_ id: ServiceID) -> Service? { services[id] }
    func awaySince(_ id: ServiceID) -> Timestamp? { away[id] }

    /// Schemas that accept anything, one attempt's wait of exactly 1 s, 2 s, 4 s …
    mutating func add(
        _ name: String, input: JSONValue = ["type": "object"], output: JSONValue = ["type": "object"],
        attempts: Int = 5, revertible: Bool = false
    ) {
        services[.named(name)] = Service(
            id: .named(name), project: ProjectID("p_test"), kind: .service, name: name, description: "for tests",
            schema: ServiceSchema(input: JSONSchema(input), output: JSONSchema(output)), revertible: revertible,
            retry: RetryPolicy(maximumAttempts: attempts, jitter: 0), registeredAt: .at(0))
    }
}

/// One orchestration under test with its journal, folded again after every step, and with what a hub would hold for it.
struct Run {
    struct Transition: Hashable, Comparable, CustomStringConvertible {
        var of: String
        var from: String
        var to: String
        var description: String { "\(of): \(from) → \(to)" }
        static func < (left: Self, right: Self) -> Bool { left.description < right.description }
    }

    static let id = OrchestrationID("o_test")
    var world: World
    private(set) var live: Orchestration
    private(set) var journal: [JournalEntry]
    private(set) var transitions: Set<Transition> = []
    private var deliveries = DeliveryModel()
    var now: Timestamp

    init(
        _ world: World, timeout: Duration = .seconds(30), gracePeriod: Duration = .seconds(60),
        at now: Timestamp = .at(0)
    ) {
        let received = Event.Received(
            orchestration: Self.id, project: ProjectID("p_test"), action: "Test it", data: .emptyObject,
            timeout: timeout, gracePeriod: gracePeriod)
        self.world = world
        self.now = now
        live = Orchestration(received, at: now)
        journal = [
            JournalEntry(
                orchestration: Self.id, project: received.project, seq: 1, position: 1, at: now,
                event: .received(received))
        ]
    }

    /// With services that accept anything, planned. Returns what planning led to.
    static func planned(
        _ tasks: Plan.Task..., parameters: JSONValue = ["x": 1], world: World = .of("alpha", "beta", "gamma"),
        timeout: Duration = .seconds(30), gracePeriod: Duration = .seconds(60)
    ) -> (Run, Decision) {
        var run = Run(world, timeout: timeout, gracePeriod: gracePeriod)
        let decision = run.handle(.planned(Plan(parameters: RawJSON(parameters), tasks: tasks)))
        return (run, decision)
    }

    /// Handles one input, and checks that the journal folds to the same value and the effects lead where it says.
    @discardableResult
    mutating func handle(_ input: OrchestrationInput) -> Decision {
        var folded = live
        let decision = live.handle(input, at: now, in: world)
        for event in decision.events {
            let before = folded
            folded.apply(event, at: now)
            record(before, folded)
            journal.append(
                JournalEntry(
                    orchestration: Self.id, project: live.project, seq: journal.count + 1,
                    position: Int64(journal.count + 1), at: now, event: event))
        }
        precondition(folded == live, "the events of \(input) do not fold to what was decided")
        if let difference = deliveries.perform(input, decision, of: live) {
            preconditionFailure("the effects of \(input) lead elsewhere: \(difference)")
        }
        return decision
    }

    /// Moves the clock and lets the orchestration look at it.
    @discardableResult
    mutating func wait(_ duration: Duration) -> Decision {
        now = now + duration
        return handle(.clock)
    }

    @discardableResult
    mutating func dispatch(
        _ task: Int, _ execution: String, on connection: UInt64 = 1, instance: String? = nil
    ) -> Decision {
        handle(.dispatched(TaskID(task), ExecutionID(execution), ConnectionID(connection), instance: instance))
    }

    @discardableResult
    mutating func report(_ task: Int, _ report: TaskReport, _ execution: String = "e_1") -> Decision {
        handle(.report(TaskID(task), report, execution: execution))
    }

    @discardableResult
    mutating func complete(_ task: Int, _ output: JSONValue = ["y": 2]) -> Decision {
        report(task, .output(RawJSON(output), nil))
    }

    @discardableResult
    mutating func lose(_ task: Int, on connection: UInt64 = 1) -> Decision {
        handle(.connectionLost(TaskID(task), ConnectionID(connection)))
    }

    func phase(_ task: Int) -> TaskPhase? { live[TaskID(task)]?.phase }

    private mutating func record(_ before: Orchestration, _ after: Orchestration) {
        if before.phase.kind != after.phase.kind {
            transitions.insert(
                Transition(of: "orchestration", from: before.phase.kind.rawValue, to: after.phase.kind.rawValue))
        }
        for (old, new) in zip(before.tasks, after.tasks) where old.phase.kind != new.phase.kind {
            transitions.insert(Transition(of: "task", from: old.phase.kind.rawValue, to: new.phase.kind.rawValue))
        }
        for (old, new) in zip(before.tasks, after.tasks) {
            guard let from = old.undo?.phase.kind, let to = new.undo?.phase.kind, from != to else { continue }
            transitions.insert(Transition(of: "compensation", from: from.rawValue, to: to.rawValue))
        }
    }
}

extension World {
    static func of(_ names: String...) -> World {
        var world = World()
        for name in names { world.add(name) }
        return world
    }
}

extension ServiceID {
    static func named(_ name: String) -> ServiceID { ServiceID("s_" + name) }
}

extension Timestamp {
    /// Seconds after the tests' beginning.
    static func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: 1_800_000_000_000 + seconds * 1_000) }
}

extension Plan.Task {
    /// `Plan.Task(2, "beta", ["y": "$task1.y"])`.
    init(_ number: Int, _ service: String, _ input: KeyValuePairs<String, String> = ["x": "$task0.x"]) {
        self.init(
            id: TaskID(number), service: .named(service),
            input: input.compactMap { field, reference in
                let parts = reference.dropFirst().split(separator: ".", maxSplits: 1)
                return TaskID(parts[0]).map { Plan.Input(field: field, source: $0, sourceField: String(parts[1])) }
            })
    }
}

extension Event {
    static func ready(_ task: Int, _ input: JSONValue = ["x": 1]) -> Event {
        .taskReady(.init(task: TaskID(task), input: RawJSON(input), key: .task(TaskID(task), of: Run.id)))
    }
    static func dispatched(
        _ task: Int, _ execution: String, attempt: Int = 1, delivery: Int = 1, on connection: UInt64 = 1,
        instance: String? = nil
    ) -> Event {
        .taskDispatched(
            .init(
                task: TaskID(task), attempt: attempt, delivery: delivery, execution: ExecutionID(execution),
                connection: ConnectionID(connection), instance: instance))
    }
    static func waiting(_ task: Int, _ reason: TaskWaiting.Reason) -> Event {
        .taskWaiting(.init(task: TaskID(task), reason: reason))
    }
    static func completed(_ task: Int, _ output: JSONValue = ["y": 2]) -> Event {
        .taskCompleted(.init(task: TaskID(task), output: RawJSON(output), compensation: nil))
    }
    static func cancelled(_ task: Int) -> Event { .taskCancelled(.init(task: TaskID(task))) }
    static func failed(_ task: Int, _ code: FailureCode, _ message: String) -> Event {
        .taskFailed(.init(task: TaskID(task), failure: Failure(code, message)))
    }
    static func ended(_ results: JSONValue...) -> Event {
        .ended(.init(status: .completed, results: results.map { RawJSON($0) }))
    }
    static func rejected(_ task: Int, _ reason: String) -> Event {
        .messageRejected(.init(task: TaskID(task), reason: reason))
    }
}

extension Decision.Effect {
    static func enqueue(_ task: Int, _ service: String, lease: TaskPhase.Lease? = nil) -> Self {
        .enqueue(TaskID(task), service: .named(service), lease: lease)
    }
    static func withdraw(_ task: Int, _ service: String) -> Self { .withdraw(TaskID(task), service: .named(service)) }
    static func release(_ task: Int, _ connection: UInt64 = 1, succeeded: Bool = true) -> Self {
        .release(TaskID(task), ConnectionID(connection), succeeded: succeeded)
    }
}

extension Decision {
    /// The failure with which the decision fails a task.
    var failure: Failure? {
        for case .taskFailed(let failed) in events { return failed.failure }
        return nil
    }
}
