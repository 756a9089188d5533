import OrraModel

/// One run over a draft: resolves services and references, moves constants, and checks the whole.
struct PlanValidation {
    private let draft: PlanDraft
    private let catalogue: [Service]
    private let services: ServiceLookup
    private var resolved: [TaskID: Service] = [:]
    private var parameters: JSONObject
    private var usedNames: Set<String>
    private let callerNames: Set<String>

    init(draft: PlanDraft, catalogue: [Service]) {
        self.draft = draft
        self.catalogue = catalogue
        services = ServiceLookup(catalogue, tasks: draft.tasks.count)
        parameters = draft.parameters
        callerNames = Set(draft.parameters.keys)
        usedNames = callerNames
        for task in draft.tasks { usedNames.formUnion(task.input.keys) }
    }

    /// The plan, or everything that is wrong with it, at most ``PlanReview/maximumErrors``.
    mutating func run() -> PlanReview {
        var errors: [PlanError] = []
        for task in draft.tasks {
            do throws(PlanError) { resolved[task.id] = try service(of: task) } catch { errors.append(error) }
        }
        guard errors.isEmpty else { return PlanReview(errors: errors) }
        var tasks: [Plan.Task] = []
        for task in draft.tasks { tasks.append(bind(task, &errors)) }
        if let cycle = Self.cycle(in: tasks) { errors.append(.cycle(cycle)) }
        let raw = RawJSON(.object(parameters))
        if raw.count > Limits.payloadBytes {
            errors.append(.tooLarge(path: "task0.input", bytes: raw.count, limit: Limits.payloadBytes))
        }
        guard errors.isEmpty else { return PlanReview(errors: errors) }
        return PlanReview(plan: Plan(parameters: raw, tasks: tasks))
    }

    private func service(of task: PlanDraft.Task) throws(PlanError) -> Service {
        if let service = services[ServiceID(task.service)] { return service }
        let named = catalogue.filter { $0.name == task.service }
        guard let service = named.first else { throw .unknownService(task: task.id, service: task.service) }
        guard named.count == 1 else {
            throw .ambiguousService(task: task.id, name: task.service, ids: named.map(\.id).sorted())
        }
        return service
    }

    private mutating func bind(_ task: PlanDraft.Task, _ errors: inout [PlanError]) -> Plan.Task {
        guard let service = resolved[task.id] else {
            errors.append(.unknownService(task: task.id, service: task.service))
            return Plan.Task(id: task.id, service: ServiceID(task.service), input: [])
        }
        let schema = service.schema.input
        var input: [Plan.Input] = []
        var known = JSONObject()
        // The last of members with the same name counts.
        let values = Dictionary(task.input.members.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
        for field in Self.unique(task.input.keys) {
            guard errors.count < PlanReview.maximumErrors, let value = values[field] else { continue }
            do throws(PlanError) {
                let property = schema.property(field)
                guard property != nil || schema.declaresMoreMembers else {
                    throw .unknownInput(task: task.id, field: field, service: service.name)
                }
                let reference = try self.reference(value, field: field, task: task.id)
                input.append(Plan.Input(field: field, source: reference.source, sourceField: reference.field))
                if reference.source == .zero {
                    known[field] = parameters[reference.field]
                } else if let property {
                    try compare(reference, with: property, field: field, task: task.id, service: service.name)
                }
            } catch {
                errors.append(error)
            }
        }
        for field in schema.required where values[field] == nil {
            errors.append(.missingInput(task: task.id, field: field, service: service.name))
        }
        do throws(PlanError) {
            try check(known, schema: schema, task: task.id, service: service.name)
        } catch {
            errors.append(error)
        }
        return Plan.Task(id: task.id, service: service.id, input: input, reason: task.reason)
    }

    /// Whether the output that a reference takes can fit the input at all.
    private func compare(
        _ reference: PlanReference, with property: JSONSchema, field: String, task: TaskID, service: String
    ) throws(PlanError) {
        guard let source = resolved[reference.source], let output = source.schema.output.property(reference.field),
            let fault = SchemaCompatibility.mismatch(from: output, to: property)
        else { return }
        let path = fault.path.hasPrefix("[") || fault.path.isEmpty ? fault.path : ".\(fault.path)"
        throw .unsuitableReference(
            task: task, path: field + path, service: service, source: reference.source, sourceField: reference.field,
            sourceService: source.name, reason: fault.reason)
    }

    private mutating func reference(
        _ value: JSONValue, field: String, task: TaskID
    ) throws(PlanError) -> PlanReference {
        guard case .string(let text) = value, case let reading = PlanReference.read(text), reading != .constant else {
            guard !PlanReference.isNested(in: value) else { throw .malformedReference(task: task, field: field) }
            return PlanReference(source: .zero, field: addConstant(value, field: field, task: task))
        }
        if case .composite = reading { throw .compositeReference(task: task, field: field) }
        guard case .reference(let reference) = reading else { throw .malformedReference(task: task, field: field) }
        guard reference.source != task else { throw .selfReference(task: task, field: field) }
        if reference.source == .zero {
            guard callerNames.contains(reference.field) else {
                throw .unknownParameter(task: task, field: field, parameter: reference.field)
            }
        } else if let source = resolved[reference.source] {
            let output = source.schema.output
            guard output.property(reference.field) != nil || output.declaresMoreMembers else {
                // `$task1.id and so on`: a text that starts with a reference.
                if reference.field.contains(where: \.isWhitespace) {
                    throw .compositeReference(task: task, field: field)
                }
                throw .unknownOutput(
                    task: task, field: field, source: reference.source, sourceField: reference.field,
                    service: source.name)
            }
        } else {
            throw .unknownTask(task: task, field: field, reference: reference.source)
        }
        return reference
    }

    /// Puts a constant into `task0`, as `quantity_task2` for the field `quantity` of `task2`.
    private mutating func addConstant(_ value: JSONValue, field: String, task: TaskID) -> String {
        var name = "\(field)_\(task)"
        var count = 1
        while usedNames.contains(name) {
            count += 1
            name = "\(field)_\(task)_\(count)"
        }
        usedNames.insert(name)
        parameters[name] = value
        return name
    }

    private func check(
        _ known: JSONObject, schema: JSONSchema, task: TaskID, service: String
    ) throws(PlanError) {
        let coerced = schema.coercing(known)
        for member in coerced.members {
            guard let fault = schema.property(member.key)?.validate(member.value).first else { continue }
            let path = fault.path.hasPrefix("[") || fault.path.isEmpty ? fault.path : ".\(fault.path)"
            throw .unsuitableValue(task: task, path: member.key + path, service: service, reason: fault.reason)
        }
    }

    private static func unique(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }

    /// The tasks of a cycle, from its lowest number on and closed; `nil` if the references lead nowhere back.
    static func cycle(in tasks: [Plan.Task]) -> [TaskID]? {
        let dependencies = Dictionary(uniqueKeysWithValues: tasks.map { ($0.id, $0.dependencies) })
        var done: Set<TaskID> = []
        // Repeatedly strikes out what depends on nothing that is left: what stays holds every cycle.
        while case let ready = tasks.map(\.id).filter({ id in
            !done.contains(id) && (dependencies[id] ?? []).allSatisfy(done.contains)
        }), !ready.isEmpty { done.formUnion(ready) }
        guard var current = tasks.map(\.id).first(where: { !done.contains($0) }) else { return nil }
        var path: [TaskID] = []
        while !path.contains(current) {
            path.append(current)
            // A task that stays has a dependency that stays.
            guard let next = dependencies[current]?.first(where: { !done.contains($0) }) else { return nil }
            current = next
        }
        let loop = Array(path.drop { $0 != current })
        guard let lowest = loop.indices.min(by: { loop[$0] < loop[$1] }) else { return nil }
        return Array(loop[lowest...] + loop[..<lowest]) + [loop[lowest]]
    }
}
