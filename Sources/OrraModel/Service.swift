/// What an operator's action may call on.
public enum ServiceKind: String, Sendable, Codable, CaseIterable {
    case service, agent, tool
}

/// A registered service, agent or tool: its name within the project, and what it takes and gives.
public struct Service: Sendable, Hashable, Codable {
    public var id: ServiceID
    public var project: ProjectID
    public var kind: ServiceKind
    /// 3 to 63 of `[a-z0-9.-]`, a letter or digit first and last. One name and kind is one service.
    public var name: String
    public var description: String
    public var schema: ServiceSchema
    /// Whether completed tasks can be undone by a compensation.
    public var revertible: Bool
    /// 1 at the first registration, one more at each later one.
    public var version: Int
    public var retry: RetryPolicy
    /// Names of services that must run before this one.
    public var requires: [String]
    /// Phrases of actions that this service serves, for the planner.
    public var examples: [String]
    /// Whether a plan that uses it waits for a person's approval.
    public var approval: Bool
    public var registeredAt: Timestamp

    public init(
        id: ServiceID, project: ProjectID, kind: ServiceKind, name: String, description: String, schema: ServiceSchema,
        revertible: Bool = false, version: Int = 1, retry: RetryPolicy = .standard, requires: [String] = [],
        examples: [String] = [], approval: Bool = false, registeredAt: Timestamp
    ) {
        self.id = id
        self.project = project
        self.kind = kind
        self.name = name
        self.description = description
        self.schema = schema
        self.revertible = revertible
        self.version = version
        self.retry = retry
        self.requires = requires
        self.examples = examples
        self.approval = approval
        self.registeredAt = registeredAt
    }
}

/// JSON Schemas of a service's input and output, every keyword kept as it came.
public struct ServiceSchema: Sendable, Hashable, Codable {
    public var input: JSONSchema
    public var output: JSONSchema

    public init(input: JSONSchema, output: JSONSchema) {
        self.input = input
        self.output = output
    }
}
