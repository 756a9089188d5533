import Hummingbird
import OrraCore
import OrraEngine
import OrraModel
import OrraProtocol
import OrraStore

/// The inbox of compensations that failed.
extension HubServices {
    func failedCompensations(_ request: Hummingbird.Request, _ context: HubContext) async throws -> Response {
        let project = try context.requireProject()
        let all: Bool
        switch request.uri.queryParameters["all"] {
        case nil, "false": all = false
        case "true", "": all = true
        default: throw APIError(.validation, .invalidRequest, param: "all", "all is true or false")
        }
        let entries = try await read { store throws(StoreError) in
            try await store.failedCompensations(of: project, all: all, limit: Limits.listedEntries)
        }
        return try .json(entries.map { FailedCompensationAnswer($0) })
    }

    func failedCompensation(_ context: HubContext) async throws -> Response {
        let entry = try await failed(context)
        let orchestration = try await orchestration(entry.reference.orchestration)
        return try .json(
            FailedCompensationAnswer(entry, data: CompensationData(of: entry.reference.task, in: orchestration)))
    }

    func resolve(
        _ resolution: FailedCompensation.Resolution, _ request: Hummingbird.Request, _ context: HubContext
    ) async throws -> Response {
        let entry = try await failed(context)
        let reason = try await request.decode(ResolutionRequest.self).reason.trimmed
        guard Limits.resolutionCharacters.contains(reason.count) else {
            throw APIError(
                .validation, .invalidRequest, param: "reason",
                "say what was done, in 1 to \(Limits.resolutionCharacters.upperBound) characters")
        }
        // Something may come to the orchestration between the reading and the asking; then it is read again.
        for _ in 0..<8 {
            let orchestration = try await orchestration(entry.reference.orchestration)
            let reply: Reply
            do throws(RequestFailure) {
                reply = try await loop.request(.resolve(entry, resolution, reason: reason, orchestration))
            } catch {
                guard error == .stale else { throw error.apiError }
                continue
            }
            guard case .failedCompensation(let resolved) = reply else { break }
            return try .json(FailedCompensationAnswer(resolved))
        }
        throw APIError.unavailable
    }

    /// The entry that the path names, if it is the caller's own.
    private func failed(_ context: HubContext) async throws -> FailedCompensation {
        let project = try context.requireProject()
        let id = CompensationID(try context.parameters.require("id"))
        let entry = try await read { store throws(StoreError) in try await store.failedCompensation(id) }
        guard let entry, entry.project == project else {
            throw APIError(.notFound, .unknownCompensation, "there is no such failed compensation in this project")
        }
        return entry
    }

    /// As its journal tells it.
    func orchestration(_ id: OrchestrationID) async throws -> Orchestration {
        let journal = try await read { store throws(StoreError) in
            try await store.journal(of: id, after: 0, limit: .max)
        }
        do throws(JournalFault) {
            return try Orchestration(replaying: journal)
        } catch {
            throw APIError(.internalError, .internalError, error.description)
        }
    }
}

extension FailedCompensationAnswer {
    init(_ entry: FailedCompensation, data: CompensationData? = nil) {
        self.init(
            id: entry.id, projectId: entry.project, orchestrationId: entry.reference.orchestration,
            taskId: entry.reference.task, serviceId: entry.service, serviceName: entry.serviceName,
            compensationData: data, status: entry.status,
            resolutionState: CompensationResolution(entry.resolution), failure: entry.failure,
            resolution: entry.reason, attemptsMade: entry.attempts,
            maxAttempts: RetryPolicy.compensation.maximumAttempts, timestamp: entry.at, resolvedAt: entry.resolvedAt)
    }
}

extension CompensationResolution {
    init(_ resolution: FailedCompensation.Resolution) {
        switch resolution {
        case .pending: self = .pending
        case .resolved: self = .resolved
        case .ignored: self = .ignored
        }
    }
}
