public import OrraModel

/// Why a plan from outside can't run. ``description`` says where and what to do.
public enum PlanError: Error, Sendable, Hashable {
    /// The text is no plan: `path` within it, and what is expected there.
    case malformed(path: String, reason: String)
    /// The plan itself says that the action can't be done.
    case notActionable(reason: String)
    case noTasks
    case tooManyTasks(count: Int)
    case malformedTaskID(index: Int, id: String)
    case duplicateTask(TaskID)
    case unknownService(task: TaskID, service: String)
    /// A name that a service, an agent or a tool share.
    case ambiguousService(task: TaskID, name: String, ids: [ServiceID])
    /// Starts as a reference does and is none, or stands inside an array or an object.
    case malformedReference(task: TaskID, field: String)
    /// A reference amid other text: `order $task1.id`.
    case compositeReference(task: TaskID, field: String)
    case unknownTask(task: TaskID, field: String, reference: TaskID)
    case selfReference(task: TaskID, field: String)
    /// In the order of the references; the first task stands at the end again.
    case cycle([TaskID])
    case unknownOutput(task: TaskID, field: String, source: TaskID, sourceField: String, service: String)
    case unknownParameter(task: TaskID, field: String, parameter: String)
    case missingInput(task: TaskID, field: String, service: String)
    case unknownInput(task: TaskID, field: String, service: String)
    /// A constant or a parameter that does not fit the input's schema. `path` starts with the field.
    case unsuitableValue(task: TaskID, path: String, service: String, reason: String)
    /// An output that can never fit the input's schema. `path` starts with the field.
    case unsuitableReference(
        task: TaskID, path: String, service: String, source: TaskID, sourceField: String, sourceService: String,
        reason: String)
    /// The plan without `task0`, or `task0` with the action's parameters.
    case tooLarge(path: String, bytes: Int, limit: Int)
}

extension PlanError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .malformed(let path, let reason): "\(path): \(reason)"
        case .notActionable(let reason): reason
        case .noTasks: "the plan has no tasks: add at least one with a service, as task1"
        case .tooManyTasks(let count):
            "the plan has \(count) tasks, but may have at most \(Limits.tasksPerPlan): split the action"
        case .malformedTaskID(let index, let id):
            "tasks[\(index)].id: '\(Self.clipped(id))' is no task id: use task0 for the parameters, then task1, task2 …"
        case .duplicateTask(let task): "\(task) stands in the plan twice: give each task its own number"
        case .unknownService(let task, let service):
            "\(task): the service '\(Self.clipped(service))' is not registered in this project: use an id or a "
                + "name that 'orra services ls' shows"
        case .ambiguousService(let task, let name, let ids):
            "\(task): several services have the name '\(name)': use one of the ids "
                + ids.map(\.rawValue).joined(separator: ", ")
        default: referenceDescription
        }
    }

    private var referenceDescription: String {
        switch self {
        case .malformedReference(let task, let field):
            "\(Self.place(task, field)) holds a malformed reference: write \"$task1.field\" as the field's whole value, not "
                + "inside an array or an object"
        case .compositeReference(let task, let field):
            "\(Self.place(task, field)) mixes a reference with other text, and would be taken literally: write "
                + "\"$task1.field\" as the field's whole value, or give a service that composes texts the parts"
        case .unknownTask(let task, let field, let reference):
            "\(Self.place(task, field)) refers to \(reference), which the plan does not have"
        case .selfReference(let task, let field):
            "\(Self.place(task, field)) refers to its own task: take the value from another task or from task0"
        case .cycle(let tasks):
            "the plan is cyclic: \(tasks.map(\.description).joined(separator: " → ")): remove one of these references"
        case .unknownOutput(let task, let field, let source, let sourceField, let service):
            "\(Self.place(task, field)) refers to '\(Self.clipped(sourceField))' of \(source), but the output "
                + "schema of \(service) has no such field"
        case .unknownParameter(let task, let field, let parameter):
            "\(Self.place(task, field)) refers to the parameter '\(Self.clipped(parameter))', which neither the "
                + "action's data nor task0 has: send it with the action"
        case .missingInput(let task, let field, let service):
            "\(task): \(service) needs '\(Self.clipped(field))': bind it to a parameter, a task's output or a constant"
        case .unknownInput(let task, let field, let service):
            "\(Self.place(task, field)) is not in the input schema of \(service): remove it"
        case .unsuitableValue(let task, let path, let service, let reason):
            "\(Self.place(task, path)) \(reason), says the input schema of \(service)"
        case .unsuitableReference(let task, let path, let service, let source, let field, let sourceService, let reason):
            "\(Self.place(task, path)) takes '\(Self.clipped(field))' of \(source) (\(sourceService)), which can't fit: it "
                + "\(reason), says the input schema of \(service); take another output, a parameter or a constant"
        case .tooLarge(let path, let bytes, let limit):
            "\(path) has \(bytes) bytes, but may have at most \(limit): pass large values as parameters of the action"
        default: ""
        }
    }

    private static func place(_ task: TaskID, _ field: String) -> String { "\(task).input.\(clipped(field))" }

    /// Names in messages come from the caller and are shown back: never at any length.
    private static func clipped(_ name: String) -> String { name.count > 128 ? "\(name.prefix(128))…" : name }
}
