public import OrraModel

/// Who asks that a person says yes to a plan before it runs.
public enum ApprovalDemand: Sendable, Hashable {
    /// Services of the plan, by name.
    case services([String])
    /// The project, for every plan that is not pinned.
    case everyNewPlan

    /// `nil` when nobody asks.
    public init?(_ plan: Plan, origin: PlanOrigin?, catalogue: [Service], settings: PlanningSettings) {
        let used = Set(plan.tasks.map(\.service))
        let guarded = catalogue.filter { $0.approval && used.contains($0.id) }.map(\.name).sorted()
        if !guarded.isEmpty {
            self = .services(guarded)
        } else if settings.approveNewPlans == true, origin != .pinned {
            self = .everyNewPlan
        } else {
            return nil
        }
    }
}
