import OrraModel

/// One of two schemas that are compared: what its parts say, behind `$ref` and `allOf`.
struct SchemaSide {
    static let maximumParts = 64
    static let maximumBranches = 64

    let root: JSONValue

    init(_ schema: JSONSchema) { root = schema.value }

    /// The schema, what it refers to, and the members of `allOf`: all of them apply.
    func parts(of schema: JSONValue) -> [JSONValue] {
        var found: [JSONValue] = []
        var waiting = [schema]
        var seen: Set<String> = []
        while let part = waiting.popLast(), found.count < Self.maximumParts {
            found.append(part)
            if let all = part["allOf"]?.array { waiting += all.prefix(Self.maximumBranches).reversed() }
            if let reference = part["$ref"]?.string, seen.insert(reference).inserted,
                let target = target(of: reference)
            {
                waiting.append(target)
            }
        }
        return found
    }

    private func target(of reference: String) -> JSONValue? {
        if reference == "#" { return root }
        for keyword in ["$defs", "definitions"] {
            let prefix = "#/\(keyword)/"
            if reference.hasPrefix(prefix) { return root[keyword]?[String(reference.dropFirst(prefix.count))] }
        }
        return nil
    }

    /// The alternatives of which one applies: `anyOf`, `oneOf`; a type list and `nullable` are read with the types.
    func branches(of schema: JSONValue) -> [JSONValue]? {
        let branches = parts(of: schema).lazy.compactMap { ($0["anyOf"] ?? $0["oneOf"])?.array }.first
        guard let branches, !branches.isEmpty, branches.count <= Self.maximumBranches else { return nil }
        return branches
    }

    /// The types of a schema's alternatives, of one level; empty where one of them says nothing.
    func alternativeTypes(of schema: JSONValue) -> [String] {
        let own = Self.types(parts(of: schema))
        guard own.isEmpty, let branches = branches(of: schema) else { return own }
        let types = branches.map { Self.types(parts(of: $0)) }
        guard !types.contains(where: \.isEmpty) else { return [] }
        var seen: Set<String> = []
        return types.flatMap(\.self).filter { seen.insert($0).inserted }
    }

    /// Names of the possible types; empty where nothing is said.
    static func types(_ parts: [JSONValue]) -> [String] {
        var types: [String] = []
        if let declared = parts.lazy.compactMap({ $0["type"] ?? $0["types"] }).first {
            types = declared.string.map { [$0] } ?? declared.array?.compactMap(\.string) ?? []
        } else if let values = values(parts) {
            types = values.map(\.typeName)
        } else if parts.contains(where: { $0["properties"]?.object?.isEmpty == false }) {
            types = ["object"]
        } else {
            return []
        }
        if parts.contains(where: { $0["nullable"] == .bool(true) }) { types.append("null") }
        var seen: Set<String> = []
        return types.filter { seen.insert($0).inserted }
    }

    /// What a value of both may be. `integer` is a `number`; what is not said is anything.
    static func common(_ given: [String], _ wanted: [String]) -> [String] {
        if given.isEmpty { return wanted.isEmpty ? ["anything"] : wanted }
        if wanted.isEmpty { return given }
        return given.filter { type in
            wanted.contains(type) || type == "integer" && wanted.contains("number")
                || type == "number" && wanted.contains("integer")
        }
    }

    /// Whether texts become such values, since no text itself would do.
    static func isScalar(_ types: [String]) -> Bool {
        !types.contains("string") && types.contains { ["number", "integer", "boolean"].contains($0) }
    }

    /// The values that `const` or `enum` lists.
    static func values(_ parts: [JSONValue]) -> [JSONValue]? {
        if let constant = parts.lazy.compactMap({ $0["const"] }).first { return [constant] }
        return parts.lazy.compactMap { $0["enum"]?.array }.first
    }

    static func format(_ parts: [JSONValue]) -> String? { parts.lazy.compactMap { $0["format"]?.string }.first }

    static func property(_ name: String, _ parts: [JSONValue]) -> JSONValue? {
        parts.lazy.compactMap { $0["properties"]?[name] }.first
    }

    /// Whether an object has no members but those that are named, as ``JSONSchema/declaresMoreMembers`` reads it.
    static func isClosed(_ parts: [JSONValue]) -> Bool {
        if parts.contains(where: { $0["patternProperties"] != nil }) { return false }
        if let additional = parts.lazy.compactMap({ $0["additionalProperties"] }).first {
            return additional == .bool(false)
        }
        return parts.contains { $0["properties"]?.object?.isEmpty == false }
    }
}

/// Formats of texts of which no text has two.
enum SchemaFormat {
    /// Formats that share texts stand in one group.
    private static let groups: [String: Int] = [
        "date": 1, "full-date": 1, "date-time": 2, "datetime": 2, "time": 3, "duration": 4, "email": 5, "idn-email": 5,
        "uri": 6, "url": 6, "iri": 6, "uuid": 7, "ipv4": 8, "ipv6": 9,
    ]

    /// Whether no text has both. Formats that are not known may be anything.
    static func exclude(_ left: String, _ right: String) -> Bool {
        guard let left = groups[left], let right = groups[right] else { return false }
        return left != right
    }

    /// Whether no text of the format is a number or a boolean.
    static func isNeverScalar(_ format: String) -> Bool { groups[format] != nil }
}
