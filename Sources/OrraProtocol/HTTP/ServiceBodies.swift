public import OrraModel

/// `POST /register/service`, `/register/agent`, `/register/tool`.
public struct RegistrationRequest: Sendable, Hashable, Codable {
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
