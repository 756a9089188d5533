import OrraModel
import Testing

@Suite("JSONScanner")
struct JSONScannerTests {
    static let accepted = [
        "null", "true", "false", "0", "-0", "0.0", "1e5", "1E+5", "1e-5", "-1.25e10", "1e400", "\"\"", "\"a\"", "[]",
        "{}",
        "[1,2]", #"{"a":1}"#, #"{"a":{"b":[null]}}"#, " \t\r\n1 \t\r\n", " [ 1 , 2 ] ", " { \"a\" : 1 , \"b\" : 2 } ",
        #""\"\\\/\b\f\n\r\t""#, #""\u0041""#, #""\uD83D\uDE00""#, #""\u00e9\u00E9""#, "\"\u{7f}\"", "\"\u{2028}\"",
        "\"é日😀\"",
        #""\ud800""#, #""\udc00""#, #""\ud800\ud800""#, #""\udc00\ud800x""#, #"{"":1}"#, #"{"a":1,"a":2}"#,
        #"{"\u0061":1}"#,
        "123456789012345678901234567890",
    ]

    @Test("It accepts what RFC 8259 calls JSON", arguments: accepted)
    func accepts(text: String) throws {
        _ = try JSONValue(parsing: text)
        _ = try RawJSON(validating: Array(text.utf8))
    }

    static let refused = [
        "", " ", "-", "+1", "01", "-01", "00", "1.", ".5", "-.5", "1e", "1e+", "1.e5", "0x10", "1_000", "NaN",
        "Infinity",
        "-Infinity", "nul", "nulll", "True", "tru", "1 2", "1,", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]",
        "[1,,2]", "{",
        "}", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}", "{a:1}", "{'a':1}", "{\"a\" 1}",
        "{1:2}", "{\"a\":}",
        "[1}", "{\"a\":1]", "\"", "\"a", "'a'", #""\"#, #""\x41""#, #""\u12""#, #""\u123g""#, #""\u""#, #""\a""#,
        #""\U0041""#, #""\u{41}""#,
        "\"a\nb\"", "\"a\tb\"", "\"\u{0}\"", "\"\u{1f}\"", "\u{FEFF}1", "\u{FEFF}{}", "\u{a0}1", "// c\n1", "1 /* c */",
        "[1]x", "{}{}",
        "١",
    ]

    @Test("It refuses everything else, in a tree and as raw bytes alike", arguments: refused)
    func refuses(text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
        #expect(throws: JSONError.self) { try RawJSON(validating: Array(text.utf8)) }
    }

    static let invalidUTF8: [[UInt8]] = [
        [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
        [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0x80, 0x22], [0xFE, 0xFF, 0x00, 0x31], [0xEF, 0xBB, 0xBF, 0x31],
    ]

    @Test("It refuses bytes that are not UTF-8, and the byte order mark", arguments: invalidUTF8)
    func encoding(bytes: [UInt8]) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
        #expect(throws: JSONError.self) { try RawJSON(validating: bytes) }
    }

    @Test(
        "It says where the first fault lies",
        arguments: [
            ("[1,2,x]", 5), ("{\"a\":tru}", 5), ("[1,]", 3), ("\"ab\u{1}\"", 3), ("{} x", 3), ("", 0), ("[\"\\q\"]", 2),
        ])
    func offsets(text: String, offset: Int) {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
        #expect(error?.offset == offset, "\(String(describing: error))")
    }

    @Test("Nesting up to the limit passes; beyond it is an error, not a crash")
    func depth() throws {
        func nested(_ levels: Int, _ open: String, _ close: String) -> String {
            String(repeating: open, count: levels) + String(repeating: close, count: levels)
        }
        _ = try JSONValue(parsing: nested(Limits.jsonDepth, "[", "]"))
        for text in [
            nested(Limits.jsonDepth + 1, "[", "]"), nested(200_000, "[", "]"), String(repeating: "[", count: 200_000),
            String(repeating: "{\"a\":", count: 200_000),
        ] {
            #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
            #expect(throws: JSONError.self) { try RawJSON(validating: Array(text.utf8)) }
        }
    }

    @Test("A payload at the limit can still be read when the system has wrapped it")
    func wrapped() throws {
        let payload = try RawJSON(
            validating: Array((String(repeating: "[", count: 128) + String(repeating: "]", count: 128)).utf8))
        struct Event: Codable { var inner: [RawJSON] }
        let text = try WireEncoder().encode(Event(inner: [payload]))
        #expect(throws: JSONError.self) { try WireDecoder().decode(Event.self, from: text) }
        let event = try WireDecoder(maximumDepth: Limits.storedJSONDepth).decode(Event.self, from: text)
        #expect(event.inner == [payload])
        #expect(try WireEncoder().encodeRaw(event).value["inner"]?.array?.count == 1)
    }

    @Test(
        "Escapes are decoded, lone surrogates become U+FFFD",
        arguments: [
            (#""\u0041\n\/""#, "A\n/"), (#""\ud83d\ude00""#, "😀"), (#""\ud800""#, "\u{FFFD}"),
            (#""\udc00a""#, "\u{FFFD}a"),
            (#""\ud800\u0041""#, "\u{FFFD}A"), (#""\\u0041""#, #"\u0041"#), (#""\u0000""#, "\u{0}"),
            (#""e\u0301""#, "e\u{301}"),
        ])
    func escapes(text: String, expected: String) throws {
        let string = try #require(try JSONValue(parsing: text).string)
        #expect(Array(string.unicodeScalars) == Array(expected.unicodeScalars))
    }

    @Test("Member names with escapes are recognised")
    func keys() throws {
        let text = Array(#"{"\u0069d":1,"na\u006de":"x","skip":[{"id":2}]}"#.utf8)
        var found: [String] = []
        try JSONScanner.scan(text) { scanner in
            try scanner.object { scanner, key in
                switch key {
                case "id": found.append("id=\(try scanner.raw().text)")
                case "name": found.append("name=\(try scanner.optionalString() ?? "nil")")
                default:
                    found.append(key.text)
                    try scanner.skip()
                }
            }
        }
        #expect(found == ["id=1", "name=x", "skip"])
    }
}
