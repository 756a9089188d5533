import OrraModel

/// Writes what ``PDDLParser`` reads: reading it again gives the same tree.
enum PDDLWriter {
    static func text(_ typed: [PDDL.Typed]) -> String {
        var text = ""
        for (index, item) in typed.enumerated() {
            if index > 0 { text += " " }
            text += item.name.text
            // Names of one type in a row share it; `object` needs writing only in front of another type.
            let next = index + 1 < typed.count ? typed[index + 1].types : nil
            if next == item.types { continue }
            if !item.types.isEmpty || next != nil { text += " - \(PDDLTypes.text(item.types))" }
        }
        return text
    }

    static func text(_ predicate: PDDL.Predicate) -> String {
        "(\(predicate.name.text)\(predicate.parameters.isEmpty ? "" : " ")\(text(predicate.parameters)))"
    }

    static func text(_ atom: PDDL.Atom, _ bindings: [String: String] = [:]) -> String {
        "(\(([atom.predicate] + atom.arguments).map { bindings[$0.text] ?? $0.text }.joined(separator: " ")))"
    }

    /// In one line; variables are replaced where `bindings` has a name for them.
    static func text(_ condition: PDDL.Condition, _ bindings: [String: String] = [:]) -> String {
        func list(_ head: String, _ parts: [PDDL.Condition]) -> String {
            "(\(head)\(parts.map { " " + text($0, bindings) }.joined()))"
        }
        func quantified(_ head: String, _ variables: [PDDL.Typed], _ inner: PDDL.Condition) -> String {
            var rest = bindings
            for variable in variables { rest[variable.name.text] = nil }
            return "(\(head) (\(text(variables))) \(text(inner, rest)))"
        }
        switch condition {
        case .atom(let atom): return text(atom, bindings)
        case .equal(let left, let right):
            return "(= \(bindings[left.text] ?? left.text) \(bindings[right.text] ?? right.text))"
        case .not(let inner): return list("not", [inner])
        case .and(let parts): return list("and", parts)
        case .or(let parts): return list("or", parts)
        case .imply(let left, let right): return list("imply", [left, right])
        case .forall(let variables, let inner): return quantified("forall", variables, inner)
        case .exists(let variables, let inner): return quantified("exists", variables, inner)
        }
    }

    static func text(_ effect: PDDL.Effect) -> String {
        switch effect {
        case .add(let atom): "\(text(atom))"
        case .delete(let atom): "(not \(text(atom)))"
        case .and(let parts): "(and\(parts.map { " " + text($0) }.joined()))"
        case .forall(let variables, let inner): "(forall (\(text(variables))) \(text(inner)))"
        case .when(let condition, let inner): "(when \(text(condition)) \(text(inner)))"
        }
    }

    /// One part of a conjunction per line.
    static func lines(_ condition: PDDL.Condition, indent: String) -> String {
        guard case .and(let parts) = condition, parts.count > 1 else { return text(condition) }
        return "(and\n" + parts.map { "\(indent)\(text($0))" }.joined(separator: "\n") + ")"
    }

    static func lines(_ effect: PDDL.Effect, indent: String) -> String {
        guard case .and(let parts) = effect, parts.count > 1 else { return text(effect) }
        return "(and\n" + parts.map { "\(indent)\(text($0))" }.joined(separator: "\n") + ")"
    }

    /// One type's names per line.
    static func section(_ name: String, _ typed: [PDDL.Typed]) -> String {
        guard !typed.isEmpty else { return "" }
        var lines: [[PDDL.Typed]] = []
        for item in typed {
            if lines.last?.last?.types == item.types {
                lines[lines.count - 1].append(item)
            } else {
                lines.append([item])
            }
        }
        let texts = lines.enumerated().map { index, line in
            text(line) + (line[0].types.isEmpty && index < lines.count - 1 ? " - object" : "")
        }
        return "\n  (\(name)\n    \(texts.joined(separator: "\n    ")))"
    }

    static func requirements(_ requirements: [PDDL.Requirement]) -> String {
        guard !requirements.isEmpty else { return "" }
        return "\n  (:requirements \(requirements.map { ":\($0.rawValue)" }.joined(separator: " ")))"
    }
}

extension PDDL.Domain: CustomStringConvertible {
    /// As PDDL.
    public var description: String {
        var text = "(define (domain \(name.text))" + PDDLWriter.requirements(requirements)
        text += PDDLWriter.section(":types", types) + PDDLWriter.section(":constants", constants)
        if !predicates.isEmpty {
            text += "\n  (:predicates\n    \(predicates.map { PDDLWriter.text($0) }.joined(separator: "\n    ")))"
        }
        for action in actions {
            text += "\n  (:action \(action.name.text)\n    :parameters (\(PDDLWriter.text(action.parameters)))"
            text += "\n    :precondition \(PDDLWriter.lines(action.precondition, indent: "      "))"
            text += "\n    :effect \(PDDLWriter.lines(action.effect, indent: "      ")))"
        }
        return text + ")\n"
    }
}

extension PDDL.Problem: CustomStringConvertible {
    /// As PDDL.
    public var description: String {
        let facts = initial.map { fact in
            "\n    " + (fact.holds ? PDDLWriter.text(fact.atom) : "(not \(PDDLWriter.text(fact.atom)))")
        }
        return "(define (problem \(name.text))\n  (:domain \(domain.text))" + PDDLWriter.requirements(requirements)
            + PDDLWriter.section(":objects", objects) + "\n  (:init\(facts.joined()))"
            + "\n  (:goal \(PDDLWriter.lines(goal, indent: "    "))))\n"
    }
}

extension PDDL.Schedule: CustomStringConvertible {
    /// As PDDL: a step a line.
    public var description: String {
        steps.map { step in
            let stamp = step.time.flatMap { JSONNumber($0) }.map { "\($0.text): " } ?? ""
            return "\(stamp)(\(([step.action] + step.arguments).map(\.text).joined(separator: " ")))\n"
        }.joined()
    }
}

extension PDDL.Condition {
    /// Where the first name of it stands.
    var position: PDDL.Position {
        switch self {
        case .atom(let atom): atom.predicate.position
        case .equal(let left, _): left.position
        case .not(let inner), .forall(_, let inner), .exists(_, let inner): inner.position
        case .and(let parts), .or(let parts): parts.first?.position ?? .start
        case .imply(let left, _): left.position
        }
    }
}
