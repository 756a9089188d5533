public import OrraModel

/// What happened to a connection of a service, for those who watch the project.
public struct ServiceEvent: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Codable, CaseIterable { case connected, disconnected, health }

    public var kind: Kind
    public var service: ServiceID
    /// The service's name then.
    public var name: String
    public var connection: ConnectionID
    public var instance: String?
    /// From now on; absent when disconnected.
    public var health: Connection.Health?
    /// Why, in a few words: `missed 2 pongs`.
    public var reason: String?

    public init(
        kind: Kind, service: ServiceID, name: String, connection: ConnectionID, instance: String?,
        health: Connection.Health?, reason: String? = nil
    ) {
        self.kind = kind
        self.service = service
        self.name = name
        self.connection = connection
        self.instance = instance
        self.health = health
        self.reason = reason
    }
}
