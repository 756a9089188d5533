import Hummingbird
import OrraCore
import OrraModel
import OrraProtocol

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Projects, keys and webhooks.
extension HubServices {
    func registerProject(_ request: Hummingbird.Request) async throws -> Response {
        let body = try await request.decode(ProjectRequest.self)
        let name = body.name.trimmed
        guard Limits.projectNameCharacters.contains(name.count) else {
            throw APIError(
                .validation, .projectRegistrationFailed, param: "name",
                "a project's name has 1 to \(Limits.projectNameCharacters.upperBound) characters")
        }
        var random = SystemRandomNumberGenerator()
        let project = Project(id: .random(using: &random), name: name, createdAt: loop.now)
        let key = APIKey.make()
        _ = try await self.request(.registerProject(project, keyHash: key.hash))
        return try .json(ProjectAnswer(project: project, apiKey: key.text), status: .created)
    }

    func addKey(_ context: HubContext) async throws -> Response {
        let key = APIKey.make()
        _ = try await request(.addKey(hash: key.hash, context.requireProject()))
        return try .json(APIKeyAnswer(apiKey: key.text), status: .created)
    }

    func webhooks(_ purpose: Webhook.Purpose, _ context: HubContext) async throws -> Response {
        let webhooks = loop.directory.webhooks(of: try context.requireProject(), for: purpose)
        return try .json(WebhookList(webhooks: webhooks.map { WebhookAnswer(url: $0.url, secret: nil) }))
    }

    func addWebhook(
        _ purpose: Webhook.Purpose, _ request: Hummingbird.Request, _ context: HubContext
    ) async throws -> Response {
        let url = try WebhookURL.check(try await request.decode(WebhookRequest.self).url, param: "url")
        var random = SystemRandomNumberGenerator()
        let key = Data((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) })
        let webhook = Webhook(
            id: .random(using: &random), project: try context.requireProject(), url: url, purpose: purpose,
            secret: key.base64EncodedString(), createdAt: loop.now)
        _ = try await self.request(.addWebhook(webhook))
        return try .json(WebhookAnswer(url: url, secret: "whsec_\(webhook.secret)"), status: .created)
    }
}

/// What may be posted to: an absolute http or https URL with a host.
enum WebhookURL {
    static func check(_ text: String, param: String) throws(APIError) -> String {
        guard text.count <= Limits.urlCharacters, let url = URL(string: text), let scheme = url.scheme?.lowercased(),
            scheme == "http" || scheme == "https", let host = url.host(), !host.isEmpty
        else {
            throw APIError(
                .validation, .invalidRequest, param: param,
                "a webhook is an absolute http or https URL of at most \(Limits.urlCharacters) characters, "
                    + "such as https://example.com/webhooks/orra")
        }
        return text
    }
}

extension String {
    /// Without white space at both ends.
    var trimmed: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}
