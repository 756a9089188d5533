public import OrraModel

/// `GET /plans/pins/{name}`: a saved plan as a file that is reviewed and kept like code.
///
/// Members stand in one order, whatever the plan came from, so that a difference between two files is one between the
/// plans: `services` and `parameters` by name, a task's members as a plan is read, everything else by name.
public struct PlanDocument: Sendable, Hashable {
    /// Of the form; the first member of the file.
    public enum Format: String, Sendable, Codable, CaseIterable { case plan1 = "plan/1" }

    public var format: Format
    public var name: String
    /// The action that the plan was made for.
    public var action: String
    /// Of the plan and of its services' schemas.
    public var planHash: String
    /// Of the whole catalogue when it was pinned. A hint for reviewers: the services decide.
    public var catalogue: String
    /// What each service of the plan looked like, by its name.
    public var services: [String: PinnedPlan.Shape]
    /// Names and JSON types of what it takes.
    public var parameters: [String: String]
    /// `{"tasks": […]}` with names of services in the place of their ids.
    public var plan: RawJSON

    public init(_ plan: PinnedPlan) {
        format = .plan1
        name = plan.name
        action = plan.action
        planHash = plan.planHash
        catalogue = plan.catalogue
        services = plan.services
        parameters = plan.parameters
        self.plan = Self.ordered(plan.plan)
    }

    /// As it is kept once its services were found to fit.
    public func pinned(as name: String, at moment: Timestamp) -> PinnedPlan {
        PinnedPlan(
            name: name, action: action, planHash: planHash, catalogue: catalogue, services: services,
            parameters: parameters, plan: plan, pinnedAt: moment)
    }

    /// The file: indented by two, with a newline at its end.
    public func file() throws -> [UInt8] {
        var text = ""
        Self.write(try JSONValue(parsing: WireEncoder().encode(self)), to: &text, indentation: 0)
        return Array((text + "\n").utf8)
    }

    /// Reads a file. Member names match without regard to case.
    public init(file: [UInt8]) throws {
        self = try WireDecoder(ignoresKeyCase: true).decode(Self.self, from: file)
    }
}

extension PlanDocument: Codable {
    private enum CodingKeys: String, CodingKey {
        case format = "orra"
        case name, action, planHash, catalogue, services, parameters, plan
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        format = try container.decode(Format.self, forKey: .format)
        name = try container.decode(String.self, forKey: .name)
        action = try container.decode(String.self, forKey: .action)
        planHash = try container.decode(String.self, forKey: .planHash)
        catalogue = try container.decode(String.self, forKey: .catalogue)
        services = try container.decode([String: PinnedPlan.Shape].self, forKey: .services)
        parameters = try container.decode([String: String].self, forKey: .parameters)
        plan = Self.ordered(try container.decode(RawJSON.self, forKey: .plan))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(format, forKey: .format)
        try container.encode(name, forKey: .name)
        try container.encode(action, forKey: .action)
        try container.encode(planHash, forKey: .planHash)
        try container.encode(catalogue, forKey: .catalogue)
        let services = Self.byName(services) {
            ["kind": .string($0.kind.rawValue), "input": .string($0.input), "output": .string($0.output)]
        }
        try container.encode(services, forKey: .services)
        try container.encode(Self.byName(parameters) { .string($0) }, forKey: .parameters)
        try container.encode(Self.ordered(plan), forKey: .plan)
    }

    /// Its members in the order of their names.
    private static func byName<Value>(_ values: [String: Value], _ json: (Value) -> JSONValue) -> JSONValue {
        .object(JSONObject(values.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: json($0.value)) }))
    }
}

// MARK: - Order

extension PlanDocument {
    /// As a plan is read.
    private static let leading = ["id", "service", "input", "reason", "tasks"]

    private static func ordered(_ plan: RawJSON) -> RawJSON {
        guard var object = plan.value.object else { return plan }
        if let tasks = object["tasks"]?.array {
            object["tasks"] = .array(
                tasks.map { task in
                    guard let task = task.object else { return task }
                    return .object(
                        JSONObject(sorted(task.members).map { .init(key: $0.key, value: ordered($0.value)) }))
                })
        }
        return RawJSON(.object(JSONObject(sorted(object.members))))
    }

    private static func ordered(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let object):
            .object(
                JSONObject(
                    object.members.sorted { $0.key < $1.key }
                        .map { .init(key: $0.key, value: ordered($0.value)) }))
        case .array(let elements): .array(elements.map(ordered))
        case .null, .bool, .number, .string: value
        }
    }

    private static func sorted(_ members: [JSONObject.Member]) -> [JSONObject.Member] {
        func place(_ key: String) -> Int { leading.firstIndex(of: key) ?? leading.count }
        return members.sorted { (place($0.key), $0.key) < (place($1.key), $1.key) }
    }

    private static func write(_ value: JSONValue, to text: inout String, indentation: Int) {
        func list<Element>(
            _ elements: [Element], _ open: String, _ close: String, _ write: (Element, inout String) -> Void
        ) {
            text += open
            for (index, element) in elements.enumerated() {
                text += (index > 0 ? ",\n" : "\n") + String(repeating: " ", count: indentation + 2)
                write(element, &text)
            }
            if !elements.isEmpty { text += "\n" + String(repeating: " ", count: indentation) }
            text += close
        }
        switch value {
        case .array(let elements):
            list(elements, "[", "]") { write($0, to: &$1, indentation: indentation + 2) }
        case .object(let object):
            list(object.members, "{", "}") { member, text in
                text += JSONValue.string(member.key).text + ": "
                write(member.value, to: &text, indentation: indentation + 2)
            }
        case .null, .bool, .number, .string: text += value.text
        }
    }
}
