public import OrraModel

/// How a hub runs. `docs/configuration.md` has the same as flags, environment variables and file keys.
public struct HubConfiguration: Sendable, Hashable {
    /// Where it listens. Other machines reach it only when this is opened, for example with `0.0.0.0`.
    public var host: String
    /// 0 takes a free one.
    public var port: Int
    /// Holds the database and its lock. Made if it is missing.
    public var dataDirectory: String

    /// How long ended orchestrations are kept in projects that say nothing else; 0 keeps all.
    public var retention: Duration
    /// How actions are planned in projects that say nothing else; what is absent is as in ``PlanningSettings/standard``.
    public var planning: PlanningSettings
    /// The language model that plans; `nil`: the offline planner alone.
    public var model: ModelConfiguration?

    var tuning = HubTuning()

    public init(
        host: String = "127.0.0.1", port: Int = 8005, dataDirectory: String, retention: Duration = Limits.retention,
        planning: PlanningSettings = PlanningSettings(), model: ModelConfiguration? = nil
    ) {
        self.retention = retention
        self.planning = planning
        self.model = model
        self.host = host
        self.port = port
        self.dataDirectory = dataDirectory
    }

    /// Whether only this machine reaches the hub.
    public var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}
