/// Reads JSON text (RFC 8259) byte by byte: validates it, skips values it is not asked for, and decodes the rest.
///
/// Strict: no comments, no trailing commas, no unescaped control characters, no nesting beyond
/// ``Limits/jsonDepth``. An escaped lone surrogate (`"\ud800"`, which Python's `json.dumps` writes) is accepted and
/// decoded as U+FFFD. The bytes must be valid UTF-8: ``scan(_:_:)`` checks it once.
public struct JSONScanner {
    @usableFromInline let bytes: UnsafeBufferPointer<UInt8>
    @usableFromInline var index = 0

    private let maximumDepth: Int

    init(_ bytes: UnsafeBufferPointer<UInt8>, maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    /// Runs `body` over the text and demands that it consumes all of it.
    ///
    /// Throws ``JSONError`` with the byte offset of the first fault, or whatever `body` throws.
    ///
    /// - Parameter maximumDepth: ``Limits/storedJSONDepth`` for texts that this system wrote itself.
    public static func scan<Result>(
        _ text: [UInt8], maximumDepth: Int = Limits.jsonDepth, _ body: (inout JSONScanner) throws -> Result
    ) throws -> Result {
        try text.withUnsafeBufferPointer { bytes in
            guard (try? UTF8Span(validating: bytes.span)) != nil else {
                throw JSONError(offset: 0, reason: "is not valid UTF-8")
            }
            var scanner = JSONScanner(bytes, maximumDepth: maximumDepth)
            let result = try body(&scanner)
            scanner.skipWhitespace()
            guard scanner.index == bytes.count else { throw scanner.error("unexpected text after the value") }
            return result
        }
    }

    func error(_ reason: String) -> JSONError { JSONError(offset: index, reason: reason) }

    mutating func skipWhitespace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            default: return
            }
        }
    }

    /// The next byte that is not white space, not consumed.
    mutating func peek() throws -> UInt8 {
        skipWhitespace()
        guard index < bytes.count else { throw error("unexpected end") }
        return bytes[index]
    }

    mutating func expect(_ byte: UInt8) throws {
        guard try peek() == byte else {
            throw error("expected '\(Character(Unicode.Scalar(byte)))'")
        }
        index += 1
    }

    /// Consumes `byte` if it comes next.
    mutating func consume(_ byte: UInt8) throws -> Bool {
        guard try peek() == byte else { return false }
        index += 1
        return true
    }

    // MARK: - Whole values

    /// Validates one value and returns its bytes, without white space around it.
    public mutating func raw() throws -> RawJSON {
        let range = try skip(depth: 0)
        return RawJSON(unchecked: Array(bytes[range]))
    }

    /// Validates one value and passes over it.
    public mutating func skip() throws { _ = try skip(depth: 0) }

    /// Validates one value and returns it as ``RawJSON/init(_:)`` would write its tree, without making one: no white
    /// space, no needless escapes.
    public mutating func compact() throws -> RawJSON {
        skipWhitespace()
        var writer = JSONWriter(capacity: min(bytes.count - index, 4_096))
        try copy(to: &writer, depth: 0)
        return writer.raw
    }

    /// Decodes one value into a tree that keeps number texts and member order.
    public mutating func value() throws -> JSONValue { try value(depth: 0) }

    /// Whether an object comes next.
    public mutating func isAtObject() throws -> Bool { try peek() == .openBrace }

    /// Reads an object's members in order; `member` must consume each value.
    public mutating func object(_ member: (inout JSONScanner, JSONKey) throws -> Void) throws {
        try expect(.openBrace)
        if try consume(.closeBrace) { return }
        repeat {
            guard try peek() == .quote else { throw error("expected a member name") }
            let key = JSONKey(bytes: bytes, string: try string())
            try expect(.colon)
            try member(&self, key)
        } while try consume(.comma)
        try expect(.closeBrace)
    }

    /// Decodes a string; `nil` for JSON's `null`.
    public mutating func optionalString() throws -> String? {
        if try peek() == UInt8(ascii: "n") {
            try literal("null")
            return nil
        }
        guard try peek() == .quote else { throw error("expected a string") }
        return try text(string())
    }

    private mutating func skip(depth: Int) throws -> Range<Int> {
        guard depth < maximumDepth else { throw error("nested deeper than \(maximumDepth) levels") }
        let first = try peek()
        let start = index
        switch first {
        case .quote: _ = try string()
        case .openBrace:
            index += 1
            if try consume(.closeBrace) { break }
            repeat {
                guard try peek() == .quote else { throw error("expected a member name") }
                _ = try string()
                try expect(.colon)
                _ = try skip(depth: depth + 1)
            } while try consume(.comma)
            try expect(.closeBrace)
        case .openBracket:
            index += 1
            if try consume(.closeBracket) { break }
            repeat { _ = try skip(depth: depth + 1) } while try consume(.comma)
            try expect(.closeBracket)
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        default: try number()
        }
        return start..<index
    }

    private mutating func value(depth: Int) throws -> JSONValue {
        guard depth < maximumDepth else { throw error("nested deeper than \(maximumDepth) levels") }
        let first = try peek()
        let start = index
        switch first {
        case .quote: return .string(try text(string()))
        case .openBrace:
            var members: [JSONObject.Member] = []
            index += 1
            if try consume(.closeBrace) { return .object(JSONObject()) }
            repeat {
                guard try peek() == .quote else { throw error("expected a member name") }
                let key = try text(string())
                try expect(.colon)
                members.append(.init(key: key, value: try value(depth: depth + 1)))
            } while try consume(.comma)
            try expect(.closeBrace)
            return .object(JSONObject(members))
        case .openBracket:
            var elements: [JSONValue] = []
            index += 1
            if try consume(.closeBracket) { return .array([]) }
            repeat { elements.append(try value(depth: depth + 1)) } while try consume(.comma)
            try expect(.closeBracket)
            return .array(elements)
        case UInt8(ascii: "t"):
            try literal("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try literal("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try literal("null")
            return .null
        default:
            try number()
            return .number(JSONNumber(unchecked: String(decoding: bytes[start..<index], as: UTF8.self)))
        }
    }

    private mutating func copy(to writer: inout JSONWriter, depth: Int) throws {
        guard depth < maximumDepth else { throw error("nested deeper than \(maximumDepth) levels") }
        switch try peek() {
        case .quote: try copyString(to: &writer, isKey: false)
        case .openBrace:
            index += 1
            writer.begin(isObject: true)
            if try !consume(.closeBrace) {
                repeat {
                    guard try peek() == .quote else { throw error("expected a member name") }
                    try copyString(to: &writer, isKey: true)
                    try expect(.colon)
                    try copy(to: &writer, depth: depth + 1)
                } while try consume(.comma)
                try expect(.closeBrace)
            }
            writer.end(isObject: true)
        case .openBracket:
            index += 1
            writer.begin(isObject: false)
            if try !consume(.closeBracket) {
                repeat { try copy(to: &writer, depth: depth + 1) } while try consume(.comma)
                try expect(.closeBracket)
            }
            writer.end(isObject: false)
        default: writer.raw(bytes[try skip(depth: depth)])
        }
    }

    private mutating func copyString(to writer: inout JSONWriter, isKey: Bool) throws {
        let string = try string()
        guard string.isEscaped else { return writer.quoted(bytes[string.range], isKey: isKey) }
        if isKey { writer.key(text(string)) } else { writer.string(text(string)) }
    }

    // MARK: - Scalars

    private mutating func literal(_ word: StaticString) throws {
        let length = word.utf8CodeUnitCount
        guard index + length <= bytes.count else { throw error("unexpected end") }
        for offset in 0..<length where bytes[index + offset] != word.utf8Start[offset] {
            throw error("unexpected character")
        }
        index += length
    }

    private mutating func digits() throws {
        let start = index
        while index < bytes.count, bytes[index] &- 0x30 < 10 { index += 1 }
        guard index > start else { throw error(index < bytes.count ? "unexpected character" : "unexpected end") }
    }

    private mutating func number() throws {
        if bytes[index] == UInt8(ascii: "-") { index += 1 }
        guard index < bytes.count else { throw error("unexpected end") }
        if bytes[index] == UInt8(ascii: "0") { index += 1 } else { try digits() }
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            try digits()
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") {
                index += 1
            }
            try digits()
        }
    }

    /// A string's content: where it lies between the quotes and whether it has escapes.
    struct StringRange {
        var range: Range<Int>
        var isEscaped: Bool
    }

    /// Validates a string, escapes included, and passes over it.
    private mutating func string() throws -> StringRange {
        try expect(.quote)
        let start = index
        var isEscaped = false
        while index < bytes.count {
            switch bytes[index] {
            case .quote:
                index += 1
                return StringRange(range: start..<(index - 1), isEscaped: isEscaped)
            case .backslash:
                isEscaped = true
                try escape()
            case ..<0x20: throw error("unescaped control character in a string")
            default: index += 1
            }
        }
        throw error("unterminated string")
    }

    private mutating func escape() throws {
        guard index + 1 < bytes.count else { throw error("unterminated string") }
        switch bytes[index + 1] {
        case .quote, .backslash, UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            index += 2
        case UInt8(ascii: "u"):
            guard index + 6 <= bytes.count else { throw error("invalid escape in a string") }
            for digit in bytes[(index + 2)..<(index + 6)] where digit.hexDigitValue == nil {
                throw error("invalid escape in a string")
            }
            index += 6
        default: throw error("invalid escape in a string")
        }
    }

    private func text(_ string: StringRange) -> String { JSONKey(bytes: bytes, string: string).text }
}

/// A member's name as it lies in the text: compared without making a `String`, unless it holds escapes.
public struct JSONKey {
    let bytes: UnsafeBufferPointer<UInt8>
    let string: JSONScanner.StringRange

    public static func == (key: JSONKey, name: StaticString) -> Bool {
        guard !key.string.isEscaped else {
            return key.text == name.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
        }
        guard key.string.range.count == name.utf8CodeUnitCount else { return false }
        return key.bytes[key.string.range].elementsEqual(
            UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    public static func ~= (name: StaticString, key: JSONKey) -> Bool { key == name }

    /// The name with its escapes decoded.
    public var text: String {
        let raw = bytes[string.range]
        guard string.isEscaped else { return String(decoding: raw, as: UTF8.self) }
        return Self.unescaped(raw)
    }

    private static func unescaped(_ raw: Slice<UnsafeBufferPointer<UInt8>>) -> String {
        var utf8: [UInt8] = []
        utf8.reserveCapacity(raw.count)
        var index = raw.startIndex
        func codeUnit(at start: Int) -> UInt32 {
            raw[start..<(start + 4)].reduce(0) { $0 << 4 | UInt32($1.hexDigitValue ?? 0) }
        }
        while index < raw.endIndex {
            guard raw[index] == .backslash else {
                utf8.append(raw[index])
                index += 1
                continue
            }
            let kind = raw[index + 1]
            guard kind == UInt8(ascii: "u") else {
                utf8.append(kind.unescaped)
                index += 2
                continue
            }
            var unit = codeUnit(at: index + 2)
            index += 6
            if (0xD800..<0xDC00).contains(unit), index + 6 <= raw.endIndex, raw[index] == .backslash,
                raw[index + 1] == UInt8(ascii: "u"), case let low = codeUnit(at: index + 2),
                (0xDC00..<0xE000).contains(low)
            {
                unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)
                index += 6
            }
            utf8.append(contentsOf: String(Character(Unicode.Scalar(unit) ?? "\u{FFFD}")).utf8)
        }
        return String(decoding: utf8, as: UTF8.self)
    }
}

extension UInt8 {
    static let quote = UInt8(ascii: "\"")
    static let backslash = UInt8(ascii: "\\")
    static let openBrace = UInt8(ascii: "{")
    static let closeBrace = UInt8(ascii: "}")
    static let openBracket = UInt8(ascii: "[")
    static let closeBracket = UInt8(ascii: "]")
    static let colon = UInt8(ascii: ":")
    static let comma = UInt8(ascii: ",")

    fileprivate var hexDigitValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x41 + 10
        case 0x61...0x66: self - 0x61 + 10
        default: nil
        }
    }

    /// What a one-letter escape stands for.
    fileprivate var unescaped: UInt8 {
        switch self {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: self
        }
    }
}
