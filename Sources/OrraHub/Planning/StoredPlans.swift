import Logging
import OrraCore
import OrraModel
import OrraPlanner
import OrraStore

/// The plan cache of all projects: in memory while the hub runs, and in the store over restarts. A cache that can't be
/// written costs a model's answer later, nothing else: it is logged.
actor StoredPlans: PlanMemory {
    private let documents: ProjectDocuments
    private let logger: Logger
    /// Newest first.
    private var plans: [ProjectID: [CachedPlan]] = [:]

    init(_ documents: ProjectDocuments, logger: Logger) {
        self.documents = documents
        self.logger = logger
    }

    func plans(of project: ProjectID, scope: String) async -> [CachedPlan] {
        Array(await all(of: project).lazy.filter { $0.scope == scope }.prefix(256))
    }

    /// Those that have not expired, newest first.
    func all(of project: ProjectID) async -> [CachedPlan] {
        await load(project)
        let now = documents.loop.now
        let (alive, expired) = plans[project, default: []].partitioned { $0.expiresAt > now }
        guard !expired.isEmpty else { return alive }
        await drop(expired.map(\.id), of: project)
        return alive
    }

    func keep(_ plan: CachedPlan) async {
        await load(plan.project)
        var kept = plans[plan.project, default: []]
        // One for the same words takes the place of the one before.
        let replaced = kept.filter { $0.scope == plan.scope && $0.action == plan.action }.map(\.id)
        kept.removeAll { replaced.contains($0.id) }
        kept.insert(plan, at: 0)
        let surplus = replaced + kept.dropFirst(Limits.cachedPlansPerProject).map(\.id)
        plans[plan.project] = kept
        await write(plan)
        if !surplus.isEmpty { await drop(surplus, of: plan.project) }
    }

    func drop(_ ids: [PlanID], of project: ProjectID) async {
        await load(project)
        let gone = Set(ids)
        plans[project]?.removeAll { gone.contains($0.id) }
        do throws(RequestFailure) {
            try await documents.discard(ids.map(\.rawValue), of: .cachedPlan, from: project)
        } catch {
            logger.notice("plans could not be dropped from the cache", metadata: ["project": "\(project)"])
        }
    }

    /// Counted in memory; the store has it with the plan's next write.
    func used(_ id: PlanID, of project: ProjectID) async {
        guard let index = plans[project]?.firstIndex(where: { $0.id == id }) else { return }
        plans[project]?[index].uses += 1
    }

    private func write(_ plan: CachedPlan) async {
        do throws(RequestFailure) {
            try await documents.keep(
                plan, as: .cachedPlan, named: plan.id.rawValue, of: plan.project, at: plan.createdAt)
        } catch {
            logger.notice("a plan could not be cached", metadata: ["project": "\(plan.project)"])
        }
    }

    private func load(_ project: ProjectID) async {
        guard plans[project] == nil else { return }
        do throws(StoreError) {
            let stored = try await documents.all(
                .cachedPlan, of: project, limit: Limits.cachedPlansPerProject, as: CachedPlan.self)
            // Another caller may have been faster.
            if plans[project] == nil { plans[project] = stored }
        } catch {
            logger.notice(
                "the plan cache could not be read",
                metadata: ["project": "\(project)", "reason": "\(error.message)"])
        }
    }
}

extension Array {
    /// Those that pass, and the others, each in order.
    fileprivate func partitioned(_ passes: (Element) -> Bool) -> ([Element], [Element]) {
        (filter(passes), filter { !passes($0) })
    }
}
