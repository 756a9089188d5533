import OrraModel
import Testing

@Suite("JSONValue and RawJSON")
struct JSONValueTests {
    @Test(
        "Numbers and member order come out as they went in",
        arguments: [
            "1e400", "0.1000", "12345678901234567890", "-0", "1E+2", #"{"b":1,"a":{"z":[1.0,2.50],"y":null}}"#,
            #"["é","😀"]"#,
        ])
    func roundTrip(text: String) throws {
        #expect(try JSONValue(parsing: text).text == text)
        let raw = try RawJSON(validating: Array(" \(text)\n".utf8))
        #expect(raw.text == text)
        #expect(raw.value.text == text)
        let wrapped = try WireEncoder().encode(["x": raw])
        #expect(String(decoding: wrapped, as: UTF8.self) == "{\"x\":\(text)}")
        #expect(try WireDecoder().decode([String: JSONValue].self, from: wrapped)["x"]?.text == text)
    }

    @Test("Strings are written with the escapes that JSON demands")
    func strings() throws {
        #expect(JSONValue.string("\"\\/\n\r\t\u{1}\u{1f}é\u{7f}").text == "\"\\\"\\\\/\\n\\r\\t\\u0001\\u001fé\u{7f}\"")
        let all = String(String.UnicodeScalarView((0..<0x250).compactMap(Unicode.Scalar.init)))
        #expect(try JSONValue(parsing: JSONValue.string(all).text) == .string(all))
    }

    @Test("Of a repeated name the last one counts")
    func duplicates() throws {
        let value = try JSONValue(parsing: #"{"a":1,"b":2,"a":3}"#)
        #expect(value["a"] == 3)
        #expect(value == ["b": 2, "a": 3])
        #expect(value.object?.keys == ["a", "b", "a"])
    }

    @Test("Objects are equal whatever their order, numbers whatever their form")
    func equality() throws {
        #expect(try JSONValue(parsing: #"{"a":1,"b":[2.0]}"#) == JSONValue(parsing: #"{"b":[2],"a":1e0}"#))
        #expect(try JSONValue(parsing: "12345678901234567890") != JSONValue(parsing: "12345678901234567891"))
        #expect(Set([try JSONValue(parsing: "1"), try JSONValue(parsing: "1.0")]).count == 1)
        #expect(JSONValue.string("1") != 1)
    }

    @Test(
        "Type names are those of JSON Schema",
        arguments: [
            ("null", "null"), ("true", "boolean"), ("1", "integer"), ("1.0", "integer"), ("1e3", "integer"),
            ("1.5", "number"),
            ("\"\"", "string"), ("[]", "array"), ("{}", "object"),
        ])
    func typeNames(text: String, name: String) throws { #expect(try JSONValue(parsing: text).typeName == name) }

    @Test("Numbers make integers where they are whole and fit")
    func integers() throws {
        #expect(JSONNumber(text: "2.0")?.integer == 2)
        #expect(JSONNumber(text: "2e3")?.integer == 2000)
        #expect(JSONNumber(text: "9223372036854775807")?.integer == .max)
        #expect(JSONNumber(text: "9223372036854775808")?.integer == nil)
        #expect(JSONNumber(text: "0.5")?.integer == nil)
        #expect(JSONNumber(text: "abc") == nil)
        #expect(JSONNumber(Double.nan) == nil)
        #expect(JSONNumber(Double.infinity) == nil)
        #expect(JSONNumber(0.1)?.text == "0.1")
        #expect(JSONNumber(3.0)?.text == "3")
        #expect(JSONNumber(1e300)?.double == 1e300)
    }

    @Test("Members are set in place, appended, removed and merged")
    func mutation() {
        var object: JSONObject = ["a": 1, "b": 2]
        object["a"] = 3
        object["c"] = 4
        object["b"] = nil
        #expect(object.keys == ["a", "c"])
        object.merge(["c": 5, "d": 6])
        #expect(object.members.map(\.value) == [3, 5, 6])
    }

    @Test("A payload's description says its size, never its content")
    func description() throws {
        #expect("\(try RawJSON(validating: Array("\"secret\"".utf8)))" == "JSON of 8 bytes")
    }
}
