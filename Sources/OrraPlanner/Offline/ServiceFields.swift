import OrraModel

/// The inputs and outputs of one service, ready for matching.
struct ServiceFields {
    struct Field {
        var name: String
        /// Letters and digits in lower case: `order_id`, `orderId` and `OrderID` are one.
        var key: String
        var types: [String]
        var schema: JSONSchema
        var isRequired: Bool
    }

    var inputs: [Field]
    var outputs: [Field]

    init(_ schema: ServiceSchema) {
        inputs = Self.fields(schema.input)
        outputs = Self.fields(schema.output)
    }

    private static func fields(_ schema: JSONSchema) -> [Field] {
        let required = schema.required
        let properties = schema.properties
        let known = Set(properties.map(\.name))
        // A required field may lack a schema of its own; it has to be bound all the same.
        let bare = required.filter { !known.contains($0) }.map { (name: $0, schema: JSONSchema(.bool(true))) }
        let names = Set(required)
        return (properties + bare).map { property in
            Field(
                name: property.name, key: key(property.name), types: property.schema.types, schema: property.schema,
                isRequired: names.contains(property.name))
        }
    }

    static func key(_ name: String) -> String { String(name.lowercased().filter { $0.isLetter || $0.isNumber }) }

    /// The output that can feed `input`: of the very name if there is one, else of the same letters.
    func output(feeding input: Field) -> Field? {
        let candidates = outputs.filter { $0.key == input.key && Self.isCompatible($0.types, with: input.types) }
        return candidates.first { $0.name == input.name } ?? candidates.first
    }

    /// Whether a value of one type may stand for the other. A schema that names no type takes and gives anything.
    static func isCompatible(_ output: [String], with input: [String]) -> Bool {
        output.isEmpty || input.isEmpty
            || output.contains { input.contains($0) || $0 == "integer" && input.contains("number") }
    }
}
