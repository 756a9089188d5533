import OrraModel
import OrraPlanner
import Testing

@Suite("SchemaCompatibility")
struct PlanCompatibilityTests {
    private func fault(_ output: JSONValue, _ input: JSONValue) -> String? {
        SchemaCompatibility.mismatch(from: JSONSchema(output), to: JSONSchema(input))?.description
    }

    @Test(
        "What may fit is no mismatch",
        arguments: [
            (["type": "string"], ["type": "string"]), (["type": "integer"], ["type": "number"]),
            (["type": "number"], ["type": "integer"]), ([:], ["type": "string"]), (["type": "string"], [:]),
            (["type": ["string", "null"]], ["type": "string"]),
            // Texts become numbers and booleans where a task takes them.
            (["type": "string"], ["type": "number"]), (["type": "string"], ["type": "boolean"]),
            (["type": "string", "enum": ["1", "2"]], ["type": "integer"]),
            (["enum": ["a", "b"]], ["enum": ["b", "c"]]), (["const": 1], ["type": "integer"]),
            (["type": "string", "format": "date"], ["type": "string", "format": "colour"]),
            (["type": "array"], ["type": "array", "items": ["type": "string"]]),
            (["type": "object"], ["type": "object", "required": ["a"]]),
            (
                ["type": "object", "properties": ["a": ["type": "string"]], "additionalProperties": true],
                ["type": "object", "required": ["b"]]
            ),
            (["anyOf": [["type": "object"], ["type": "string"]]], ["type": "string"]),
            (["type": "boolean"], ["oneOf": [["type": "object"], ["type": "boolean"]]]),
            (["type": "string", "nullable": true], ["type": "null"]),
            (
                [
                    "$ref": "#/$defs/n",
                    "$defs": ["n": ["type": "object", "properties": ["next": ["$ref": "#/$defs/n"]]]],
                ],
                [
                    "$ref": "#/$defs/m",
                    "$defs": ["m": ["type": "object", "properties": ["next": ["$ref": "#/$defs/m"]]]],
                ]
            ),
        ] as [(JSONValue, JSONValue)])
    func fits(output: JSONValue, input: JSONValue) {
        #expect(fault(output, input) == nil)
    }

    @Test("What can never fit is named with its path")
    func mismatches() {
        #expect(fault(["type": "number"], ["type": "string"]) == "the value must be a string, but is a number")
        #expect(
            fault(["type": "array"], ["type": ["object", "null"]])
                == "the value must be an object or null, but is an array")
        #expect(
            fault(["type": "string", "format": "date-time"], ["type": "number"])
                == "the value must be a number, but is a text of the format 'date-time'")
        #expect(
            fault(["type": "string", "format": "date"], ["type": "string", "format": "email"])
                == "the value must be a text of the format 'email', but has the format 'date'")
        #expect(fault(["enum": ["a", "b"]], ["enum": ["c"]])?.contains("never has a value that is allowed") == true)
        #expect(fault(["const": 5], ["const": 6]) != nil)
        #expect(fault(["type": "string", "enum": ["low", "high"]], ["type": "integer"]) != nil)
        #expect(
            fault(
                ["type": "array", "items": ["type": "number"]], ["type": "array", "items": ["type": "string"]])
                == "[] must be a string, but is a number")
        #expect(fault(["type": "string"], false) == "the value is not allowed")
    }

    @Test("It looks through objects, arrays, references and alternatives")
    func nested() {
        let order: JSONValue = [
            "type": "object",
            "properties": [
                "lines": [
                    "type": "array",
                    "items": [
                        "type": "object", "properties": ["price": ["type": "number"]], "required": ["price"],
                    ],
                ]
            ],
        ]
        let wanted: JSONValue = [
            "$ref": "#/$defs/order",
            "$defs": [
                "order": [
                    "type": "object", "required": ["lines"],
                    "properties": ["lines": ["type": "array", "items": ["$ref": "#/$defs/line"]]],
                ],
                "line": [
                    "type": "object", "required": ["price", "sku"],
                    "properties": ["price": ["type": "number"], "sku": ["type": "string"]],
                ],
            ],
        ]
        #expect(fault(order, wanted) == "lines[].sku is missing")
        #expect(
            fault(
                ["anyOf": [["type": "object"], ["type": "array"]]], ["oneOf": [["type": "string"], ["type": "number"]]])?
                .contains("must be") == true)
        #expect(
            fault(
                ["type": "object", "properties": ["a": ["type": "integer"], "b": [:]], "required": ["a", "b"]],
                [
                    "type": "object", "properties": ["a": ["type": "integer"]], "required": ["a"],
                    "additionalProperties": false,
                ]) == "b is not a member that the schema knows")
    }

    @Test("A schema whose alternatives multiply is looked at within bounds")
    func bounded() {
        var schema: JSONValue = ["type": "string"]
        for _ in 0..<12 { schema = ["anyOf": .array(Array(repeating: schema, count: 4))] }
        #expect(fault(schema, schema) == nil)
        let all = Array(repeating: JSONValue.object(["$ref": "#"]), count: 64)
        #expect(fault(["anyOf": .array(all)], ["oneOf": .array(all)]) == nil)
    }
}
