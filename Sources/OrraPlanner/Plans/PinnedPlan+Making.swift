public import OrraModel

extension PinnedPlan {
    /// Takes down a plan under a name: names of services in place of ids, and no values of parameters.
    ///
    /// - Parameters:
    ///   - parameters: names of those of the action that the plan was made for. What else lies in `task0` are the plan's
    ///     own constants, and stays.
    ///   - plan: one that was validated against this catalogue.
    public static func make(
        name: String, action: String, plan: Plan, parameters: Set<String>, catalogue: [Service],
        digest: ([UInt8]) -> String, now: Timestamp
    ) throws(PlanError) -> PinnedPlan {
        let values = plan.parameters.value.object ?? JSONObject()
        let own = JSONObject(values.members.filter { parameters.contains($0.key) })
        let screen = ValueScreen(action: LiftedText(""), parameters: own)
        let tasks = plan.tasks.map { task -> PinnedTask in
            var reason = task.reason
            if let text = reason, !screen.isFree(text) { reason = nil }
            return PinnedTask(id: task.id, service: task.service, input: task.input, reason: reason)
        }
        var constants = JSONObject()
        var types: [String: String] = [:]
        for field in plan.tasks.flatMap(\.input) where field.source == .zero {
            let value = values[field.sourceField] ?? .null
            if parameters.contains(field.sourceField) {
                types[field.sourceField] = PlanTemplate.type(value)
            } else {
                constants[field.sourceField] = value
            }
        }
        return try make(
            name: name, action: action, tasks: tasks, constants: constants, types: types, catalogue: catalogue,
            digest: digest, now: now)
    }

    /// Takes down a plan of the cache. What stood as a value in the action's text becomes a parameter, named after the
    /// first input that takes it.
    public static func make(
        name: String, cached: CachedPlan, catalogue: [Service], digest: ([UInt8]) -> String, now: Timestamp
    ) throws(PlanError) -> PinnedPlan {
        guard let template = PlanTemplate(cached.template) else {
            throw .malformed(path: "plan", reason: "is no cached plan")
        }
        var types: [String: String] = [:]
        var slots: [Int: String] = [:]
        var tasks: [JSONValue] = []
        for task in template.tasks {
            guard var members = task.object, var input = members["input"]?.object else { continue }
            for member in input.members {
                guard let text = member.value.string else { continue }
                if let slot = PlanTemplate.Slot(text) {
                    let parameter = slots[slot.number] ?? Self.free(member.key, template.parameters, types)
                    slots[slot.number] = parameter
                    types[parameter] = slot.isNumber ? "number" : types[parameter] ?? "string"
                    input[member.key] = .string("$task0.\(parameter)")
                } else if case .reference(let reference) = PlanReference.read(text), reference.source == .zero {
                    types[reference.field] = template.parameters[reference.field] ?? "string"
                }
            }
            members["input"] = .object(input)
            tasks.append(.object(members))
        }
        // Its form is checked with values of the right types in the places of parameters, which then go out again.
        var stand = JSONObject()
        for parameter in types.keys.sorted() { stand[parameter] = .null }
        let draft = try PlanDraft(reading: ["tasks": .array(tasks)], parameters: stand)
        var constants = JSONObject()
        var pinned: [PinnedTask] = []
        for task in draft.tasks {
            var fields: [Plan.Input] = []
            for member in task.input.members {
                if let text = member.value.string, case .reference(let reference) = PlanReference.read(text) {
                    fields.append(.init(field: member.key, source: reference.source, sourceField: reference.field))
                } else {
                    let constant = "\(member.key)_\(task.id)"
                    constants[constant] = member.value
                    fields.append(.init(field: member.key, source: .zero, sourceField: constant))
                }
            }
            pinned.append(
                PinnedTask(id: task.id, service: ServiceID(task.service), input: fields, reason: task.reason))
        }
        return try make(
            name: name, action: cached.action, tasks: pinned, constants: constants, types: types, catalogue: catalogue,
            digest: digest, now: now)
    }

    private struct PinnedTask {
        var id: TaskID
        var service: ServiceID
        var input: [Plan.Input]
        var reason: String?
    }

    private static func free(_ wanted: String, _ taken: [String: String], _ types: [String: String]) -> String {
        var name = wanted
        var count = 1
        while taken[name] != nil || types[name] != nil {
            count += 1
            name = "\(wanted)_\(count)"
        }
        return name
    }

    private static func make(
        name: String, action: String, tasks: [PinnedTask], constants: JSONObject, types: [String: String],
        catalogue: [Service], digest: ([UInt8]) -> String, now: Timestamp
    ) throws(PlanError) -> PinnedPlan {
        var shapes: [String: Shape] = [:]
        var ids: [String: ServiceID] = [:]
        var wire: [JSONValue] = []
        if !constants.isEmpty { wire.append(["id": "task0", "input": CanonicalJSON.sorted(.object(constants))]) }
        for task in tasks {
            guard let service = catalogue.first(where: { $0.id == task.service }) else {
                throw .unknownService(task: task.id, service: task.service.rawValue)
            }
            if let other = ids[service.name], other != service.id {
                throw .ambiguousService(task: task.id, name: service.name, ids: [other, service.id].sorted())
            }
            ids[service.name] = service.id
            shapes[service.name] = shapes[service.name] ?? Shape(service, digest: digest)
            let input = task.input.map { JSONObject.Member(key: $0.field, value: .string($0.reference)) }
            var member: JSONObject = [
                "id": .string(task.id.description), "service": .string(service.name),
                "input": .object(JSONObject(input)),
            ]
            if let reason = task.reason { member["reason"] = .string(reason) }
            wire.append(.object(member))
        }
        return PinnedPlan(
            name: name, action: action, planHash: hash(wire, shapes, types, digest),
            catalogue: CatalogueDigest.of(catalogue, digest: digest), services: shapes, parameters: types,
            plan: RawJSON(["tasks": .array(wire)]), pinnedAt: now)
    }

    /// What ``planHash`` must be: for plans that come as a file.
    public func hash(digest: ([UInt8]) -> String) -> String {
        Self.hash(plan.value["tasks"]?.array ?? [], services, parameters, digest)
    }

    private static func hash(
        _ tasks: [JSONValue], _ shapes: [String: Shape], _ types: [String: String], _ digest: ([UInt8]) -> String
    ) -> String {
        let bare = tasks.map { task -> JSONValue in
            guard var members = task.object else { return task }
            members["reason"] = nil
            return .object(members)
        }
        return PlanHash.of(tasks: bare, shapes: shapes, parameters: types, digest: digest)
    }
}
