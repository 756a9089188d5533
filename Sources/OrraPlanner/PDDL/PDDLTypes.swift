/// A domain's types, by what stands above them.
struct PDDLTypes {
    /// Each type with itself, all types above it and `object`.
    private let above: [String: Set<String>]

    init(_ domain: PDDL.Domain) {
        var parents: [String: [String]] = [:]
        for type in domain.types { parents[type.name.text] = type.types.map(\.text) }
        var above: [String: Set<String>] = ["object": ["object"]]
        for type in domain.types {
            var found: Set<String> = ["object"]
            var open = [type.name.text]
            while let next = open.popLast() {
                if found.insert(next).inserted { open += parents[next] ?? [] }
            }
            above[type.name.text] = found
        }
        self.above = above
    }

    func isDeclared(_ type: String) -> Bool { above[type] != nil }

    /// Whether what is of one of `types`, whichever it is, may stand where one of `others` is asked for.
    func fits(_ types: [PDDL.Name], _ others: [PDDL.Name]) -> Bool {
        if others.isEmpty { return true }
        let wanted = others.map(\.text)
        let given = types.isEmpty ? ["object"] : types.map(\.text)
        return given.allSatisfy { type in wanted.contains { above[type]?.contains($0) == true } }
    }

    /// The types that lead back to themselves.
    static func cycle(in types: [PDDL.Typed]) -> PDDL.Name? {
        var parents: [String: [String]] = [:]
        for type in types { parents[type.name.text, default: []] += type.types.map(\.text) }
        return types.first { type in
            var seen: Set<String> = []
            var open = parents[type.name.text] ?? []
            while let next = open.popLast() {
                if next == type.name.text { return true }
                if seen.insert(next).inserted { open += parents[next] ?? [] }
            }
            return false
        }?.name
    }

    static func text(_ types: [PDDL.Name]) -> String {
        switch types.count {
        case 0: "object"
        case 1: types[0].text
        default: "(either \(types.map(\.text).joined(separator: " ")))"
        }
    }
}
