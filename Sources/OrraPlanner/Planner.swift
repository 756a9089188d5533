public import OrraModel

/// Makes plans of actions.
public protocol Planner: Sendable {
    /// Never throws: what can't be planned is `notActionable`, with the reason.
    func plan(_ request: PlanningRequest) async -> PlanningOutcome
}

/// What a planner knows.
public struct PlanningRequest: Sendable, Hashable {
    /// The operator's words: `Process new order and arrange optimal delivery`.
    public var action: String
    /// By field name.
    public var parameters: JSONObject
    /// The project's registered services. Their order decides nothing but ties.
    public var catalogue: [Service]

    public init(action: String, parameters: JSONObject, catalogue: [Service]) {
        self.action = action
        self.parameters = parameters
        self.catalogue = catalogue
    }
}

public enum PlanningOutcome: Sendable, Hashable {
    case plan(Plan)
    /// The catalogue can't cover the action. The reason is written for the operator.
    case notActionable(reason: String)
}
