/// Writes compact JSON into a byte array, splicing raw payloads in as they are.
///
/// Commas are the writer's own business: `writer.object { $0.member("id", id); $0.member("input", raw) }`.
public struct JSONWriter {
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    public init(capacity: Int = 256) { bytes.reserveCapacity(capacity) }

    /// The finished text as a value. The caller has written exactly one.
    public var raw: RawJSON { RawJSON(unchecked: bytes) }

    public mutating func object(_ body: (inout JSONWriter) throws -> Void) rethrows {
        try container(.openBrace, .closeBrace, body)
    }

    public mutating func array(_ body: (inout JSONWriter) throws -> Void) rethrows {
        try container(.openBracket, .closeBracket, body)
    }

    private mutating func container(_ open: UInt8, _ close: UInt8, _ body: (inout JSONWriter) throws -> Void) rethrows {
        separate()
        bytes.append(open)
        needsComma = false
        try body(&self)
        bytes.append(close)
        needsComma = true
    }

    public mutating func key(_ name: String) {
        separate()
        quote(name)
        bytes.append(.colon)
        needsComma = false
    }

    public mutating func member(_ name: String, _ text: String) {
        key(name)
        string(text)
    }

    public mutating func member(_ name: String, _ number: some BinaryInteger) {
        key(name)
        self.number(JSONNumber(number))
    }

    public mutating func member(_ name: String, _ raw: RawJSON) {
        key(name)
        self.raw(raw)
    }

    public mutating func string(_ text: String) {
        separate()
        quote(text)
        needsComma = true
    }

    public mutating func number(_ number: JSONNumber) { splice(number.text.utf8) }
    public mutating func bool(_ value: Bool) { splice((value ? "true" : "false").utf8) }
    public mutating func null() { splice("null".utf8) }
    public mutating func raw(_ raw: RawJSON) { splice(raw.bytes) }

    public mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .number(let value): number(value)
        case .string(let value): string(value)
        case .array(let elements): array { for element in elements { $0.value(element) } }
        case .object(let object):
            self.object {
                for member in object.members {
                    $0.key(member.key)
                    $0.value(member.value)
                }
            }
        }
    }

    private mutating func splice(_ text: some Collection<UInt8>) {
        separate()
        bytes.append(contentsOf: text)
        needsComma = true
    }

    private mutating func separate() { if needsComma { bytes.append(.comma) } }

    private mutating func quote(_ text: String) {
        bytes.append(.quote)
        for byte in text.utf8 {
            switch byte {
            case .quote, .backslash: bytes.append(contentsOf: [.backslash, byte])
            case 0x0A: bytes.append(contentsOf: [.backslash, UInt8(ascii: "n")])
            case 0x0D: bytes.append(contentsOf: [.backslash, UInt8(ascii: "r")])
            case 0x09: bytes.append(contentsOf: [.backslash, UInt8(ascii: "t")])
            case ..<0x20:
                bytes.append(contentsOf: "\\u00\(CollectionOfOne(byte).hexadecimal)".utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(.quote)
    }
}
