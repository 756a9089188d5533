/// Whether a condition holds, and if not, which part of it.
struct ConditionEvaluation {
    typealias Bindings = [String: String]

    /// Whether a ground atom holds.
    let holds: (_ predicate: String, _ arguments: [String]) -> Bool
    /// The objects that a variable of these types ranges over, in order.
    let objects: (_ types: [PDDL.Name]) -> [String]
    /// Looks at atoms and objects that are left, so that nested quantifiers come to an end.
    var budget: Int
    /// Atoms that were looked at, when that is asked for.
    var read: Set<[String]>?

    init(
        budget: Int, holds: @escaping (String, [String]) -> Bool, objects: @escaping ([PDDL.Name]) -> [String]
    ) {
        self.budget = budget
        self.holds = holds
        self.objects = objects
    }

    /// The condition has so many quantifiers over so many objects that it can't be decided in the budget.
    struct Exhausted: Error {}

    private mutating func spend() throws(Exhausted) {
        budget -= 1
        if budget < 0 { throw Exhausted() }
    }

    mutating func holds(_ condition: PDDL.Condition, _ bindings: Bindings) throws(Exhausted) -> Bool {
        try failure(of: condition, bindings) == nil
    }

    /// `nil` if the condition holds; else the part of it that does not, as text with the objects in it.
    mutating func failure(of condition: PDDL.Condition, _ bindings: Bindings) throws(Exhausted) -> Failure? {
        try spend()
        switch condition {
        case .atom(let atom):
            let arguments = atom.arguments.map { bindings[$0.text] ?? $0.text }
            read?.insert([atom.predicate.text] + arguments)
            return holds(atom.predicate.text, arguments) ? nil : Failure(condition, bindings)
        case .equal(let left, let right):
            let isSame = (bindings[left.text] ?? left.text) == (bindings[right.text] ?? right.text)
            return isSame ? nil : Failure(condition, bindings)
        case .not(let inner):
            return try failure(of: inner, bindings) == nil ? Failure(condition, bindings) : nil
        case .and(let parts):
            for part in parts {
                if let failure = try failure(of: part, bindings) { return failure }
            }
            return nil
        case .or(let parts):
            for part in parts where try holds(part, bindings) { return nil }
            return Failure(condition, bindings)
        case .imply(let left, let right):
            guard try holds(left, bindings), try !holds(right, bindings) else { return nil }
            return Failure(condition, bindings)
        case .forall(let variables, let inner):
            return try each(variables[...], bindings) { (evaluation, bindings) throws(Exhausted) in
                try evaluation.failure(of: inner, bindings)
            }
        case .exists(let variables, let inner):
            let found = try each(variables[...], bindings) { (evaluation, bindings) throws(Exhausted) in
                try evaluation.holds(inner, bindings) ? Failure(inner, bindings) : nil
            }
            return found == nil ? Failure(condition, bindings) : nil
        }
    }

    /// A condition that does not hold, with objects for its variables.
    struct Failure {
        var condition: PDDL.Condition
        var bindings: Bindings

        init(_ condition: PDDL.Condition, _ bindings: Bindings) {
            self.condition = condition
            self.bindings = bindings
        }

        var text: String { PDDLWriter.text(condition, bindings) }
        var position: PDDL.Position { condition.position }
    }

    /// Runs `body` for all objects of the variables until it finds something.
    mutating func each<Found>(
        _ variables: ArraySlice<PDDL.Typed>, _ bindings: Bindings,
        _ body: (inout ConditionEvaluation, Bindings) throws(Exhausted) -> Found?
    ) throws(Exhausted) -> Found? {
        guard let variable = variables.first else { return try body(&self, bindings) }
        var inner = bindings
        for object in objects(variable.types) {
            try spend()
            inner[variable.name.text] = object
            if let found = try each(variables.dropFirst(), inner, body) { return found }
        }
        return nil
    }
}
