public import OrraModel

/// A rule that every plan of a project must keep: `(requires verify-customer before refund-service)`.
///
/// Services stand in it by their names. Order means the flow of data: a task runs after another if it takes something
/// from it, directly or through further tasks. Tasks that are not connected run at the same time.
public struct PlanConstraint: Sendable, Hashable {
    public enum Rule: Sendable, Hashable {
        /// A plan with the second service has the first, and each task of the second runs after a task of the first.
        case requires(String, before: String)
        case atMostOnce(String)
        case neverTogether(String, String)
        /// A condition over `(used service)` and `(before service service)`; variables range over the plan's services.
        case condition(PDDL.Condition)
    }

    public var rule: Rule
    /// As it was written.
    public var text: String
    /// The names of services that stand in it, in order.
    public var services: [String]

    /// Bytes of a constraint.
    public static let textBytes = Limits.constraintCharacters.upperBound

    /// The plan breaks it: why, and what would be right. `nil` if it keeps it.
    ///
    /// - Parameter names: the name of a service by its id.
    public func violation(in plan: Plan, names: (ServiceID) -> String) -> String? {
        var steps = Limits.constraintSteps
        return violation(in: PlanFlow(plan, names: names), steps: &steps)
    }

    /// The same, of a plan that other constraints are checked on as well.
    ///
    /// - Parameter steps: that are left for all of them. At 0 or below what is answered counts for nothing.
    func violation(in flow: PlanFlow, steps: inout Int) -> String? {
        steps -= 1
        switch rule {
        case .requires(let first, before: let second):
            steps -= flow.tasks(of: first).count * flow.tasks(of: second).count
            return steps > 0 ? flow.missing(first, before: second) : nil
        case .atMostOnce(let service): return flow.repetition(of: service)
        case .neverTogether(let one, let other): return flow.company(of: one, with: other)
        case .condition(let condition): return flow.failure(of: condition, steps: &steps)
        }
    }
}

/// What a plan's services are and which of them run after which.
struct PlanFlow {
    private let plan: Plan
    /// Tasks by service, in order.
    private var tasks: [String: [TaskID]] = [:]
    /// The plan's services in the order of their first tasks.
    private(set) var services: [String] = []
    private var earlier: [TaskID: Set<TaskID>] = [:]
    /// By service, the services of which a task runs before each of its tasks.
    private var precursors: [String: Set<String>] = [:]

    init(_ plan: Plan, names: (ServiceID) -> String) {
        self.plan = plan
        for task in plan.tasks {
            let name = names(task.service)
            if tasks[name] == nil { services.append(name) }
            tasks[name, default: []].append(task.id)
        }
        let byID = Dictionary(plan.tasks.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for group in plan.parallelGroups {
            for id in group {
                let direct = byID[id]?.dependencies ?? []
                earlier[id] = direct.reduce(into: Set(direct)) { $0.formUnion(earlier[$1] ?? []) }
            }
        }
        let owners = Dictionary(
            tasks.flatMap { name, ids in ids.map { ($0, name) } }, uniquingKeysWith: { first, _ in first })
        for (name, ids) in tasks {
            for id in ids {
                let before = Set((earlier[id] ?? []).compactMap { owners[$0] })
                precursors[name] = precursors[name]?.intersection(before) ?? before
            }
        }
    }

    func tasks(of service: String) -> [TaskID] { tasks[service] ?? [] }

    func runs(_ task: TaskID, after other: TaskID) -> Bool { earlier[task]?.contains(other) == true }

    /// Both are in the plan, and every task of `second` runs after one of `first`.
    func isBefore(_ first: String, _ second: String) -> Bool { precursors[second]?.contains(first) == true }

    func missing(_ first: String, before second: String) -> String? {
        let before = tasks(of: first)
        for task in tasks(of: second) where !before.contains(where: { runs(task, after: $0) }) {
            guard let other = before.first else {
                return
                    "\(task) (\(second)) needs \(first) before it, but the plan has no task of \(first): add one, and "
                    + "let \(task) take an input from it"
            }
            if runs(other, after: task) {
                return
                    "\(other) (\(first)) runs after \(task) (\(second)), but must run before it: turn the flow of data "
                    + "between them round"
            }
            return
                "\(task) (\(second)) must run after \(first), but takes nothing from \(other), so that both run at the "
                + "same time: bind an input of \(task) to an output of \(other), or of a task that follows it"
        }
        return nil
    }

    func repetition(of service: String) -> String? {
        let tasks = tasks(of: service)
        guard tasks.count > 1 else { return nil }
        return "\(service) may run at most once, but runs in \(Self.list(tasks)): leave one task of it"
    }

    func company(of one: String, with other: String) -> String? {
        guard let left = tasks(of: one).first, let right = tasks(of: other).first else { return nil }
        return "\(one) and \(other) must not be in one plan, but are, as \(left) and \(right): leave one of them out"
    }

    func failure(of condition: PDDL.Condition, steps: inout Int) -> String? {
        let budget = min(steps, Limits.constraintSteps)
        var evaluation = ConditionEvaluation(
            budget: budget,
            holds: { predicate, services in
                predicate == "used" ? tasks[services[0]] != nil : isBefore(services[0], services[1])
            },
            objects: { _ in services })
        defer { steps -= budget - max(0, evaluation.budget) }
        do {
            guard let failure = try evaluation.failure(of: condition, [:]) else { return nil }
            return "\(PDDLError.clipped(failure.text, to: 512)) does not hold: the plan uses "
                + PDDLError.clipped(services.joined(separator: ", "), to: 512)
        } catch {
            return "the constraint takes too long to check: use fewer quantifiers"
        }
    }

    private static func list(_ tasks: [TaskID]) -> String {
        let shown = tasks.prefix(8).map(\.description)
        if tasks.count > shown.count { return "\(shown.joined(separator: ", ")) and \(tasks.count - shown.count) more" }
        return "\(shown.dropLast().joined(separator: ", ")) and \(shown.last ?? "")"
    }
}
