/// Reads JSON text (RFC 8259) byte by byte: validates it, skips values it is not asked for, and decodes the rest.
///
/// Strict: no comments, no trailing commas, no unescaped control characters, no nesting beyond
/// ``Limits/jsonDepth``. An escaped lone surrogate (`"\ud800"`, which Python's `json.dumps` writes) is accepted and
/// decoded as U+FFFD. The bytes must be valid UTF-8: ``scan(_:_:)`` checks it once.
public struct JSONScanner {
    @usableFromInline let bytes: UnsafeBufferPointer<UInt8>
    @usableFromInline var index = 0

    private let maximumDepth: Int
    private let source: JSONText.Source
    /// Whether all that was read so far is as ``JSONWriter`` would write it: no white space, no other escapes.
    private(set) var isCompact = true

    init(_ bytes: UnsafeBufferPointer<UInt8>, maximumDepth: Int, source: JSONText.Source = .lent) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
        self.source = source
    }

    /// Runs `body` over the text and demands that it consumes all of it.
    ///
    /// Throws ``JSONError`` with the byte offset of the first fault, or whatever `body` throws.
    ///
    /// - Parameter maximumDepth: ``Limits/storedJSONDepth`` for texts that this system wrote itself.
    public static func scan<Result>(
        _ text: [UInt8], maximumDepth: Int = Limits.jsonDepth, _ body: (inout JSONScanner) throws -> Result
    ) throws -> Result {
        try text.withUnsafeBufferPointer { try scan($0, maximumDepth: maximumDepth, body) }
    }

    /// The same over bytes that lie elsewhere, such as in a database's or a socket's buffer.
    public static func scan<Result>(
        _ bytes: UnsafeBufferPointer<UInt8>, maximumDepth: Int = Limits.jsonDepth,
        _ body: (inout JSONScanner) throws -> Result
    ) throws -> Result {
        try scan(bytes, maximumDepth: maximumDepth, source: .lent, body)
    }

    /// The same over shared bytes: a large payload that is a good part of them is not copied.
    public static func scan<Result>(
        _ shared: SharedBytes, maximumDepth: Int = Limits.jsonDepth, _ body: (inout JSONScanner) throws -> Result
    ) throws -> Result {
        try withExtendedLifetime(shared) {
            try scan(shared.bytes, maximumDepth: maximumDepth, source: .shared(shared), body)
        }
    }

    static func scan<Result>(
        _ bytes: UnsafeBufferPointer<UInt8>, maximumDepth: Int, source: JSONText.Source,
        _ body: (inout JSONScanner) throws -> Result
    ) throws -> Result {
        guard (try? UTF8Span(validating: bytes.span)) != nil else {
            throw JSONError(offset: 0, reason: "is not valid UTF-8")
        }
        var scanner = JSONScanner(bytes, maximumDepth: maximumDepth, source: source)
        let result = try body(&scanner)
        scanner.skipWhitespace()
        guard scanner.index == bytes.count else { throw scanner.error("unexpected text after the value") }
        return result
    }

    func error(_ reason: String) -> JSONError { JSONError(offset: index, reason: reason) }

    mutating func skipWhitespace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x09, 0x0A, 0x0D:
                isCompact = false
                index += 1
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
        RawJSON(unchecked: bytes[try skip(depth: 0)])
    }

    /// Validates one value and passes over it.
    public mutating func skip() throws { _ = try skip(depth: 0) }

    /// Validates one value and returns it as ``RawJSON/init(_:)`` would write its tree, without making one: no white
    /// space, no needless escapes.
    public mutating func compact() throws -> RawJSON {
        skipWhitespace()
        let (start, wasCompact) = (index, isCompact)
        isCompact = true
        let range = try skip(depth: 0)
        defer { isCompact = isCompact && wasCompact }
        // Mostly its writer has left nothing to do.
        guard !isCompact else {
            return JSONText(bytes: bytes, range: range, isCompact: true, source: source).raw
        }
        index = start
        var writer = JSONWriter(capacity: range.count)
        try copy(to: &writer, depth: 0)
        return writer.raw
    }

    /// Validates one value and returns it to be read where it is. The bytes must stay there as long as it is used.
    package mutating func text() throws -> JSONText {
        skipWhitespace()
        let wasCompact = isCompact
        isCompact = true
        let range = try skip(depth: 0)
        defer { isCompact = isCompact && wasCompact }
        return JSONText(bytes: bytes, range: range, isCompact: isCompact, source: source)
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
        while true {
            index = bytes.endOfPlainText(from: index)
            guard index < bytes.count else { throw error("unterminated string") }
            switch bytes[index] {
            case .quote:
                index += 1
                return StringRange(range: start..<(index - 1), isEscaped: isEscaped)
            case .backslash:
                isEscaped = true
                try escape()
            default: throw error("unescaped control character in a string")
            }
        }
    }

    private mutating func escape() throws {
        guard index + 1 < bytes.count else { throw error("unterminated string") }
        switch bytes[index + 1] {
        case .quote, .backslash, UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"): index += 2
        case UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"):
            isCompact = false
            index += 2
        case UInt8(ascii: "u"):
            guard index + 6 <= bytes.count else { throw error("invalid escape in a string") }
            for digit in bytes[(index + 2)..<(index + 6)] where digit.hexDigitValue == nil {
                throw error("invalid escape in a string")
            }
            // The writer has such escapes too, for control characters. They are too rare to look for its spelling.
            isCompact = false
            index += 6
        default: throw error("invalid escape in a string")
        }
    }

    func text(_ string: StringRange) -> String { JSONKey(bytes: bytes, string: string).text }
}
