extension JSONSchema {
    /// Turns strings into the numbers and booleans that this schema wants: `{"amount": "299.99"}` becomes
    /// `{"amount": 299.99}` where `amount` is a number.
    ///
    /// Only top-level members whose schema wants a number, an integer or a boolean and no string, and only strings that
    /// are exactly such a value in JSON (`"299.99"`, `"true"`; not `" 5"`, `"5 items"`, `"TRUE"`). All else stays as it
    /// is, for ``validate(_:)`` to judge.
    public func coercing(_ object: JSONObject) -> JSONObject {
        var result = object
        for (name, value) in coercions({ object[$0]?.string }) { result[name] = value }
        return result
    }

    /// What ``coercing(_:)`` makes anew of the members of an object.
    ///
    /// - Parameter text: a member's text by its name; asked only where no string is wanted.
    public func coercions(_ text: (_ name: String) -> String?) -> [(name: String, value: JSONValue)] {
        properties.compactMap { name, schema in
            let types = schema.types
            guard !types.contains("string"), let text = text(name), let value = Self.scalar(text, as: types) else {
                return nil
            }
            return (name, value)
        }
    }

    private static func scalar(_ text: String, as types: [String]) -> JSONValue? {
        if types.contains("boolean"), text == "true" || text == "false" { return .bool(text == "true") }
        guard types.contains("number") || types.contains("integer"), let number = JSONNumber(text: text),
            number.text == text, types.contains("number") || number.isInteger
        else { return nil }
        return .number(number)
    }
}
