/// Encodes `Encodable` types as compact JSON, in the order of their members, ``RawJSON`` spliced in as it is.
public struct WireEncoder: Sendable {
    public init() {}

    /// The only errors are the type's own: a `Double` that is no number throws `EncodingError`.
    public func encode(_ value: some Encodable) throws -> [UInt8] {
        let node = Node()
        try NodeEncoder(node: node, codingPath: []).encode(value)
        var writer = JSONWriter()
        node.write(to: &writer)
        return writer.bytes
    }

    public func encodeRaw(_ value: some Encodable) throws -> RawJSON { RawJSON(unchecked: try encode(value)) }
}

/// A place in the text under construction. A class because containers of one value are handed out several times.
final class Node {
    enum Kind { case empty, value(JSONValue), raw(RawJSON), object, array }
    var kind = Kind.empty
    private var children: [(key: String, node: Node)] = []

    func add(_ key: String = "") -> Node {
        let node = Node()
        children.append((key, node))
        return node
    }

    func write(to writer: inout JSONWriter) {
        switch kind {
        case .empty: writer.object { _ in }
        case .value(let value): writer.value(value)
        case .raw(let raw): writer.raw(raw)
        case .object:
            writer.object {
                for child in children {
                    $0.key(child.key)
                    child.node.write(to: &$0)
                }
            }
        case .array: writer.array { for child in children { child.node.write(to: &$0) } }
        }
    }
}

struct NodeEncoder: Encoder {
    let node: Node
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .empty = node.kind { node.kind = .object }
        return KeyedEncodingContainer(KeyedContainer(encoder: self))
    }
    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .empty = node.kind { node.kind = .array }
        return UnkeyedContainer(encoder: self)
    }
    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func set(_ value: JSONValue) { node.kind = .value(value) }
    func set(_ value: RawJSON) { node.kind = .raw(value) }
    func set(_ value: some BinaryInteger) { set(.number(JSONNumber(value))) }
    func set(double value: Double) throws {
        guard let number = JSONNumber(value) else {
            throw EncodingError.invalidValue(
                value, .init(codingPath: codingPath, debugDescription: "JSON has no such number"))
        }
        set(.number(number))
    }
}

extension NodeEncoder: SingleValueEncodingContainer {
    func encodeNil() { set(JSONValue.null) }
    func encode(_ value: Bool) { set(.bool(value)) }
    func encode(_ value: String) { set(.string(value)) }
    func encode(_ value: Double) throws { try set(double: value) }
    func encode(_ value: Float) throws { try set(double: Double(value)) }
    func encode(_ value: Int) { set(value) }
    func encode(_ value: Int8) { set(value) }
    func encode(_ value: Int16) { set(value) }
    func encode(_ value: Int32) { set(value) }
    func encode(_ value: Int64) { set(value) }
    func encode(_ value: UInt) { set(value) }
    func encode(_ value: UInt8) { set(value) }
    func encode(_ value: UInt16) { set(value) }
    func encode(_ value: UInt32) { set(value) }
    func encode(_ value: UInt64) { set(value) }
    func encode<Value: Encodable>(_ value: Value) throws {
        switch value {
        case let value as RawJSON: set(value)
        case let value as JSONValue: set(value)
        default: try value.encode(to: self)
        }
    }
}

private struct KeyedContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: NodeEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    private func member(_ key: Key) -> NodeEncoder {
        NodeEncoder(node: encoder.node.add(key.stringValue), codingPath: codingPath + [key])
    }
    func encodeNil(forKey key: Key) { member(key).encodeNil() }
    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws { try member(key).encode(value) }
    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> { member(key).container(keyedBy: type) }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { member(key).unkeyedContainer() }
    func superEncoder() -> any Encoder { encoder }
    func superEncoder(forKey key: Key) -> any Encoder { member(key) }
}

private struct UnkeyedContainer: UnkeyedEncodingContainer {
    let encoder: NodeEncoder
    private(set) var count = 0
    var codingPath: [any CodingKey] { encoder.codingPath }

    init(encoder: NodeEncoder) { self.encoder = encoder }

    private mutating func next() -> NodeEncoder {
        defer { count += 1 }
        return NodeEncoder(node: encoder.node.add(), codingPath: codingPath + [IndexKey(count)])
    }
    mutating func encodeNil() { next().encodeNil() }
    mutating func encode<Value: Encodable>(_ value: Value) throws { try next().encode(value) }
    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> { next().container(keyedBy: type) }
    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { next().unkeyedContainer() }
    mutating func superEncoder() -> any Encoder { next() }
}
