/// Writes compact JSON, splicing raw payloads in as they are.
///
/// Commas are the writer's own business: `writer.object { $0.member("id", id); $0.member("input", raw) }`.
public struct JSONWriter {
    public private(set) var pieces: JSONPieces
    private var needsComma = false

    /// `capacity`: in bytes, of the whole text but for large payloads, see ``room(for:)``.
    public init(capacity: Int = 256) { pieces = JSONPieces(capacity: capacity) }

    /// The capacity that a payload of so many bytes needs: none if it is large, for then it stays where it lies.
    public static func room(for bytes: Int) -> Int { bytes > JSONPieces.copiedBytes ? 0 : bytes }

    /// What is written, in one.
    public var bytes: [UInt8] { pieces.bytes }

    /// The finished text as a value. The caller has written exactly one.
    public var raw: RawJSON { RawJSON(unchecked: pieces) }

    public mutating func object(_ body: (inout JSONWriter) throws -> Void) rethrows {
        try container(.openBrace, .closeBrace, body)
    }

    public mutating func array(_ body: (inout JSONWriter) throws -> Void) rethrows {
        try container(.openBracket, .closeBracket, body)
    }

    private mutating func container(_ open: UInt8, _ close: UInt8, _ body: (inout JSONWriter) throws -> Void) rethrows {
        begin(open)
        try body(&self)
        end(close)
    }

    /// For an encoder, whose containers end when something else begins.
    mutating func begin(isObject: Bool) { begin(isObject ? .openBrace : .openBracket) }
    mutating func end(isObject: Bool) { end(isObject ? .closeBrace : .closeBracket) }

    private mutating func begin(_ open: UInt8) {
        separate()
        pieces.written.append(open)
        needsComma = false
    }

    private mutating func end(_ close: UInt8) {
        pieces.written.append(close)
        needsComma = true
    }

    /// Bytes written so far.
    var count: Int { pieces.count }

    public mutating func key(_ name: String) {
        separate()
        quote(name)
        pieces.written.append(.colon)
        needsComma = false
    }

    public mutating func member(_ name: String, _ text: String) {
        key(name)
        string(text)
    }

    public mutating func member(_ name: String, _ number: some BinaryInteger) {
        key(name)
        self.number(number)
    }

    public mutating func member(_ name: String, _ raw: RawJSON) {
        key(name)
        self.raw(raw)
    }

    public mutating func member(_ name: String, _ part: RawJSONPart) {
        key(name)
        part.write(to: &self)
    }

    public mutating func string(_ text: String) {
        separate()
        quote(text)
        needsComma = true
    }

    public mutating func number(_ number: JSONNumber) { splice(number.text.utf8) }
    public mutating func number(_ number: some BinaryInteger) {
        guard let small = Int64(exactly: number) else { return self.number(JSONNumber(number)) }
        separate()
        if small < 0 { pieces.written.append(UInt8(ascii: "-")) }
        let start = pieces.written.count
        var rest = small.magnitude
        repeat {
            pieces.written.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        pieces.written[start...].reverse()
        needsComma = true
    }

    public mutating func bool(_ value: Bool) { splice((value ? "true" : "false").utf8) }
    public mutating func null() { splice("null".utf8) }
    public mutating func raw(_ raw: RawJSON) {
        guard let large = raw.pieces else { return splice(raw.bytes) }
        separate()
        pieces.append(large)
        needsComma = true
    }

    /// One value that was found valid.
    mutating func raw(_ bytes: ArraySlice<UInt8>) { splice(bytes) }

    /// One value that was found valid, without white space in it.
    mutating func raw(_ text: Slice<UnsafeBufferPointer<UInt8>>) { splice(text) }

    /// The content of a string that holds nothing to be escaped.
    mutating func quoted(_ content: Slice<UnsafeBufferPointer<UInt8>>, isKey: Bool) {
        separate()
        makeRoom(for: content.count)
        pieces.written.append(.quote)
        pieces.written.append(contentsOf: content)
        pieces.written.append(.quote)
        if isKey { pieces.written.append(.colon) }
        needsComma = !isKey
    }

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
        makeRoom(for: text.count)
        pieces.written.append(contentsOf: text)
        needsComma = true
    }

    /// An array that grows by itself doubles: for a large payload with a brace behind it that is a second copy, and twice
    /// the memory.
    private mutating func makeRoom(for count: Int) {
        let needed = pieces.written.count + count
        guard count > JSONPieces.copiedBytes, needed > pieces.written.capacity else { return }
        pieces.written.reserveCapacity(needed + needed / 8)
    }

    private mutating func separate() { if needsComma { pieces.written.append(.comma) } }

    private mutating func quote(_ text: String) {
        var text = text
        text.withUTF8 { text in
            makeRoom(for: text.count)
            pieces.written.append(.quote)
            // Mostly nothing is to be escaped, and the text goes as a whole.
            var start = 0
            while case let place = text.endOfPlainText(from: start), place < text.count {
                pieces.written.append(contentsOf: text[start..<place])
                escape(text[place])
                start = place + 1
            }
            pieces.written.append(contentsOf: text[start...])
        }
        pieces.written.append(.quote)
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case .quote, .backslash: pieces.written.append(contentsOf: [.backslash, byte])
        case 0x0A: pieces.written.append(contentsOf: [.backslash, UInt8(ascii: "n")])
        case 0x0D: pieces.written.append(contentsOf: [.backslash, UInt8(ascii: "r")])
        case 0x09: pieces.written.append(contentsOf: [.backslash, UInt8(ascii: "t")])
        default: pieces.written.append(contentsOf: "\\u00\(CollectionOfOne(byte).hexadecimal)".utf8)
        }
    }
}
