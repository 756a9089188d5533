import OrraModel

/// A JSON Schema of what a component takes or gives: an object with at least one property.
///
/// Usually nobody writes one: a component derives it from its `Codable` types.
public struct Schema: Sendable, Hashable, CustomStringConvertible {
    let schema: JSONSchema

    /// Derives the schema of a type by decoding it from an examiner that notes which keys it asks for, and as what.
    ///
    /// Structs and nested structs become objects, optional properties those that are not required, arrays and sets
    /// arrays, dictionaries with `String` keys objects with `additionalProperties`; `Bool`, `String`, whole and other
    /// numbers what they are; `Date`, `URL` and `UUID` strings with a format, `Data` a base64 string; enums with raw
    /// values that are `CaseIterable` an `enum`. Types that conform to ``DescribedFields`` add descriptions.
    ///
    /// - Throws: ``ComponentError`` where that does not work: a type that contains itself, an enum with associated values
    ///   or without `CaseIterable`, an `init(from:)` that refuses sample values. Then give the schema as text.
    public init<Value: Decodable>(of type: Value.Type) throws {
        let value = try SchemaDeriver().schema(of: type)
        guard value["properties"]?.object?.isEmpty == false else {
            throw ComponentError(
                .invalidSchema, "\(type) must be a struct with at least one property; or give its schema")
        }
        schema = JSONSchema(value)
    }

    /// Takes a schema as JSON text: `{"type": "object", "properties": {"orderId": {"type": "string"}}, "required":
    /// ["orderId"]}`. Every keyword is kept.
    ///
    /// - Throws: ``ComponentError`` for text that is no JSON. What the hub asks of a schema is checked when a component is
    ///   made of it.
    public init(json text: String) throws {
        do {
            schema = JSONSchema(try JSONValue(parsing: text))
        } catch {
            throw ComponentError(.invalidSchema, "the schema is not valid JSON: \(error)")
        }
    }

    /// The JSON text.
    public var description: String { schema.value.text }
}

/// A type that says what its properties mean, for the planner that fills them.
///
/// ```swift
/// extension Order: DescribedFields {
///     static let fieldDescriptions = ["orderId": "Number of the order, such as ORD456"]
/// }
/// ```
public protocol DescribedFields {
    /// By the names that stand in JSON.
    static var fieldDescriptions: [String: String] { get }
}
