public import OrraModel

/// `GET /planning`, and the answer of `PUT /planning`, whose body is `PlanningSettings`.
public struct PlanningAnswer: Sendable, Hashable, Codable {
    /// What holds: the project's own over the hub's.
    public var settings: PlanningSettings
    /// What the project itself has set.
    public var own: PlanningSettings
    /// Of the current month.
    public var usage: ModelSpending
    /// The language model that the hub is configured with.
    public var model: String?
    public var embedder: String

    public init(
        settings: PlanningSettings, own: PlanningSettings, usage: ModelSpending, model: String?, embedder: String
    ) {
        self.settings = settings
        self.own = own
        self.usage = usage
        self.model = model
        self.embedder = embedder
    }
}
