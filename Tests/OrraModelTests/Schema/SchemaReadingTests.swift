import OrraModel
import Testing

/// What pydantic 2 makes of a model with a nested list, an optional field, an enumeration and a default.
let pydantic = ##"""
    {"$defs":{"Item":{"properties":{"id":{"title":"Id","type":"string"},"quantity":{"title":"Quantity","type":"integer"}},
    "required":["id","quantity"],"title":"Item","type":"object"},"Mode":{"enum":["fast","cheap"],"title":"Mode","type":"string"}},
    "properties":{"orderId":{"title":"Orderid","type":"string"},
    "items":{"items":{"$ref":"#/$defs/Item"},"title":"Items","type":"array"},
    "first":{"anyOf":[{"$ref":"#/$defs/Item"},{"type":"null"}],"default":null},
    "note":{"anyOf":[{"type":"string"},{"type":"null"}],"default":null,"title":"Note"},
    "mode":{"allOf":[{"$ref":"#/$defs/Mode"}],"default":"fast"},
    "amount":{"anyOf":[{"type":"number"},{"type":"null"}],"default":0,"title":"Amount"},
    "gift":{"default":false,"title":"Gift","type":"boolean"},"anything":{"title":"Anything"},
    "pair":{"maxItems":2,"minItems":2,"prefixItems":[{"type":"integer"},{"type":"string"}],"title":"Pair","type":"array"},
    "tags":{"items":{},"title":"Tags","type":"array"},
    "map":{"additionalProperties":{"type":"integer"},"title":"Map","type":"object"}},
    "required":["orderId","items"],"title":"Order","type":"object"}
    """##

@Suite("Reading schemas")
struct SchemaReadingTests {
    private func schema(_ text: String) throws -> JSONSchema { JSONSchema(try JSONValue(parsing: text)) }

    @Test("Properties come in order and stand on their own")
    func properties() throws {
        let schema = try schema(pydantic)
        #expect(
            schema.properties.map(\.name) == [
                "orderId", "items", "first", "note", "mode", "amount", "gift", "anything", "pair", "tags", "map",
            ])
        #expect(schema.required == ["orderId", "items"])
        #expect(schema.types == ["object"])
        #expect(
            schema.properties.map(\.schema.types) == [
                ["string"], ["array"], ["object", "null"], ["string", "null"], ["string"], ["number", "null"],
                ["boolean"], [],
                ["array"], ["array"], ["object"],
            ])
        let items = try #require(schema.property("items"))
        #expect(items.items?.types == ["object"])
        #expect(items.validate([["id": "a", "quantity": "2"]]).map(\.path) == ["[0].quantity"])
        #expect(schema.property("nothing") == nil)
        #expect(!schema.declaresMoreMembers)
    }

    @Test("References and allOf at the top lead to properties")
    func top() throws {
        let schema = try schema(
            ##"{"$ref":"#/$defs/A","$defs":{"A":{"type":"object","allOf":[{"properties":{"x":{"type":"string"}},"required":["x"]},"##
                + ##"{"properties":{"y":{"type":["integer","null"]}}}]}}}"##)
        #expect(schema.properties.map(\.name) == ["x", "y"])
        #expect(schema.required == ["x"])
        #expect(schema.types == ["object"])
        #expect(schema.property("y")?.types == ["integer", "null"])
    }

    @Test(
        "More members are declared by additionalProperties, or by no properties at all",
        arguments: [
            (##"{"type":"object"}"##, true), (##"{"properties":{"a":{}}}"##, false),
            (##"{"properties":{"a":{}},"additionalProperties":true}"##, true),
            (##"{"properties":{"a":{}},"additionalProperties":{"type":"string"}}"##, true),
            (##"{"additionalProperties":false}"##, false),
        ])
    func more(text: String, expected: Bool) throws { #expect(try schema(text).declaresMoreMembers == expected) }

    @Test("Strings that are exactly a wanted number or boolean become one")
    func coercion() throws {
        let schema = try schema(
            ##"{"properties":{"n":{"type":"number"},"i":{"type":"integer"},"b":{"type":"boolean"},"s":{"type":"string"},"##
                + ##""u":{"type":["number","string"]},"o":{"anyOf":[{"type":"integer"},{"type":"null"}]},"x":{}}}"##)
        func coerced(_ name: String, _ text: String) -> String? { schema.coercing([name: .string(text)])[name]?.text }
        #expect(coerced("n", "299.99") == "299.99")
        #expect(coerced("n", "1e400") == "1e400")
        #expect(coerced("i", "2.0") == "2.0")
        #expect(coerced("b", "true") == "true")
        #expect(coerced("o", "5") == "5")
        for (name, text) in [
            ("n", " 5"), ("n", "5 "), ("n", "05"), ("n", "five"), ("n", ""), ("n", "true"), ("i", "2.5"), ("b", "TRUE"),
            ("b", "1"),
            ("s", "5"), ("u", "5"), ("x", "5"), ("o", "null"), ("unknown", "5"),
        ] { #expect(coerced(name, text) == JSONValue.string(text).text, "\(name) \(text)") }
        #expect(schema.coercing(["z": 1, "n": "2", "a": [true]]).members.map(\.key) == ["z", "n", "a"])
    }
}

@Suite("SchemaDeclaration")
struct SchemaDeclarationTests {
    private let good = ##"{"type":"object","properties":{"a":{"type":"string"}}}"##

    private func faults(_ input: String, _ output: String? = nil) throws -> [String] {
        SchemaDeclaration.check(
            ServiceSchema(
                input: JSONSchema(try JSONValue(parsing: input)),
                output: JSONSchema(try JSONValue(parsing: output ?? good)))
        ).map { "\($0.path)|\($0.reason)" }
    }

    @Test("What pydantic makes passes")
    func passes() throws {
        #expect(try faults(pydantic, pydantic) == [])
        #expect(try faults(##"{"$ref":"#/$defs/A","$defs":{"A":\##(good)}}"##) == [])
        #expect(
            try faults(
                ##"{"type":"object","properties":{"a":{"type":["string","null"],"format":"uuid","x-y":{}},"b":true}}"##)
                == [])
    }

    @Test(
        "Each rule has its own violation",
        arguments: [
            ("5", "schema.input|must be a JSON Schema of an object, but is an integer"),
            (##"{"type":"string"}"##, "schema.input|must have the type object at the top"),
            (##"{"properties":{"a":{}}}"##, "schema.input|must have the type object at the top"),
            (##"{"type":"object","properties":{}}"##, "schema.input|must have at least one property"),
            (
                ##"{"type":"object","properties":{"items":{"type":"array"}}}"##,
                "schema.input.properties.items|is an array and must say in items what it holds"
            ),
            (
                ##"{"type":"object","properties":{"a":{"type":"date"}}}"##,
                "schema.input.properties.a.type|must be one of object, string, number, integer, boolean, array"
            ),
            (
                ##"{"type":"object","properties":{"a":{"type":"null"}}}"##,
                "schema.input.properties.a.type|must be one of object, string, number, integer, boolean, array; null only beside another type"
            ),
            (
                ##"{"type":"object","properties":{"a":{"type":5}}}"##,
                "schema.input.properties.a.type|must be the name of a type or a list of names"
            ),
            (
                ##"{"type":"object","properties":{"a":"string"}}"##,
                "schema.input.properties.a|must be a schema, but is a string"
            ),
            (
                ##"{"type":"object","properties":{"a":{"type":"array","items":{"type":"any"}}}}"##,
                "schema.input.properties.a.items.type|must be one of object, string, number, integer, boolean, array"
            ),
            (
                ##"{"type":"object","properties":{"a":{"$ref":"#/$defs/B"}}}"##,
                "schema.input.properties.a|has a $ref that leads to no definition of this schema"
            ),
            (
                ##"{"type":"object","properties":{"a":{}},"required":"a"}"##,
                "schema.input.required|must be a list of names"
            ),
            (
                ##"{"type":"object","properties":{"a":{"anyOf":{}}}}"##,
                "schema.input.properties.a.anyOf|must be a list of schemas"
            ),
        ])
    func violates(schema: String, fault: String) throws { #expect(try faults(schema).contains(fault)) }

    @Test("Output is checked as input is")
    func output() throws {
        #expect(try faults(good, ##"{"type":"object"}"##) == ["schema.output|must have at least one property"])
    }

    @Test("Size and depth are bounded")
    func bounds() throws {
        let long = String(repeating: "x", count: Limits.schemaBytes)
        #expect(
            try faults(##"{"type":"object","properties":{"a":{"title":"\##(long)"}}}"##).first?.contains("bytes")
                == true)
        let deep =
            String(repeating: ##"{"type":"array","items":"##, count: 50) + "{}" + String(repeating: "}", count: 50)
        #expect(
            try faults(##"{"type":"object","properties":{"a":\##(deep)}}"##).first?.contains("deeper than 32 levels")
                == true)
        let many = (0..<20).map { "\"p\($0)\":{\"type\":\"any\"}" }.joined(separator: ",")
        #expect(try faults("{\"type\":\"object\",\"properties\":{\(many)}}").count == 8)
    }
}
