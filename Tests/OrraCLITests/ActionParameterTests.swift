import OrraModel
import OrraProtocol
import Testing

@testable import OrraCLI

@Suite struct ActionParameterTests {
    @Test(
        "A value is text, a list or JSON by its form",
        arguments: [
            ("orderId:ORD456", "orderId", "ORD456"), ("at:12:30", "at", "12:30"), ("empty:", "empty", ""),
            ("url:https://a.example/x", "url", "https://a.example/x"), ("count:3", "count", "3"),
            ("tags:a,b, c", "tags", ["a", "b", "c"]), ("pair:x,", "pair", ["x", ""]),
            (#"items:[{"id":"PROD789","quantity":2}]"#, "items", [["id": "PROD789", "quantity": 2]]),
            (#"at:{"lat":1.5}"#, "at", ["lat": 1.5]), ("none:[]", "none", []), ("open:[urgent", "open", "[urgent"),
        ] as [(String, String, JSONValue)])
    func forms(argument: String, field: String, value: JSONValue) throws {
        #expect(try ActionParameter.parse(argument) == .init(field: field, value: value))
    }

    @Test("JSON without its quotes shows the command that keeps them")
    func eatenQuotes() {
        let error = #expect(throws: CLIError.self) { try ActionParameter.parse("items:[{id:PROD789,quantity:2}]") }
        #expect(
            error?.text
                == "orra: items is not valid JSON (expected a member name at byte 2). "
                + #"Quote it for the shell: -d 'items:[{"id":"PROD789","quantity":2}]'"# + "\n")
    }

    @Test("Words that the shell's brace expansion made are put together again")
    func braceExpansion() {
        let error = #expect(throws: CLIError.self) {
            try ActionParameter.parse(["orderId:ORD1", "items:[id:PROD789]"], stray: ["items:[quantity:2]"])
        }
        #expect(error?.message.hasSuffix(#"-d 'items:[{"id":"PROD789","quantity":2}]'"#) == true)
        let object = #expect(throws: CLIError.self) { try ActionParameter.parse(["at:lat:1.5"], stray: ["at:lon:2"]) }
        #expect(object?.message.hasSuffix(#"-d 'at:{"lat":1.5,"lon":2}'"#) == true)
        let both = #expect(throws: CLIError.self) {
            try ActionParameter.parse(["i:[a:1,a:3]"], stray: ["i:[a:1,b:4]", "i:[b:2,a:3]", "i:[b:2,b:4]"])
        }
        #expect(both?.message.hasSuffix(#"-d 'i:[{"name":"value"}]'"#) == true)
    }

    @Test("Single quotes inside a value are quoted as well")
    func singleQuotes() {
        let error = #expect(throws: CLIError.self) { try ActionParameter.parse("n:{name:O'Neil}") }
        #expect(error?.message.hasSuffix(#"-d 'n:{"name":"O'\''Neil"}'"#) == true)
    }

    @Test("JSON that is wrong in itself says where")
    func wrongJSON() {
        let error = #expect(throws: CLIError.self) { try ActionParameter.parse(#"items:[{"id":1,}]"#) }
        #expect(error?.message.hasPrefix("items is not valid JSON (") == true)
        #expect(error?.message.contains("Quote it") == false)
    }

    @Test("A parameter without field or value, and one given twice, are refused")
    func faults() {
        #expect(
            throws: CLIError("-d orderId has no value", advice: "Write a field, a colon and a value: -d orderId:ORD456")
        ) {
            try ActionParameter.parse("orderId")
        }
        #expect(throws: CLIError("-d :x has no field", advice: "Write a field, a colon and a value: -d orderId:ORD456"))
        {
            try ActionParameter.parse(":x")
        }
        #expect(throws: CLIError("a is given twice", advice: "Give several values as one: -d a:a,b,c")) {
            try ActionParameter.parse(["a:1", "a:2"])
        }
    }
}
