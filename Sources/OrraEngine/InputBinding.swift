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
        var sources: [TaskID: JSONObject] = [.zero: plan.parameters.value.object ?? [:]]
        for dependency in task.dependencies {
            sources[dependency] = orchestration[dependency]?.output?.value.object ?? [:]
        }
        var input: JSONObject = [:]
        for field in planned.input {
            if let value = sources[field.source]?[field.sourceField] {
                input[field.field] = value
            } else if schema?.required.contains(field.field) ?? true {
                return .failure(missing(field, for: task, in: orchestration))
            }
        }
        if let schema {
            input = schema.coercing(input)
            if let violation = schema.validate(.object(input)).first {
                return .failure(
                    Failure(
                        .taskInputInvalid,
                        "the input of \(orchestration.label(task)) breaks the service's schema: "
                            + violation.sentence))
            }
        }
        let raw = RawJSON(.object(input))
        guard raw.bytes.count <= Limits.payloadBytes else {
            return .failure(
                Failure(
                    .taskInputTooLarge,
                    "the input of \(orchestration.label(task)) has \(raw.bytes.count) bytes; the limit is "
                        + "\(Limits.payloadBytes)"))
        }
        guard orchestration.payloadBytes + raw.bytes.count <= Limits.orchestrationBytes else {
            return .failure(
                Failure(
                    .taskInputTooLarge,
                    "with the input of \(orchestration.label(task)), \(raw.bytes.count) bytes, the orchestration would "
                        + "hold more than \(Limits.orchestrationBytes) bytes"))
        }
        return .bound(raw)
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
