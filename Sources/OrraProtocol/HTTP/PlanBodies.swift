public import OrraModel

/// `POST /plans`: what would be done, without doing it. Member names match without regard to case.
public struct PlanRequest: Sendable, Hashable, Codable {
    public var action: ActionRequest.Action
    public var data: [ActionRequest.Parameter]?
    /// Looked at as it is, without a planner: `{"tasks": […]}`.
    public var plan: JSONValue?

    public init(action: ActionRequest.Action, data: [ActionRequest.Parameter]? = nil, plan: JSONValue? = nil) {
        self.action = action
        self.data = data
        self.plan = plan
    }

    /// The same as an action to run.
    public var submission: ActionRequest { ActionRequest(action: action, data: data, plan: plan) }
}

/// 200 of `POST /plans`.
public struct PlanPreview: Sendable, Hashable, Codable {
    /// As it can be submitted.
    public var plan: JSONValue
    /// One for each task that could fail for good, by number.
    public var failurePoints: [FailurePoint]

    public init(plan: JSONValue, failurePoints: [FailurePoint]) {
        self.plan = plan
        self.failurePoints = failurePoints
    }
}

/// What would become of the other tasks if this one failed for good.
public struct FailurePoint: Sendable, Hashable, Codable {
    public var taskId: TaskID
    public var serviceName: String
    /// Completed by then for certain, and can be undone; newest first as far as that is known.
    public var undone: [Task]
    /// May have completed by then, and would be undone.
    public var maybeUndone: [Task]
    /// Completed by then, or may have, and can't be undone.
    public var cannotUndo: [Kept]

    public init(taskId: TaskID, serviceName: String, undone: [Task], maybeUndone: [Task], cannotUndo: [Kept]) {
        self.taskId = taskId
        self.serviceName = serviceName
        self.undone = undone
        self.maybeUndone = maybeUndone
        self.cannotUndo = cannotUndo
    }

    public struct Task: Sendable, Hashable, Codable {
        public var taskId: TaskID
        public var serviceName: String

        public init(taskId: TaskID, serviceName: String) {
            self.taskId = taskId
            self.serviceName = serviceName
        }
    }

    /// A task whose work stays.
    public struct Kept: Sendable, Hashable, Codable {
        public var taskId: TaskID
        public var serviceName: String
        /// Whether it has completed by then in any case.
        public var certain: Bool

        public init(taskId: TaskID, serviceName: String, certain: Bool) {
            self.taskId = taskId
            self.serviceName = serviceName
            self.certain = certain
        }
    }
}
