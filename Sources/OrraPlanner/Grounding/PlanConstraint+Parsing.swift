import OrraModel

extension PlanConstraint {
    /// Reads a constraint. `nil` for prose, which people and language models read and nothing checks.
    ///
    /// A text in parentheses is a constraint and must be right. Without them `requires A before B`, `at-most-once A` and
    /// `never-together A B` are constraints if these words and names are all there is.
    public static func parse(_ text: String) throws(PDDLError) -> PlanConstraint? {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard let first = words.first else { return nil }
        guard first.hasPrefix("(") else { return try bare(words, text) }
        let head = first.drop { $0 == "(" }.prefix { $0 != "(" && $0 != ")" }.lowercased()
        let isMeant = heads.contains(head) || PDDLChecker.nearest(to: head, among: heads) != nil
        guard text.utf8.count <= textBytes else {
            if !isMeant { return nil }
            throw PDDLError(.constraint, .start, "a constraint may have at most \(textBytes) bytes")
        }
        let nodes: [PDDLNode]
        do {
            nodes = try PDDLReader.read(text, .constraint).nodes
        } catch {
            if isMeant { throw error }
            return nil
        }
        guard isMeant || nodes.count == 1 else { return nil }
        guard nodes.count == 1 else {
            throw PDDLError(
                .constraint, nodes[1].position,
                "nothing may follow the constraint's last ')': write several constraints one by one")
        }
        return try constraint(nodes[0], text)
    }

    private static let rules = ["requires", "at-most-once", "never-together"]
    private static let conditions = ["and", "or", "not", "imply", "forall", "exists", "used", "before", "="]
    private static let heads = rules + conditions

    private static func bare(_ words: [Substring], _ text: String) throws(PDDLError) -> PlanConstraint? {
        guard let head = words.first?.lowercased() else { return nil }
        let names: [Substring]
        switch (head, words.count) {
        case ("requires", 4) where words[2].lowercased() == "before": names = [words[1], words[3]]
        case ("at-most-once", 2), ("never-together", 3): names = Array(words.dropFirst())
        default: return nil
        }
        guard names.allSatisfy({ ServiceName.check(String($0)) == nil }) else { return nil }
        let nodes = try PDDLReader.read("(\(words.joined(separator: " ")))", .constraint).nodes
        return try nodes.first.map { node throws(PDDLError) in try constraint(node, text) }
    }

    private static func constraint(_ node: PDDLNode, _ text: String) throws(PDDLError) -> PlanConstraint {
        let items = node.list ?? []
        let head = node.head ?? ""
        guard heads.contains(head) else {
            let near = PDDLChecker.nearest(to: head, among: heads)
            throw PDDLError(
                .constraint, items.first?.position ?? node.position,
                "'\(PDDLError.clipped(head))' is no constraint: "
                    + (near.map { "do you mean '\($0)'?" }
                        ?? "it starts with \(heads.joined(separator: ", ")); prose stands without parentheses"))
        }
        switch head {
        case "requires":
            guard items.count == 4, items[2].word == "before" else {
                throw PDDLError(
                    .constraint, node.position, "write (requires A before B), with the names of two services")
            }
            let pair = try services([items[1], items[3]])
            return PlanConstraint(rule: .requires(pair[0], before: pair[1]), text: text, services: pair)
        case "at-most-once":
            guard items.count == 2 else {
                throw PDDLError(.constraint, node.position, "write (at-most-once A), with the name of a service")
            }
            let names = try services([items[1]])
            return PlanConstraint(rule: .atMostOnce(names[0]), text: text, services: names)
        case "never-together":
            guard items.count == 3 else {
                throw PDDLError(
                    .constraint, node.position, "write (never-together A B), with the names of two services")
            }
            let pair = try services([items[1], items[2]])
            return PlanConstraint(rule: .neverTogether(pair[0], pair[1]), text: text, services: pair)
        default:
            let condition = try PDDLParser(.constraint).condition(node)
            let names = condition.objects
            for name in names { try check(name) }
            try PDDLChecker(vocabulary(names), file: .constraint).check(condition, [:])
            return PlanConstraint(rule: .condition(condition), text: text, services: names.map(\.text))
        }
    }

    private static func services(_ nodes: [PDDLNode]) throws(PDDLError) -> [String] {
        var names: [String] = []
        for node in nodes {
            let name = PDDL.Name(node.word ?? "", at: node.position)
            try check(name)
            guard !names.contains(name.text) else {
                throw PDDLError(.constraint, node.position, "the same service twice: name two different ones")
            }
            names.append(name.text)
        }
        return names
    }

    private static func check(_ name: PDDL.Name) throws(PDDLError) {
        if let reason = ServiceName.check(name.text) {
            let shown = name.text.isEmpty ? "a list" : "'\(PDDLError.clipped(name.text))'"
            throw PDDLError(.constraint, name.position, "expected a service's name, found \(shown): a name \(reason)")
        }
    }

    /// The world of constraints: `used` and `before` of services.
    private static func vocabulary(_ services: [PDDL.Name]) -> PDDL.Domain {
        PDDL.Domain(
            "constraint", requirements: [.adl], types: [PDDL.Typed("service")],
            constants: services.map { PDDL.Typed($0, ["service"]) },
            predicates: [
                PDDL.Predicate("used", [PDDL.Typed("?service")]),
                PDDL.Predicate("before", [PDDL.Typed("?first"), PDDL.Typed("?second")]),
            ])
    }
}

extension PDDL.Condition {
    /// The objects that it names, in order, each once.
    var objects: [PDDL.Name] {
        var names: [PDDL.Name] = []
        collect(&names)
        return names
    }

    private func collect(_ names: inout [PDDL.Name]) {
        switch self {
        case .atom(let atom): Self.collect(atom.arguments, &names)
        case .equal(let left, let right): Self.collect([left, right], &names)
        case .not(let inner), .forall(_, let inner), .exists(_, let inner): inner.collect(&names)
        case .and(let parts), .or(let parts):
            for part in parts { part.collect(&names) }
        case .imply(let left, let right):
            left.collect(&names)
            right.collect(&names)
        }
    }

    private static func collect(_ terms: [PDDL.Name], _ names: inout [PDDL.Name]) {
        for term in terms where !term.text.hasPrefix("?") && !names.contains(term) { names.append(term) }
    }
}
