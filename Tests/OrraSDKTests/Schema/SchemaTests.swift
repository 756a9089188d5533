import Foundation
import OrraModel
import Testing

@testable import OrraSDK

@Suite("Schemas of Codable types")
struct SchemaTests {
    enum Size: String, Codable, CaseIterable { case small, large }
    enum Level: Int, Codable, CaseIterable { case low = 1, high = 5 }

    struct Item: Codable { var id: String; var quantity: Int }
    struct Shipment: Codable {
        var items: [Item]
        var size: Size
        var level: Level?
        var note: String?
        var express: Bool
        var weight: Double?
        var count: UInt8
        var tags: Set<String>
        var labels: [String: Int]
        var due: Date
        var page: URL?
        var id: UUID
        var price: Decimal
        var blob: Data?
        var sender: Item?
        var gaps: [Int?]
    }

    @Test("a struct of everything")
    func everything() throws {
        let item: JSONValue = [
            "type": "object", "properties": ["id": ["type": "string"], "quantity": ["type": "integer"]],
            "required": ["id", "quantity"],
        ]
        let expected: JSONValue = [
            "type": "object",
            "properties": [
                "items": ["type": "array", "items": item],
                "size": ["type": "string", "enum": ["small", "large"]],
                "level": ["type": "integer", "enum": [1, 5]],
                "note": ["type": "string"],
                "express": ["type": "boolean"],
                "weight": ["type": "number"],
                "count": ["type": "integer", "minimum": 0],
                "tags": ["type": "array", "items": ["type": "string"], "uniqueItems": true],
                "labels": ["type": "object", "additionalProperties": ["type": "integer"]],
                "due": ["type": "string", "format": "date-time"],
                "page": ["type": "string", "format": "uri"],
                "id": ["type": "string", "format": "uuid"],
                "price": ["type": "number"],
                "blob": ["type": "string", "contentEncoding": "base64"],
                "sender": item,
                "gaps": ["type": "array", "items": ["anyOf": [["type": "integer"], ["type": "null"]]]],
            ],
            "required": [
                "items", "size", "express", "count", "tags", "labels", "due", "id", "price", "gaps",
            ],
        ]
        let schema = try Schema(of: Shipment.self)
        #expect(schema.schema.value == expected)
        #expect(schema.schema.value["properties"]?.object?.keys.first == "items", "in the order of declaration")
        #expect(SchemaDeclaration.check(ServiceSchema(input: schema.schema, output: schema.schema)).isEmpty)
    }

    @Test("what a type encodes to fits its derived schema")
    func fits() throws {
        let shipment = Shipment(
            items: [Item(id: "a", quantity: 1)], size: .large, level: .high, note: nil, express: true, weight: 0.5,
            count: 7,
            tags: ["x"], labels: ["y": 2], due: Date(timeIntervalSince1970: 0.25),
            page: URL(string: "https://example.org/x"),
            id: UUID(), price: 3, blob: Data([1]), sender: nil, gaps: [1, nil])
        let raw = try PayloadCoding.encode(shipment, as: "output")
        #expect(try Schema(of: Shipment.self).schema.validate(raw.value) == [])
        let again = try PayloadCoding.decode(Shipment.self, from: raw)
        #expect(again.due == shipment.due && again.page == shipment.page && again.gaps == shipment.gaps)
    }

    @Test("dates are read with and without fractions, and with offsets")
    func dates() throws {
        for text in ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000Z", "2026-01-02T05:04:05+02:00"] {
            let held = try PayloadCoding.decode(Holder<Date>.self, from: RawJSON(["held": .string(text)])).held
            #expect(held == Date(timeIntervalSince1970: 1_767_323_045))
        }
        #expect(throws: InputError.self) {
            try PayloadCoding.decode(Holder<Date>.self, from: RawJSON(["held": "yesterday"]))
        }
    }

    @Test("descriptions of fields, also of nested types")
    func descriptions() throws {
        struct Inner: Codable, DescribedFields {
            var a: Int
            static let fieldDescriptions = ["a": "the inner one"]
        }
        struct Outer: Codable, DescribedFields {
            var inner: Inner
            var other: String
            static let fieldDescriptions = ["inner": "the outer one", "missing": "has no effect"]
        }
        let properties = try Schema(of: Outer.self).schema.value["properties"]
        #expect(properties?["inner"]?["description"] == "the outer one")
        #expect(properties?["inner"]?["properties"]?["a"]?["description"] == "the inner one")
        #expect(properties?["other"] == ["type": "string"])
    }

    @Test("keys as the type encodes them, and wrappers as what they hold")
    func codingKeys() throws {
        struct Name: Codable {
            var text: String
            init(from decoder: any Decoder) throws { text = try decoder.singleValueContainer().decode(String.self) }
            func encode(to encoder: any Encoder) throws {
                var container = encoder.singleValueContainer()
                try container.encode(text)
            }
        }
        struct Person: Codable {
            var name: Name
            enum CodingKeys: String, CodingKey { case name = "full_name" }
        }
        #expect(try Schema(of: Person.self).schema.value["properties"] == ["full_name": ["type": "string"]])
    }

    enum Open: String, Codable { case one }
    enum Either: Codable { case text(String), number(Int) }
    struct Tree: Codable { var children: [Tree] }
    struct Strict: Codable {
        var code: String
        init(from decoder: any Decoder) throws {
            code = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .code)
            guard code.count == 3 else { throw CocoaError(.coderInvalidValue) }
        }
    }
    struct Holder<Value: Codable>: Codable { var held: Value }

    @Test("a type that can't be derived says where, and to give the schema")
    func underivable() throws {
        func reason<Value: Codable>(_ type: Value.Type) -> String {
            do {
                _ = try Schema(of: type)
                return "none"
            } catch { return "\(error)" }
        }
        #expect(reason(Holder<Open>.self).contains("at held"))
        #expect(reason(Holder<Open>.self).contains("CaseIterable"))
        for message in [reason(Holder<Either>.self), reason(Tree.self), reason(Holder<Strict>.self)] {
            #expect(message.hasPrefix("a schema can't be derived at "))
            #expect(message.hasSuffix("Give it: input: Schema(json: …)"))
        }
        #expect(reason(Tree.self).contains("contains itself"))
        for message in [reason(String.self), reason([Item].self), reason([String: String].self)] {
            #expect(message.hasSuffix("must be a struct with at least one property; or give its schema"))
        }
    }

    @Test("a schema that is given is kept as it is")
    func given() throws {
        let text = #"{"type":"object","properties":{"x":{"type":"string","pattern":"^a"}},"x-mine":1}"#
        #expect(try Schema(json: text).description == text)
        #expect(throws: ComponentError.self) { try Schema(json: "{") }
    }
}
