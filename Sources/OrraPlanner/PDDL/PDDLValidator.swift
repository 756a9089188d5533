import OrraModel

/// Runs a plan in a domain's world and says whether it reaches the problem's goal.
public enum PDDLValidator {
    /// Atoms and objects that one run may look at. Beyond, the plan counts as invalid, and the error says so.
    public static let budget = Limits.pddlLooks

    /// Throws where the first step stands that can't run, and which atom it lacks; or which part of the goal is open in
    /// the end. Domain and problem must be checked ones: see ``PDDL/Domain/init(_:)``.
    ///
    /// Steps with the same time stamp run side by side: each must be able to run in the state before them, and none may
    /// change what another reads, or undo what another does.
    public static func validate(
        domain: PDDL.Domain, problem: PDDL.Problem, plan: PDDL.Schedule, budget: Int = budget
    ) throws(PDDLError) {
        var run = PDDLRun(domain, problem, budget: budget)
        var index = 0
        while index < plan.steps.count {
            var end = index + 1
            if let time = plan.steps[index].time {
                while end < plan.steps.count, plan.steps[end].time == time { end += 1 }
            }
            try run.perform(plan.steps, index..<end)
            index = end
        }
        try run.checkGoal()
    }

    /// Reads and checks all three first.
    public static func validate(domain: String, problem: String, plan: String) throws(PDDLError) {
        let domain = try PDDL.Domain(domain)
        let problem = try PDDL.Problem(problem, domain: domain)
        try validate(domain: domain, problem: problem, plan: try PDDL.Schedule(plan))
    }
}

/// The state of the world, as far as the plan has come.
private struct PDDLRun {
    private let problem: PDDL.Problem
    private let checker: PDDLChecker
    private let types: PDDLTypes
    private let objects: [PDDL.Typed]
    /// Predicate and arguments of all that holds.
    private var state: Set<[String]> = []
    private let bound: Int
    private var budget: Int

    private struct Change {
        var added: Set<[String]> = []
        var deleted: Set<[String]> = []
        var read: Set<[String]> = []
    }

    init(_ domain: PDDL.Domain, _ problem: PDDL.Problem, budget: Int) {
        self.problem = problem
        bound = budget
        self.budget = budget
        checker = PDDLChecker(domain, problem)
        types = PDDLTypes(domain)
        objects = domain.constants + problem.objects
        for fact in problem.initial where fact.holds { state.insert(Self.ground(fact.atom, [:])) }
    }

    private static func ground(_ atom: PDDL.Atom, _ bindings: [String: String]) -> [String] {
        [atom.predicate.text] + atom.arguments.map { bindings[$0.text] ?? $0.text }
    }

    /// Looks into the state as it is now.
    private func evaluation() -> ConditionEvaluation {
        let (state, objects, types) = (self.state, self.objects, self.types)
        return ConditionEvaluation(
            budget: budget, holds: { state.contains([$0] + $1) },
            objects: { wanted in objects.filter { types.fits($0.types, wanted) }.map(\.name.text) })
    }

    private func exhausted(_ file: PDDLError.File, _ position: PDDL.Position) -> PDDLError {
        PDDLError(
            file, position,
            "deciding this takes more than \(bound) looks at atoms: use fewer objects or quantifiers")
    }

    mutating func perform(_ steps: [PDDL.Schedule.Step], _ range: Range<Int>) throws(PDDLError) {
        var changes: [Change] = []
        for index in range {
            let change = try self.change(by: steps[index], index)
            for (earlier, other) in zip(range, changes) {
                guard let atom = Self.conflict(change, other) else { continue }
                throw PDDLError(
                    .plan, steps[index].action.position,
                    "steps \(earlier + 1) and \(index + 1) can't run at the same time: one changes (\(atom)), on which "
                        + "the other depends; give one a later time stamp")
            }
            changes.append(change)
        }
        for change in changes { state.subtract(change.deleted) }
        for change in changes { state.formUnion(change.added) }
    }

    /// The first atom, in the order of letters, over which two steps disagree.
    private static func conflict(_ one: Change, _ other: Change) -> String? {
        let atoms = one.added.union(one.deleted).intersection(other.read)
            .union(other.added.union(other.deleted).intersection(one.read))
            .union(one.added.intersection(other.deleted)).union(other.added.intersection(one.deleted))
        return atoms.map { $0.joined(separator: " ") }.min()
    }

    private mutating func change(by step: PDDL.Schedule.Step, _ index: Int) throws(PDDLError) -> Change {
        let action = try checker.action(of: step)
        var bindings: [String: String] = [:]
        for (parameter, argument) in zip(action.parameters, step.arguments) {
            bindings[parameter.name.text] = argument.text
        }
        let shown = PDDLError.clipped(([step.action] + step.arguments).map(\.text).joined(separator: " "))
        var evaluation = evaluation()
        evaluation.read = step.time == nil ? nil : []
        var change = Change()
        do {
            if let failure = try evaluation.failure(of: action.precondition, bindings) {
                throw PDDLError(
                    .plan, step.action.position,
                    "step \(index + 1), (\(shown)), can't run: its precondition \(Self.shown(failure)) does not hold")
            }
            try Self.apply(action.effect, bindings, &evaluation, &change)
        } catch let error as PDDLError {
            throw error
        } catch {
            throw exhausted(.plan, step.action.position)
        }
        change.read = evaluation.read ?? []
        budget = evaluation.budget
        return change
    }

    private static func apply(
        _ effect: PDDL.Effect, _ bindings: [String: String], _ evaluation: inout ConditionEvaluation,
        _ change: inout Change
    ) throws(ConditionEvaluation.Exhausted) {
        switch effect {
        case .add(let atom): change.added.insert(ground(atom, bindings))
        case .delete(let atom): change.deleted.insert(ground(atom, bindings))
        case .and(let parts):
            for part in parts { try apply(part, bindings, &evaluation, &change) }
        case .when(let condition, let inner):
            if try evaluation.holds(condition, bindings) { try apply(inner, bindings, &evaluation, &change) }
        case .forall(let variables, let inner):
            var found = change
            let _: Bool? = try evaluation.each(variables[...], bindings) {
                (evaluation, bindings) throws(ConditionEvaluation.Exhausted) in
                try apply(inner, bindings, &evaluation, &found)
                return nil
            }
            change = found
        }
    }

    mutating func checkGoal() throws(PDDLError) {
        var evaluation = evaluation()
        do {
            guard let failure = try evaluation.failure(of: problem.goal, [:]) else { return }
            throw PDDLError(
                .problem, failure.position, "the goal is not reached: \(Self.shown(failure)) does not hold in the end")
        } catch let error as PDDLError {
            throw error
        } catch {
            throw exhausted(.problem, problem.goal.position)
        }
    }

    private static func shown(_ failure: ConditionEvaluation.Failure) -> String {
        PDDLError.clipped(failure.text, to: 512)
    }
}
