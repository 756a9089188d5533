import HTTPTypes
import OrraModel
import Synchronization

/// A service on a real socket that answers what it is told.
struct FakeService: Sendable {
    let id: ServiceID
    let socket: TestSocket
    private let counter = Counter()

    final class Counter: Sendable {
        private let value = Atomic(0)
        func next() -> Int { value.add(1, ordering: .relaxed).newValue }
    }

    struct Request: Sendable, Hashable {
        var task: String
        var input: JSONValue
        var execution: String
        var key: String

        init(_ frame: JSONValue) {
            task = frame["id"]?.string ?? ""
            input = frame["input"] ?? .null
            execution = frame["executionId"]?.string ?? ""
            key = frame["idempotencyKey"]?.string ?? ""
        }
    }

    static func connect(
        _ id: ServiceID, _ project: TestProject, userAgent: String = "test/1", instance: String? = nil,
        credit: Int? = nil
    ) async throws -> FakeService {
        let socket = try await TestSocket.open(
            project.hub, "/ws?serviceId=\(id)",
            headers: [(.authorization, "Bearer \(project.key)"), (.userAgent, userAgent)])
        let service = FakeService(id: id, socket: socket)
        if instance != nil || credit != nil { try await service.hello(instance: instance, credit: credit) }
        return service
    }

    func hello(instance: String? = nil, credit: Int? = nil) async throws {
        var payload: JSONObject = ["type": "hello", "protocol": 1]
        if let instance { payload["instance"] = .string(instance) }
        if let credit { payload["credit"] = .number(JSONNumber(credit)) }
        try await acknowledged(try await send(.object(payload)))
    }

    /// Tasks that came so far.
    var requests: [Request] { socket.frames("task_request").map(Request.init) }

    /// The task with this number, from 0.
    func request(_ number: Int = 0) async throws -> Request {
        Request(try await socket.frame("task_request", number))
    }

    /// Wraps and sends a payload; returns the message's id.
    @discardableResult
    func send(_ payload: JSONValue) async throws -> String {
        let id = "m\(counter.next())"
        try await socket.send(["id": .string(id), "payload": payload])
        return id
    }

    func isAcknowledged(_ id: String) -> Bool { socket.frames("ACK").contains { $0["id"]?.string == id } }

    func acknowledged(_ id: String) async throws {
        try await until("the acknowledgement of \(id)") { isAcknowledged(id) }
    }

    static func payload(_ type: String, _ request: Request, _ service: ServiceID, _ more: JSONObject) -> JSONValue {
        var payload: JSONObject = [
            "type": .string(type), "taskId": .string(request.task), "executionId": .string(request.execution),
            "serviceId": .string(service.rawValue), "idempotencyKey": .string(request.key),
        ]
        payload.merge(more)
        return .object(payload)
    }

    @discardableResult
    func answer(_ request: Request, _ output: JSONValue) async throws -> String {
        try await send(Self.payload("task_result", request, id, ["result": ["task": output, "compensation": nil]]))
    }

    @discardableResult
    func fail(_ request: Request, _ error: String) async throws -> String {
        try await send(Self.payload("task_result", request, id, ["result": nil, "error": .string(error)]))
    }

    @discardableResult
    func progress(_ request: Request, _ data: JSONValue) async throws -> String {
        try await send(Self.payload("task_interim_result", request, id, ["result": ["task": data]]))
    }

    @discardableResult
    func abort(_ request: Request, _ payload: JSONValue) async throws -> String {
        try await send(Self.payload("task_abort_result", request, id, ["result": ["task": payload]]))
    }

    func leave() async throws { try await socket.leave() }

    /// Answers every task that comes until the test ends.
    func serve(_ hub: TestHub, _ work: @escaping @Sendable (Request) -> JSONValue) {
        hub.spawn {
            var done = 0
            while !Task.isCancelled {
                guard let request = try? await request(done) else { return }
                done += 1
                _ = try? await answer(request, work(request))
            }
        }
    }
}
