public import OrraModel

/// `POST /register/project`.
public struct ProjectRequest: Sendable, Hashable, Codable {
    public var name: String
    public init(name: String) { self.name = name }
}

/// 201 of `POST /register/project`. The key is told here and never again.
public struct ProjectAnswer: Sendable, Hashable, Codable {
    public var id: ProjectID
    public var name: String
    public var apiKey: String
    public var additionalAPIKeys: [String]
    public var webhooks: [String]
    public var compensationFailureWebhooks: [String]
    public var createdAt: Timestamp
    public var updatedAt: Timestamp

    public init(project: Project, apiKey: String) {
        id = project.id
        name = project.name
        self.apiKey = apiKey
        additionalAPIKeys = []
        webhooks = []
        compensationFailureWebhooks = []
        createdAt = project.createdAt
        updatedAt = project.createdAt
    }
}

/// 201 of `POST /apikeys`.
public struct APIKeyAnswer: Sendable, Hashable, Codable {
    public var apiKey: String
    public init(apiKey: String) { self.apiKey = apiKey }
}

/// `POST /webhooks` and `POST /compensation-failure-webhooks`.
public struct WebhookRequest: Sendable, Hashable, Codable {
    public var url: String
    public init(url: String) { self.url = url }
}

/// 201 of `POST /webhooks`, and an entry of `GET /webhooks`, which leaves the secret out.
public struct WebhookAnswer: Sendable, Hashable, Codable {
    public var url: String
    /// `whsec_` and the key in base64, as Standard Webhooks wants it. Told once.
    public var secret: String?

    public init(url: String, secret: String?) {
        self.url = url
        self.secret = secret
    }
}

/// `GET /webhooks`.
public struct WebhookList: Sendable, Hashable, Codable {
    public var webhooks: [WebhookAnswer]
    public init(webhooks: [WebhookAnswer]) { self.webhooks = webhooks }
}
