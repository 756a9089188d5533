/// One place where a value does not fit its schema, or where a declared schema breaks a rule.
public struct SchemaViolation: Sendable, Hashable, Error, CustomStringConvertible {
    /// `items[0].quantity`; empty for the value itself.
    public var path: String
    /// What is wrong and what is expected: `must be an integer, but is a string`. Never quotes the value.
    public var reason: String

    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    /// `items[0].quantity must be an integer, but is a string`.
    public var description: String { path.isEmpty ? "the value \(reason)" : "\(path) \(reason)" }
}

/// Paths and phrases of schema messages.
enum SchemaPhrase {
    static func member(_ path: String, _ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
    static func element(_ path: String, _ index: Int) -> String { "\(path)[\(index)]" }

    /// `an integer`, `a string`, `null`.
    static func article(_ type: String) -> String {
        switch type {
        case "null": "null"
        case "integer", "object", "array": "an \(type)"
        default: "a \(type)"
        }
    }

    /// `a string`, `a string or null`, `a string, an integer or null`.
    static func alternatives(_ types: [String]) -> String {
        let phrases = types.map(article)
        guard let last = phrases.last, phrases.count > 1 else { return phrases.first ?? "" }
        return phrases.dropLast().joined(separator: ", ") + " or " + last
    }
}
