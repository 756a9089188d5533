import OrraModel
import Testing

@Suite("WireEncoder and WireDecoder")
struct WireCodingTests {
    private struct Inner: Codable, Equatable {
        var value: Int
        var note: String?
    }
    private struct Outer: Codable, Equatable {
        var name: String
        var data: [Inner]
        var optional: Inner?
        var flags: [String: Bool]
        var raw: RawJSON
        var ratio: Double
        var nothing: [Int?]
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ text: String, ignoresKeyCase: Bool = false) throws
        -> Value
    {
        try WireDecoder(ignoresKeyCase: ignoresKeyCase).decode(type, from: Array(text.utf8))
    }

    private func fault<Value: Decodable>(_ type: Value.Type, _ text: String) -> String {
        do {
            _ = try decode(type, text)
            return "no fault"
        } catch { return WireDecoder.describe(error) }
    }

    @Test("Types come back equal, in the order of their members")
    func roundTrip() throws {
        let outer = Outer(
            name: "n", data: [Inner(value: 1, note: "x"), Inner(value: -2)], optional: nil, flags: ["a": true],
            raw: try RawJSON(validating: Array("{\"z\":1.50,\"a\":1e400}".utf8)), ratio: 0.25, nothing: [1, nil])
        let text = try WireEncoder().encode(outer)
        #expect(
            String(decoding: text, as: UTF8.self)
                == #"{"name":"n","data":[{"value":1,"note":"x"},{"value":-2}],"flags":{"a":true},"#
                + #""raw":{"z":1.50,"a":1e400},"ratio":0.25,"nothing":[1,null]}"#)
        #expect(try WireDecoder().decode(Outer.self, from: text) == outer)
    }

    @Test("Null and absence are both nil; unknown members are ignored")
    func optionals() throws {
        #expect(try decode(Inner.self, #"{"value":1,"note":null,"more":[{}]}"#) == Inner(value: 1))
        #expect(try decode(Inner.self, #"{"value":1}"#) == Inner(value: 1))
        #expect(try decode([RawJSON?].self, "[null,1]") == [nil, RawJSON(1)])
        #expect(try decode(JSONValue.self, "null") == .null)
        #expect(try decode([String: [Int]].self, #"{"a":[1,2],"b":[]}"#) == ["a": [1, 2], "b": []])
    }

    @Test("Names match without regard to case only on demand, and an exact match wins")
    func keyCase() throws {
        #expect(throws: DecodingError.self) { try decode(Inner.self, #"{"Value":1}"#) }
        #expect(try decode(Inner.self, #"{"VALUE":1,"Note":"x"}"#, ignoresKeyCase: true) == Inner(value: 1, note: "x"))
        #expect(try decode(Inner.self, #"{"value":1,"Value":2}"#, ignoresKeyCase: true).value == 1)
    }

    @Test("Whole numbers may be written as such in any form")
    func integers() throws {
        #expect(try decode([Int].self, "[1,2.0,3e2]") == [1, 2, 300])
        #expect(try decode(UInt8.self, "255") == 255)
        #expect(throws: DecodingError.self) { try decode(UInt8.self, "256") }
        #expect(throws: DecodingError.self) { try decode(Int.self, "1.5") }
        #expect(throws: DecodingError.self) { try decode(UInt.self, "-1") }
        #expect(throws: DecodingError.self) { try decode(Int64.self, "9223372036854775808") }
        #expect(throws: DecodingError.self) { try decode(Int.self, "true") }
    }

    @Test("Faults say where they are and what was expected, and quote nothing")
    func faults() {
        let outer = #"{"name":"n","data":[{"value":1},{"value":"secret"}],"flags":{},"raw":1,"ratio":1,"nothing":[]}"#
        #expect(fault(Outer.self, outer) == "data[1].value: must be a whole number, but is string")
        #expect(fault(Outer.self, #"{"name":"n","data":[{}]}"#) == "data[0].value: is missing")
        #expect(fault(Outer.self, "[]") == "the body: must be an object, but is array")
        #expect(fault(Inner.self, #"{"value":null}"#) == "value: must be a whole number, but is null")
        #expect(fault(Inner.self, #"{"value":1"#) == "the body is not valid JSON: unexpected end at byte 10")
        #expect(fault(ServiceKind.self, "\"secret\"") == "the body: must be one of service, agent, tool")
        #expect(
            fault([String: Webhook.Purpose].self, #"{"a":"secret"}"#) == "a: is none of the texts that are known here")
        #expect(fault([ServiceKind].self, "[1]") == "[0]: must be a string, but is integer")
    }

    @Test("A number that JSON lacks is the only thing that can't be written")
    func noNumber() throws {
        #expect(throws: EncodingError.self) { try WireEncoder().encode([Double.nan]) }
        #expect(try WireEncoder().encode([Float(0.5)]) == Array("[0.5]".utf8))
        #expect(try WireEncoder().encode(String?.none) == Array("null".utf8))
        #expect(try WireEncoder().encode([Int]()) == Array("[]".utf8))
        #expect(try WireEncoder().encode([String: Int]()) == Array("{}".utf8))
    }
}
