extension JSONSchema {
    /// Turns strings into the numbers and booleans that this schema wants: `{"amount": "299.99"}` becomes
    /// `{"amount": 299.99}` where `amount` is a number.
    ///
    /// Only top-level members whose schema wants a number, an integer or a boolean and no string, and only strings that
    /// are exactly such a value in JSON (`"299.99"`, `"true"`; not `" 5"`, `"5 items"`, `"TRUE"`). All else stays as it
    /// is, for ``validate(_:)`` to judge.
    public func coercing(_ object: JSONObject) -> JSONObject {
        var result = object
        for (name, schema) in properties {
            guard let text = object[name]?.string, let value = Self.scalar(text, as: schema.types) else { continue }
            result[name] = value
        }
        return result
    }

    private static func scalar(_ text: String, as types: [String]) -> JSONValue? {
        guard !types.contains("string") else { return nil }
        if types.contains("boolean"), text == "true" || text == "false" { return .bool(text == "true") }
        guard types.contains("number") || types.contains("integer"), let number = JSONNumber(text: text),
            number.text == text, types.contains("number") || number.isInteger
        else { return nil }
        return .number(number)
    }
}
