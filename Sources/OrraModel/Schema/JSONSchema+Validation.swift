extension JSONSchema {
    /// Where `value` does not fit; empty if it does. At most 8, in the order of the schema.
    ///
    /// Checks `type` (a name or a list, and `nullable`), `required`, `properties`, `additionalProperties`, `items`,
    /// `prefixItems`, `enum`, `const`, `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `multipleOf`,
    /// `minLength`, `maxLength` (in code points), `minItems`, `maxItems`, `uniqueItems`, `minProperties`,
    /// `maxProperties`, `anyOf`, `oneOf`, `allOf`, `not`, and `$ref` into `$defs` or `definitions`. Every other keyword
    /// (`format`, `pattern`, `if` …) is kept in the schema and ignored here, as JSON Schema asks of keywords that are
    /// not understood. So is a `$ref` that leads nowhere.
    ///
    /// The work is bounded by the size of the value: a schema whose alternatives multiply with each level, or that
    /// refers to itself without end, is a violation.
    public func validate(_ value: JSONValue) -> [SchemaViolation] { validate(.tree(value)) }

    /// The same without a tree: a large payload is looked into only as far as the schema asks.
    public func validate(_ value: RawJSON) -> [SchemaViolation] { value.withText { validate(.text($0)) } }

    private func validate(_ value: JSONNode) -> [SchemaViolation] {
        var validator = SchemaValidator(root: self.value)
        return validator.violations(of: value, self.value)
    }
}

/// One run over a value and its schema.
struct SchemaValidator {
    static let maximumViolations = 8
    /// Schemas applied in one run: so many, and so many more for each value within the value.
    static let freeSteps = 50_000
    static let stepsPerNode = 8
    /// Schemas within each other: a value's levels, each with a few keywords that nest.
    static let maximumDepth = 3 * Limits.jsonDepth

    let references: SchemaReferences
    private var remainingSteps = SchemaValidator.freeSteps
    private var depth = 0
    private(set) var isExhausted = false
    var found: [SchemaViolation] = []

    init(root: JSONValue) { references = SchemaReferences(root: root) }

    mutating func violations(of value: JSONNode, _ schema: JSONValue) -> [SchemaViolation] {
        remainingSteps = Self.freeSteps + Self.stepsPerNode * value.count
        apply(schema, to: value, at: "")
        guard !isExhausted else {
            return [SchemaViolation(path: "", reason: "can't be checked: the schema nests or repeats without a bound")]
        }
        return found
    }

    mutating func report(_ path: String, _ reason: String) {
        if found.count < Self.maximumViolations { found.append(SchemaViolation(path: path, reason: reason)) }
    }

    /// Whether a further fault could still be told.
    var isOpen: Bool { !isExhausted && found.count < Self.maximumViolations }

    mutating func apply(_ schema: JSONValue, to value: JSONNode, at path: String) {
        remainingSteps -= 1
        guard remainingSteps >= 0, depth < Self.maximumDepth else { return isExhausted = true }
        guard isOpen else { return }
        depth += 1
        defer { depth -= 1 }
        if schema == .bool(false) { return report(path, "is not allowed") }
        guard let keywords = schema.object else { return }
        if keywords["nullable"] == .bool(true), value.isNull { return }
        guard applyType(schema, to: value, at: path) else { return }
        applyValues(keywords, to: value, at: path)
        if let number = value.number {
            apply(keywords, to: number, at: path)
        } else if let elements = value.elements {
            apply(keywords, to: elements, at: path)
        } else if let object = value.object {
            apply(keywords, to: object.members, at: path)
        } else {
            applyLength(keywords, to: value, at: path)
        }
        applyCombinations(keywords, to: value, at: path)
    }

    /// The faults of one branch, told to nobody.
    mutating func trial(_ schema: JSONValue, _ value: JSONNode, at path: String) -> [SchemaViolation] {
        let before = found
        found = []
        defer { found = before }
        apply(schema, to: value, at: path)
        return found
    }

    private mutating func applyType(_ schema: JSONValue, to value: JSONNode, at path: String) -> Bool {
        guard let types = JSONSchema.declaredTypes(schema), !types.isEmpty else { return true }
        let name = value.typeName
        guard !types.contains(name), !(name == "integer" && types.contains("number")) else { return true }
        report(path, "must be \(SchemaPhrase.alternatives(types)), but is \(SchemaPhrase.article(name))")
        return false
    }

    private mutating func applyValues(_ keywords: JSONObject, to value: JSONNode, at path: String) {
        if let constant = keywords["const"], constant != value.value {
            report(path, "must be the value that the schema sets")
        }
        if let values = keywords["enum"]?.array, !values.contains(value.value) {
            report(path, "must be one of the \(values.count) values that the schema lists")
        }
    }
}
