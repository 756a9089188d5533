import OrraModel
import Testing

@Suite("Texts in pieces")
struct JSONPiecesTests {
    /// A JSON string with so many bytes in all.
    private static func payload(_ count: Int, _ letter: Character = "x") throws -> RawJSON {
        try RawJSON(validating: Array("\"\(String(repeating: letter, count: count - 2))\"".utf8))
    }

    private static func joined(_ pieces: JSONPieces) -> [UInt8] {
        var bytes: [UInt8] = []
        pieces.forEach { bytes += $0 }
        return bytes
    }

    @Test(
        "payloads of any size stand where they were written",
        arguments: [[2, 2], [32_768, 32_769], [32_769, 2], [40_000, 50_000], [2, 1_000_000]])
    func order(sizes: [Int]) throws {
        let (first, second) = (try Self.payload(sizes[0], "a"), try Self.payload(sizes[1], "b"))
        var writer = JSONWriter()
        writer.object {
            $0.member("before", 1)
            $0.member("first", first)
            $0.key("list")
            $0.array {
                $0.raw(second)
                $0.raw(first)
                $0.number(-5)
            }
        }
        let expected = #"{"before":1,"first":\#(first.text),"list":[\#(second.text),\#(first.text),-5]}"#
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
        #expect(Self.joined(writer.pieces) == writer.bytes)
        #expect(writer.pieces.count == expected.utf8.count)
        #expect(writer.raw == (try RawJSON(validating: Array(expected.utf8))))
    }

    @Test("a text that begins or ends with a payload, or is one", arguments: [10, 100_000])
    func edges(size: Int) throws {
        let payload = try Self.payload(size)
        var writer = JSONWriter()
        writer.raw(payload)
        #expect(writer.raw == payload)
        #expect(Self.joined(writer.pieces) == payload.bytes)
        #expect(try WireEncoder().pieces(of: payload).bytes == payload.bytes)
        #expect(try WireEncoder().pieces(of: [payload, payload]).count == 2 * size + 3)
    }

    @Test("texts are put together, payloads included")
    func together() throws {
        let payloads = try [5, 70_000, 33_000, 5].map { try Self.payload($0) }
        var whole = try WireEncoder().pieces(of: ["n": payloads[0]])
        for payload in payloads.dropFirst() {
            whole.append(UInt8(ascii: ","))
            whole.append(try WireEncoder().pieces(of: ["n": payload]))
        }
        whole.insertFirst(UInt8(ascii: "["))
        whole.append(UInt8(ascii: "]"))
        let expected = "[" + payloads.map { #"{"n":\#($0.text)}"# }.joined(separator: ",") + "]"
        #expect(String(decoding: whole.bytes, as: UTF8.self) == expected)
        #expect(Self.joined(whole) == whole.bytes)
        #expect(whole.count == whole.bytes.count)
    }
}
