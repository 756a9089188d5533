import OrraModel

/// Builds the domain, the problem and the steps of a ``PlanTranslation``.
struct PlanWorld {
    /// A service and its names: as an object, as an action, and as the type of its tasks. All differ, since many tools
    /// have one space of names.
    private struct Actor {
        var name: String
        var object: PDDL.Name
        var action: PDDL.Name
        var type: PDDL.Name
        /// `nil` for a name that stands in a constraint and is not registered.
        var service: Service?
    }

    private let plan: Plan
    private let constraints: [PlanConstraint]
    private let capabilities: [(phrase: String, object: PDDL.Name)]
    private let flow: PlanFlow
    private let actors: [Actor]
    private let tasks: [TaskID: PDDL.Name]
    private let data: [(source: TaskID, field: String, object: PDDL.Name)]
    /// What must run before what: `requires` of services, and of constraints.
    private let orders: [(first: String, second: String)]

    init(_ plan: Plan, _ catalogue: [Service], _ constraints: [PlanConstraint], _ capabilities: [String]) {
        self.plan = plan
        self.constraints = constraints
        let byID = Dictionary(catalogue.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        flow = PlanFlow(plan, names: { byID[$0]?.name ?? $0.rawValue })
        var names = PDDLNames()
        for word in ["service", "task", "datum", "capability", "object"] { _ = names.name(word) }

        var found: [Actor] = []
        func add(_ name: String, _ service: Service?) {
            guard !found.contains(where: { $0.name == name }) else { return }
            found.append(
                Actor(
                    name: name, object: names.name(name), action: names.name("run-\(name)"),
                    type: names.name("\(name)-task"), service: service))
        }
        for task in plan.tasks { add(byID[task.service]?.name ?? task.service.rawValue, byID[task.service]) }
        for service in found.compactMap(\.service) {
            for name in service.requires { add(name, catalogue.first { $0.name == name }) }
        }
        for constraint in constraints {
            for name in constraint.services { add(name, catalogue.first { $0.name == name }) }
        }
        actors = found

        var orders: [(String, String)] = []
        for actor in found where flow.services.contains(actor.name) {
            for first in actor.service?.requires ?? [] where first != actor.name { orders.append((first, actor.name)) }
        }
        for case .requires(let first, let second) in constraints.map(\.rule)
        where !orders.contains(where: { $0 == (first, second) }) { orders.append((first, second)) }
        self.orders = orders

        var tasks: [TaskID: PDDL.Name] = [:]
        for task in plan.tasks { tasks[task.id] = names.name(task.id.description) }
        self.tasks = tasks
        var data: [(source: TaskID, field: String, object: PDDL.Name)] = []
        var known: Set<String> = []
        func add(_ source: TaskID, _ field: String) {
            guard known.insert("\(source).\(field)").inserted else { return }
            data.append((source, field, names.name("\(source)-\(field)")))
        }
        for field in plan.parameters.value.object?.keys ?? [] { add(.zero, field) }
        let last = plan.lastTasks
        for task in plan.tasks where last.contains(task.id) {
            for property in byID[task.service]?.schema.output.properties ?? [] { add(task.id, property.name) }
        }
        for input in plan.tasks.flatMap(\.input) { add(input.source, input.sourceField) }
        self.data = data
        self.capabilities = capabilities.map { ($0, names.name($0)) }
    }

    // MARK: - The domain

    var domain: PDDL.Domain {
        PDDL.Domain(
            "orra", requirements: Self.requirements, types: types,
            constants: actors.map { PDDL.Typed($0.object, ["service"]) }
                + capabilities.map { PDDL.Typed($0.object, ["capability"]) },
            predicates: Self.predicates, actions: actors.map(action))
    }

    private static let requirements: [PDDL.Requirement] = [
        .strips, .typing, .equality, .negativePreconditions, .disjunctivePreconditions, .existentialPreconditions,
        .universalPreconditions, .conditionalEffects,
    ]

    private var types: [PDDL.Typed] {
        ["service", "task", "datum", "capability"].map { PDDL.Typed($0) }
            + actors.map { PDDL.Typed($0.type, ["task"]) }
    }

    private static let predicates = [
        PDDL.Predicate("used", [PDDL.Typed("?service", ["service"])]),
        PDDL.Predicate("before", [PDDL.Typed("?first", ["service"]), PDDL.Typed("?second", ["service"])]),
        PDDL.Predicate("done", [PDDL.Typed("?task", ["task"])]),
        PDDL.Predicate("follows", [PDDL.Typed("?task", ["task"]), PDDL.Typed("?earlier", ["task"])]),
        PDDL.Predicate("takes", [PDDL.Typed("?task", ["task"]), PDDL.Typed("?datum", ["datum"])]),
        PDDL.Predicate("gives", [PDDL.Typed("?task", ["task"]), PDDL.Typed("?datum", ["datum"])]),
        PDDL.Predicate("known", [PDDL.Typed("?datum", ["datum"])]),
        PDDL.Predicate("covered", [PDDL.Typed("?capability", ["capability"])]),
    ]

    private static func atom(_ predicate: PDDL.Name, _ arguments: PDDL.Name...) -> PDDL.Atom {
        PDDL.Atom(predicate, arguments)
    }

    /// A service runs for a task once all that the task takes is known. Then what it gives is known.
    private func action(_ actor: Actor) -> PDDL.Action {
        let datum = [PDDL.Typed("?datum", ["datum"])]
        var needs: [PDDL.Condition] = [
            .not(.atom(Self.atom("done", "?task"))),
            .forall(
                datum,
                .imply(.atom(Self.atom("takes", "?task", "?datum")), .atom(Self.atom("known", "?datum")))),
        ]
        for order in orders where order.second == actor.name {
            guard let first = self.actor(order.first) else { continue }
            needs.append(
                .exists(
                    [PDDL.Typed("?earlier", [first.type])],
                    .and([.atom(Self.atom("done", "?earlier")), .atom(Self.atom("follows", "?task", "?earlier"))])))
        }
        for constraint in constraints {
            switch constraint.rule {
            case .atMostOnce(actor.name): needs.append(.not(.atom(Self.atom("used", actor.object))))
            case .neverTogether(actor.name, let other), .neverTogether(let other, actor.name):
                if let other = self.actor(other) { needs.append(.not(.atom(Self.atom("used", other.object)))) }
            default: break
            }
        }
        var effects: [PDDL.Effect] = [
            .add(Self.atom("done", "?task")), .add(Self.atom("used", actor.object)),
            .forall(datum, .when(.atom(Self.atom("gives", "?task", "?datum")), .add(Self.atom("known", "?datum")))),
        ]
        if let service = actor.service {
            for capability in capabilities where CapabilityCoverage.covers(capability.phrase, service) {
                effects.append(.add(Self.atom("covered", capability.object)))
            }
        }
        return PDDL.Action(
            actor.action, [PDDL.Typed("?task", [actor.type])], precondition: .and(needs), effect: .and(effects))
    }

    private func actor(_ name: String) -> Actor? { actors.first { $0.name == name } }

    // MARK: - The problem

    var problem: PDDL.Problem {
        var objects: [PDDL.Typed] = []
        for actor in actors {
            for task in flow.tasks(of: actor.name) {
                if let name = tasks[task] { objects.append(PDDL.Typed(name, [actor.type])) }
            }
        }
        objects += data.map { PDDL.Typed($0.object, ["datum"]) }
        return PDDL.Problem(
            "plan", domain: "orra", objects: objects, initial: initial.map { PDDL.Problem.Fact($0) }, goal: goal)
    }

    private var initial: [PDDL.Atom] {
        var atoms: [PDDL.Atom] = []
        let objects = Dictionary(
            data.map { ("\($0.source).\($0.field)", $0.object) }, uniquingKeysWith: { first, _ in first })
        for datum in data where datum.source == .zero { atoms.append(Self.atom("known", datum.object)) }
        for task in plan.tasks {
            guard let name = tasks[task.id] else { continue }
            var taken: Set<String> = []
            for input in task.input {
                let key = "\(input.source).\(input.sourceField)"
                guard taken.insert(key).inserted, let object = objects[key] else { continue }
                atoms.append(Self.atom("takes", name, object))
            }
            for datum in data where datum.source == task.id { atoms.append(Self.atom("gives", name, datum.object)) }
        }
        var seen: Set<PDDL.Atom> = []
        for order in orders {
            for task in flow.tasks(of: order.second) {
                for earlier in flow.tasks(of: order.first) where flow.runs(task, after: earlier) {
                    guard let name = tasks[task], let other = tasks[earlier] else { continue }
                    let atom = Self.atom("follows", name, other)
                    if seen.insert(atom).inserted { atoms.append(atom) }
                }
            }
        }
        guard constraints.contains(where: { if case .condition = $0.rule { true } else { false } }) else {
            return atoms
        }
        for first in actors {
            for second in actors where flow.isBefore(first.name, second.name) {
                atoms.append(Self.atom("before", first.object, second.object))
            }
        }
        return atoms
    }

    private var goal: PDDL.Condition {
        var parts: [PDDL.Condition] = [.forall([PDDL.Typed("?task", ["task"])], .atom(Self.atom("done", "?task")))]
        let last = plan.lastTasks
        for datum in data where last.contains(datum.source) { parts.append(.atom(Self.atom("known", datum.object))) }
        for capability in capabilities { parts.append(.atom(Self.atom("covered", capability.object))) }
        for case .condition(let condition) in constraints.map(\.rule) { parts.append(translated(condition)) }
        return .and(parts)
    }

    /// Services by their names here; variables range over the services that ran.
    private func translated(_ condition: PDDL.Condition) -> PDDL.Condition {
        func term(_ name: PDDL.Name) -> PDDL.Name { actor(name.text)?.object ?? name }
        func used(_ variables: [PDDL.Typed]) -> [PDDL.Condition] {
            variables.map { .atom(Self.atom("used", $0.name)) }
        }
        func typed(_ variables: [PDDL.Typed]) -> [PDDL.Typed] { variables.map { PDDL.Typed($0.name, ["service"]) } }
        switch condition {
        case .atom(let atom): return .atom(PDDL.Atom(atom.predicate, atom.arguments.map(term)))
        case .equal(let left, let right): return .equal(term(left), term(right))
        case .not(let inner): return .not(translated(inner))
        case .and(let inner): return .and(inner.map(translated))
        case .or(let inner): return .or(inner.map(translated))
        case .imply(let left, let right): return .imply(translated(left), translated(right))
        case .forall(let variables, let inner):
            return .forall(typed(variables), .imply(.and(used(variables)), translated(inner)))
        case .exists(let variables, let inner):
            return .exists(typed(variables), .and(used(variables) + [translated(inner)]))
        }
    }

    // MARK: - The steps

    var schedule: PDDL.Schedule {
        let services = Dictionary(plan.tasks.map { ($0.id, $0.service) }, uniquingKeysWith: { first, _ in first })
        let names = Dictionary(
            actors.flatMap { actor in flow.tasks(of: actor.name).map { ($0, actor.action) } },
            uniquingKeysWith: { first, _ in first })
        // A task in a cycle is in no group: it stays undone, and the goal says so.
        let steps = plan.parallelGroups.joined().filter { services[$0] != nil }
        return PDDL.Schedule(
            steps.compactMap { task in
                guard let action = names[task], let object = tasks[task] else { return nil }
                return PDDL.Schedule.Step(action, [object])
            })
    }
}
