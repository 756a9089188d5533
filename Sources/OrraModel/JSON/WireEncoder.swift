/// Encodes `Encodable` types as compact JSON, in the order of their members, ``RawJSON`` spliced in as it is.
///
/// The text is written as the members come, without a tree in between: the journal is written this way. So a type must
/// finish one member before it begins the next, as synthesized and ordinary hand-written conformances do.
public struct WireEncoder: Sendable {
    public init() {}

    /// The only errors are the type's own: a `Double` that is no number throws `EncodingError`.
    public func encode(_ value: some Encodable) throws -> [UInt8] { try pieces(of: value).bytes }

    /// The same, large payloads not copied yet.
    public func pieces(of value: some Encodable) throws -> JSONPieces {
        let text = EncodedText()
        try SlotEncoder(text: text, level: 0, number: 0).encode(value)
        text.close(to: 0)
        return text.writer.pieces
    }

    public func encodeRaw(_ value: some Encodable) throws -> RawJSON { RawJSON(unchecked: try pieces(of: value)) }
}

/// The text under construction, and the containers that are open in it.
final class EncodedText {
    var writer = JSONWriter()
    /// Innermost last: whether each is an object, and which slot it fills.
    private var open: [(isObject: Bool, slot: Int)] = []
    /// Where the value that is written now stands in each.
    private(set) var path: [any CodingKey] = []
    private var slots = 0

    func close(to level: Int) {
        while open.count > level { writer.end(isObject: open.removeLast().isObject) }
    }

    /// Opens the container that fills a slot, unless it is open: containers of one value are handed out several times.
    func fill(_ slot: SlotEncoder, isObject: Bool) {
        close(to: slot.level + 1)
        if open.count > slot.level {
            precondition(open[slot.level].slot == slot.number, "a value was encoded after a later one had begun")
            return
        }
        writer.begin(isObject: isObject)
        open.append((isObject, slot.number))
    }

    /// The place of a member or element of the container at `level`.
    func slot(_ key: any CodingKey, in level: Int) -> SlotEncoder {
        close(to: level + 1)
        if open[level].isObject { writer.key(key.stringValue) }
        path.removeLast(path.count - level)
        path.append(key)
        slots += 1
        return SlotEncoder(text: self, level: level + 1, number: slots)
    }
}

/// The place of one value.
struct SlotEncoder: Encoder {
    let text: EncodedText
    /// How many containers it lies in.
    let level: Int
    let number: Int
    var codingPath: [any CodingKey] { Array(text.path.prefix(level)) }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        text.fill(self, isObject: true)
        return KeyedEncodingContainer(KeyedContainer(slot: self))
    }
    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        text.fill(self, isObject: false)
        return UnkeyedContainer(slot: self)
    }
    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func set(_ value: JSONValue) { text.writer.value(value) }
    func set(_ value: RawJSON) { text.writer.raw(value) }
    func set(_ value: some BinaryInteger) { text.writer.number(value) }
    func set(double value: Double) throws {
        guard let number = JSONNumber(value) else {
            throw EncodingError.invalidValue(
                value, .init(codingPath: codingPath, debugDescription: "JSON has no such number"))
        }
        text.writer.number(number)
    }
}

extension SlotEncoder: SingleValueEncodingContainer {
    func encodeNil() { text.writer.null() }
    func encode(_ value: Bool) { text.writer.bool(value) }
    func encode(_ value: String) { text.writer.string(value) }
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
        default:
            let written = text.writer.count
            try value.encode(to: self)
            // A type without members.
            if text.writer.count == written { text.writer.object { _ in } }
        }
    }
}

private struct KeyedContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let slot: SlotEncoder
    var codingPath: [any CodingKey] { slot.codingPath }

    private func member(_ key: Key) -> SlotEncoder { slot.text.slot(key, in: slot.level) }
    func encodeNil(forKey key: Key) { member(key).encodeNil() }
    func encode(_ value: Bool, forKey key: Key) { member(key).encode(value) }
    func encode(_ value: String, forKey key: Key) { member(key).encode(value) }
    func encode(_ value: Double, forKey key: Key) throws { try member(key).encode(value) }
    func encode(_ value: Int, forKey key: Key) { member(key).encode(value) }
    func encode(_ value: Int64, forKey key: Key) { member(key).encode(value) }
    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws { try member(key).encode(value) }
    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> { member(key).container(keyedBy: type) }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { member(key).unkeyedContainer() }
    func superEncoder() -> any Encoder { slot }
    func superEncoder(forKey key: Key) -> any Encoder { member(key) }
}

private struct UnkeyedContainer: UnkeyedEncodingContainer {
    let slot: SlotEncoder
    private(set) var count = 0
    var codingPath: [any CodingKey] { slot.codingPath }

    init(slot: SlotEncoder) { self.slot = slot }

    private mutating func next() -> SlotEncoder {
        defer { count += 1 }
        return slot.text.slot(IndexKey(count), in: slot.level)
    }
    mutating func encodeNil() { next().encodeNil() }
    mutating func encode<Value: Encodable>(_ value: Value) throws { try next().encode(value) }
    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> { next().container(keyedBy: type) }
    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { next().unkeyedContainer() }
    mutating func superEncoder() -> any Encoder { next() }
}
