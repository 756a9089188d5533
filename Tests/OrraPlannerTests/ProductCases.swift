import FoundationEssentials
import OrraModel
import OrraPlanner

/// The labelled cases of `Fixtures/cases`: actions over 30 services, and what a careful person expects of each.
struct ProductCases: Sendable {
    struct Case: Sendable {
        struct Task: Sendable {
            var id: String
            var service: String
            var dependencies: [String]
            /// Fields whose values stand in the text.
            var values: JSONObject
        }

        var id: String
        var domain: String
        var action: String
        var parameters: JSONObject
        var isActionable: Bool
        /// Empty where nothing should be planned.
        var expected: [Task]

        /// As plans are scored; `nil` where a dependency names no task.
        var graph: [PlanScore.Task]? {
            var graph: [PlanScore.Task] = []
            for task in expected {
                let dependencies = task.dependencies.compactMap { id in expected.firstIndex { $0.id == id } }
                guard dependencies.count == task.dependencies.count else { return nil }
                graph.append(PlanScore.Task(service: task.service, dependencies: dependencies.sorted()))
            }
            return graph
        }
    }

    /// As they would stand after their registration.
    var services: [Service]
    var cases: [Case]

    static func load() throws -> ProductCases {
        let services = try members("services").enumerated().map { try service($0.element, number: $0.offset) }
        return ProductCases(services: services, cases: try members("cases").map(labelled))
    }

    func service(_ name: String) -> Service? { services.first { $0.name == name } }

    static func text(_ name: String, file: String = #filePath) throws -> String {
        let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return String(decoding: try Data(contentsOf: URL(filePath: "\(folder)/\(name)")), as: UTF8.self)
    }

    // MARK: - Reading

    struct Fault: Error {
        var reason: String
    }

    private static func members(_ name: String) throws -> [JSONObject] {
        let file = try JSONValue(parsing: text("Fixtures/cases/\(name).json"))
        return try unwrap(file[name]?.array, "\(name).json has no list of \(name)").map {
            try unwrap($0.object, "\(name).json holds what is no object")
        }
    }

    private static func service(_ body: JSONObject, number: Int) throws -> Service {
        let name = try unwrap(body["name"]?.string, "a service without a name")
        try checkKeys(
            body, ["kind", "name", "description", "schema", "revertible", "requires", "examples", "approval"], name)
        func strings(_ key: String) -> [String] { body[key]?.array?.compactMap(\.string) ?? [] }
        let approval = body["approval"]
        return Service(
            id: ServiceID("s_case\(number)"), project: ProjectID("p_cases"),
            kind: try unwrap(body["kind"]?.string.flatMap(ServiceKind.init), "\(name) has no kind"), name: name,
            description: try unwrap(body["description"]?.string, "\(name) has no description"),
            schema: ServiceSchema(
                input: JSONSchema(try unwrap(body["schema"]?["input"], "\(name) has no input")),
                output: JSONSchema(try unwrap(body["schema"]?["output"], "\(name) has no output"))),
            revertible: body["revertible"]?.bool ?? false, requires: strings("requires"),
            examples: strings("examples"), approval: approval?.bool ?? (approval?.string == "required"),
            registeredAt: Timestamp(milliseconds: 0))
    }

    private static func labelled(_ body: JSONObject) throws -> Case {
        let id = try unwrap(body["id"]?.string, "a case without an id")
        try checkKeys(body, ["id", "domain", "action", "data", "actionable", "expected", "note"], id)
        var parameters = JSONObject()
        for item in try unwrap(body["data"]?.array, "\(id) has no data") {
            parameters[try unwrap(item["field"]?.string, "\(id) has data without a field")] =
                try unwrap(item["value"], "\(id) has data without a value")
        }
        let tasks = try (body["expected"]?["tasks"]?.array ?? []).map { task in
            try checkKeys(task.object ?? [:], ["id", "service", "deps", "input"], id)
            return Case.Task(
                id: try unwrap(task["id"]?.string, "\(id) has a task without an id"),
                service: try unwrap(task["service"]?.string, "\(id) has a task without a service"),
                dependencies: task["deps"]?.array?.compactMap(\.string) ?? [],
                values: task["input"]?.object ?? JSONObject())
        }
        return Case(
            id: id, domain: try unwrap(body["domain"]?.string, "\(id) has no domain"),
            action: try unwrap(body["action"]?.string, "\(id) has no action"), parameters: parameters,
            isActionable: try unwrap(body["actionable"]?.bool, "\(id) does not say whether it is actionable"),
            expected: tasks)
    }

    // MARK: - Values

    /// Whether the value stands in the case: a parameter, or words and numbers of the text; a task's output too.
    static func isGiven(_ value: JSONValue, in item: Case) -> Bool {
        switch value {
        case .string(let text) where text.hasPrefix("$task0."): item.parameters[String(text.dropFirst(7))] != nil
        case .string(let text) where text.hasPrefix("$task"): true
        case .string(let text): !text.isEmpty && item.action.lowercased().contains(text.lowercased())
        case .number(let number): item.action.contains(number.text)
        case .array(let elements): elements.allSatisfy { isGiven($0, in: item) }
        case .object(let members): members.members.allSatisfy { isGiven($0.value, in: item) }
        case .bool, .null: false
        }
    }

    private static func checkKeys(_ body: JSONObject, _ known: Set<String>, _ name: String) throws {
        let unknown = body.keys.filter { !known.contains($0) }
        guard unknown.isEmpty else { throw Fault(reason: "\(name) has unknown members \(unknown)") }
    }

    private static func unwrap<Value>(_ value: Value?, _ reason: String) throws -> Value {
        guard let value else { throw Fault(reason: reason) }
        return value
    }
}
