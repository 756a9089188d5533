/// Whose services and actions these are. Everything that a key opens belongs to one project.
public struct Project: Sendable, Hashable, Codable {
    public var id: ProjectID
    public var name: String
    public var createdAt: Timestamp

    public init(id: ProjectID, name: String, createdAt: Timestamp) {
        self.id = id
        self.name = name
        self.createdAt = createdAt
    }
}

/// A receiver of a project's outcomes.
public struct Webhook: Sendable, Hashable, Codable {
    public enum Purpose: String, Sendable, Codable { case outcomes, compensationFailures }

    public var id: WebhookID
    public var project: ProjectID
    public var url: String
    public var purpose: Purpose
    /// Key of the Standard Webhooks signature, base64. Told once, when the webhook is registered.
    public var secret: String
    public var createdAt: Timestamp

    public init(
        id: WebhookID, project: ProjectID, url: String, purpose: Purpose, secret: String, createdAt: Timestamp
    ) {
        self.id = id
        self.project = project
        self.url = url
        self.purpose = purpose
        self.secret = secret
        self.createdAt = createdAt
    }
}
