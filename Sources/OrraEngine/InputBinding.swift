import OrraModel

enum BoundInput {
    case bound(RawJSON)
    case failure(Failure)
}

/// Makes a task's input from `task0` and the outputs that the plan names.
enum InputBinding {
    /// The input, strings made numbers or booleans where the schema wants them; or what is missing or wrong.
    static func bind(
        _ task: TaskState, in orchestration: Orchestration, to schema: JSONSchema?
    ) -> BoundInput {
        guard let plan = orchestration.plan, let planned = plan.tasks.first(where: { $0.id == task.id }) else {
            return .failure(Failure(.taskInputInvalid, "\(task.id) is not in the plan"))
        }
        let sources = sources(of: planned.input, for: task, in: orchestration, plan)
        // Payloads may be large: of a large part the input has a slice.
        var fields: [String] = []
        var values: [String: RawJSONPart] = [:]
        for field in planned.input {
            if let value = sources[field.source]?[field.sourceField] {
                if values.updateValue(value, forKey: field.field) == nil { fields.append(field.field) }
            } else if schema?.required.contains(field.field) ?? true {
                return .failure(missing(field, for: task, in: orchestration))
            }
        }
        for (name, value) in schema?.coercions({ values[$0]?.string }) ?? [] {
            values[name] = RawJSONPart(RawJSON(value))
        }
        var writer = JSONWriter(
            capacity: 64 + values.reduce(0) { $0 + $1.key.utf8.count + JSONWriter.room(for: $1.value.count) + 8 })
        writer.object { for field in fields { if let value = values[field] { $0.member(field, value) } } }
        let raw = writer.raw
        if let schema {
            if let violation = schema.validate(raw).first {
                return .failure(
                    Failure(
                        .taskInputInvalid,
                        "the input of \(orchestration.label(task)) breaks the service's schema: "
                            + violation.sentence))
            }
        }
        guard raw.count <= Limits.payloadBytes else {
            return .failure(
                Failure(
                    .taskInputTooLarge,
                    "the input of \(orchestration.label(task)) has \(raw.count) bytes; the limit is "
                        + "\(Limits.payloadBytes)"))
        }
        guard orchestration.payloadBytes + raw.count <= Limits.orchestrationBytes else {
            return .failure(
                Failure(
                    .taskInputTooLarge,
                    "with the input of \(orchestration.label(task)), \(raw.count) bytes, the orchestration would "
                        + "hold more than \(Limits.orchestrationBytes) bytes"))
        }
        return .bound(raw)
    }

    /// What `task0` and the tasks before give, as far as the input takes it.
    private static func sources(
        of fields: [Plan.Input], for task: TaskState, in orchestration: Orchestration, _ plan: Plan
    ) -> [TaskID: [String: RawJSONPart]] {
        var names: [TaskID: Set<String>] = [:]
        for field in fields { names[field.source, default: []].insert(field.sourceField) }
        var sources: [TaskID: [String: RawJSONPart]] = [:]
        for (source, names) in names {
            guard source == .zero || task.dependencies.contains(source) else { continue }
            let payload = source == .zero ? plan.parameters : orchestration[source]?.output
            sources[source] = payload?.members(names)
        }
        return sources
    }

    private static func missing(
        _ field: Plan.Input, for task: TaskState, in orchestration: Orchestration
    ) -> Failure {
        let source = orchestration[field.source].map(orchestration.label) ?? "the action's parameters"
        return Failure(
            .taskInputInvalid,
            "\(orchestration.label(task)) takes \(field.field) from \(field.sourceField) of \(source), which gave none")
    }
}
