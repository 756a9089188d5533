import Hummingbird
import OrraCore
import OrraEngine
import OrraModel
import OrraPlanner
import OrraProtocol
import OrraStore

/// `POST /orchestrations/{id}/retry`: the same plan again, as a new orchestration that keeps what was finished.
extension HubServices {
    func retry(_ request: Hummingbird.Request, _ context: HubContext) async throws -> Response {
        let row = try await row(context)
        guard let key = try request.submissionKey() else { return try await retry(row.id, under: nil) }
        // The key stands for this retry: it is none of a submission, nor of another one's retry.
        return try await once(.init(project: row.project, key: key), "retry \(row.id)") { submission in
            try await retry(row.id, under: submission)
        }
    }

    private func retry(
        _ id: OrchestrationID, under row: ((OrchestrationID) -> SubmissionRow)?
    ) async throws -> Response {
        let before = try await orchestration(id)
        guard before.retryRefusal == nil, let plan = before.plan else {
            throw APIError(
                .invalidOperation, .cannotRetry,
                "\(before.id) can't be retried: \(before.retryRefusal ?? "it has no plan")")
        }
        let catalogue = await loop.directory.services(of: before.project)
        let registered = Set(catalogue.map(\.id))
        guard plan.tasks.allSatisfy({ registered.contains($0.service) }) else {
            throw APIError(
                .invalidOperation, .cannotRetry,
                "\(before.id) can't be retried: a service of its plan is no longer registered")
        }
        let page = try await read { _ throws(StoreError) in try await planning.book.page(of: before.project) }
        let used = Set(plan.tasks.map(\.service))
        let asksApproval =
            planning.settings(page).approveNewPlans == true && before.terms.planner != .pinned
            || catalogue.contains { used.contains($0.id) && $0.approval }
        let terms = before.termsOfRetry(
            planHash: HubPlanning.hash(plan, catalogue), asking: asksApproval ? .approval : nil)
        var random = SystemRandomNumberGenerator()
        let received = Event.Received(
            orchestration: .random(using: &random), project: before.project, action: before.action,
            data: before.data, timeout: before.timeout, gracePeriod: before.gracePeriod, webhook: before.webhook,
            retryOf: before.id)
        return try await keep(
            received, searchableValues: Submission.searchableValues(of: before.data),
            Decision(
                .plan(plan, kept: before.keptOutputs, terms: terms, submission: row?(received.orchestration))))
    }
}
