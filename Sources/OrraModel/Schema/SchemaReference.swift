/// Finds what a local `$ref` of a schema means: `#/$defs/Item`, `#/definitions/Item`, or `#` for the schema itself.
struct SchemaReferences {
    /// More hops than any schema made by hand or by a library has.
    static let maximumHops = 16

    let root: JSONValue

    /// The schema that `reference` names; `nil` for one that is not local or does not exist.
    func target(of reference: String) -> JSONValue? {
        if reference == "#" { return root }
        for keyword in ["$defs", "definitions"] {
            let prefix = "#/\(keyword)/"
            guard reference.hasPrefix(prefix) else { continue }
            return root[keyword]?[Self.unescaped(reference.dropFirst(prefix.count))]
        }
        return nil
    }

    /// The schema and, behind its `$ref` if it has one, what that leads to: all of them apply. Ends at a cycle.
    func chain(of schema: JSONValue) -> [JSONValue] {
        var chain = [schema]
        var seen: Set<String> = []
        var current = schema
        while chain.count <= Self.maximumHops, let reference = current["$ref"]?.string,
            seen.insert(reference).inserted, let target = target(of: reference)
        {
            chain.append(target)
            current = target
        }
        return chain
    }

    /// The schema's parts that always apply: itself, what it refers to, and the members of `allOf`, in this order.
    func conjunction(of schema: JSONValue, depth: Int = 0) -> [JSONValue] {
        guard depth < Self.maximumHops else { return [] }
        return chain(of: schema).flatMap { part in
            [part] + (part["allOf"]?.array ?? []).prefix(64).flatMap { conjunction(of: $0, depth: depth + 1) }
        }
    }

    /// JSON Pointer's escapes: `~1` for `/`, `~0` for `~`.
    private static func unescaped(_ token: Substring) -> String {
        guard token.contains("~") else { return String(token) }
        var text = ""
        var isEscape = false
        for character in token {
            switch (isEscape, character) {
            case (false, "~"): isEscape = true
            case (true, "0"): (text, isEscape) = (text + "~", false)
            case (true, "1"): (text, isEscape) = (text + "/", false)
            default: (text, isEscape) = (text + String(character), false)
            }
        }
        return text
    }
}
