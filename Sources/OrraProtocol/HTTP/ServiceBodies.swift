public import OrraModel

/// `POST /register/service`, `/register/agent`, `/register/tool`.
public struct RegistrationRequest: Sendable, Hashable {
    /// What the client's identity file holds, if it has one. The name decides, not this.
    public var id: ServiceID?
    public var name: String
    public var description: String
    public var schema: ServiceSchema
    public var revertible: Bool?
    public var version: Int?
    /// Names of services that must run before this one.
    public var requires: [String]?
    /// Phrases of actions that this service serves.
    public var examples: [String]?
    /// Whether a plan with this service waits for a person's yes. `"required"` on the wire; `true` is taken, too.
    public var approval: Bool?
    public var retry: RetryPolicy?

    public init(
        id: ServiceID? = nil, name: String, description: String, schema: ServiceSchema, revertible: Bool? = nil,
        version: Int? = nil, requires: [String]? = nil, examples: [String]? = nil, approval: Bool? = nil,
        retry: RetryPolicy? = nil
    ) {
        self.id = id
        self.name = name
        self.description = description
        self.schema = schema
        self.revertible = revertible
        self.version = version
        self.requires = requires
        self.examples = examples
        self.approval = approval
        self.retry = retry
    }
}

extension RegistrationRequest: Codable {
    private enum CodingKeys: String, CodingKey {
        case id, name, description, schema, revertible, version, requires, examples, approval, retry
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decodeIfPresent(ServiceID.self, forKey: .id)
        name = try container.decode(String.self, forKey: .name)
        description = try container.decode(String.self, forKey: .description)
        schema = try container.decode(ServiceSchema.self, forKey: .schema)
        revertible = try container.decodeIfPresent(Bool.self, forKey: .revertible)
        version = try container.decodeIfPresent(Int.self, forKey: .version)
        requires = try container.decodeIfPresent([String].self, forKey: .requires)
        examples = try container.decodeIfPresent([String].self, forKey: .examples)
        approval = try container.decodeIfPresent(ApprovalRule.self, forKey: .approval)?.isRequired
        retry = try container.decodeIfPresent(RetryPolicy.self, forKey: .retry)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(id, forKey: .id)
        try container.encode(name, forKey: .name)
        try container.encode(description, forKey: .description)
        try container.encode(schema, forKey: .schema)
        try container.encodeIfPresent(revertible, forKey: .revertible)
        try container.encodeIfPresent(version, forKey: .version)
        try container.encodeIfPresent(requires, forKey: .requires)
        try container.encodeIfPresent(examples, forKey: .examples)
        try container.encodeIfPresent(approval.map(ApprovalRule.init), forKey: .approval)
        try container.encodeIfPresent(retry, forKey: .retry)
    }
}

/// Whether a service's tasks need a person's yes, on the wire.
private struct ApprovalRule: Codable {
    private enum Word: String, Codable, CaseIterable { case required, none }

    var isRequired: Bool
    init(_ isRequired: Bool) { self.isRequired = isRequired }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let isRequired = try? container.decode(Bool.self) {
            self.isRequired = isRequired
        } else {
            isRequired = try container.decode(Word.self) == .required
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(isRequired ? Word.required : .none)
    }
}

public struct RegistrationAnswer: Sendable, Hashable, Codable {
    public var id: ServiceID
    public var name: String
    public var status: Status
    public var revertible: Bool
    public var version: Int

    public init(service: Service) {
        id = service.id
        name = service.name
        status = .registered
        revertible = service.revertible
        version = service.version
    }
}

/// `GET /services`.
public struct ServiceList: Sendable, Hashable, Codable {
    public var services: [ServiceAnswer]
    public init(services: [ServiceAnswer]) { self.services = services }
}

public struct ServiceAnswer: Sendable, Hashable, Codable {
    public var id: ServiceID
    public var type: ServiceKind
    public var name: String
    public var description: String
    public var version: Int
    public var revertible: Bool
    public var schema: ServiceSchema
    /// Names of services that must run before this one.
    public var requires: [String]?
    /// Phrases of actions that this service serves.
    public var examples: [String]?
    /// Whether a plan with this service waits for a person's yes. `nil`: it does not.
    public var approval: Bool?
    public var connections: [ConnectionAnswer]
    /// Tasks and compensations that wait for a connection.
    public var waiting: Int
    /// Newest first, at most 100. Only of `GET /services/{id or name}`.
    public var events: [ServiceEventAnswer]?

    public init(
        service: Service, connections: [ConnectionAnswer], waiting: Int, events: [ServiceEventAnswer]? = nil
    ) {
        id = service.id
        type = service.kind
        name = service.name
        description = service.description
        version = service.version
        revertible = service.revertible
        schema = service.schema
        requires = service.requires.isEmpty ? nil : service.requires
        examples = service.examples.isEmpty ? nil : service.examples
        approval = service.approval ? true : nil
        self.connections = connections
        self.waiting = waiting
        self.events = events
    }
}

/// One socket of a service, with its health.
public struct ConnectionAnswer: Sendable, Hashable, Codable {
    public var id: UInt64
    /// `connecting`, `healthy`, `degraded`, `unhealthy`, `stalled`, `draining`.
    public var health: String
    public var instance: String?
    public var credit: Int
    public var inFlight: Int
    public var delivered: Int
    public var failed: Int
    public var connectedAt: Timestamp
    public var lastSeen: Timestamp
    /// Of the last ping that was answered.
    public var roundTripMs: Double?
    public var missedPongs: Int
    /// How often this instance came back before. `nil` from a hub that does not count.
    public var reconnects: Int?
    /// Its buffer is full: it gets nothing more until it reads.
    public var stalled: Bool?

    public init(
        id: UInt64, health: String, instance: String?, credit: Int, inFlight: Int, delivered: Int, failed: Int,
        connectedAt: Timestamp, lastSeen: Timestamp, roundTripMs: Double?, missedPongs: Int, reconnects: Int? = nil,
        stalled: Bool? = nil
    ) {
        self.id = id
        self.health = health
        self.instance = instance
        self.credit = credit
        self.inFlight = inFlight
        self.delivered = delivered
        self.failed = failed
        self.connectedAt = connectedAt
        self.lastSeen = lastSeen
        self.roundTripMs = roundTripMs
        self.missedPongs = missedPongs
        self.reconnects = reconnects
        self.stalled = stalled
    }

    private enum CodingKeys: String, CodingKey {
        case id, health, instance, credit, delivered, failed, reconnects, stalled
        case inFlight = "in_flight"
        case connectedAt = "connected_at"
        case lastSeen = "last_seen"
        case roundTripMs = "round_trip_ms"
        case missedPongs = "missed_pongs"
    }
}
