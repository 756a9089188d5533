public import OrraModel

/// What happened to a connection of a service: an entry of `events` in `GET /services/{id or name}`.
public struct ServiceEventAnswer: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Codable, CaseIterable {
        case connected = "service_connected"
        case disconnected = "service_disconnected"
        case health = "service_health"
    }

    /// Its place on the project's progress stream.
    public var position: Int64
    public var timestamp: Timestamp
    public var type: Kind
    public var connection: UInt64
    public var instance: String?
    /// With `service_health`: the new one.
    public var health: String?
    public var reason: String?

    public init(
        position: Int64, timestamp: Timestamp, type: Kind, connection: UInt64, instance: String? = nil,
        health: String? = nil, reason: String? = nil
    ) {
        self.position = position
        self.timestamp = timestamp
        self.type = type
        self.connection = connection
        self.instance = instance
        self.health = health
        self.reason = reason
    }
}
