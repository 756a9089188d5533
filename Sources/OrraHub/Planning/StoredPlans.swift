import Logging
import OrraCore
import OrraModel
import OrraPlanner
import OrraStore

/// The plan cache of all projects: in memory for those that planned last, and in the store over restarts. A cache that
/// can't be written, or a plan of it that can't be read, costs a model's answer later, nothing else: it is logged.
actor StoredPlans: PlanMemory {
    private let documents: ProjectDocuments
    private let logger: Logger
    /// Newest first.
    private var plans = RecentProjects<[CachedPlan]>()

    init(_ documents: ProjectDocuments, logger: Logger) {
        self.documents = documents
        self.logger = logger
    }

    func plans(of project: ProjectID, scope: String) async -> [CachedPlan] {
        Array(await all(of: project).lazy.filter { $0.scope == scope }.prefix(256))
    }

    /// How many projects' plans are held in memory. For tests.
    var count: Int { plans.count }

    /// Those that have not expired, newest first.
    func all(of project: ProjectID) async -> [CachedPlan] {
        plans.begin(project)
        defer { plans.end(project) }
        guard let known = await load(project) else { return [] }
        let now = documents.loop.now
        let (alive, expired) = known.partitioned { $0.expiresAt > now }
        guard !expired.isEmpty else { return alive }
        await drop(expired.map(\.id), of: project)
        return alive
    }

    func keep(_ plan: CachedPlan) async {
        let project = plan.project
        plans.begin(project)
        defer { plans.end(project) }
        guard var kept = await load(project) else { return await write(plan) }
        // One for the same words takes the place of the one before.
        let replaced = kept.filter { $0.scope == plan.scope && $0.action == plan.action }.map(\.id)
        kept.removeAll { replaced.contains($0.id) }
        kept.insert(plan, at: 0)
        let surplus = replaced + kept.dropFirst(Limits.cachedPlansPerProject).map(\.id)
        plans[project] = kept
        await write(plan)
        if !surplus.isEmpty { await drop(surplus, of: project) }
    }

    func drop(_ ids: [PlanID], of project: ProjectID) async {
        plans.begin(project)
        defer { plans.end(project) }
        _ = await load(project)
        let gone = Set(ids)
        plans.change(project) { $0.removeAll { gone.contains($0.id) } }
        await discard(ids.map(\.rawValue), of: project)
    }

    /// Counted in memory, and nowhere else: nobody needs the number over a restart, and it is not worth a commit.
    func used(_ id: PlanID, of project: ProjectID) async {
        plans.change(project) { plans in
            guard let index = plans.firstIndex(where: { $0.id == id }) else { return }
            plans[index].uses += 1
        }
    }

    private func discard(_ names: [String], of project: ProjectID) async {
        do throws(RequestFailure) {
            try await documents.discard(names, of: .cachedPlan, from: project)
        } catch {
            logger.notice("plans could not be dropped from the cache", metadata: ["project": "\(project)"])
        }
    }

    private func write(_ plan: CachedPlan) async {
        do throws(RequestFailure) {
            try await documents.keep(
                plan, as: .cachedPlan, named: plan.id.rawValue, of: plan.project, at: plan.createdAt)
        } catch {
            logger.notice("a plan could not be cached", metadata: ["project": "\(plan.project)"])
        }
    }

    /// What is known of the project's plans; `nil` while the store can't be read. A plan that can't be read is dropped.
    private func load(_ project: ProjectID) async -> [CachedPlan]? {
        if let known = plans[project] { return known }
        do throws(StoreError) {
            let stored = try await documents.readable(
                .cachedPlan, of: project, limit: Limits.cachedPlansPerProject, as: CachedPlan.self)
            // Another caller may have been faster.
            if let known = plans[project] { return known }
            plans[project] = stored.bodies
            if !stored.damaged.isEmpty {
                logger.warning(
                    "plans of the cache could not be read, and are dropped",
                    metadata: ["project": "\(project)", "count": "\(stored.damaged.count)"])
                await discard(stored.damaged, of: project)
            }
            return plans[project]
        } catch {
            logger.notice(
                "the plan cache could not be read",
                metadata: ["project": "\(project)", "reason": "\(error.message)"])
            return nil
        }
    }
}

extension Array {
    /// Those that pass, and the others, each in order.
    fileprivate func partitioned(_ passes: (Element) -> Bool) -> ([Element], [Element]) {
        (filter(passes), filter { !passes($0) })
    }
}
