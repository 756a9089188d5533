import Testing

@testable import OrraModel

@Suite("Large values")
struct LargeJSONTests {
    private static let long = String(repeating: "long é ", count: 10_000)

    /// A value that shares its parts with another one, and the same in one piece.
    private static func twins() throws -> (pieces: RawJSON, whole: RawJSON) {
        let source = RawJSON(.object(["a": .string(long), "b": .array([.string("*"), 1]), "c": .string(long + "!")]))
        let parts = source.members(["a", "b", "c"])
        var writer = JSONWriter()
        try writer.object {
            $0.member("first", try #require(parts["c"]))
            $0.member("mark", "*")
            $0.key("list")
            try $0.array {
                for name in ["b", "a", "a"] { $0.raw(try #require(parts[name]).raw) }
            }
        }
        return (writer.raw, try RawJSON(validating: writer.bytes))
    }

    @Test("a value that is made of others says the same as one in one piece")
    func twins() throws {
        let (pieces, whole) = try Self.twins()
        #expect(pieces.pieces?.payloads.count == 3 && whole.pieces?.payloads.count == 1)
        #expect(pieces == whole && whole == pieces && pieces.hashValue == whole.hashValue)
        #expect(pieces.count == whole.count && pieces.bytes == whole.bytes && pieces.text == whole.text)
        #expect(pieces.value == whole.value && pieces.isObject)
        #expect(pieces.value.object?["list"]?.array?.map(\.string) == [nil, Self.long, Self.long])
        #expect(RawJSON(pieces.value) == whole)
        var other = whole.value.object
        other?["mark"] = "+"
        #expect(RawJSON(.object(try #require(other))) != pieces)
    }

    @Test("its members are found, large ones where they lie; a star that was written is a star")
    func members() throws {
        let (pieces, whole) = try Self.twins()
        for value in [pieces, whole] {
            let parts = value.members(["first", "mark", "list", "none"])
            #expect(parts.count == 3)
            #expect(parts["first"]?.string == Self.long + "!" && parts["mark"]?.string == "*")
            #expect(parts["list"]?.raw.value.array?.first?.array?.map(\.string) == ["*", nil])
            #expect(parts["first"]?.count == parts["first"]?.raw.count)
        }
        let (first, part) = (pieces.members(["first"])["first"]?.raw, pieces.pieces?.payloads.first?.bytes)
        #expect(first?.pieces?.payloads.first?.bytes.whole === part?.whole)
    }

    @Test("a schema sees into it, and says where it does not fit")
    func schema() throws {
        let (pieces, whole) = try Self.twins()
        let schema = try JSONSchema(
            JSONValue(
                parsing: Array(
                    """
                    {"type":"object","properties":{"first":{"type":"number"},"mark":{"const":"*"},
                     "list":{"type":"array","prefixItems":[{"type":"array"}],"items":{"maxLength":5}}}}
                    """.utf8)))
        let violations = schema.validate(pieces)
        #expect(violations == schema.validate(whole) && violations.count == 3, "\(violations)")
    }

    @Test("an encoder and a decoder keep it shared")
    func coding() throws {
        struct Pair: Codable, Equatable {
            var name: String
            var values: [RawJSON]
        }
        let (pieces, whole) = try Self.twins()
        let pair = Pair(name: "*", values: [pieces, RawJSON(.string("*")), whole])
        let text = try WireEncoder().pieces(of: pair)
        #expect(text.payloads.count == 4)
        #expect(try WireDecoder().decode(Pair.self, from: text) == pair)
        #expect(try WireDecoder().decode(Pair.self, from: text.bytes) == pair)
        let again = try WireDecoder().decode(Pair.self, from: text)
        #expect(again.values[2].pieces?.payloads[0].bytes.whole === whole.pieces?.payloads[0].bytes.whole)
        #expect(try WireDecoder().decode(3, of: RawJSON.self, from: WireEncoder().pieces(of: pair.values))?.count == 3)
        #expect(try WireDecoder().decode(2, of: RawJSON.self, from: WireEncoder().pieces(of: pair.values)) == nil)
    }

    @Test("any part of a text can be had by itself")
    func parts() throws {
        let text = try #require(try Self.twins().pieces.pieces)
        let whole = text.bytes
        for (start, count) in [
            (0, 10), (5, 100_000), (0, whole.count), (whole.count - 3, 50), (whole.count, 1), (7, 0),
        ] {
            var part: [UInt8] = []
            text.forEach(from: start, atMost: count) { part += $0 }
            #expect(part == Array(whole[start..<min(start + count, whole.count)]))
        }
        var again: [UInt8] = []
        for start in stride(from: 0, to: whole.count, by: 4_099) {
            text.forEach(from: start, atMost: 4_099) { again += $0 }
        }
        #expect(again == whole)
    }

    @Test("a text is put together again only if its payloads fit its placeholders")
    func together() throws {
        let text = try #require(try Self.twins().pieces.pieces)
        let payloads = text.payloads.map { (start: $0.start, bytes: $0.bytes) }
        #expect(JSONPieces(written: text.written, payloads: payloads)?.bytes == text.bytes)
        #expect(JSONPieces(written: text.written, payloads: payloads.reversed()) == nil)
        for start in [-1, 1, text.written.count - 2, text.written.count, .max, .min] {
            var moved = payloads
            moved[moved.count - 1].start = start
            #expect(JSONPieces(written: text.written, payloads: moved) == nil)
        }
        #expect(JSONPieces(written: [], payloads: payloads) == nil)
    }

    @Test("in shared bytes large values stay, and small ones are copied", arguments: [false, true])
    func shared(hasSpace: Bool) throws {
        let space = hasSpace ? " " : ""
        let text = #"{"a":\#(space)"\#(Self.long)","b":[1,\#(space)2]}"#
        let bytes = SharedBytes(copying: Array(text.utf8))
        var found: [String: RawJSON] = [:]
        try JSONScanner.scan(bytes) { scanner in
            try scanner.object { scanner, key in
                found[key.text] = key.text == "a" ? try scanner.text().raw : try scanner.compact()
            }
        }
        #expect(found["a"]?.value == .string(Self.long) && found["b"]?.text == "[1,2]")
        #expect(found["a"]?.pieces?.payloads.first?.bytes.whole === bytes)
        let all = try JSONScanner.scan(bytes) { try $0.compact() }
        #expect(all.text == text.replacing(" [", with: "[").replacing(": \"", with: ":\"").replacing("1, ", with: "1,"))
        #expect((all.pieces?.payloads.first?.bytes.whole === bytes) == !hasSpace)
    }

    @Test("a value that is less than a quarter of its bytes does not keep them", arguments: [3, 5])
    func minority(parts: Int) throws {
        let part = String(repeating: "x", count: 40_000)
        let text = "[" + Array(repeating: "\"\(part)\"", count: parts).joined(separator: ",") + "]"
        let bytes = SharedBytes(copying: Array(text.utf8))
        let first = try JSONScanner.scan(bytes) { try $0.text().elements?.first?.raw }
        #expect(first?.value == .string(part))
        #expect((first?.pieces?.payloads.first?.bytes.whole === bytes) == (parts == 3))
    }

    @Test("what was written large is in one piece")
    func written() {
        let many = RawJSON(.array((0..<20_000).map { .number(JSONNumber($0)) }))
        #expect(many.pieces?.payloads.count == 1 && many.pieces?.written == JSONPieces.placeholder)
        #expect(many.value.array?.count == 20_000)
    }
}
