import OrraEngine
import OrraModel
import OrraProtocol
import OrraStore

/// What a service that can undo its work says and hears.
extension FakeService {
    /// A request to undo a task.
    struct Undoing: Sendable {
        var request: Request
        var frame: JSONValue

        var task: String { request.task }
        var key: String { request.key }
        var attempt: Int? { frame["attempt"]?.integer }
        var remaining: JSONValue? { frame["remaining"] }
        var context: JSONValue { frame["compensationContext"] ?? .null }
    }

    /// Requests to undo that came so far.
    var undoings: [Undoing] {
        socket.frames("compensation_request").map { Undoing(request: Request($0), frame: $0) }
    }

    /// The request to undo with this number, from 0.
    func undoing(_ number: Int = 0) async throws -> Undoing {
        let frame = try await socket.frame("compensation_request", number)
        return Undoing(request: Request(frame), frame: frame)
    }

    /// Answers a task, and hands over what undoes it.
    @discardableResult
    func answer(_ request: Request, _ output: JSONValue, undo data: JSONValue, ttl: Int? = nil) async throws -> String {
        var compensation: JSONObject = ["data": data]
        if let ttl { compensation["ttl"] = .number(JSONNumber(ttl)) }
        return try await send(
            Self.payload(
                "task_result", request, id, ["result": ["task": output, "compensation": .object(compensation)]]))
    }

    /// Answers a request to undo.
    @discardableResult
    func report(_ undoing: Undoing, _ result: JSONValue) async throws -> String {
        try await send(Self.payload("task_result", undoing.request, id, ["result": result]))
    }

    @discardableResult
    func undone(_ undoing: Undoing) async throws -> String { try await report(undoing, ["status": "completed"]) }

    @discardableResult
    func notUndone(_ undoing: Undoing, _ error: String) async throws -> String {
        try await report(undoing, ["status": "failed", "error": .string(error)])
    }

    @discardableResult
    func partlyUndone(_ undoing: Undoing, _ completed: JSONValue, _ remaining: JSONValue) async throws -> String {
        try await report(undoing, ["status": "partial", "partial": ["completed": completed, "remaining": remaining]])
    }
}

/// A project with a service that can undo its work, and one that fails at once: the cause to undo.
struct UndoStage: Sendable {
    let project: TestProject
    let stock: ServiceID
    let reserve: FakeService
    let pay: FakeService

    init(_ hub: TestHub, credit: Int? = nil) async throws {
        project = try await hub.makeProject()
        stock = try await project.register("stock", revertible: true)
        let payment = try await project.register("pay", retry: TestProject.quickRetry(1))
        reserve = try await FakeService.connect(stock, project, credit: credit)
        pay = try await FakeService.connect(payment, project)
    }

    /// Each task of the stock takes the one before it; the last task pays.
    static func plan(_ count: Int = 1) -> JSONValue {
        let tasks = (1...count).map { number in
            ("stock", ["text": .string(number == 1 ? "a" : "$task\(number - 1).text")] as JSONValue)
        }
        return TestProject.plan(tasks + [("pay", ["text": .string("$task\(count).text")])])
    }

    /// Data of one task, as an SDK hands it over.
    static func data(_ number: Int) -> JSONValue {
        ["originalTask": ["text": "in"], "taskResult": ["hold": .number(JSONNumber(number))]]
    }

    /// Returns when what could be undone for one millisecond can be undone no more.
    static func passMillisecond() async throws {
        let end = ContinuousClock.now + .milliseconds(3)
        try await until("a millisecond") { ContinuousClock.now > end }
    }

    /// Submits, completes the tasks of the stock, and lets the payment fail. It is the stage's first action.
    func fail(_ count: Int = 1, ttl: Int? = nil, more: JSONObject = [:]) async throws -> OrchestrationID {
        let id = try await project.submit("Buy", plan: Self.plan(count), more: more)
        for number in 1...count {
            let request = try await reserve.request(number - 1)
            try await reserve.answer(request, ["text": .string("\(number)")], undo: Self.data(number), ttl: ttl)
        }
        try await pay.fail(try await pay.request(), "no money")
        try await project.wait(id, for: .failed)
        return id
    }
}

extension TestProject {
    /// Waits until nothing is left to be undone.
    @discardableResult
    func settled(_ id: OrchestrationID) async throws -> Inspection {
        try await eventually("the end of the compensations") {
            guard let counts = try await counts(of: id), counts["active"] == 0 else { return nil }
            return try await inspect(id)
        }
    }

    /// `compensation` of the list.
    func counts(of id: OrchestrationID) async throws -> JSONValue? {
        let lists = try await get("/orchestrations").json.object?.members.compactMap { $0.value.array } ?? []
        return lists.joined().first { $0["id"]?.string == id.rawValue }?["compensation"]
    }

    /// The inbox of failed compensations.
    func failedCompensations(all: Bool = false) async throws -> [FailedCompensationAnswer] {
        let answer = try await get("/compensation-failures" + (all ? "?all=true" : ""))
        return try WireDecoder().decode([FailedCompensationAnswer].self, from: answer.body)
    }

    /// Everything that the journal tells watchers of the orchestration, up to its end.
    func frames(_ id: OrchestrationID) async throws -> [JSONValue] {
        let watcher = try await ProgressTests.watch(self, id)
        _ = try await watcher.end()
        return watcher.frames
    }
}

extension TestHub {
    /// The hub dies, and the next one finds what was on disk at this moment, so much later by the clock.
    ///
    /// A hub's clock never runs behind the last thing that was journaled: that is how time passes here.
    func crash(_ store: InMemoryStore, later: Duration = .zero) async throws -> InMemoryStore {
        let next = InMemoryStore(store.snapshot())
        await stop()
        let recovery = try await next.recover()
        if later > .zero, let service = recovery.services.first, let last = recovery.lastEntryAt {
            let event = ServiceEvent(
                kind: .health, service: service.id, name: service.name, connection: ConnectionID(0), instance: nil,
                health: nil)
            let position = recovery.positions[service.project, default: 0] + 1
            try await next.commit([
                .serviceEvent(
                    ServiceEntry(project: service.project, position: position, at: last + later, event: event))
            ])
        }
        try await start(next)
        return next
    }
}
