import Hummingbird
import OrraCore
import OrraEngine
import OrraModel
import OrraPlanner
import OrraProtocol
import OrraStore

/// Lists, inspections and cancels. Submitting stands in `Submission.swift`.
extension HubServices {
    func list(_ context: HubContext) async throws -> Response {
        let project = try context.requireProject()
        let rows = try await read { store throws(StoreError) in
            try await store.orchestrations(of: project, limit: Limits.listedOrchestrations)
        }
        return try .json(OrchestrationList(rows.map(OrchestrationSummary.init)))
    }

    func inspect(_ context: HubContext) async throws -> Response {
        try await inspect(try await row(context))
    }

    func inspectByValue(_ request: Hummingbird.Request, _ context: HubContext) async throws -> Response {
        let project = try context.requireProject()
        guard let value = request.uri.queryParameters["value"], !value.isEmpty else {
            throw APIError(
                .validation, .invalidRequest, param: "value",
                "name an orchestration (/orchestrations/inspections/o_…) or a parameter value (?value=ORD456)")
        }
        let row = try await read { store throws(StoreError) in
            try await store.orchestration(of: project, carrying: String(value))
        }
        guard let row else {
            throw APIError(.notFound, .unknownOrchestration, "no orchestration carries this parameter value")
        }
        return try await inspect(row)
    }

    private func inspect(_ row: OrchestrationRow) async throws -> Response {
        let journal = try await read { store throws(StoreError) in
            try await store.journal(of: row.id, after: 0, limit: .max)
        }
        let inspection: Inspection
        do throws(JournalFault) {
            inspection = try Inspection(journal: journal, at: loop.now)
        } catch {
            throw APIError(.internalError, .internalError, error.description)
        }
        return try .json(inspection)
    }

    func cancel(_ context: HubContext) async throws -> Response {
        let row = try await row(context)
        let reply: Reply
        do throws(RequestFailure) {
            reply = try await loop.request(.cancel(row.id, row.project))
        } catch {
            guard error == .notLive else { throw error.apiError }
            throw APIError(
                .invalidOperation, .alreadyEnded, "the orchestration has ended (\(row.status.rawValue))")
        }
        guard case .orchestration(let orchestration) = reply else { throw APIError.unavailable }
        return try .json(OrchestrationSummary(Core.row(of: orchestration)), status: .accepted)
    }

    /// The orchestration that the path names, if it is the caller's own.
    func row(_ context: HubContext) async throws -> OrchestrationRow {
        let project = try context.requireProject()
        let id = OrchestrationID(try context.parameters.require("id"))
        let row = try await read { store throws(StoreError) in try await store.orchestration(id) }
        guard let row, row.project == project else {
            throw APIError(.notFound, .unknownOrchestration, "there is no such orchestration in this project")
        }
        return row
    }
}

extension OrchestrationSummary {
    init(_ row: OrchestrationRow) {
        self.init(
            id: row.id, action: row.action, status: row.status, error: row.error, timestamp: row.receivedAt,
            compensation: row.compensations.total > 0 ? row.compensations : nil, pauseReason: row.pauseReason)
    }
}
