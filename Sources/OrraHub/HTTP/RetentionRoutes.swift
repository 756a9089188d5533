import Hummingbird
import OrraCore
import OrraEngine
import OrraModel
import OrraProtocol
import OrraStore

/// How long ended orchestrations are kept, deleting by hand, and what waits for services.
extension HubServices {
    func retention(_ context: HubContext) async throws -> Response {
        let own = loop.directory.retention(of: try context.requireProject())
        return try .json(RetentionBody(retention: GoDuration(own ?? pruner.retention)))
    }

    func setRetention(_ request: Hummingbird.Request, _ context: HubContext) async throws -> Response {
        let project = try context.requireProject()
        let retention = try await request.decode(RetentionBody.self).retention.duration
        guard retention == .zero || Limits.retentionRange.contains(retention) else {
            throw APIError(
                .validation, .invalidRequest, param: "retention",
                "retention is 0, which keeps all, or lies between \(GoDuration(Limits.retentionRange.lowerBound).text) "
                    + "and \(GoDuration(Limits.retentionRange.upperBound).text)")
        }
        _ = try await self.request(.setRetention(project, retention))
        return try .json(RetentionBody(retention: GoDuration(retention)))
    }

    func prune(_ request: Hummingbird.Request, _ context: HubContext) async throws -> Response {
        let project = try context.requireProject()
        let given = try await request.decode(PruneRequest.self).olderThan?.duration
        if let given, given < .zero {
            throw APIError(.validation, .invalidRequest, param: "olderThan", "olderThan is 0 or longer")
        }
        let own = loop.directory.retention(of: project) ?? pruner.retention
        let age = given ?? own
        // Without an age of its own, a project that keeps all keeps all.
        guard given != nil || age > .zero else { return try .json(PruneAnswer(deleted: 0)) }
        do {
            return try .json(PruneAnswer(deleted: try await pruner.prune(project, endedBefore: loop.now - age)))
        } catch let error as RequestFailure {
            throw error.apiError
        } catch is StoreError {
            throw APIError.unavailable
        }
    }

    func outbox(_ context: HubContext) async throws -> Response {
        let project = try context.requireProject()
        let rows = try await read { store throws(StoreError) in
            try await store.outbox(of: project, limit: Limits.listedEntries)
        }
        let directory = loop.directory
        return try .json(
            OutboxList(
                entries: rows.map { row in
                    OutboxEntry(
                        taskId: row.reference.task, orchestrationId: row.reference.orchestration,
                        serviceId: row.service,
                        serviceName: directory.service(row.service)?.name ?? row.service.rawValue,
                        kind: row.reference.kind == .task ? .task : .compensation,
                        state: row.death == nil ? .waiting : .dead, readyAt: row.readyAt, deadAt: row.death?.at,
                        error: row.death?.error)
                }))
    }
}
