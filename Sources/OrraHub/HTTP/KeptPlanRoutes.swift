import HTTPTypes
import Hummingbird
import NIOCore
import OrraCore
import OrraEngine
import OrraModel
import OrraPlanner
import OrraProtocol
import OrraStore

/// Plans that are kept: those of the cache, and those that were saved under a name.
extension HubServices {
    func keptPlans(_ context: HubContext) async throws -> Response {
        let project = try context.requireProject()
        let pinned = try await read { _ throws(StoreError) in try await planning.pinned(of: project) }
        return try .json(
            PlanList(
                cached: await planning.plans.all(of: project).map { CachedPlanAnswer($0) },
                pinned: pinned.sorted { $0.name < $1.name }.map { PinnedPlanAnswer($0) }))
    }

    func keptPlan(_ context: HubContext) async throws -> Response {
        let project = try context.requireProject()
        let name = try context.name("name")
        if let cached = await planning.plans.all(of: project).first(where: { $0.id.rawValue == name }) {
            return try .json(KeptPlanAnswer.cached(CachedPlanAnswer(cached, withPlan: true)))
        }
        return try .json(KeptPlanAnswer.pinned(PinnedPlanAnswer(try await pinned(name, of: project), withPlan: true)))
    }

    func removePlan(_ context: HubContext) async throws -> Response {
        let project = try context.requireProject()
        let name = try context.name("name")
        if let cached = await planning.plans.all(of: project).first(where: { $0.id.rawValue == name }) {
            await planning.plans.drop([cached.id], of: project)
        } else {
            _ = try await pinned(name, of: project)
            try await keeping { () throws(RequestFailure) in
                try await planning.documents.discard([name], of: .pinnedPlan, from: project)
            }
        }
        return Response(status: .noContent)
    }

    /// The file that is reviewed and imported elsewhere.
    func exportPlan(_ context: HubContext) async throws -> Response {
        let project = try context.requireProject()
        let document = PlanDocument(try await pinned(try context.name("name"), of: project))
        return Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try document.file())))
    }

    func pin(_ request: Hummingbird.Request, _ context: HubContext) async throws -> Response {
        let project = try context.requireProject()
        let body = try await request.decode(PinRequest.self)
        let name = body.name.trimmed
        guard Self.isPlanName(name) else {
            throw APIError(
                .validation, .invalidRequest, param: "name",
                "a name has 1 to \(Limits.pinnedPlanNameCharacters.upperBound) letters, digits, '-', '_' or '.', and "
                    + "does not start as an id of the cache does (pl_)")
        }
        let catalogue = loop.directory.services(of: project)
        let plan: PinnedPlan
        switch (body.from, body.document) {
        case (let from?, nil): plan = try await self.plan(from, named: name, of: project, catalogue)
        case (nil, let document?): plan = try imported(document, named: name, catalogue)
        default:
            throw APIError(
                .validation, .invalidRequest, param: "from",
                "send one of from (pl_… of the cache, or o_… of an orchestration) and document")
        }
        guard plan.plan.bytes.count <= Limits.pinnedPlanBytes else {
            throw APIError(
                .validation, .invalidPlan, param: "from",
                "the plan has \(plan.plan.bytes.count) bytes; one that is saved may have \(Limits.pinnedPlanBytes)")
        }
        let others = try await read { store throws(StoreError) in
            try await store.documentNames(of: project, kind: .pinnedPlan, limit: Limits.pinnedPlansPerProject)
        }
        guard others.count < Limits.pinnedPlansPerProject || others.contains(name) else {
            throw APIError(
                .tooMany, .tooMany, "a project has at most \(Limits.pinnedPlansPerProject) pinned plans")
        }
        try await keeping { () throws(RequestFailure) in
            try await planning.documents.keep(plan, as: .pinnedPlan, named: name, of: project)
        }
        return try .json(PinnedPlanAnswer(plan, withPlan: true), status: .created)
    }

    private static func isPlanName(_ name: String) -> Bool {
        Limits.pinnedPlanNameCharacters.contains(name.count) && !name.hasPrefix(PlanKind.prefix)
            && name != "pins"
            && name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || "-_.".utf8.contains($0)
            }
    }

    private func plan(
        _ from: String, named name: String, of project: ProjectID, _ catalogue: [Service]
    ) async throws -> PinnedPlan {
        if from.hasPrefix(PlanKind.prefix) {
            guard let cached = await planning.plans.all(of: project).first(where: { $0.id.rawValue == from }) else {
                throw APIError(.notFound, .unknownPlan, "the cache holds no plan of this id")
            }
            do throws(PlanError) {
                return try PinnedPlan.make(
                    name: name, cached: cached, catalogue: catalogue, digest: HubPlanning.digest, now: loop.now)
            } catch {
                throw APIError(.validation, .invalidPlan, param: "from", "\(error)")
            }
        }
        let id = OrchestrationID(from)
        let row = try await read { store throws(StoreError) in try await store.orchestration(id) }
        guard let row, row.project == project else {
            throw APIError(.notFound, .unknownOrchestration, "there is no such orchestration in this project")
        }
        let orchestration = try await orchestration(id)
        guard let plan = orchestration.plan else {
            throw APIError(.validation, .invalidPlan, param: "from", "the orchestration has no plan")
        }
        guard orchestration.terms.hold == nil || orchestration.isApproved else {
            throw APIError(
                .validation, .invalidPlan, param: "from", "nobody has approved the plan: approve it before it is saved")
        }
        let data = Submission.parameterNames(of: orchestration.data)
        do throws(PlanError) {
            return try PinnedPlan.make(
                name: name, action: orchestration.action, plan: plan, parameters: data, catalogue: catalogue,
                digest: HubPlanning.digest, now: loop.now)
        } catch {
            throw APIError(.validation, .invalidPlan, param: "from", "\(error)")
        }
    }

    /// A file's plan, if the services here are those that it was made for.
    private func imported(_ document: PlanDocument, named name: String, _ catalogue: [Service]) throws -> PinnedPlan {
        let plan = document.pinned(as: name, at: loop.now)
        let differences = plan.differences(from: catalogue, digest: HubPlanning.digest)
        guard differences.isEmpty else {
            throw APIError(
                .invalidOperation, .planChanged, param: "document",
                "the services here are not those of the plan: " + differences.joined(separator: "; "))
        }
        return plan
    }

    private func keeping(_ body: () async throws(RequestFailure) -> Void) async throws(APIError) {
        do throws(RequestFailure) { try await body() } catch { throw error.apiError }
    }
}

extension Submission {
    /// Of an orchestration's `[{"field", "value"}]`.
    static func parameterNames(of data: RawJSON) -> Set<String> {
        Set((data.value.array ?? []).compactMap { $0["field"]?.string })
    }
}
