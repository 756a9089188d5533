import NIOHTTP1
import OrraModel
import OrraProtocol
import OrraStore

/// A project of a test, with what its operator does.
struct TestProject: Sendable {
    let hub: TestHub
    let id: ProjectID
    let key: String

    func get(_ path: String) async throws -> Answer { try await hub.call(.GET, path, key: key) }
    func post(_ path: String, _ body: JSONValue = [:]) async throws -> Answer {
        try await hub.call(.POST, path, key: key, body)
    }

    static let text: JSONValue = ["type": "object", "properties": ["text": ["type": "string"]]]

    static func object(_ properties: JSONValue, required: [String] = []) -> JSONValue {
        ["type": "object", "properties": properties, "required": .array(required.map(JSONValue.string))]
    }

    /// Registers a service that takes and gives a `text`.
    @discardableResult
    func register(
        _ name: String, kind: String = "service", input: JSONValue = text, output: JSONValue = text,
        description: String = "Says a text again", retry: JSONValue? = nil, revertible: Bool = false,
        more: JSONObject = [:]
    ) async throws -> ServiceID {
        var body: JSONObject = [
            "name": .string(name), "description": .string(description),
            "schema": ["input": input, "output": output], "revertible": .bool(revertible),
        ]
        if let retry { body["retry"] = retry }
        body.merge(more)
        let answer = try await post("/register/\(kind)", .object(body))
        guard answer.status == 200, let id = answer.json["id"]?.string else {
            throw TimedOut(description: "\(name) was not registered: \(answer.status) \(answer.message)")
        }
        return ServiceID(id)
    }

    func put(_ path: String, _ body: JSONValue) async throws -> Answer {
        try await hub.call(.PUT, path, key: key, body)
    }
    func delete(_ path: String) async throws -> Answer { try await hub.call(.DELETE, path, key: key) }

    /// A policy that repeats at once.
    static func quickRetry(_ attempts: Int) -> JSONValue {
        ["max_attempts": .number(JSONNumber(attempts)), "initial_interval_ms": 1, "max_interval_ms": 1, "jitter": 0]
    }

    /// `{"id": "task1", "service": …, "input": …}` and so on, in order.
    static func plan(_ tasks: (service: String, input: JSONValue)...) -> JSONValue { plan(tasks) }

    static func plan(_ tasks: [(service: String, input: JSONValue)]) -> JSONValue {
        [
            "tasks": .array(
                tasks.enumerated().map { index, task in
                    ["id": .string("task\(index + 1)"), "service": .string(task.service), "input": task.input]
                })
        ]
    }

    static func action(
        _ text: String = "Say it", plan: JSONValue? = nil, data: [(String, JSONValue)] = [], more: JSONObject = [:]
    ) -> JSONValue {
        var body = more
        body["action"] = ["content": .string(text)]
        body["data"] = .array(data.map { ["field": .string($0.0), "value": $0.1] })
        if let plan { body["plan"] = plan }
        return .object(body)
    }

    /// Posts an action that must be accepted.
    @discardableResult
    func submit(
        _ text: String = "Say it", plan: JSONValue? = nil, data: [(String, JSONValue)] = [], more: JSONObject = [:]
    ) async throws -> OrchestrationID {
        let answer = try await post("/orchestrations", Self.action(text, plan: plan, data: data, more: more))
        guard answer.status == 202, let id = answer.json["id"]?.string else {
            throw TimedOut(description: "the action was not accepted: \(answer.status) \(answer.message)")
        }
        return OrchestrationID(id)
    }

    func inspect(_ id: OrchestrationID) async throws -> Inspection {
        try WireDecoder().decode(Inspection.self, from: try await get("/orchestrations/inspections/\(id)").body)
    }

    /// Waits until the orchestration has this status.
    @discardableResult
    func wait(_ id: OrchestrationID, for status: Status, within limit: Duration = .seconds(30)) async throws
        -> Inspection
    {
        var last: Status?
        do {
            return try await eventually("\(status)", within: limit) {
                let inspection = try await inspect(id)
                last = inspection.status
                return inspection.status == status ? inspection : nil
            }
        } catch let error as TimedOut {
            throw TimedOut(description: "\(error), but is \(last?.rawValue ?? "unknown")")
        }
    }

    /// Waits until it has ended, however.
    func end(of id: OrchestrationID) async throws -> Inspection {
        try await eventually("the end of the orchestration") {
            let inspection = try await inspect(id)
            return inspection.status.isFinal && inspection.tasks.allSatisfy { $0.status.isFinal } ? inspection : nil
        }
    }

    /// What `GET /services` says of one.
    func service(_ id: ServiceID) async throws -> ServiceAnswer? {
        try WireDecoder().decode(ServiceList.self, from: try await get("/services").body).services.first { $0.id == id }
    }
}
