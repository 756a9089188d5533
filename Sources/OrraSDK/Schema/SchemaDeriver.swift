import OrraModel

/// Makes schemas of types. Keeps the types that it is in the middle of, to notice one that contains itself.
struct SchemaDeriver {
    private var path: [any CodingKey] = []
    private var enclosing: [ObjectIdentifier] = []

    func schema<Value: Decodable>(of type: Value.Type) throws -> JSONValue { try examine(type).schema }

    /// Derives a part of the type at hand.
    func examine<Value: Decodable>(_ type: Value.Type, at key: (any CodingKey)?) throws -> (
        schema: JSONValue, sample: Value
    ) {
        var inner = self
        if let key { inner.path.append(key) }
        return try inner.examine(type)
    }

    /// The schema, and a value with which the enclosing type's decoding can go on.
    private func examine<Value: Decodable>(_ type: Value.Type) throws -> (schema: JSONValue, sample: Value) {
        if let known = try KnownTypes.examine(type, with: self) { return known }
        let identity = ObjectIdentifier(type)
        guard !enclosing.contains(identity), enclosing.count < Limits.schemaDepth else {
            throw fault("\(type) contains itself")
        }
        var inner = self
        inner.enclosing.append(identity)
        let record = SchemaRecord()
        let sample: Value
        do {
            sample = try Value(from: SchemaRecorder(deriver: inner, record: record))
        } catch let error as ComponentError {
            throw error
        } catch {
            throw fault(
                "\(type) refuses the sample values that it was decoded from"
                    + (type is any RawRepresentable.Type ? " (an enum must be CaseIterable)" : ""))
        }
        var schema = record.schema
        if let described = type as? any DescribedFields.Type { describe(&schema, described.fieldDescriptions) }
        return (schema, sample)
    }

    func fault(_ reason: String) -> ComponentError {
        let place = path.isEmpty ? "" : " at \(path.map(\.stringValue).joined(separator: "."))"
        return ComponentError(
            .invalidSchema, "a schema can't be derived\(place): \(reason). Give it: input: Schema(json: …)")
    }

    private func describe(_ schema: inout JSONValue, _ descriptions: [String: String]) {
        guard case .object(var object) = schema, case .object(var properties)? = object["properties"] else { return }
        for key in properties.keys {
            guard let text = descriptions[key], case .object(var property)? = properties[key] else { continue }
            property["description"] = .string(text)
            properties[key] = .object(property)
        }
        object["properties"] = .object(properties)
        schema = .object(object)
    }
}

/// What a type asked for while it was decoded.
final class SchemaRecord {
    private enum Shape {
        case unknown
        case object(properties: JSONObject, required: [String])
        case array(items: JSONValue?)
        case value(JSONValue)
    }

    private var shape = Shape.unknown

    /// A type that asks for nothing is an empty object.
    var schema: JSONValue {
        switch shape {
        case .unknown: return ["type": "object", "properties": [:]]
        case .object(let properties, let required):
            var object: JSONObject = ["type": "object", "properties": .object(properties)]
            if !required.isEmpty { object["required"] = .array(required.map(JSONValue.string)) }
            return .object(object)
        case .array(let items): return ["type": "array", "items": items ?? [:]]
        case .value(let value): return value
        }
    }

    func note(property: String, _ schema: JSONValue, isRequired: Bool) {
        var (properties, required) = (JSONObject(), [String]())
        if case .object(let earlier, let earlierRequired) = shape {
            (properties, required) = (earlier, earlierRequired)
        }
        if properties[property] == nil || isRequired { properties[property] = schema }
        if isRequired, !required.contains(property) { required.append(property) }
        shape = .object(properties: properties, required: required)
    }

    func note(items: JSONValue?) {
        if case .array(.some) = shape { return }
        shape = .array(items: items)
    }

    func note(value: JSONValue) { shape = .value(value) }
}
