public import OrraModel

/// A plan without the values of the action that it was made for: what the cache keeps.
///
/// On the wire as a plan, where an input is a reference (`$task1.total`, `$task0.orderId` for a parameter), a constant,
/// or a slot for a value that stood in the action's text: `⟦0⟧`, and `⟦#0⟧` where the plan wants it as a number. Beside
/// `tasks` stand `literals`, the kinds of those values, and `parameters`, the JSON types of the action's parameters.
///
/// It never holds a value of a parameter or of a literal. See ``ValueScreen`` for what is not kept for that reason.
public struct PlanTemplate: Sendable, Hashable {
    public let wire: JSONValue

    /// Takes a plan from the cache. `nil` for what is none.
    public init?(_ raw: RawJSON) {
        guard raw.value["tasks"]?.array != nil, raw.value["literals"]?.array != nil else { return nil }
        wire = raw.value
    }

    /// Why a plan is not kept.
    public struct Unshareable: Error, Sendable, Hashable {
        /// For the explanation; without values: `task2.input.note holds a part of a parameter`.
        public var reason: String
    }

    /// Takes the values out of a validated plan.
    public init(
        _ plan: Plan, action: LiftedText, parameters: JSONObject, catalogue: [Service]
    ) throws(Unshareable) {
        let screen = ValueScreen(action: action, parameters: parameters)
        let services = Dictionary(catalogue.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let values = plan.parameters.value
        let own = Set(parameters.keys)
        var tasks: [JSONValue] = []
        for task in plan.tasks {
            var input = JSONObject()
            for field in task.input {
                guard field.source == .zero, !own.contains(field.sourceField), let value = values[field.sourceField]
                else {
                    input[field.field] = .string(field.reference)
                    continue
                }
                let schema = services[task.service]?.schema.input.property(field.field)
                input[field.field] = try Self.screened(value, screen, schema, field.field, task.id)
            }
            var member: JSONObject = [
                "id": .string(task.id.description), "service": .string(task.service.rawValue), "input": .object(input),
            ]
            // A reason is words about this very action.
            if let reason = task.reason, screen.isFree(reason) { member["reason"] = .string(reason) }
            tasks.append(.object(member))
        }
        var types = JSONObject()
        for name in parameters.keys.sorted() { types[name] = .string(Self.type(parameters[name] ?? .null)) }
        wire = [
            "tasks": .array(tasks), "literals": .array(action.literals.map { .string($0.kind.rawValue) }),
            "parameters": .object(types),
        ]
    }

    private static func screened(
        _ value: JSONValue, _ screen: ValueScreen, _ schema: JSONSchema?, _ field: String, _ task: TaskID
    ) throws(Unshareable) -> JSONValue {
        switch screen.judge(value, field: field, schema: schema) {
        case .free: value
        case .parameter(let name): .string("$task0.\(name)")
        case .literal(let number, let isNumber): .string(Slot(number: number, isNumber: isNumber).text)
        case .tainted(let reason): throw Unshareable(reason: "\(task).input.\(field) \(reason)")
        }
    }

    /// A parameter's type, as the cache's key tells them apart: a whole number is a number.
    static func type(_ value: JSONValue) -> String { value.typeName == "integer" ? "number" : value.typeName }

    /// Kinds of the values in the text of the action that it was made for.
    public var kinds: [String] { wire["literals"]?.array?.compactMap(\.string) ?? [] }
    /// Names and JSON types of the parameters of that action.
    public var parameters: [String: String] {
        Dictionary(
            (wire["parameters"]?.object?.members ?? []).map { ($0.key, $0.value.string ?? "") },
            uniquingKeysWith: { first, _ in first })
    }

    var tasks: [JSONValue] { wire["tasks"]?.array ?? [] }

    /// The plan on the wire for another action, with that one's literals in the slots. Its parameters come in when the
    /// plan is validated. `nil` when the action has no such values.
    public func bound(to action: LiftedText) -> JSONValue? {
        guard kinds == action.literals.map(\.kind.rawValue) else { return nil }
        var bound: [JSONValue] = []
        for task in tasks {
            guard var members = task.object, var input = members["input"]?.object else { return nil }
            for member in input.members {
                guard let slot = member.value.string.flatMap(Slot.init) else { continue }
                guard let value = slot.value(of: action) else { return nil }
                input[member.key] = value
            }
            members["input"] = .object(input)
            bound.append(.object(members))
        }
        return ["tasks": .array(bound)]
    }

    /// Constants: inputs that are neither reference nor slot.
    var constants: [JSONValue] {
        tasks.flatMap { $0["input"]?.object?.members.map(\.value) ?? [] }.filter { value in
            guard let text = value.string else { return true }
            return PlanReference.read(text) == .constant && Slot(text) == nil
        }
    }

    /// A place for a value of the action's text.
    struct Slot: Hashable {
        var number: Int
        var isNumber: Bool

        init(number: Int, isNumber: Bool) {
            self.number = number
            self.isNumber = isNumber
        }

        init?(_ text: String) {
            guard text.hasPrefix("⟦"), text.hasSuffix("⟧"), case var inner = text.dropFirst().dropLast() else {
                return nil
            }
            isNumber = inner.hasPrefix("#")
            if isNumber { inner = inner.dropFirst() }
            guard let number = Int(inner), number >= 0 else { return nil }
            self.number = number
        }

        var text: String { isNumber ? "⟦#\(number)⟧" : "⟦\(number)⟧" }

        func value(of action: LiftedText) -> JSONValue? {
            guard action.literals.indices.contains(number) else { return nil }
            let text = action.literals[number].value
            guard isNumber else { return .string(text) }
            return JSONNumber(text: text).map(JSONValue.number)
        }
    }
}
