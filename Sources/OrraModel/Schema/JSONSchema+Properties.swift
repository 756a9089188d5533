extension JSONSchema {
    /// The object's properties in the order of their declaration, those behind a local `$ref` and in `allOf` included.
    ///
    /// Each schema stands on its own: where it uses `$ref`, it carries the definitions of this one. Empty for a schema
    /// without properties.
    public var properties: [(name: String, schema: JSONSchema)] {
        var seen: Set<String> = []
        return references.conjunction(of: value)
            .flatMap { $0["properties"]?.object?.members ?? [] }
            .filter { seen.insert($0.key).inserted }
            .map { ($0.key, standalone($0.value)) }
    }

    /// The schema of one property.
    public func property(_ name: String) -> JSONSchema? {
        for part in references.conjunction(of: value) {
            if let schema = part["properties"]?[name] { return standalone(schema) }
        }
        return nil
    }

    /// Names of the properties that must be there, without repetition.
    public var required: [String] {
        var seen: Set<String> = []
        return references.conjunction(of: value)
            .flatMap { $0["required"]?.array ?? [] }
            .compactMap(\.string)
            .filter { seen.insert($0).inserted }
    }

    /// JSON Schema's names of the types that a value may have: one for `"type": "string"`, several for a list, for
    /// `nullable` and for `anyOf`. Empty if the schema does not say.
    public var types: [String] { types(of: value, depth: 0) }

    /// Whether objects may have members beyond ``properties``: unless the schema has properties and leaves out
    /// `additionalProperties`, or says `false`.
    ///
    /// Stricter than JSON Schema, where silence permits: a plan that reads a field which the schema of a service's
    /// output does not name is a mistake far more often than a hidden field.
    public var declaresMoreMembers: Bool {
        let parts = references.conjunction(of: value)
        let additional = parts.compactMap { $0["additionalProperties"] }
        if let first = additional.first { return first != .bool(false) }
        return properties.isEmpty || parts.contains { $0["patternProperties"] != nil }
    }

    /// The schema of an array's elements.
    public var items: JSONSchema? {
        references.conjunction(of: value).lazy.compactMap { $0["items"] }.first.map(standalone)
    }

    var references: SchemaReferences { SchemaReferences(root: value) }

    private func types(of schema: JSONValue, depth: Int) -> [String] {
        guard depth < SchemaReferences.maximumHops else { return [] }
        let parts = references.conjunction(of: schema)
        var types: [String] = []
        if let declared = parts.lazy.compactMap(Self.declaredTypes).first {
            types = declared
        } else if let branches = parts.lazy.compactMap({ ($0["anyOf"] ?? $0["oneOf"])?.array }).first {
            types = branches.prefix(64).flatMap { self.types(of: $0, depth: depth + 1) }
        } else if let values = parts.lazy.compactMap({ $0["enum"]?.array }).first {
            types = values.map(\.typeName)
        } else if let value = parts.lazy.compactMap({ $0["const"] }).first {
            types = [value.typeName]
        }
        if !types.isEmpty, parts.contains(where: { $0["nullable"] == .bool(true) }) { types.append("null") }
        var seen: Set<String> = []
        return types.filter { seen.insert($0).inserted }
    }

    /// `type`, a name or a list of names, or the `types` that some callers write.
    static func declaredTypes(_ schema: JSONValue) -> [String]? {
        guard let declared = schema["type"] ?? schema["types"] else { return nil }
        if let name = declared.string { return [name] }
        return declared.array?.compactMap(\.string)
    }

    private func standalone(_ schema: JSONValue) -> JSONSchema {
        guard var object = schema.object, Self.usesReference(schema, depth: 0) else { return JSONSchema(schema) }
        for keyword in ["$defs", "definitions"] where object[keyword] == nil {
            if let definitions = value[keyword] { object[keyword] = definitions }
        }
        return JSONSchema(.object(object))
    }

    private static func usesReference(_ value: JSONValue, depth: Int) -> Bool {
        guard depth < Limits.jsonDepth else { return true }
        switch value {
        case .object(let object):
            return object.members.contains { $0.key == "$ref" || usesReference($0.value, depth: depth + 1) }
        case .array(let elements): return elements.contains { usesReference($0, depth: depth + 1) }
        default: return false
        }
    }
}
