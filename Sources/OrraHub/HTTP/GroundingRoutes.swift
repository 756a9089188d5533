import Foundation
import Hummingbird
import OrraCore
import OrraModel
import OrraPlanner
import OrraProtocol
import OrraStore

/// Groundings: what a project's actions may be.
extension HubServices {
    func groundings(_ context: HubContext) async throws -> Response {
        let project = try context.requireProject()
        let page = try await read { _ throws(StoreError) in try await planning.book.page(of: project) }
        return try .json(page.groundings)
    }

    func applyGrounding(_ request: Hummingbird.Request, _ context: HubContext) async throws -> Response {
        let project = try context.requireProject()
        let bytes = try await request.bytes()
        guard bytes.count <= Limits.groundingBytes else {
            throw APIError(
                .validation, .bodyTooLarge, "a grounding has at most \(Limits.groundingBytes) bytes")
        }
        let grounding = try Hummingbird.Request.decode(Grounding.self, from: bytes)
        if let fault = GroundingValidator.faults(of: grounding).first {
            throw APIError(.validation, .invalidGrounding, param: fault.path, fault.description)
        }
        try await change { () throws(PlanningBook.Refusal) in
            try await planning.book.apply(grounding, to: project)
        } versionExists: {
            APIError(
                .invalidOperation, .invalidGrounding, param: "version",
                "the project already has a grounding spec with name \(grounding.name) and version "
                    + "\(grounding.version)")
        }
        return try .json(grounding, status: .created)
    }

    func removeGroundings(_ context: HubContext) async throws -> Response {
        try await removeGroundings(named: nil, context)
    }

    func removeGrounding(_ context: HubContext) async throws -> Response {
        try await removeGroundings(named: try context.name("name"), context)
    }

    private func removeGroundings(named name: String?, _ context: HubContext) async throws -> Response {
        let project = try context.requireProject()
        try await change { () throws(PlanningBook.Refusal) in
            try await planning.book.remove(name, from: project)
        }
        return Response(status: .noContent)
    }

    func testGrounding(_ request: Hummingbird.Request, _ context: HubContext) async throws -> Response {
        let project = try context.requireProject()
        let body = try await request.decode(GroundingTestRequest.self)
        // The same bounds as for an action that runs.
        let submission = try Submission(ActionRequest(action: body.action, data: body.data))
        let catalogue = loop.directory.services(of: project)
        let report: GroundingReport
        do throws(EmbeddingFault) {
            report = try await GroundingReport(
                body.grounding, action: submission.action, parameterNames: submission.parameters.keys,
                embedder: planning.embedder, threshold: planning.thresholds.grounding, for: project)
        } catch {
            throw APIError(.unavailable, .plannerUnavailable, error.reason)
        }
        let faults = report.faults + GroundingValidator.unknownServices(in: body.grounding, catalogue: catalogue)
        return try .json(
            GroundingTest(
                match: report.match.map { .init(useCase: $0.action, similarity: $0.similarity) },
                threshold: report.threshold,
                considered: report.considered.map { .init(useCase: $0.useCase, similarity: $0.similarity) },
                errors: faults.map(\.description)))
    }

    // MARK: - Settings

    func planningSettings(_ context: HubContext) async throws -> Response {
        try await answerPlanning(of: try context.requireProject())
    }

    func setPlanning(_ request: Hummingbird.Request, _ context: HubContext) async throws -> Response {
        let project = try context.requireProject()
        let settings = try await request.decode(PlanningSettings.self)
        try check(settings)
        try await change { () throws(PlanningBook.Refusal) in try await planning.book.set(settings, of: project) }
        return try await answerPlanning(of: project)
    }

    private func answerPlanning(of project: ProjectID) async throws -> Response {
        let page = try await read { _ throws(StoreError) in try await planning.book.page(of: project) }
        let month = HubPlanning.month(of: loop.now)
        return try .json(
            PlanningAnswer(
                settings: planning.settings(page), own: page.settings,
                usage: await planning.ledger.spending(by: project, month: month), model: planning.model,
                embedder: planning.embedder.name))
    }

    private func check(_ settings: PlanningSettings) throws(APIError) {
        func fault(_ param: String, _ sentence: String) -> APIError {
            APIError(.validation, .invalidRequest, param: param, sentence)
        }
        for (param, value) in [("runThreshold", settings.runThreshold), ("draftThreshold", settings.draftThreshold)] {
            guard value.map((0...1).contains) ?? true else { throw fault(param, "\(param) lies between 0 and 1") }
        }
        let effective = settings.over(planning.defaults).over(.standard)
        if let run = effective.runThreshold, let draft = effective.draftThreshold, draft > run {
            throw fault("draftThreshold", "the draft threshold must not lie above the run threshold")
        }
        guard settings.modelBudget.map({ $0 >= 0 }) ?? true else {
            throw fault("modelBudget", "a budget is 0 or more")
        }
        if let reason = planning.budgetFault(settings.modelBudget) { throw fault("modelBudget", reason) }
    }

    /// Changes what the project has for planning; refusals are the caller's errors.
    func change(
        _ body: () async throws(PlanningBook.Refusal) -> Void, versionExists: () -> APIError = { .unavailable }
    ) async throws(APIError) {
        do throws(PlanningBook.Refusal) {
            try await body()
        } catch {
            switch error {
            case .store: throw .unavailable
            case .request(let failure): throw failure.apiError
            case .versionExists: throw versionExists()
            case .tooMany:
                throw APIError(
                    .tooMany, .tooMany, "a project has at most \(Limits.groundingsPerProject) grounding versions")
            case .unknown:
                throw APIError(
                    .notFound, .unknownGrounding, "there is no grounding of this name in this project")
            }
        }
    }
}

extension HubContext {
    /// A name that stands in the path, which may hold escaped characters.
    func name(_ parameter: String) throws -> String {
        let raw = try parameters.require(parameter)
        return raw.removingPercentEncoding ?? raw
    }
}
