/// The rules for the schemas that a service declares when it registers.
public enum SchemaDeclaration {
    static let maximumViolations = 8
    static let types = ["object", "string", "number", "integer", "boolean", "array"]

    /// What is wrong with a service's schemas; empty if nothing. At most 8, with paths such as
    /// `schema.input.properties.items`.
    ///
    /// Input and output each: an object at the top with at least one property; below it only the types object, string,
    /// number, integer, boolean and array, and null beside another; an array says what its `items` are; a `$ref` leads
    /// to a definition of the same schema; at most ``Limits/schemaBytes`` bytes and ``Limits/schemaDepth`` levels of
    /// schemas. Keywords that are not known here pass.
    public static func check(_ schema: ServiceSchema) -> [SchemaViolation] {
        Array((check(schema.input, "schema.input") + check(schema.output, "schema.output")).prefix(maximumViolations))
    }

    private static func check(_ schema: JSONSchema, _ path: String) -> [SchemaViolation] {
        guard schema.value.object != nil else {
            return [
                SchemaViolation(
                    path: path,
                    reason: "must be a JSON Schema of an object, but is "
                        + SchemaPhrase.article(schema.value.typeName))
            ]
        }
        let bytes = RawJSON(schema.value).bytes.count
        guard bytes <= Limits.schemaBytes else {
            return [
                SchemaViolation(path: path, reason: "has \(bytes) bytes, but may have at most \(Limits.schemaBytes)")
            ]
        }
        var check = DeclarationCheck(references: schema.references)
        if schema.types != ["object"] { check.report(path, "must have the type object at the top") }
        if schema.properties.isEmpty { check.report(path, "must have at least one property") }
        check.visit(schema.value, at: path, depth: 0, inUnion: false)
        return check.found
    }
}

private struct DeclarationCheck {
    let references: SchemaReferences
    var found: [SchemaViolation] = []

    mutating func report(_ path: String, _ reason: String) {
        let violation = SchemaViolation(path: path, reason: reason)
        if found.count < SchemaDeclaration.maximumViolations, !found.contains(violation) { found.append(violation) }
    }

    mutating func visit(_ schema: JSONValue, at path: String, depth: Int, inUnion: Bool) {
        guard depth < Limits.schemaDepth else {
            return report(path, "lies deeper than \(Limits.schemaDepth) levels")
        }
        if schema.bool != nil { return }
        guard let keywords = schema.object else {
            return report(path, "must be a schema, but is \(SchemaPhrase.article(schema.typeName))")
        }
        checkType(keywords, at: path, inUnion: inUnion)
        if let required = keywords["required"], required.array?.allSatisfy({ $0.string != nil }) != true {
            // Draft 3 and some hand-written schemas say "required": true in a property; it says nothing here.
            if required.bool == nil { report("\(path).required", "must be a list of names") }
        }
        if let reference = keywords["$ref"], reference.string.flatMap(references.target(of:)) == nil {
            report(path, "has a $ref that leads to no definition of this schema")
        }
        visitNested(keywords, at: path, depth: depth)
    }

    private mutating func checkType(_ keywords: JSONObject, at path: String, inUnion: Bool) {
        guard let declared = keywords["type"] ?? keywords["types"] else { return }
        guard let names = declared.string.map({ [$0] }) ?? declared.array?.map({ $0.string ?? "" }), !names.isEmpty
        else {
            return report("\(path).type", "must be the name of a type or a list of names")
        }
        let mayBeNull = inUnion || names.count > 1
        guard names.allSatisfy({ SchemaDeclaration.types.contains($0) || mayBeNull && $0 == "null" }) else {
            return report(
                "\(path).type",
                "must be one of \(SchemaDeclaration.types.joined(separator: ", "))"
                    + (names.contains("null") ? "; null only beside another type" : ""))
        }
        if names.contains("array"), keywords["items"] == nil, keywords["prefixItems"] == nil {
            report(path, "is an array and must say in items what it holds")
        }
    }

    private mutating func visitNested(_ keywords: JSONObject, at path: String, depth: Int) {
        for keyword in ["properties", "$defs", "definitions"] {
            guard let value = keywords[keyword] else { continue }
            guard let members = value.object?.members else {
                report("\(path).\(keyword)", "must be an object of schemas")
                continue
            }
            for member in members {
                // A definition may be the null of a union elsewhere.
                visit(
                    member.value, at: "\(path).\(keyword).\(member.key)", depth: depth + 1,
                    inUnion: keyword != "properties")
            }
        }
        for keyword in ["items", "additionalProperties", "not"] {
            guard let value = keywords[keyword] else { continue }
            guard let elements = value.array, keyword == "items" else {
                visit(value, at: "\(path).\(keyword)", depth: depth + 1, inUnion: keyword == "not")
                continue
            }
            for (index, element) in elements.enumerated() {
                visit(element, at: "\(path).\(keyword)[\(index)]", depth: depth + 1, inUnion: false)
            }
        }
        for keyword in ["anyOf", "oneOf", "allOf", "prefixItems"] {
            guard let value = keywords[keyword] else { continue }
            guard let elements = value.array else {
                report("\(path).\(keyword)", "must be a list of schemas")
                continue
            }
            for (index, element) in elements.enumerated() {
                visit(
                    element, at: "\(path).\(keyword)[\(index)]", depth: depth + 1,
                    inUnion: keyword != "prefixItems")
            }
        }
    }
}
