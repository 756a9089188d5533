import Crypto
import OrraCore
import OrraEngine
import OrraModel
import OrraPlanner
import OrraProtocol
import OrraStore

/// Planning as routes need it: the pipeline, and what projects keep for it.
struct HubPlanning: Sendable {
    let pipeline: PlanningPipeline
    let documents: ProjectDocuments
    let book: PlanningBook
    let plans: StoredPlans
    let ledger: StoredLedger
    /// Of the hub; a project's own go before them.
    let defaults: PlanningSettings
    let model: String?
    /// Why a project's budget would hold nothing back; `nil` for one that does.
    let budgetFault: @Sendable (Int?) -> String?
    let embedder: any Embedder
    let shapes = ServiceShapes(digest: HubPlanning.digest)
    /// Of the embedder, as configured.
    let thresholds: EmbedderThresholds

    /// What an action is planned with.
    func request(
        _ submission: Submission, for project: ProjectID, _ catalogue: [Service]
    ) async throws(StoreError) -> PlanningRequest {
        let page = try await book.page(of: project)
        return PlanningRequest(
            action: submission.action, parameters: submission.parameters, catalogue: catalogue, project: project,
            groundings: page.inForce, settings: settings(page))
    }

    /// Makes a plan, on the pool: to read a large catalogue, or a long text, would keep the sockets of a request's event
    /// loop waiting.
    func plan(_ request: PlanningRequest) async -> PlanningOutcome {
        await withTaskExecutorPreference(globalConcurrentExecutor) { await pipeline.plan(request) }
    }

    /// The project's own settings over the hub's.
    func settings(_ page: PlanningBook.Page) -> PlanningSettings {
        page.settings.over(defaults).over(.standard)
    }

    func pinned(_ name: String, of project: ProjectID) async throws(StoreError) -> PinnedPlan? {
        try await documents.one(.pinnedPlan, named: name, of: project)
    }

    func pinned(of project: ProjectID) async throws(StoreError) -> [PinnedPlan] {
        try await documents.all(.pinnedPlan, of: project, limit: Limits.pinnedPlansPerProject)
    }

    /// What was decided about a plan, for its journal.
    func terms(
        of outcome: PlanningOutcome, _ plan: Plan, hold: HoldReason?, _ request: PlanningRequest
    ) -> PlanTerms {
        PlanTerms(
            planner: outcome.origin, confidence: outcome.confidence, planHash: hash(plan, request.catalogue),
            hold: hold, outputCheck: request.settings.outputCheck,
            grounding: outcome.groundingHit?.hit)
    }

    func hash(_ plan: Plan, _ catalogue: [Service]) -> String {
        PlanHash.of(plan, catalogue: catalogue, shape: shapes.shape, digest: Self.digest)
    }

    /// Whether the plan's services, and who asks for approval of them, are the same in both.
    func isSame(_ plan: Plan, in before: [Service], _ now: [Service]) -> Bool {
        func guarded(_ catalogue: [Service]) -> Set<ServiceID> { Set(catalogue.filter(\.approval).map(\.id)) }
        let used = Set(plan.tasks.map(\.service))
        return hash(plan, before) == hash(plan, now)
            && guarded(before).intersection(used) == guarded(now).intersection(used)
    }

    /// SHA-256 in hexadecimal.
    @Sendable static func digest(_ bytes: [UInt8]) -> String { SHA256.hash(data: bytes).hexadecimal }

    /// `2026-11`: the month of UTC whose budget counts.
    static func month(of time: Timestamp) -> String { String(time.description.prefix(7)) }
}

extension PlanningRefusal {
    /// The answer to an action that can't be planned.
    var apiError: APIError {
        switch kind {
        case .notActionable: APIError(.validation, .actionNotActionable, reason)
        case .invalid: APIError(.validation, .invalidPlan, param: "plan", reason)
        case .plannerUnavailable: APIError(.unavailable, .plannerUnavailable, reason)
        case .budgetSpent: APIError(.tooMany, .planningBudgetSpent, reason)
        }
    }
}
