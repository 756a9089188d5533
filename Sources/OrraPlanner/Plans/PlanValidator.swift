public import OrraModel

/// Turns a plan that comes from outside (a caller, a language model, a file) into one that can run, or says precisely
/// why it can't.
public enum PlanValidator {
    /// Checks a plan in the form of the wire:
    /// `{"tasks":[{"id":"task0","input":{…}},{"id":"task1","service":"s_…","input":{"orderId":"$task0.orderId"}}]}`.
    ///
    /// - A service is named by its id or by its registered name.
    /// - The input of `task0`, which may be left out, lies under `parameters`: the action's own values win.
    /// - A constant moves to `task0`, under a name that nothing else has, and becomes a reference to it.
    /// - `parallel_groups` are ignored: they follow from the references.
    /// - `{"tasks":[{"id":"final","input":{"error":"why"}}]}` throws ``PlanError/notActionable(reason:)``.
    public static func validate(
        _ plan: JSONValue, parameters: JSONObject, catalogue: [Service]
    ) throws(PlanError) -> Plan {
        let draft = try PlanDraft(reading: plan, parameters: parameters)
        var validation = PlanValidation(draft: draft, catalogue: catalogue)
        return try validation.run()
    }

    /// The plan in the form of the wire: `task0` first, then the tasks by number with references and, where there is
    /// one, the planner's `reason`; then `parallel_groups`.
    public static func wire(_ plan: Plan) -> JSONValue {
        var tasks: [JSONValue] = [["id": .string(TaskID.zero.description), "input": plan.parameters.value]]
        for task in plan.tasks {
            let input = task.input.map { JSONObject.Member(key: $0.field, value: .string($0.reference)) }
            var member: JSONObject = [
                "id": .string(task.id.description), "service": .string(task.service.rawValue),
                "input": .object(JSONObject(input)),
            ]
            if let reason = task.reason { member["reason"] = .string(reason) }
            tasks.append(.object(member))
        }
        let groups = plan.parallelGroups.map { JSONValue.array($0.map { .string($0.description) }) }
        return ["tasks": .array(tasks), "parallel_groups": .array(groups)]
    }
}
