/// `$ref`, `allOf`, `anyOf`, `oneOf` and `not`.
extension SchemaValidator {
    mutating func applyCombinations(_ keywords: JSONObject, to value: JSONNode, at path: String) {
        if let reference = keywords["$ref"]?.string, let target = references.target(of: reference) {
            apply(target, to: value, at: path)
        }
        for schema in keywords["allOf"]?.array ?? [] { apply(schema, to: value, at: path) }
        if let branches = keywords["anyOf"]?.array { applyAny(branches, to: value, at: path) }
        if let branches = keywords["oneOf"]?.array { applyOne(branches, to: value, at: path) }
        if let schema = keywords["not"], trial(schema, value, at: path).isEmpty, !isExhausted {
            report(path, "has a form that the schema excludes")
        }
    }

    private mutating func applyAny(_ branches: [JSONValue], to value: JSONNode, at path: String) {
        var faults: [[SchemaViolation]] = []
        for branch in branches {
            let found = trial(branch, value, at: path)
            if found.isEmpty || isExhausted { return }
            faults.append(found)
        }
        reportNone(branches, faults, value, at: path)
    }

    private mutating func applyOne(_ branches: [JSONValue], to value: JSONNode, at path: String) {
        var faults: [[SchemaViolation]] = []
        var matches = 0
        for branch in branches {
            let found = trial(branch, value, at: path)
            if isExhausted { return }
            if found.isEmpty { matches += 1 } else { faults.append(found) }
        }
        if matches == 0 { reportNone(branches, faults, value, at: path) }
        if matches > 1 { report(path, "must fit one of the schema's alternatives, but fits \(matches)") }
    }

    /// Says what is nearest: the faults of the only branch for this type of value, or the types that would do.
    private mutating func reportNone(
        _ branches: [JSONValue], _ faults: [[SchemaViolation]], _ value: JSONNode, at path: String
    ) {
        let types = branches.map { JSONSchema(["anyOf": .array([$0])], definitionsOf: references.root).types }
        let name = value.typeName
        let near = branches.indices.filter { index in
            types[index].isEmpty || types[index].contains(name) || name == "integer" && types[index].contains("number")
        }
        if near.count == 1, faults.indices.contains(near[0]) {
            for fault in faults[near[0]] { report(fault.path, fault.reason) }
        } else if near.isEmpty {
            var seen: Set<String> = []
            let all = types.flatMap(\.self).filter { seen.insert($0).inserted }
            report(path, "must be \(SchemaPhrase.alternatives(all)), but is \(SchemaPhrase.article(name))")
        } else {
            report(path, "fits none of the schema's \(branches.count) alternatives")
        }
    }
}

extension JSONSchema {
    /// A part of another schema, with that one's definitions.
    init(_ part: JSONObject, definitionsOf root: JSONValue) {
        var object = part
        for keyword in ["$defs", "definitions"] where object[keyword] == nil {
            if let definitions = root[keyword] { object[keyword] = definitions }
        }
        self.init(.object(object))
    }
}
