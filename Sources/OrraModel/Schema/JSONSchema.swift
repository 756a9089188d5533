/// A JSON Schema as it came, every keyword kept.
public struct JSONSchema: Sendable, Hashable {
    public let value: JSONValue

    /// Takes any value; a declaration is checked when its service registers.
    public init(_ value: JSONValue) { self.value = value }
}

extension JSONSchema: Codable {
    public init(from decoder: any Decoder) throws { value = try JSONValue(from: decoder) }
    public func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
}
