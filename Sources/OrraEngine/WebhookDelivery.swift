public import OrraModel

/// One webhook event on its way to one receiver: tried until a 2xx, over restarts, for three days.
public struct WebhookDelivery: Sendable, Hashable, Codable {
    /// How the results are put together for the receiver.
    public enum Form: String, Sendable, Codable {
        /// The action's own webhook: one object, later tasks winning.
        case merged
        /// The project's webhooks: an array, one per last task.
        case list
    }

    /// What the receiver is told.
    public enum Subject: Sendable, Hashable, Codable {
        /// How the orchestration ended.
        case outcome
        /// Its plan waits for a person's yes.
        case approvalRequested
        /// This task could not be undone.
        case compensationFailed(TaskID)
    }

    public enum State: String, Sendable, Codable { case pending, delivered, failed }

    /// The `webhook-id` of every try.
    public var id: DeliveryID
    public var project: ProjectID
    public var orchestration: OrchestrationID
    public var url: String
    /// Key of the signature; `nil` for a receiver that was never registered.
    public var secret: String?
    public var form: Form
    public var subject: Subject
    public var createdAt: Timestamp
    public var state: State
    /// Tries that were made.
    public var attempts: Int
    public var nextAttempt: Timestamp
    /// Why the last try failed; no part of the answer's body.
    public var lastError: String?

    public init(
        id: DeliveryID, project: ProjectID, orchestration: OrchestrationID, url: String, secret: String?, form: Form,
        subject: Subject = .outcome, createdAt: Timestamp
    ) {
        self.id = id
        self.project = project
        self.orchestration = orchestration
        self.url = url
        self.secret = secret
        self.form = form
        self.subject = subject
        self.createdAt = createdAt
        state = .pending
        attempts = 0
        nextAttempt = createdAt
    }

    /// After a try. `error` is `nil` for a 2xx; else the next try is 1 s, 2 s, 4 s … 1 h later, until three days are over.
    public mutating func attempted(error: String?, at now: Timestamp) {
        attempts += 1
        lastError = error
        guard error != nil else {
            state = .delivered
            return
        }
        let seconds = min(pow2(attempts - 1), 3_600)
        nextAttempt = now + .seconds(seconds)
        if nextAttempt > createdAt + Limits.webhookRetention { state = .failed }
    }

    /// Before any try: it is listed as failed.
    public mutating func giveUp(_ reason: String) {
        state = .failed
        lastError = reason
    }

    private func pow2(_ exponent: Int) -> Int { exponent >= 12 ? 4_096 : 1 << exponent }
}
