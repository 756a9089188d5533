import Foundation
import OrraModel

/// Types whose schema does not follow from how they are decoded.
enum KnownTypes {
    static func examine<Value: Decodable>(
        _ type: Value.Type, with deriver: SchemaDeriver
    ) throws -> (schema: JSONValue, sample: Value)? {
        if let (schema, sample) = fixed(type), let sample = sample as? Value { return (schema, sample) }
        if let wrapper = type as? any WrappingType.Type {
            let (schema, sample) = try wrapper.derive(with: deriver)
            if let sample = sample as? Value { return (schema, sample) }
        }
        if let cases = type as? any (CaseIterable & RawRepresentable).Type { return try enumeration(cases, as: type) }
        return nil
    }

    private static func fixed(_ type: Any.Type) -> (JSONValue, Any)? {
        switch type {
        case is Date.Type: (["type": "string", "format": "date-time"], Date(timeIntervalSince1970: 0))
        case is URL.Type: URL(string: "https://example.org").map { (["type": "string", "format": "uri"], $0) }
        case is UUID.Type: (["type": "string", "format": "uuid"], UUID())
        case is Data.Type: (["type": "string", "contentEncoding": "base64"], Data())
        case is Decimal.Type: (["type": "number"], Decimal(0))
        case is String.Type: (["type": "string"], "")
        case is Bool.Type: (["type": "boolean"], false)
        case is Double.Type: (["type": "number"], Double(0))
        case is Float.Type: (["type": "number"], Float(0))
        case let type as any FixedWidthInteger.Type: (integer(type), zero(type))
        default: nil
        }
    }

    private static func integer<Integer: FixedWidthInteger>(_ type: Integer.Type) -> JSONValue {
        Integer.isSigned ? ["type": "integer"] : ["type": "integer", "minimum": 0]
    }

    private static func zero<Integer: FixedWidthInteger>(_ type: Integer.Type) -> Any { Integer.zero }

    /// An enum with raw values: the list of them.
    private static func enumeration<Cases: CaseIterable & RawRepresentable, Value>(
        _ cases: Cases.Type, as type: Value.Type
    ) throws -> (schema: JSONValue, sample: Value)? {
        let values = try cases.allCases.map { try PayloadCoding.scalar($0.rawValue) }
        guard let name = values.first??.typeName, let sample = cases.allCases.first as? Value else { return nil }
        return (["type": .string(name), "enum": .array(values.compactMap { $0 })], sample)
    }
}

extension PayloadCoding {
    /// A raw value of an enum as JSON; `nil` for one that is neither text nor number.
    static func scalar(_ value: Any) throws -> JSONValue? {
        switch value {
        case let text as String: .string(text)
        case let integer as any BinaryInteger: .number(JSONNumber(integer))
        case let double as Double: JSONNumber(double).map(JSONValue.number)
        default: nil
        }
    }
}

/// A type around another one, with a schema of its own.
protocol WrappingType {
    static func derive(with deriver: SchemaDeriver) throws -> (schema: JSONValue, sample: Any)
}

extension Array: WrappingType where Element: Decodable {
    static func derive(with deriver: SchemaDeriver) throws -> (schema: JSONValue, sample: Any) {
        (["type": "array", "items": try deriver.schema(of: Element.self)], Self())
    }
}

extension Set: WrappingType where Element: Decodable {
    static func derive(with deriver: SchemaDeriver) throws -> (schema: JSONValue, sample: Any) {
        (["type": "array", "items": try deriver.schema(of: Element.self), "uniqueItems": true], Self())
    }
}

extension Dictionary: WrappingType where Key == String, Value: Decodable {
    static func derive(with deriver: SchemaDeriver) throws -> (schema: JSONValue, sample: Any) {
        (["type": "object", "additionalProperties": try deriver.schema(of: Value.self)], Self())
    }
}

/// Asked for as a value, an optional stands in an array or in another wrapper; as a property it is decoded with
/// `decodeIfPresent`, and not required.
extension Optional: WrappingType where Wrapped: Decodable {
    static func derive(with deriver: SchemaDeriver) throws -> (schema: JSONValue, sample: Any) {
        (["anyOf": [try deriver.schema(of: Wrapped.self), ["type": "null"]]], Self.none as Any)
    }
}
