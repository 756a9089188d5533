public import OrraModel
public import OrraProtocol

/// What an operator looks after: work that could not be undone, what waits, and what is kept.
extension OperatorClient {
    /// `GET /compensation-failures`: tasks that could not be undone, newest first, without their data.
    ///
    /// - Parameter all: also those that were resolved or ignored. Default: only those that are pending.
    public func failedCompensations(all: Bool = false) async throws -> [FailedCompensationAnswer] {
        try await get("/compensation-failures" + (all ? "?all=true" : ""))
    }

    /// `GET /compensation-failures/{id}`: one of them, with the data that undo the task.
    public func failedCompensation(_ id: CompensationID) async throws -> FailedCompensationAnswer {
        try await get("/compensation-failures/\(HubAddress.encoded(id.rawValue))")
    }

    /// `POST /compensation-failures/{id}/resolve`: it was dealt with.
    ///
    /// - Throws: ``OperatorError/refused(status:_:)`` with the code `Orra:AlreadyResolved` when somebody came before.
    public func resolve(_ id: CompensationID, reason: String) async throws -> FailedCompensationAnswer {
        try await post(
            "/compensation-failures/\(HubAddress.encoded(id.rawValue))/resolve", ResolutionRequest(reason: reason))
    }

    /// `POST /compensation-failures/{id}/ignore`: it is left as it is. Otherwise like ``resolve(_:reason:)``.
    public func ignore(_ id: CompensationID, reason: String) async throws -> FailedCompensationAnswer {
        try await post(
            "/compensation-failures/\(HubAddress.encoded(id.rawValue))/ignore", ResolutionRequest(reason: reason))
    }

    /// `POST /compensation-failure-webhooks`: `url` is told each task that could not be undone. The answer tells the secret
    /// that signs it, once.
    public func addCompensationFailureWebhook(url: String) async throws -> WebhookAnswer {
        try await post("/compensation-failure-webhooks", WebhookRequest(url: url))
    }

    /// `GET /compensation-failure-webhooks`, without their secrets.
    public func compensationFailureWebhooks() async throws -> WebhookList {
        try await get("/compensation-failure-webhooks")
    }

    /// `GET /outbox`: what waits for services, and what was given up.
    public func outbox() async throws -> OutboxList { try await get("/outbox") }

    /// `POST /prune`: deletes orchestrations that have ended.
    ///
    /// - Parameter age: those that ended longer ago than this. Default: the project's retention.
    /// - Returns: how many are gone.
    public func prune(olderThan age: Duration? = nil) async throws -> Int {
        let answer: PruneAnswer = try await post("/prune", PruneRequest(olderThan: age.map(GoDuration.init)))
        return answer.deleted
    }

    /// `GET /retention`: how long orchestrations are kept after their end; 0 for ever.
    public func retention() async throws -> Duration {
        let answer: RetentionBody = try await get("/retention")
        return answer.retention.duration
    }

    /// `PUT /retention`: how long the project's orchestrations are kept after their end; 0 for ever. Returns what holds now.
    @discardableResult
    public func setRetention(_ duration: Duration) async throws -> Duration {
        let answer: RetentionBody = try await put("/retention", RetentionBody(retention: GoDuration(duration)))
        return answer.retention.duration
    }
}
