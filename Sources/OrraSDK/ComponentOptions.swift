/// What few components set.
public struct ComponentOptions: Sendable {
    /// Where the component keeps `<name>.json`, the id that the hub gave it, `<name>.results.jsonl`, the answers of the
    /// last 24 hours, and beside it the name of the instance that the answers belong to. Relative to the working directory; made when it is missing, readable by its owner only.
    /// A second process of the same component takes `<name>.2.results.jsonl`, and so on to 64. Default: `.orra-data`.
    public var dataDirectory = ".orra-data"

    /// How long handlers may go on after a stop. Then their Swift tasks are cancelled, and the hub delivers
    /// those tasks again when the component is back. Default: 10 s.
    public var drainTimeout: Duration = .seconds(10)

    /// Attempts that the hub makes at each task before it fails, the first included: 1 to 100. Default: the hub's, 5.
    public var maximumAttempts: Int?

    /// How long the hub may ask for a task to be reverted, from its completion: 1 ms to 365 days. Default: the hub's,
    /// 24 hours.
    public var revertTTL: Duration?

    /// Names of components that must run before this one in every plan.
    public var requires: [String] = []

    /// Phrases of actions that this component serves, for the planner: "charge a customer", "take a payment".
    public var examples: [String] = []

    /// Whether every action whose plan uses this component waits until a person has approved the plan.
    public var requiresApproval = false

    /// The wait between two tries to reach the hub: 1 s, doubling to 30 s, of which a random half is left out.
    var backoff = Backoff()

    public init(maximumAttempts: Int? = nil, revertTTL: Duration? = nil) {
        self.maximumAttempts = maximumAttempts
        self.revertTTL = revertTTL
    }
}
