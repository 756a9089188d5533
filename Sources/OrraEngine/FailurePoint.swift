public import OrraModel

/// What would be undone, and what can't be, if one task of a plan failed for good. Known before anything runs.
public struct FailurePoint: Sendable, Hashable {
    public struct Affected: Sendable, Hashable {
        public var task: TaskID
        public var service: ServiceID
        /// Whether it has completed by then for sure; else it may have, since it runs beside the one that fails.
        public var isCertain: Bool
    }

    public var task: TaskID
    public var service: ServiceID
    /// Can be undone, and has certainly completed: those that ran last come first.
    public var undone: [Affected]
    /// Can be undone, and may have completed.
    public var maybeUndone: [Affected]
    /// Completed, or maybe, and can't be undone.
    public var cannotUndo: [Affected]

    /// One for each task of the plan, in the order of their numbers.
    public static func all(of plan: Plan, isRevertible: (ServiceID) -> Bool) -> [FailurePoint] {
        let ancestors = ancestors(in: plan)
        // The last wave first: a task stands after all that it depends on.
        var order: [TaskID: Int] = [:]
        for (wave, group) in plan.parallelGroups.enumerated() { for task in group { order[task] = wave } }
        let newestFirst = plan.tasks.sorted {
            (order[$0.id] ?? 0, $0.id.number) > (order[$1.id] ?? 0, $1.id.number)
        }
        return plan.tasks.map { failing in
            var point = FailurePoint(
                task: failing.id, service: failing.service, undone: [], maybeUndone: [], cannotUndo: [])
            for other in newestFirst where other.id != failing.id {
                let isCertain = ancestors[failing.id]?.contains(other.id) ?? false
                // What needs the failing task never begins.
                guard isCertain || ancestors[other.id]?.contains(failing.id) != true else { continue }
                let affected = Affected(task: other.id, service: other.service, isCertain: isCertain)
                switch (isRevertible(other.service), isCertain) {
                case (true, true): point.undone.append(affected)
                case (true, false): point.maybeUndone.append(affected)
                case (false, _): point.cannotUndo.append(affected)
                }
            }
            return point
        }
    }

    private static func ancestors(in plan: Plan) -> [TaskID: Set<TaskID>] {
        let dependencies = Dictionary(
            plan.tasks.map { ($0.id, $0.dependencies) }, uniquingKeysWith: { first, _ in first })
        var ancestors: [TaskID: Set<TaskID>] = [:]
        for group in plan.parallelGroups {
            for task in group {
                for dependency in dependencies[task] ?? [] {
                    ancestors[task, default: []].formUnion((ancestors[dependency] ?? []).union([dependency]))
                }
            }
        }
        return ancestors
    }
}
