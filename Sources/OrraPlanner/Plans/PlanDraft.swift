import OrraModel

/// A plan as it was written: its form is sound, its meaning is not checked yet.
struct PlanDraft {
    struct Task {
        var id: TaskID
        var service: String
        var input: JSONObject
        var reason: String?
    }

    static let reasonCharacters = 1_024

    /// `task0`: the plan's own values under those of the action.
    var parameters: JSONObject
    /// By number.
    var tasks: [Task]

    init(reading plan: JSONValue, parameters: JSONObject) throws(PlanError) {
        guard let members = plan.object else {
            throw .malformed(path: "plan", reason: "must be an object with a member 'tasks', but is \(plan.typeName)")
        }
        guard let listed = members["tasks"], let elements = listed.array else {
            throw .malformed(path: "plan.tasks", reason: "must be an array of tasks")
        }
        if let reason = Self.refusal(elements) { throw .notActionable(reason: reason) }
        // One more than the limit: task0 runs nowhere and does not count.
        guard elements.count <= Limits.tasksPerPlan + 1 else { throw .tooManyTasks(count: elements.count) }
        self.parameters = JSONObject()
        self.tasks = []
        var seen: Set<TaskID> = []
        for (index, element) in elements.enumerated() {
            let task = try Self.task(element, at: index)
            guard seen.insert(task.id).inserted else { throw .duplicateTask(task.id) }
            if task.id == .zero { self.parameters = task.input } else { tasks.append(task) }
        }
        let own = elements.filter { $0["id"] != .string(TaskID.zero.description) }
        let bytes = RawJSON(.array(own)).count
        guard bytes <= Limits.planBytes else {
            throw .tooLarge(path: "tasks", bytes: bytes, limit: Limits.planBytes)
        }
        for member in self.parameters.members where parameters[member.key] == nil {
            guard case .string(let text) = member.value, case .reference = PlanReference.read(text) else { continue }
            throw .malformed(
                path: "task0.input.\(member.key.prefix(128))",
                reason: "holds a reference, but task0 is made before every task: put it into the task that needs it")
        }
        guard !tasks.isEmpty else { throw .noTasks }
        guard tasks.count <= Limits.tasksPerPlan else { throw .tooManyTasks(count: tasks.count) }
        tasks.sort { $0.id < $1.id }
        self.parameters.merge(parameters)
    }

    /// The error of a plan that consists of the task `final` alone.
    private static func refusal(_ tasks: [JSONValue]) -> String? {
        guard tasks.count == 1, tasks[0]["id"] == "final" else { return nil }
        return tasks[0]["input"]?["error"]?.string.map { String($0.prefix(Limits.errorCharacters)) }
    }

    private static func task(_ value: JSONValue, at index: Int) throws(PlanError) -> Task {
        let path = "tasks[\(index)]"
        guard let members = value.object else {
            throw .malformed(
                path: path, reason: "must be an object with id, service and input, but is \(value.typeName)")
        }
        guard let text = members["id"]?.string else { throw .malformed(path: "\(path).id", reason: "must be a string") }
        guard let id = TaskID(text) else { throw .malformedTaskID(index: index, id: text) }
        guard let input = (members["input"] ?? .object(JSONObject())).object else {
            throw .malformed(path: "\(path).input", reason: "must be an object of fields")
        }
        guard id != .zero else {
            guard members["service"] == nil || members["service"] == .null else {
                throw .malformed(
                    path: "\(path).service", reason: "must be left out: task0 holds the parameters and runs nowhere")
            }
            return Task(id: id, service: "", input: input)
        }
        guard let service = members["service"]?.string else {
            throw .malformed(path: "\(path).service", reason: "must be the id or the name of a registered service")
        }
        let reason = members["reason"]?.string.map { String($0.prefix(reasonCharacters)) }
        return Task(id: id, service: service, input: input, reason: reason)
    }
}
