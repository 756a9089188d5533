/// A graph of tasks: data that can be shown, stored and submitted as it is.
///
/// `task0` holds the action's parameters and every constant; the other tasks take their inputs from it and from each
/// other's outputs. A plan in this form is valid: see `PlanValidator` in OrraPlanner for plans that come from outside.
public struct Plan: Sendable, Hashable, Codable {
    public struct Task: Sendable, Hashable, Codable {
        public var id: TaskID
        public var service: ServiceID
        /// In the order in which they were written.
        public var input: [Input]
        /// Why the planner chose this step. Absent in plans that a caller wrote.
        public var reason: String?

        public init(id: TaskID, service: ServiceID, input: [Input], reason: String? = nil) {
            self.id = id
            self.service = service
            self.input = input
            self.reason = reason
        }

        /// The tasks whose outputs it takes, in order, `task0` left out.
        public var dependencies: [TaskID] { Set(input.map(\.source)).subtracting([.zero]).sorted() }
    }

    /// One field of a task's input: `field` of this task takes `sourceField` of `source`'s output.
    public struct Input: Sendable, Hashable, Codable {
        public var field: String
        public var source: TaskID
        public var sourceField: String

        public init(field: String, source: TaskID, sourceField: String) {
            self.field = field
            self.source = source
            self.sourceField = sourceField
        }

        /// As in a plan on the wire: `$task1.total`.
        public var reference: String { "$\(source).\(sourceField)" }
    }

    /// `task0`: the action's parameters and the plan's constants.
    public var parameters: RawJSON
    /// By number, from `task1`.
    public var tasks: [Task]

    public init(parameters: RawJSON, tasks: [Task]) {
        self.parameters = parameters
        self.tasks = tasks
    }

    /// Tasks that may run at the same time, wave by wave: a task stands one wave after its last dependency.
    public var parallelGroups: [[TaskID]] {
        var wave: [TaskID: Int] = [:]
        var groups: [[TaskID]] = []
        var rest = tasks
        while !rest.isEmpty {
            let ready = rest.filter { $0.dependencies.allSatisfy { wave[$0] != nil } }
            guard !ready.isEmpty else { break }
            for task in ready { wave[task.id] = groups.count }
            groups.append(ready.map(\.id).sorted())
            rest.removeAll { wave[$0.id] != nil }
        }
        return groups
    }

    /// The tasks on which no other depends: their outputs are the action's result.
    public var lastTasks: [TaskID] {
        let used = Set(tasks.flatMap(\.dependencies))
        return tasks.map(\.id).filter { !used.contains($0) }.sorted()
    }
}
