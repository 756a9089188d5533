/// Checks what the names of a domain and a problem mean: declared, of the right types and numbers, and covered by the
/// requirements.
struct PDDLChecker {
    private let domain: PDDL.Domain
    private let types: PDDLTypes
    private let requirements: Set<PDDL.Requirement>
    private let predicates: [String: PDDL.Predicate]
    private let objects: [String: PDDL.Typed]
    private let file: PDDLError.File

    /// Types of the variables in force.
    typealias Scope = [String: [PDDL.Name]]

    init(_ domain: PDDL.Domain, _ problem: PDDL.Problem? = nil, file: PDDLError.File? = nil) {
        self.domain = domain
        self.file = file ?? (problem == nil ? .domain : .problem)
        types = PDDLTypes(domain)
        requirements = Set((domain.requirements + (problem?.requirements ?? [])).flatMap(\.all))
        predicates = Dictionary(domain.predicates.map { ($0.name.text, $0) }, uniquingKeysWith: { first, _ in first })
        objects = Dictionary(
            (domain.constants + (problem?.objects ?? [])).map { ($0.name.text, $0) },
            uniquingKeysWith: { first, _ in first })
    }

    private func fault(_ position: PDDL.Position, _ reason: String) -> PDDLError { PDDLError(file, position, reason) }

    private func need(_ requirement: PDDL.Requirement, _ position: PDDL.Position, for what: String) throws(PDDLError) {
        guard requirements.contains(requirement) else {
            throw fault(position, "\(what) needs :\(requirement.rawValue): add it to (:requirements …)")
        }
    }

    // MARK: - Domains

    func check() throws(PDDLError) {
        try unique(domain.types.map(\.name), "type")
        for type in domain.types {
            try need(.typing, type.name.position, for: "a section of types")
            guard type.name.text != "object" else {
                throw fault(type.name.position, "the type 'object' is there already: leave it out")
            }
            try declared(type.types)
        }
        if let name = PDDLTypes.cycle(in: domain.types) {
            throw fault(
                name.position, "the type '\(PDDLError.clipped(name.text))' stands above itself: break the cycle")
        }
        try unique(domain.constants.map(\.name), "constant")
        for constant in domain.constants { try declared(constant.types) }
        try unique(domain.predicates.map(\.name), "predicate")
        for predicate in domain.predicates { _ = try scope([:], predicate.parameters) }
        try unique(domain.actions.map(\.name), "action")
        for action in domain.actions {
            let scope = try scope([:], action.parameters)
            try check(action.precondition, scope)
            try check(action.effect, scope)
        }
    }

    private func unique(_ names: [PDDL.Name], _ kind: String) throws(PDDLError) {
        var seen: [String: PDDL.Position] = [:]
        for name in names {
            if let first = seen.updateValue(name.position, forKey: name.text) {
                throw fault(
                    name.position,
                    "the \(kind) '\(PDDLError.clipped(name.text))' is declared twice, first in line \(first.line)")
            }
        }
    }

    private func declared(_ names: [PDDL.Name]) throws(PDDLError) {
        for name in names {
            try need(.typing, name.position, for: "a type")
            guard types.isDeclared(name.text) else {
                throw fault(
                    name.position,
                    "the type '\(PDDLError.clipped(name.text))' is not declared"
                        + hint(name.text, domain.types.map(\.name.text) + ["object"], "add it to (:types …)"))
            }
        }
    }

    private func scope(_ outer: Scope, _ variables: [PDDL.Typed]) throws(PDDLError) -> Scope {
        try unique(variables.map(\.name), "variable")
        var scope = outer
        for variable in variables {
            try declared(variable.types)
            scope[variable.name.text] = variable.types
        }
        return scope
    }

    // MARK: - Problems

    func check(problem: PDDL.Problem) throws(PDDLError) {
        guard problem.domain == domain.name else {
            throw fault(
                problem.domain.position,
                "the problem is of the domain '\(PDDLError.clipped(problem.domain.text))', but the domain's name is '"
                    + "\(PDDLError.clipped(domain.name.text))'")
        }
        try unique(problem.objects.map(\.name), "object")
        for object in problem.objects {
            try declared(object.types)
            if let constant = domain.constants.first(where: { $0.name == object.name }) {
                throw fault(
                    object.name.position,
                    "'\(PDDLError.clipped(constant.name.text))' is a constant of the domain: leave the object out")
            }
        }
        var held: [PDDL.Atom: Bool] = [:]
        for fact in problem.initial {
            try check(fact.atom, [:])
            if let other = held.updateValue(fact.holds, forKey: fact.atom), other != fact.holds {
                throw fault(
                    fact.atom.predicate.position,
                    "\(PDDLWriter.text(fact.atom)) is said to hold and not to hold: remove one of the two")
            }
        }
        try check(problem.goal, [:])
    }

    // MARK: - Conditions and effects

    func check(_ condition: PDDL.Condition, _ scope: Scope) throws(PDDLError) {
        let position = condition.position
        switch condition {
        case .atom(let atom): try check(atom, scope)
        case .equal(let left, let right):
            try need(.equality, left.position, for: "'='")
            _ = try typesOf(left, scope)
            _ = try typesOf(right, scope)
        case .not(let inner):
            switch inner {
            case .atom, .equal: try need(.negativePreconditions, position, for: "a negated condition")
            default: try need(.disjunctivePreconditions, position, for: "'not' before more than an atom")
            }
            try check(inner, scope)
        case .and(let parts):
            for part in parts { try check(part, scope) }
        case .or(let parts):
            try need(.disjunctivePreconditions, position, for: "'or'")
            for part in parts { try check(part, scope) }
        case .imply(let left, let right):
            try need(.disjunctivePreconditions, position, for: "'imply'")
            try check(left, scope)
            try check(right, scope)
        case .forall(let variables, let inner):
            try need(.universalPreconditions, position, for: "'forall' in a condition")
            try check(inner, try self.scope(scope, variables))
        case .exists(let variables, let inner):
            try need(.existentialPreconditions, position, for: "'exists'")
            try check(inner, try self.scope(scope, variables))
        }
    }

    private func check(_ effect: PDDL.Effect, _ scope: Scope) throws(PDDLError) {
        switch effect {
        case .add(let atom), .delete(let atom): try check(atom, scope)
        case .and(let parts):
            for part in parts { try check(part, scope) }
        case .forall(let variables, let inner):
            let position = variables.first?.name.position ?? .start
            try need(.conditionalEffects, position, for: "'forall' in an effect")
            try check(inner, try self.scope(scope, variables))
        case .when(let condition, let inner):
            try need(.conditionalEffects, condition.position, for: "'when'")
            try check(condition, scope)
            try check(inner, scope)
        }
    }

    private func check(_ atom: PDDL.Atom, _ scope: Scope) throws(PDDLError) {
        let name = PDDLError.clipped(atom.predicate.text)
        guard let predicate = predicates[atom.predicate.text] else {
            throw fault(
                atom.predicate.position,
                "the predicate '\(name)' is not declared"
                    + hint(atom.predicate.text, domain.predicates.map(\.name.text), "add it to (:predicates …)"))
        }
        guard predicate.parameters.count == atom.arguments.count else {
            throw fault(
                atom.predicate.position,
                "\(name) takes \(Self.arguments(predicate.parameters.count)), but has \(atom.arguments.count) here: "
                    + "write \(PDDLWriter.text(predicate))")
        }
        for (argument, parameter) in zip(atom.arguments, predicate.parameters) {
            try check(argument, typesOf(argument, scope), parameter, of: name)
        }
    }

    private func check(
        _ argument: PDDL.Name, _ given: [PDDL.Name], _ parameter: PDDL.Typed, of name: String
    ) throws(PDDLError) {
        guard types.fits(given, parameter.types) else {
            throw fault(
                argument.position,
                "'\(PDDLError.clipped(argument.text))' is of type \(PDDLTypes.text(given)), but \(name) takes "
                    + "\(PDDLTypes.text(parameter.types)) here")
        }
    }

    private func typesOf(_ term: PDDL.Name, _ scope: Scope) throws(PDDLError) -> [PDDL.Name] {
        if term.text.hasPrefix("?") {
            if let types = scope[term.text] { return types }
            let hint = hint(term.text, scope.keys.sorted(), "add it to the parameters, or write an object's name")
            throw fault(term.position, "the variable '\(PDDLError.clipped(term.text))' is not declared\(hint)")
        }
        if let object = objects[term.text] { return object.types }
        let place = file == .domain ? "(:constants …), or write '?' in front of a variable" : "(:objects …)"
        throw fault(
            term.position,
            "the object '\(PDDLError.clipped(term.text))' is not declared"
                + hint(term.text, objects.keys.sorted(), "add it to \(place)"))
    }

    // MARK: - Steps

    /// Checks a step's action and objects; gives the action.
    func action(of step: PDDL.Schedule.Step) throws(PDDLError) -> PDDL.Action {
        let name = PDDLError.clipped(step.action.text)
        guard let action = domain.actions.first(where: { $0.name == step.action }) else {
            throw PDDLError(
                .plan, step.action.position,
                "the domain has no action '\(name)'"
                    + hint(step.action.text, domain.actions.map(\.name.text), "use one that it has"))
        }
        guard action.parameters.count == step.arguments.count else {
            let parameters = action.parameters.map { " \($0.name.text)" }.joined()
            throw PDDLError(
                .plan, step.action.position,
                "\(name) takes \(Self.arguments(action.parameters.count)), but has \(step.arguments.count) here: "
                    + "write (\(name)\(parameters))")
        }
        for (argument, parameter) in zip(step.arguments, action.parameters) {
            guard let object = objects[argument.text] else {
                throw PDDLError(
                    .plan, argument.position,
                    "the problem has no object '\(PDDLError.clipped(argument.text))'"
                        + hint(argument.text, objects.keys.sorted(), "use one of its objects"))
            }
            guard types.fits(object.types, parameter.types) else {
                throw PDDLError(
                    .plan, argument.position,
                    "'\(PDDLError.clipped(argument.text))' is of type \(PDDLTypes.text(object.types)), but \(name) "
                        + "takes \(PDDLTypes.text(parameter.types)) here")
            }
        }
        return action
    }

    // MARK: - Words

    private static func arguments(_ count: Int) -> String { count == 1 ? "1 argument" : "\(count) arguments" }

    /// What would be right: a name that differs in a letter or two, or `otherwise`.
    private func hint(_ name: String, _ known: [String], _ otherwise: String) -> String {
        guard let near = Self.nearest(to: name, among: known) else { return ": \(otherwise)" }
        return ": do you mean '\(PDDLError.clipped(near))'?"
    }

    static func nearest(to name: String, among known: [String]) -> String? {
        let bound = name.utf8.count > 4 ? 2 : 1
        // Names of any number and length come from outside: look at as many as matter.
        return known.prefix(256).map { ($0, distance(name, $0, bound: bound)) }.filter { $0.1 <= bound }
            .min { $0.1 < $1.1 }?.0
    }

    /// Letters to change, add or drop.
    private static func distance(_ left: String, _ right: String, bound: Int) -> Int {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        guard abs(left.count - right.count) <= bound, left.count <= 128, right.count <= 128 else { return bound + 1 }
        var row = Array(0...right.count)
        for (index, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in right.indices {
                let cost = min(row[column], row[column + 1]) + 1
                let replaced = diagonal + (byte == right[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(cost, replaced)
            }
        }
        return row[right.count]
    }
}
