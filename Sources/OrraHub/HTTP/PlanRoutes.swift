import Hummingbird
import OrraCore
import OrraEngine
import OrraModel
import OrraPlanner
import OrraProtocol

/// `POST /plans`: what an action would do, and what a failure would undo. Nothing is kept.
extension HubServices {
    func preview(_ request: Hummingbird.Request, _ context: HubContext) async throws -> Response {
        let project = try context.requireProject()
        let submission = try Submission(try await request.decode(PlanRequest.self).submission)
        let catalogue = await loop.directory.services(of: project)
        switch await outcome(of: submission, try submission.givenPlan(catalogue), catalogue) {
        case .notActionable(let reason): throw APIError(.validation, .actionNotActionable, reason)
        case .plan(let plan):
            let services = Dictionary(catalogue.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
            let points = OrraEngine.FailurePoint.all(of: plan) { services[$0]?.revertible ?? false }
            return try .json(
                PlanPreview(
                    plan: PlanValidator.wire(plan),
                    failurePoints: points.map { OrraProtocol.FailurePoint($0) { services[$0]?.name ?? $0.rawValue } }))
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
