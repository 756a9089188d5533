import Hummingbird
import OrraCore
import OrraEngine
import OrraModel
import OrraPlanner
import OrraProtocol

/// `POST /plans`: what an action would do, why, and what a failure would undo. Nothing is kept.
extension HubServices {
    func preview(_ request: Hummingbird.Request, _ context: HubContext) async throws -> Response {
        let project = try context.requireProject()
        let body = try await request.decode(PlanRequest.self)
        let explains = body.explain ?? false
        let submission = try Submission(body.submission)
        let (planningRequest, checked) = try await check(submission, for: project)
        let outcome: PlanningOutcome
        if let checked {
            outcome = checked
        } else {
            outcome = await planning.plan(planningRequest)
        }
        var preview = PlanPreview(plan: nil, failurePoints: [])
        preview.planner = outcome.origin
        preview.confidence = outcome.confidence
        preview.stages = outcome.stages
        switch outcome.verdict {
        case .run(let plan): show(plan, planningRequest.catalogue, in: &preview)
        case .hold(let plan, let reason):
            show(plan, planningRequest.catalogue, in: &preview)
            preview.verdict = .init(reason)
        case .refuse(let refusal):
            guard explains else { throw refusal.apiError }
            if let draft = refusal.draft { show(draft, planningRequest.catalogue, in: &preview) }
            preview.verdict = .refused
            preview.reason = refusal.reason
        }
        return try .json(preview)
    }

    private func show(_ plan: Plan, _ catalogue: [Service], in preview: inout PlanPreview) {
        let services = Dictionary(catalogue.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let points = OrraEngine.FailurePoint.all(of: plan) { services[$0]?.revertible ?? false }
        preview.plan = PlanValidator.wire(plan)
        preview.planHash = planning.hash(plan, catalogue)
        preview.failurePoints = points.map {
            OrraProtocol.FailurePoint($0) { services[$0]?.name ?? $0.rawValue }
        }
    }
}

extension OrraProtocol.FailurePoint {
    init(_ point: OrraEngine.FailurePoint, name: (ServiceID) -> String) {
        func tasks(_ affected: [OrraEngine.FailurePoint.Affected]) -> [Task] {
            affected.map { Task(taskId: $0.task, serviceName: name($0.service)) }
        }
        self.init(
            taskId: point.task, serviceName: name(point.service), undone: tasks(point.undone),
            maybeUndone: tasks(point.maybeUndone),
            cannotUndo: point.cannotUndo.map {
                Kept(taskId: $0.task, serviceName: name($0.service), certain: $0.isCertain)
            })
    }
}
