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
        let review = review(plan, parameters: parameters, catalogue: catalogue)
        if let plan = review.plan { return plan }
        throw review.errors.first ?? .noTasks
    }

    /// The same, with everything that is wrong at once: what a planner must know to do better.
    ///
    /// The checks: known services; fields exactly those of the input's schema, where optional ones may be missing; types
    /// of constants and parameters, and of references against both schemas (``SchemaCompatibility``); no reference amid
    /// other text or inside arrays and objects; no cycle, so that every task becomes ready some time; limits.
    public static func review(_ plan: JSONValue, parameters: JSONObject, catalogue: [Service]) -> PlanReview {
        do throws(PlanError) {
            let draft = try PlanDraft(reading: plan, parameters: parameters)
            var validation = PlanValidation(draft: draft, catalogue: catalogue)
            var review = validation.run()
            guard let plan = review.plan else { return review }
            let used = Set(plan.tasks.flatMap(\.input).filter { $0.source == .zero }.map(\.sourceField))
            review.unused = parameters.keys.filter { !used.contains($0) }
            return review
        } catch {
            var review = PlanReview(errors: [error])
            if case .notActionable(let reason) = error { review.notActionable = reason }
            return review
        }
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

    /// The same as text: parameters may be large, and every accepted action is answered with its plan.
    public static func write(_ plan: Plan, to writer: inout JSONWriter) {
        writer.object {
            $0.key("tasks")
            $0.array {
                $0.object {
                    $0.member("id", TaskID.zero.description)
                    $0.member("input", plan.parameters)
                }
                for task in plan.tasks { write(task, to: &$0) }
            }
            $0.key("parallel_groups")
            $0.array {
                for group in plan.parallelGroups { $0.array { for task in group { $0.string(task.description) } } }
            }
        }
    }

    private static func write(_ task: Plan.Task, to writer: inout JSONWriter) {
        writer.object {
            $0.member("id", task.id.description)
            $0.member("service", task.service.rawValue)
            $0.key("input")
            $0.object { for input in task.input { $0.member(input.field, input.reference) } }
            if let reason = task.reason { $0.member("reason", reason) }
        }
    }
}

/// What the validation of a plan came to.
public struct PlanReview: Sendable, Hashable {
    /// `nil` when there are errors.
    public var plan: Plan?
    /// In the order of the tasks. At most ``maximumErrors``.
    public var errors: [PlanError]
    /// Parameters of the action that no task takes. No error.
    public var unused: [String]
    /// Why the plan itself says that it can't be done; `nil` for one that says no such thing.
    public var notActionable: String?

    public static let maximumErrors = Limits.listedPlanErrors

    init(plan: Plan? = nil, errors: [PlanError] = [], unused: [String] = []) {
        self.plan = plan
        self.errors = Array(errors.prefix(Self.maximumErrors))
        self.unused = unused
    }
}
