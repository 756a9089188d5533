/// A JSON value as a tree that loses nothing: numbers keep their text, objects their order.
public enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue {
    /// JSON Schema's name of the value's type: `integer` for a number that is one, such as `2` or `2.0`.
    public var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .number(let number): number.isInteger ? "integer" : "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    public var string: String? { if case .string(let value) = self { value } else { nil } }
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    public var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
    public var number: JSONNumber? { if case .number(let value) = self { value } else { nil } }
    public var integer: Int? { number?.integer }

    /// A member of an object; `nil` for anything else.
    public subscript(key: String) -> JSONValue? { object?[key] }
}

/// A JSON number, kept as its text: `1e400` and `0.1000` come out as they went in.
public struct JSONNumber: Sendable {
    public let text: String

    init(unchecked text: String) { self.text = text }
    public init(_ value: some BinaryInteger) { text = String(value) }

    /// `nil` for a value that JSON can't hold (NaN, infinity).
    public init?(_ value: Double) {
        guard value.isFinite else { return nil }
        text = value.rounded() == value && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
    }

    /// `nil` for a text that is no JSON number.
    public init?(text: String) {
        guard case .number(let number)? = try? JSONScanner.scan(Array(text.utf8), { try $0.value() }) else {
            return nil
        }
        self = number
    }

    public var double: Double { Double(text) ?? .infinity }
    /// The value if it is a whole number that fits, `2.0` and `2e3` included.
    public var integer: Int? { Int(text) ?? Int(exactly: double) }
    public var isInteger: Bool { integer != nil || double.rounded() == double }
}

extension JSONNumber: Hashable {
    public static func == (left: JSONNumber, right: JSONNumber) -> Bool {
        left.text == right.text || left.double == right.double && abs(left.double) < 9_007_199_254_740_992
    }
    public func hash(into hasher: inout Hasher) { hasher.combine(double) }
}

/// An object's members in the order in which they came. Of a name that came twice, the last one counts.
public struct JSONObject: Sendable {
    public struct Member: Sendable, Hashable {
        public var key: String
        public var value: JSONValue
        public init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    public private(set) var members: [Member]

    public init(_ members: [Member] = []) { self.members = members }

    public var keys: [String] { members.map(\.key) }
    public var isEmpty: Bool { members.isEmpty }

    public subscript(key: String) -> JSONValue? {
        get { members.last { $0.key == key }?.value }
        set {
            guard let newValue else { return members.removeAll { $0.key == key } }
            if let index = members.lastIndex(where: { $0.key == key }) {
                members[index].value = newValue
            } else {
                members.append(Member(key: key, value: newValue))
            }
        }
    }

    /// Takes over all members of `other`, its values winning.
    public mutating func merge(_ other: JSONObject) {
        for member in other.members { self[member.key] = member.value }
    }

    private var byKey: [String: JSONValue] {
        Dictionary(members.map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last })
    }
}

extension JSONObject: Hashable {
    /// Order does not matter.
    public static func == (left: JSONObject, right: JSONObject) -> Bool { left.byKey == right.byKey }
    public func hash(into hasher: inout Hasher) { hasher.combine(byKey) }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init(elements.map { Member(key: $0.0, value: $0.1) })
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .number(JSONNumber(value)) }
    public init(floatLiteral value: Double) { self = JSONNumber(value).map(JSONValue.number) ?? .null }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(nilLiteral: ()) { self = .null }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(JSONObject(elements.map { .init(key: $0.0, value: $0.1) }))
    }
}

extension JSONValue {
    /// Parses one JSON value. Throws ``JSONError``.
    public init(parsing bytes: [UInt8]) throws { self = try JSONScanner.scan(bytes) { try $0.value() } }
    public init(parsing text: String) throws { try self.init(parsing: Array(text.utf8)) }

    /// Compact JSON text.
    public var text: String { RawJSON(self).text }
}
