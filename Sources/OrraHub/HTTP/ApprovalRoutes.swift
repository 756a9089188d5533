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
        let orchestration = try await orchestration(row.id)
        // The yes is about the plan with its services as they were; after a change it is asked for anew.
        if let plan = orchestration.plan, case .held = orchestration.phase {
            let catalogue = await loop.directory.services(of: row.project)
            guard HubPlanning.hash(plan, catalogue) == orchestration.terms.planHash else {
                throw APIError(
                    .invalidOperation, .planChanged,
                    "a service of the plan has changed since it was made; reject it and submit the action again")
            }
        }
        return try await decide(
            row, .approve(row.id, row.project, planHash: body.planHash, reason: body.reason))
    }

    func reject(_ request: Hummingbird.Request, _ context: HubContext) async throws -> Response {
        let row = try await row(context)
        let body = try await request.decode(RejectionRequest.self)
        try Self.check(body.reason)
        return try await decide(row, .reject(row.id, row.project, reason: body.reason))
    }

    private func decide(_ row: OrchestrationRow, _ request: OrraCore.Request) async throws -> Response {
        let reply: Reply
        do throws(RequestFailure) {
            reply = try await loop.request(request)
        } catch {
            // It has ended since, or long ago.
            throw error == .notLive ? RequestFailure.notHeld.apiError : error.apiError
        }
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
