import Hummingbird
import OrraCore
import OrraEngine
import OrraModel
import OrraProtocol
import OrraStore

/// A person's yes or no to a plan that waits for it.
extension HubServices {
    func approve(_ request: Hummingbird.Request, _ context: HubContext) async throws -> Response {
        let row = try await row(context)
        let body = try await request.decode(ApprovalRequest.self)
        try Self.check(body.reason)
        // A service of the plan may be registered between the comparison and the core's turn; then it is compared again.
        for _ in 0..<8 {
            let catalogue = loop.directory.services(of: row.project)
            let seen = try check(try await orchestration(row.id), catalogue)
            let reply: Reply
            do throws(RequestFailure) {
                reply = try await loop.request(
                    .approve(row.id, row.project, planHash: body.planHash, reason: body.reason, seen: seen))
            } catch {
                guard error == .stale else { throw Self.apiError(error) }
                continue
            }
            return try Self.answer(reply)
        }
        throw APIError.unavailable
    }

    /// The yes is about the plan with its services as they were; after a change it is asked for anew.
    ///
    /// - Returns: the versions of the plan's services for which that holds.
    private func check(
        _ orchestration: Orchestration, _ catalogue: [Service]
    ) throws(APIError) -> [ServiceID: Int] {
        guard let plan = orchestration.plan, case .held = orchestration.phase else { return [:] }
        guard planning.hash(plan, catalogue) == orchestration.terms.planHash else {
            throw APIError(
                .invalidOperation, .planChanged,
                "a service of the plan has changed since it was made; reject it and submit the action again")
        }
        return plan.versions(in: catalogue)
    }

    func reject(_ request: Hummingbird.Request, _ context: HubContext) async throws -> Response {
        let row = try await row(context)
        let body = try await request.decode(RejectionRequest.self)
        try Self.check(body.reason)
        let reply: Reply
        do throws(RequestFailure) {
            reply = try await loop.request(.reject(row.id, row.project, reason: body.reason))
        } catch {
            throw Self.apiError(error)
        }
        return try Self.answer(reply)
    }

    /// It may have ended since, or long ago.
    private static func apiError(_ failure: RequestFailure) -> APIError {
        failure == .notLive ? RequestFailure.notHeld.apiError : failure.apiError
    }

    private static func answer(_ reply: Reply) throws -> Response {
        guard case .orchestration(let orchestration) = reply else { throw APIError.unavailable }
        return try .json(OrchestrationSummary(Core.row(of: orchestration)), status: .accepted)
    }

    private static func check(_ reason: String?) throws(APIError) {
        guard let reason, reason.count > Limits.approvalReasonCharacters else { return }
        throw APIError(
            .validation, .invalidRequest, param: "reason",
            "a reason has at most \(Limits.approvalReasonCharacters) characters")
    }
}

extension Plan {
    /// Of its services, as they are registered.
    func versions(in catalogue: [Service]) -> [ServiceID: Int] {
        let used = Set(tasks.map(\.service))
        return Dictionary(
            catalogue.filter { used.contains($0.id) }.map { ($0.id, $0.version) }, uniquingKeysWith: max)
    }
}
