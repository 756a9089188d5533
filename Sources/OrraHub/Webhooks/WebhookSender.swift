import AsyncHTTPClient
import Crypto
import Logging
import NIOCore
import NIOHTTP1
import OrraCore
import OrraEngine
import OrraModel
import OrraProtocol
import OrraStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Posts outcomes to their receivers, each within ten seconds, a bounded number at once. When and how often is the
/// core's business.
struct WebhookSender {
    let loop: HubLoop
    let store: any Store
    let client: HTTPClient
    let logger: Logger
    private let queue: PostQueue

    /// `slots`: posts of one project under way at the same time.
    init(loop: HubLoop, store: any Store, client: HTTPClient, slots: Int, logger: Logger) {
        self.loop = loop
        self.store = store
        self.client = client
        queue = PostQueue(slots: slots)
        self.logger = logger
    }

    /// Runs until the loop ends, or is cancelled; what was under way then is posted again after the next start.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                for await delivery in loop.posts.stream { queue.add(delivery) }
                queue.finish()
            }
            while let delivery = await queue.next() {
                group.addTask {
                    await post(delivery)
                    queue.done(delivery.project)
                }
            }
            group.cancelAll()
        }
    }

    private func post(_ delivery: WebhookDelivery) async {
        let error = await attempt(delivery)
        guard !Task.isCancelled else { return }
        if let error {
            logger.notice(
                "a webhook was not taken", metadata: ["delivery": "\(delivery.id)", "error": "\(error)"])
        }
        loop.enqueueLazily(.webhookAttempted(delivery.id, error: error))
    }

    /// The event's type, and its text. `nil` when the journal does not tell what happened.
    private func body(of delivery: WebhookDelivery) async throws -> (String, JSONPieces)? {
        if delivery.subject == .outcome, let news = loop.takeNews(of: delivery.id),
            let body = WebhookBody(news, form: delivery.form)
        {
            return (body.type, body.text())
        }
        let journal = try await store.journal(of: delivery.orchestration, after: 0, limit: .max)
        switch delivery.subject {
        case .outcome:
            guard let body = WebhookBody(journal: journal, form: delivery.form) else { return nil }
            return (body.type, body.text())
        case .approvalRequested:
            guard let body = ApprovalWebhookBody(journal: journal) else { return nil }
            return (body.type, try WireEncoder().pieces(of: body))
        case .compensationFailed(let task):
            guard let body = CompensationWebhookBody(journal: journal, task: task) else { return nil }
            return (body.type, try WireEncoder().pieces(of: body))
        }
    }

    /// `nil` for a 2xx; else why not, without anything from the body.
    private func attempt(_ delivery: WebhookDelivery) async -> String? {
        do {
            guard let (type, text) = try await body(of: delivery) else {
                return "the orchestration's journal does not tell what happened"
            }
            let seconds = loop.now.milliseconds / 1_000
            var headers: HTTPHeaders = [
                "Content-Type": "application/json", "User-Agent": "orra/1.0", "X-Orra-Event": type,
                "webhook-id": delivery.id.rawValue, "webhook-timestamp": "\(seconds)",
            ]
            if let secret = delivery.secret {
                headers.add(
                    name: "webhook-signature",
                    value: WebhookSignature.sign(text, id: delivery.id.rawValue, timestamp: seconds, secret: secret))
            }
            let status = try await client.post(
                ByteBuffer(text), to: delivery.url, headers: headers,
                timeout: TimeAmount(Limits.webhookTimeout))
            let code = Int(status.code)
            return (200..<300).contains(code) ? nil : "the receiver answered \(code)"
        } catch is StoreError {
            return "the journal could not be read"
        } catch let error as HTTPClientError {
            return "the receiver could not be reached: \(error)"
        } catch {
            return "the receiver could not be reached"
        }
    }
}

/// Standard Webhooks: `v1,` and HMAC-SHA-256 over `id.timestamp.body` in base64.
enum WebhookSignature {
    /// `secret` is the key in base64, without the `whsec_` that its holder sees.
    static func sign(_ body: JSONPieces, id: String, timestamp: Int64, secret: String) -> String {
        var code = HMAC<SHA256>(key: SymmetricKey(data: Data(base64Encoded: secret) ?? Data()))
        code.update(data: Array("\(id).\(timestamp).".utf8))
        body.forEach { code.update(data: $0) }
        return "v1,\(Data(code.finalize()).base64EncodedString())"
    }
}
