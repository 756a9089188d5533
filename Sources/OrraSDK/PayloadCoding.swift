import Foundation
import OrraModel

/// Between the user's types and JSON. Foundation's coders, because they know `URL`, `Data` and `Decimal`; dates are RFC 3339
/// texts, as the derived schemas say.
enum PayloadCoding {
    /// `name` is what the value is, for the error: `input`.
    static func decode<Value: Decodable>(
        _ type: Value.Type, from raw: RawJSON, as name: String = "input"
    ) throws -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            let text = try container.decode(String.self)
            if let date = try? Date(text, strategy: .iso8601) { return date }
            if let date = try? Date(text, strategy: fractional) { return date }
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "")
        }
        do {
            return try decoder.decode(type, from: Data(raw.bytes))
        } catch let error as DecodingError {
            throw InputError(description: "the \(name) does not fit: \(describe(error, in: name))")
        }
    }

    /// `name` is what the value is, for the error: `output`.
    static func encode(_ value: some Encodable, as name: String) throws -> RawJSON {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(date.formatted(fractional))
        }
        let bytes: [UInt8]
        do {
            bytes = Array(try encoder.encode(value))
        } catch EncodingError.invalidValue(_, let context) {
            throw ComponentError(
                .invalidPayload,
                "the \(name) can't be sent: \(path(context.codingPath, of: "it")) can't be written as JSON")
        }
        guard bytes.count <= Limits.payloadBytes else {
            throw ComponentError(
                .invalidPayload,
                "the \(name) can't be sent: it has \(bytes.count) bytes as JSON, but may have at most "
                    + "\(Limits.payloadBytes)")
        }
        do {
            return try JSONScanner.scan(bytes, maximumDepth: maximumDepth) { try $0.raw() }
        } catch {
            throw ComponentError(.invalidPayload, "the \(name) can't be sent: \(error)")
        }
    }

    /// A frame adds some levels of its own.
    private static let maximumDepth = Limits.jsonDepth - 8

    private static let fractional = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    /// Where and what, never the value: Foundation's own descriptions quote it.
    private static func describe(_ error: DecodingError, in name: String) -> String {
        func place(_ keys: [any CodingKey]) -> String { path(keys, of: "the \(name)") }
        return switch error {
        case .typeMismatch(let type, let context):
            "\(place(context.codingPath)) must be \(phrase(type))"
        case .valueNotFound(let type, let context):
            "\(place(context.codingPath)) is null, but must be \(phrase(type))"
        case .keyNotFound(let key, let context):
            "\(place(context.codingPath + [key])) is missing"
        case .dataCorrupted(let context):
            "\(place(context.codingPath)) has a value that its type can't take"
        @unknown default: "it can't be read"
        }
    }

    private static func phrase(_ type: Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "a boolean"
        case is any BinaryInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type, is Decimal.Type: "a number"
        case is [Any].Type: "an array"
        case is [String: Any].Type: "an object"
        default: "a value of the type \(type)"
        }
    }

    private static func path(_ keys: [any CodingKey], of whole: String) -> String {
        guard !keys.isEmpty else { return whole }
        return keys.reduce(into: "") { path, key in
            if let index = key.intValue {
                path += "[\(index)]"
            } else {
                path += path.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
    }
}

/// An input that the handler's type can't be made of. Becomes the task's error.
struct InputError: Error, CustomStringConvertible { let description: String }
