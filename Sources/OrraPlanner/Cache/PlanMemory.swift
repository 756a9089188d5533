public import OrraModel

/// Where cached plans lie. The hub keeps them in its store; ``MemoryPlans`` forgets them with the process.
public protocol PlanMemory: Sendable {
    /// A project's plans for one scope that have not expired, newest first, at most ``Limits/cachedPlansPerScope``.
    func plans(of project: ProjectID, scope: String) async -> [CachedPlan]
    func keep(_ plan: CachedPlan) async
    func drop(_ plans: [PlanID], of project: ProjectID) async
    /// Counts that a plan was taken.
    func used(_ plan: PlanID, of project: ProjectID) async
}

/// Cached plans in memory: each project's newest, each for its time.
public actor MemoryPlans: PlanMemory {
    private var byProject: [ProjectID: [CachedPlan]] = [:]
    private let now: @Sendable () -> Timestamp
    private let plansPerProject: Int

    public init(
        plansPerProject: Int = Limits.cachedPlansPerProject, now: @escaping @Sendable () -> Timestamp
    ) {
        self.plansPerProject = plansPerProject
        self.now = now
    }

    public func plans(of project: ProjectID, scope: String) -> [CachedPlan] {
        let moment = now()
        byProject[project]?.removeAll { $0.expiresAt <= moment }
        // Newest last in memory.
        return Array(
            (byProject[project] ?? []).reversed().lazy.filter { $0.scope == scope }.prefix(Limits.cachedPlansPerScope))
    }

    /// All of a project, newest first.
    public func plans(of project: ProjectID) -> [CachedPlan] {
        let moment = now()
        return (byProject[project] ?? []).filter { $0.expiresAt > moment }.reversed()
    }

    /// One for the same scope and action takes the place of the one before.
    public func keep(_ plan: CachedPlan) {
        var plans = byProject[plan.project] ?? []
        plans.removeAll { $0.id == plan.id || $0.scope == plan.scope && $0.action == plan.action }
        plans.append(plan)
        byProject[plan.project] = Array(plans.suffix(plansPerProject))
    }

    public func drop(_ plans: [PlanID], of project: ProjectID) {
        byProject[project]?.removeAll { plans.contains($0.id) }
    }

    public func used(_ plan: PlanID, of project: ProjectID) {
        guard let index = byProject[project]?.firstIndex(where: { $0.id == plan }) else { return }
        byProject[project]?[index].uses += 1
    }
}
