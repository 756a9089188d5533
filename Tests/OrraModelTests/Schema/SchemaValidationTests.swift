import OrraModel
import Testing

@Suite("JSONSchema.validate")
struct SchemaValidationTests {
    private func faults(_ schema: String, _ value: String) throws -> [String] {
        try JSONSchema(JSONValue(parsing: schema)).validate(JSONValue(parsing: value)).map { "\($0.path)|\($0.reason)" }
    }

    @Test(
        "Values that fit have no violation",
        arguments: [
            ("{}", "5"), ("true", "5"), (##"{"type":"integer"}"##, "2.0"), (##"{"type":"number"}"##, "2"),
            (##"{"type":["string","null"]}"##, "null"), (##"{"type":"string","nullable":true}"##, "null"),
            (##"{"type":"string","format":"date","pattern":"^x$"}"##, "\"no date\""), (##"{"enum":[1,"a"]}"##, "1.0"),
            (##"{"const":{"a":[1]}}"##, ##"{"a":[1]}"##), (##"{"minimum":1,"maximum":2}"##, "1"),
            (##"{"minimum":1}"##, "\"text\""),
            (##"{"exclusiveMinimum":1}"##, "1.01"), (##"{"multipleOf":0.1}"##, "0.3"), (##"{"multipleOf":0}"##, "5"),
            (##"{"minLength":1,"maxLength":1}"##, "\"😀\""),
            (##"{"minItems":1,"maxItems":1,"uniqueItems":true}"##, "[1]"),
            (##"{"minProperties":1}"##, ##"{"a":1}"##),
            (##"{"additionalProperties":{"type":"integer"}}"##, ##"{"a":1}"##),
            (##"{"patternProperties":{"^x":{}},"additionalProperties":false}"##, ##"{"xa":1}"##),
            (##"{"anyOf":[{"type":"string"},{"minimum":3}]}"##, "4"),
            (##"{"oneOf":[{"type":"string"},{"type":"integer"}]}"##, "4"),
            (##"{"not":{"type":"string"}}"##, "4"), (##"{"$ref":"#/$defs/none"}"##, "4"),
            (##"{"$ref":"https://a.b/c"}"##, "4"),
            (##"{"prefixItems":[{"type":"string"}],"items":{"type":"integer"}}"##, ##"["a",1,2]"##),
            (##"{"items":[{"type":"string"}]}"##, ##"["a",1]"##),
            (##"{"type":"object","required":["a"]}"##, ##"{"a":null}"##),
            (##"{"minimum":"many","required":5,"properties":[],"items":3,"anyOf":{},"enum":{}}"##, ##"{"a":1}"##),
        ])
    func fits(schema: String, value: String) throws { #expect(try faults(schema, value) == []) }

    @Test(
        "Values that do not fit are named with path and reason",
        arguments: [
            (##"{"type":"integer"}"##, "\"secret\"", "|must be an integer, but is a string"),
            (##"{"type":"integer"}"##, "1.5", "|must be an integer, but is a number"),
            (##"{"type":["string","null"]}"##, "{}", "|must be a string or null, but is an object"),
            ("false", "1", "|is not allowed"),
            (##"{"required":["orderId"]}"##, "{}", "orderId|is missing"),
            (
                ##"{"properties":{"items":{"items":{"properties":{"quantity":{"type":"integer"}}}}}}"##,
                ##"{"items":[{"quantity":"2"}]}"##, "items[0].quantity|must be an integer, but is a string"
            ),
            (
                ##"{"properties":{"a":{}},"additionalProperties":false}"##, ##"{"a":1,"b":2}"##,
                "b|is not a member that the schema knows"
            ),
            (##"{"additionalProperties":{"type":"string"}}"##, ##"{"b":2}"##, "b|must be a string, but is an integer"),
            (##"{"enum":["a","b"]}"##, "\"secret\"", "|must be one of the 2 values that the schema lists"),
            (##"{"const":1}"##, "2", "|must be the value that the schema sets"),
            (##"{"minimum":1}"##, "0", "|must be at least 1"), (##"{"maximum":1}"##, "2", "|must be at most 1"),
            (##"{"exclusiveMinimum":1}"##, "1", "|must be more than 1"),
            (##"{"exclusiveMaximum":1}"##, "1", "|must be less than 1"),
            (##"{"minimum":1,"exclusiveMinimum":true}"##, "1", "|must be more than 1"),
            (##"{"multipleOf":0.5}"##, "0.7", "|must be a multiple of 0.5"),
            (##"{"minLength":2}"##, "\"é\"", "|must have at least 2 characters, but has 1"),
            (##"{"maxItems":1}"##, "[1,2]", "|must have at most 1 items, but has 2"),
            (
                ##"{"uniqueItems":true}"##, "[{\"a\":1,\"b\":2},{\"b\":2,\"a\":1.0}]",
                "|must not hold the same item twice"
            ),
            (##"{"maxProperties":0}"##, ##"{"a":1}"##, "|must have at most 0 members, but has 1"),
            (##"{"anyOf":[{"type":"string"},{"type":"null"}]}"##, "4", "|must be a string or null, but is an integer"),
            (##"{"anyOf":[{"type":"integer","minimum":5},{"type":"null"}]}"##, "4", "|must be at least 5"),
            (##"{"anyOf":[{"minimum":5},{"maximum":3}]}"##, "4", "|fits none of the schema's 2 alternatives"),
            (
                ##"{"oneOf":[{"minimum":3},{"maximum":5}]}"##, "4",
                "|must fit one of the schema's alternatives, but fits 2"
            ),
            (##"{"allOf":[{"minimum":5},{"type":"integer"}]}"##, "4", "|must be at least 5"),
            (##"{"not":{"type":"integer"}}"##, "4", "|has a form that the schema excludes"),
            (
                ##"{"$ref":"#/$defs/A","$defs":{"A":{"$ref":"#/$defs/B"},"B":{"type":"string"}}}"##, "4",
                "|must be a string, but is an integer"
            ),
            (
                ##"{"$ref":"#/definitions/a~1b","definitions":{"a/b":{"type":"string"}}}"##, "4",
                "|must be a string, but is an integer"
            ),
            (
                ##"{"properties":{"next":{"$ref":"#"},"v":{"type":"integer"}}}"##, ##"{"next":{"next":{"v":"x"}}}"##,
                "next.next.v|must be an integer, but is a string"
            ),
        ])
    func violates(schema: String, value: String, fault: String) throws {
        #expect(try faults(schema, value) == [fault])
    }

    @Test("At most eight violations are told")
    func many() throws {
        let names = (0..<30).map { "\"n\($0)\"" }.joined(separator: ",")
        #expect(try faults("{\"required\":[\(names)]}", "{}").count == 8)
    }

    @Test(
        "Schemas that never end are a violation, not a hang",
        arguments: [
            ##"{"$ref":"#"}"##, ##"{"allOf":[{"$ref":"#"}]}"##,
            ##"{"$ref":"#/$defs/A","$defs":{"A":{"$ref":"#/$defs/B"},"B":{"$ref":"#/$defs/A"}}}"##,
        ])
    func endless(schema: String) throws {
        #expect(try faults(schema, "1") == ["|can't be checked: the schema nests or repeats without a bound"])
        let read = JSONSchema(try JSONValue(parsing: schema))
        #expect(read.types == [] && read.properties.isEmpty && read.required == [])
    }

    @Test("Branches that multiply with each level are stopped")
    func explosion() throws {
        let schema =
            ##"{"$defs":{"N":{"anyOf":[{"type":"object","properties":{"n":{"$ref":"#/$defs/N"}},"required":["x"]},"##
            + ##"{"type":"object","properties":{"n":{"$ref":"#/$defs/N"}},"required":["y"]}]}},"$ref":"#/$defs/N"}"##
        let value = String(repeating: ##"{"n":"##, count: 60) + "{}" + String(repeating: "}", count: 60)
        #expect(try faults(schema, value) == ["|can't be checked: the schema nests or repeats without a bound"])
    }

    @Test("A long array is checked to its end")
    func longArray() throws {
        let value = "[" + String(repeating: "1,", count: 50_000) + "\"x\"]"
        #expect(
            try faults(##"{"items":{"type":"integer"}}"##, value) == ["[50000]|must be an integer, but is a string"])
    }
}
