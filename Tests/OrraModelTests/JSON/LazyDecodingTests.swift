import OrraModel
import Testing

/// What is decoded from a text without a tree, beside what is decoded from the tree of the same text.
@Suite("Decoding without a tree")
struct LazyDecodingTests {
    private struct Inner: Codable, Equatable {
        var a: Int
        var b: String?
        var raw: RawJSON?
    }
    private struct Outer: Codable, Equatable {
        var a: Double?
        var b: [Inner]?
        var raw: RawJSON?
        var value: JSONValue?
        var flags: [String: Bool]?
        var kind: ServiceKind?
        var numbers: [Int?]?
    }

    /// Texts of JSON, and nearly so: white space, escapes, names that come twice, faults.
    private struct Texts {
        var random: SeededGenerator

        static let names = [
            "a", "b", "raw", "value", "flags", "kind", "numbers", "A", "RAW", #"\u0061"#, #"r\u0061w"#, "é", "e\u{301}",
            "",
        ]
        static let strings = [
            "", "x", "service", "tool", #"\n\t\r"#, #"\/\b\f"#, #"\u000a\u001F"#, #"\ud83d\ude00"#, #"\ud800"#,
            #"\"\\"#,
            #"\\\\\""#, "é日😀", "1234567", "12345678", #"1234567\n"#, #"12345678\\"#,
            "a long text of some words, and no more",
        ]
        static let scalars = [
            "null", "true", "false", "0", "-0", "1", "2.0", "3e2", "1.50", "1e400", "255", "9223372036854775808",
        ]
        static let faults = [
            "", "nul", "01", "1.", "\"", #""\x""#, "\"\u{1}\"", "[1,]", "{,}", #"{"a"}"#, "]", #""\ud8""#, "1 2", "tru",
        ]

        mutating func space() -> String { pick(["", "", "", "", " ", "\n\t", "  "]) }
        mutating func pick(_ texts: [String]) -> String { texts[Int.random(in: texts.indices, using: &random)] }

        mutating func value(_ depth: Int) -> String {
            let kind = Int.random(in: 0..<(depth > 3 ? 4 : 8), using: &random)
            let body: String
            switch kind {
            case 0, 1: body = pick(Self.scalars)
            case 2, 3: body = "\"\(pick(Self.strings))\""
            case 4, 5:
                let elements = (0..<Int.random(in: 0..<4, using: &random)).map { _ in value(depth + 1) }
                body = "[" + elements.joined(separator: ",") + space() + "]"
            default:
                let members = (0..<Int.random(in: 0..<6, using: &random)).map { _ in
                    "\(space())\"\(pick(Self.names))\"\(space()):\(value(depth + 1))"
                }
                body = "{" + members.joined(separator: ",") + space() + "}"
            }
            return space() + body + space()
        }

        mutating func text() -> String {
            var text = value(0)
            if Int.random(in: 0..<12, using: &random) == 0 {
                let place = text.index(text.startIndex, offsetBy: Int.random(in: 0...text.count, using: &random))
                text.insert(contentsOf: pick(Self.faults), at: place)
            }
            return text
        }
    }

    private func outcome<Value>(_ body: () throws -> Value) -> String {
        do { return "\(try body())" } catch {
            return "\(WireDecoder.describe(error)) \(WireDecoder.path(of: error) ?? "")"
        }
    }

    private func compare<Value: Codable & Equatable>(_ type: Value.Type, _ text: String, _ ignoresKeyCase: Bool) {
        let decoder = WireDecoder(ignoresKeyCase: ignoresKeyCase)
        let bytes = Array(text.utf8)
        let lazy = Result { try decoder.decode(type, from: bytes) }
        let tree = Result { try decoder.decode(type, from: JSONValue(parsing: bytes)) }
        switch (lazy, tree) {
        case (.success(let lazy), .success(let tree)):
            // Payloads byte for byte.
            #expect(lazy == tree, "\(text)")
        default: #expect(outcome(lazy.get) == outcome(tree.get), "\(text)")
        }
    }

    @Test("It gives the same value or the same fault as the tree does", arguments: 0..<40)
    func fuzz(seed: UInt64) {
        var texts = Texts(random: SeededGenerator(seed: seed))
        for _ in 0..<250 {
            let text = texts.text()
            for ignoresKeyCase in [false, true] {
                compare(Outer.self, text, ignoresKeyCase)
                compare(Inner.self, text, ignoresKeyCase)
                compare([Inner].self, text, ignoresKeyCase)
                compare([String: RawJSON].self, text, ignoresKeyCase)
            }
            compare(RawJSON.self, text, false)
            compare(JSONValue.self, text, false)
            compare([Int8?].self, text, false)
            compare([String].self, text, false)
        }
    }

    @Test("A payload is compacted byte for byte as its tree is written", arguments: 0..<20)
    func compaction(seed: UInt64) throws {
        var texts = Texts(random: SeededGenerator(seed: 1_000 + seed))
        for _ in 0..<250 {
            let text = Array(texts.text().utf8)
            guard let tree = try? JSONValue(parsing: text) else {
                #expect(throws: JSONError.self) { try JSONScanner.scan(text) { try $0.compact() } }
                continue
            }
            #expect(try JSONScanner.scan(text) { try $0.compact() } == RawJSON(tree))
            let raw = try RawJSON(validating: text)
            #expect(raw.value == tree)
            let names: Set = ["a", "raw", "é", ""]
            let members = raw.members(names)
            for name in names { #expect(members[name]?.raw == tree[name].map { RawJSON($0) }) }
        }
    }

    @Test("Elements are decoded each for itself, and only when there are as many as it is said")
    func elements() throws {
        func decode(_ count: Int, _ text: String) throws -> [String]? {
            try Array(text.utf8).withUnsafeBufferPointer {
                try WireDecoder().decode(count, of: Inner.self, from: $0)?.map { element in
                    outcome { try element.get().a }
                }
            }
        }
        #expect(try decode(2, #" [{"a":1} , {"a":"x"}] "#) == ["1", "a: must be a whole number, but is string a"])
        #expect(try decode(0, "[]") == [])
        #expect(try decode(3, #"[{"a":1},{"a":2}]"#) == nil)
        #expect(try decode(1, #"{"a":1}"#) == nil)
        #expect(throws: JSONError.self) { try decode(1, #"[{"a":1}"#) }
    }

    @Test("A string's end is found wherever it lies within a word of eight bytes", arguments: 0..<24)
    func words(length: Int) throws {
        let plain = String(repeating: "x", count: length)
        for ending in [#"\""#, #"\\"#, "\u{7f}", "\u{80}", "é", "\u{20}", "!", "#", "[", "]"] {
            let text = "\"\(plain)\(ending)\(plain)\""
            let value = try JSONValue(parsing: text)
            #expect(value.string?.hasPrefix(plain) == true)
            #expect(RawJSON(value).text == text)
        }
        for fault in ["\u{0}", "\u{1}", "\u{1f}", "\n"] {
            let error = #expect(throws: JSONError.self) { try JSONValue(parsing: "\"\(plain)\(fault)\(plain)\"") }
            #expect(error?.offset == length + 1)
        }
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: "\"\(plain)") }
        #expect(error?.reason == "unterminated string")
    }

    @Test("A schema finds in a text what it finds in its tree", arguments: 0..<20)
    func schemas(seed: UInt64) throws {
        let schema = JSONSchema([
            "type": "object", "required": ["a", "raw"],
            "properties": [
                "a": ["type": ["number", "null"], "minimum": 1], "b": ["type": "string", "maxLength": 3],
                "raw": ["anyOf": [["type": "array", "uniqueItems": true, "maxItems": 2], ["const": "x"]]],
                "value": ["type": "object", "additionalProperties": ["type": "integer"]],
                "numbers": ["type": "array", "items": ["enum": [1, 2, "x"]]],
            ],
            "additionalProperties": false, "maxProperties": 4,
        ])
        var texts = Texts(random: SeededGenerator(seed: 2_000 + seed))
        var faults = 0
        for _ in 0..<250 {
            guard let raw = try? RawJSON(validating: Array(texts.text().utf8)) else { continue }
            #expect(schema.validate(raw) == schema.validate(raw.value))
            faults += schema.validate(raw).count
        }
        #expect(faults > 0)
    }
}

/// The same texts in every run.
private struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
