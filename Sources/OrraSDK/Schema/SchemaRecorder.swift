import OrraModel

/// Stands in for JSON: gives every type what it asks for, and notes it.
struct SchemaRecorder: Decoder {
    let deriver: SchemaDeriver
    let record: SchemaRecord
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(KeyedRecorder(deriver: deriver, record: record))
    }
    func unkeyedContainer() -> any UnkeyedDecodingContainer { UnkeyedRecorder(deriver: deriver, record: record) }
    func singleValueContainer() -> any SingleValueDecodingContainer { self }
}

extension SchemaRecorder: SingleValueDecodingContainer {
    func decodeNil() -> Bool { false }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let (schema, sample) = try deriver.examine(type, at: nil)
        record.note(value: schema)
        return sample
    }
}

private struct KeyedRecorder<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let deriver: SchemaDeriver
    let record: SchemaRecord
    var codingPath: [any CodingKey] { [] }
    /// Types that look at what is there (enums with associated values) find nothing, and say so.
    var allKeys: [Key] { [] }

    func contains(_ key: Key) -> Bool { true }
    func decodeNil(forKey key: Key) -> Bool { false }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        let (schema, sample) = try deriver.examine(type, at: key)
        record.note(property: key.stringValue, schema, isRequired: true)
        return sample
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        try optional(type, key)
    }
    // The protocol's own versions for these types would ask with `decode`, as if the property were required.
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { try optional(type, key) }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? { try optional(type, key) }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? { try optional(type, key) }
    func decodeIfPresent(_ type: Float.Type, forKey key: Key) throws -> Float? { try optional(type, key) }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { try optional(type, key) }
    func decodeIfPresent(_ type: Int8.Type, forKey key: Key) throws -> Int8? { try optional(type, key) }
    func decodeIfPresent(_ type: Int16.Type, forKey key: Key) throws -> Int16? { try optional(type, key) }
    func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? { try optional(type, key) }
    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? { try optional(type, key) }
    func decodeIfPresent(_ type: UInt.Type, forKey key: Key) throws -> UInt? { try optional(type, key) }
    func decodeIfPresent(_ type: UInt8.Type, forKey key: Key) throws -> UInt8? { try optional(type, key) }
    func decodeIfPresent(_ type: UInt16.Type, forKey key: Key) throws -> UInt16? { try optional(type, key) }
    func decodeIfPresent(_ type: UInt32.Type, forKey key: Key) throws -> UInt32? { try optional(type, key) }
    func decodeIfPresent(_ type: UInt64.Type, forKey key: Key) throws -> UInt64? { try optional(type, key) }

    private func optional<Value: Decodable>(_ type: Value.Type, _ key: Key) throws -> Value? {
        let (schema, sample) = try deriver.examine(type, at: key)
        record.note(property: key.stringValue, schema, isRequired: false)
        return sample
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> { throw deriver.fault("it decodes a nested container by hand") }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        throw deriver.fault("it decodes a nested container by hand")
    }
    func superDecoder() throws -> any Decoder { throw deriver.fault("it inherits from another class") }
    func superDecoder(forKey key: Key) throws -> any Decoder { try superDecoder() }
}

/// An array decoded by hand: it shows one element.
private struct UnkeyedRecorder: UnkeyedDecodingContainer {
    let deriver: SchemaDeriver
    let record: SchemaRecord
    var codingPath: [any CodingKey] { [] }
    var count: Int? { nil }
    var isAtEnd: Bool { currentIndex > 0 }
    private(set) var currentIndex = 0

    init(deriver: SchemaDeriver, record: SchemaRecord) {
        self.deriver = deriver
        self.record = record
        record.note(items: nil)
    }

    mutating func decodeNil() -> Bool { false }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let (schema, sample) = try deriver.examine(type, at: nil)
        record.note(items: schema)
        currentIndex += 1
        return sample
    }
    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> { throw deriver.fault("it decodes a nested container by hand") }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw deriver.fault("it decodes a nested container by hand")
    }
    mutating func superDecoder() throws -> any Decoder { throw deriver.fault("it decodes a superclass by hand") }
}
