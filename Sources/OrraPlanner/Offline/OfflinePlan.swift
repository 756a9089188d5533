public import OrraModel

/// What the offline planner made of an action.
public struct OfflinePlan: Sendable, Hashable {
    /// A task before its inputs are bound, as plans are scored.
    public struct Node: Sendable, Hashable {
        /// By name.
        public var service: String
        /// Numbers of the nodes that it uses, in ascending order.
        public var dependencies: [Int]

        public init(service: String, dependencies: [Int]) {
            self.service = service
            self.dependencies = dependencies
        }
    }

    /// A plan on the wire, `{"tasks":[…]}`; `nil` when nothing fits or a required input is unbound.
    public var draft: JSONValue?
    /// Between 0 and 1: how likely it is what the action means.
    public var confidence: Double
    /// What the confidence was weighed from, in the order of the weights; empty where a rule set it.
    package var signals: [Double] = []
    /// Why there is no draft, for the operator.
    public var refusal: String?
    public var graph: [Node]
    /// The best first.
    public var considered: [PlanningStage.Considered]
    public var steps: [PlanningStage.Step]
    /// Phrases of the action that no task covers, and parameters that none takes.
    public var unused: [String]

    init(
        draft: JSONValue? = nil, confidence: Double = 0, refusal: String? = nil, graph: [Node] = [],
        considered: [PlanningStage.Considered] = [], steps: [PlanningStage.Step] = [], unused: [String] = []
    ) {
        self.draft = draft
        self.confidence = confidence
        self.refusal = refusal
        self.graph = graph
        self.considered = considered
        self.steps = steps
        self.unused = unused
    }
}
