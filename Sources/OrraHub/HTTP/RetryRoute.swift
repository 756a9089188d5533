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
        guard let key = try request.submissionKey() else { return try await retry(row, under: nil) }
        // The key stands for this retry: it is none of a submission, nor of another one's retry.
        return try await once(.init(project: row.project, key: key), "retry \(row.id)") { submission in
            try await retry(row, under: submission)
        }
    }

    private func retry(
        _ row: OrchestrationRow, under submission: ((OrchestrationID) -> SubmissionRow)?
    ) async throws -> Response {
        var catalogue = loop.directory.services(of: row.project)
        let before = try await orchestration(row.id)
        guard before.retryRefusal == nil, let plan = before.plan else {
            throw APIError(
                .invalidOperation, .cannotRetry,
                "\(before.id) can't be retried: \(before.retryRefusal ?? "it has no plan")")
        }
        let registered = Set(catalogue.map(\.id))
        guard plan.tasks.allSatisfy({ registered.contains($0.service) }) else {
            throw APIError(
                .invalidOperation, .cannotRetry,
                "\(before.id) can't be retried: a service of its plan is no longer registered")
        }
        let page = try await read { _ throws(StoreError) in try await planning.book.page(of: before.project) }
        var random = SystemRandomNumberGenerator()
        let received = Event.Received(
            orchestration: .ordered(at: loop.now, using: &random), project: before.project, action: before.action,
            data: before.data, timeout: before.timeout, gracePeriod: before.gracePeriod, webhook: before.webhook,
            retryOf: before.id)
        let values = Submission.searchableValues(of: before.data)
        return try await run(received, searchableValues: values, isAtOnce: true) { isAgain in
            // A service of the plan was registered meanwhile: whether the yes on record covers it is asked again.
            if isAgain { catalogue = loop.directory.services(of: row.project) }
            let demand = ApprovalDemand(
                plan, origin: before.terms.planner, catalogue: catalogue, settings: planning.settings(page))
            let terms = before.termsOfRetry(
                planHash: planning.hash(plan, catalogue), asking: demand == nil ? nil : .approval)
            return Decision(
                .plan(
                    plan, kept: before.keptOutputs, terms: terms, submission: submission?(received.orchestration),
                    seen: plan.versions(in: catalogue)))
        }
    }
}
