import OrraModel

/// Names, typed lists, conditions and effects.
extension PDDLParser {
    /// Words with a meaning of their own: no predicate has such a name.
    static let reserved: Set<String> = [
        "and", "or", "not", "imply", "forall", "exists", "when", "either", "define", "domain", "problem", "preference",
        "increase", "decrease", "assign", "scale-up", "scale-down",
    ]

    // MARK: - Names

    /// A letter first, then letters, digits, `-` and `_`.
    static func isName(_ word: some StringProtocol) -> Bool {
        guard let first = word.utf8.first, (0x61...0x7A).contains(first) else { return false }
        return word.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
                || $0 == UInt8(ascii: "_")
        }
    }

    func name(_ node: PDDLNode, _ kind: String) throws(PDDLError) -> PDDL.Name {
        guard let word = node.word else {
            throw fault(node.position, "expected the name of \(Self.article(kind)), found a list")
        }
        guard isAcceptable(word) else {
            let hint = word.hasPrefix("-") && word.count > 1 ? "; put a space behind the '-' of a type" : ""
            throw fault(
                node.position,
                "'\(PDDLError.clipped(word))' is no name of \(Self.article(kind)): names are of letters, digits, '-' and "
                    + "'_', with a letter first\(hint)")
        }
        return PDDL.Name(word, at: node.position)
    }

    /// In a constraint the names of services stand, which may start with a digit and have dots.
    private func isAcceptable(_ word: String) -> Bool {
        Self.isName(word) || file == .constraint && ServiceName.check(word) == nil
    }

    static func article(_ kind: String) -> String { "aeiou".contains(kind.first ?? "x") ? "an \(kind)" : "a \(kind)" }

    func predicateName(_ node: PDDLNode) throws(PDDLError) -> PDDL.Name {
        if let word = node.word, Self.reserved.contains(word) || word == "=" {
            throw fault(node.position, "'\(word)' has a meaning of its own and can't be a predicate here")
        }
        return try name(node, "predicate")
    }

    private func variable(_ node: PDDLNode) throws(PDDLError) -> PDDL.Name {
        guard let word = node.word, word.hasPrefix("?"), Self.isName(word.dropFirst()) else {
            let shown = node.word.map { "'\(PDDLError.clipped($0))'" } ?? "a list"
            throw fault(node.position, "expected a variable such as ?order, found \(shown)")
        }
        return PDDL.Name(word, at: node.position)
    }

    private func term(_ node: PDDLNode) throws(PDDLError) -> PDDL.Name {
        node.word?.hasPrefix("?") == true ? try variable(node) : try name(node, "object")
    }

    // MARK: - Typed lists

    /// `a b - t c`: a and b are of t, c of `object`.
    func typedList(
        _ nodes: [PDDLNode], name: (PDDLNode) throws(PDDLError) -> PDDL.Name
    ) throws(PDDLError) -> [PDDL.Typed] {
        var list: [PDDL.Typed] = []
        var untyped = 0
        var index = 0
        while index < nodes.count {
            guard nodes[index].word == "-" else {
                list.append(PDDL.Typed(try name(nodes[index])))
                index += 1
                continue
            }
            guard untyped < list.count else {
                throw fault(nodes[index].position, "nothing stands in front of this '-'")
            }
            guard index + 1 < nodes.count else { throw fault(nodes[index].position, "no type stands behind this '-'") }
            let types = try self.types(nodes[index + 1])
            for place in untyped..<list.count { list[place].types = types }
            untyped = list.count
            index += 2
        }
        return list
    }

    func variables(_ nodes: [PDDLNode]) throws(PDDLError) -> [PDDL.Typed] { try typedList(nodes, name: variable) }

    private func types(_ node: PDDLNode) throws(PDDLError) -> [PDDL.Name] {
        // What is of `object` is of any type, as without one.
        if node.word == "object" { return [] }
        guard let list = node.list else { return [try name(node, "type")] }
        guard node.head == "either", list.count > 1 else {
            throw fault(node.position, "several types are written as (either type type)")
        }
        var types: [PDDL.Name] = []
        for item in list.dropFirst() { types.append(try name(item, "type")) }
        return types
    }

    // MARK: - Conditions

    func atom(_ node: PDDLNode) throws(PDDLError) -> PDDL.Atom {
        guard let list = node.list, let first = list.first else {
            throw fault(node.position, "expected an atom such as (predicate object …)")
        }
        if first.word == "=" {
            throw fault(
                node.position,
                file == .problem
                    ? "numeric fluents are not supported: an initial state holds atoms only"
                    : "an effect can't make two things equal: '=' may stand in conditions only")
        }
        var atom = PDDL.Atom(try predicateName(first))
        atom.predicate.position = node.position
        for item in list.dropFirst() { atom.arguments.append(try term(item)) }
        return atom
    }

    func condition(_ node: PDDLNode) throws(PDDLError) -> PDDL.Condition {
        guard let list = node.list, let first = list.first else {
            throw fault(node.position, "expected a condition such as (predicate ?variable) or (and …)")
        }
        let rest = Array(list.dropFirst())
        switch first.word {
        case "and": return .and(try conditions(rest))
        case "or": return .or(try conditions(rest))
        case "not":
            guard rest.count == 1 else { throw fault(node.position, "'not' takes one condition, not \(rest.count)") }
            return .not(try condition(rest[0]))
        case "imply":
            guard rest.count == 2 else { throw fault(node.position, "'imply' takes two conditions, not \(rest.count)") }
            return .imply(try condition(rest[0]), try condition(rest[1]))
        case "forall", "exists":
            let (variables, body) = try quantified(node, rest)
            let inner = try condition(body)
            return first.word == "forall" ? .forall(variables, inner) : .exists(variables, inner)
        case "=":
            guard rest.count == 2 else { throw fault(node.position, "'=' compares two objects, not \(rest.count)") }
            return .equal(try term(rest[0]), try term(rest[1]))
        case "<", ">", "<=", ">=": throw fault(node.position, "numeric fluents are not supported")
        case "preference": throw fault(node.position, "preferences are not supported")
        case "when": throw fault(node.position, "'when' belongs into an effect; in a condition write (imply … …)")
        default: return .atom(try atom(node))
        }
    }

    private func conditions(_ nodes: [PDDLNode]) throws(PDDLError) -> [PDDL.Condition] {
        var conditions: [PDDL.Condition] = []
        for node in nodes { conditions.append(try condition(node)) }
        return conditions
    }

    private func quantified(
        _ node: PDDLNode, _ rest: [PDDLNode]
    ) throws(PDDLError) -> (variables: [PDDL.Typed], body: PDDLNode) {
        guard rest.count == 2, let list = rest[0].list, !list.isEmpty else {
            throw fault(node.position, "write (\(node.head ?? "forall") (?variable - type) …), with one part behind")
        }
        return (try variables(list), rest[1])
    }

    // MARK: - Effects

    func effect(_ node: PDDLNode, isConditional: Bool = false) throws(PDDLError) -> PDDL.Effect {
        guard let list = node.list, let first = list.first else {
            throw fault(
                node.position, "expected an effect such as (predicate ?variable) or (not (predicate ?variable))")
        }
        let rest = Array(list.dropFirst())
        switch first.word {
        case "and":
            var effects: [PDDL.Effect] = []
            for item in rest { effects.append(try effect(item, isConditional: isConditional)) }
            return .and(effects)
        case "not":
            guard rest.count == 1 else { throw fault(node.position, "'not' takes one atom, not \(rest.count)") }
            return .delete(try atom(rest[0]))
        case "forall", "when":
            guard !isConditional else {
                throw fault(node.position, "within 'when' an effect may only have atoms, 'not' and 'and'")
            }
            if first.word == "forall" {
                let (variables, body) = try quantified(node, rest)
                return .forall(variables, try effect(body))
            }
            guard rest.count == 2 else { throw fault(node.position, "write (when condition effect)") }
            return .when(try condition(rest[0]), try effect(rest[1], isConditional: true))
        case "increase", "decrease", "assign", "scale-up", "scale-down":
            throw fault(node.position, "numeric fluents are not supported")
        case "or", "imply", "exists":
            throw fault(node.position, "'\(first.word ?? "")' belongs into conditions: an effect must be certain")
        default: return .add(try atom(node))
        }
    }
}
