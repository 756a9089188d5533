public import OrraModel

/// A plan as PDDL: the services as actions, its data and its constraints as a problem, its tasks as steps.
///
/// ``violation()`` runs the steps. A plan whose references are sound and that keeps its grounding's constraints
/// reaches the goal; others stop at the step that breaks one.
public struct PlanTranslation: Sendable, Hashable {
    public var domain: PDDL.Domain
    public var problem: PDDL.Problem
    public var schedule: PDDL.Schedule

    /// - Parameters:
    ///   - plan: a valid one; see ``PlanValidator``.
    ///   - grounding: its constraints become preconditions and goals. One that is malformed is thrown.
    ///   - useCase: the index of the grounding's use case whose capabilities the plan must cover.
    public init(
        _ plan: Plan, catalogue: [Service], grounding: Grounding? = nil, useCase: Int? = nil
    ) throws(PDDLError) {
        var constraints: [PlanConstraint] = []
        for text in grounding?.constraints ?? [] {
            if let constraint = try PlanConstraint.parse(text) { constraints.append(constraint) }
        }
        var capabilities: [String] = []
        if let grounding, let useCase, grounding.useCases.indices.contains(useCase) {
            for capability in grounding.useCases[useCase].capabilities where !capabilities.contains(capability) {
                capabilities.append(capability)
            }
        }
        let world = PlanWorld(plan, catalogue, constraints, capabilities)
        domain = world.domain
        problem = world.problem
        schedule = world.schedule
    }

    /// Why the plan does not reach the goal; `nil` if it does.
    public func violation() -> PDDLError? {
        do {
            try PDDLChecker(domain).check()
            try PDDLChecker(domain, problem).check(problem: problem)
            try PDDLValidator.validate(domain: domain, problem: problem, plan: schedule)
            return nil
        } catch {
            return error
        }
    }
}
