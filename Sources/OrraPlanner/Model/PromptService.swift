import OrraModel

/// A service as the model is shown it, in as much detail as there is room for.
struct PromptService {
    enum Detail: CaseIterable {
        /// Schemas with the descriptions of their fields.
        case full
        /// Without these, examples and deep levels.
        case plain
        /// Names and types of the fields only.
        case outline
    }

    let service: Service
    /// What the model calls it: its name, or its id where others have the same name.
    let handle: String

    static let descriptionCharacters = 1_024
    static let exampleCharacters = 200
    static let examples = 4
    static let required = 16
    static let fieldDescriptionCharacters = 200
    static let listedValues = 32
    static let outlineFields = 48
    static let outlineDescriptionCharacters = 240
    /// Bytes of one schema. Beyond: less detail.
    static let schemaBytes = 4_096

    func value(_ detail: Detail) -> JSONValue {
        var member: JSONObject = ["service": .string(handle), "kind": .string(service.kind.rawValue)]
        if handle != service.name { member["name"] = .string(service.name) }
        let characters = detail == .outline ? Self.outlineDescriptionCharacters : Self.descriptionCharacters
        member["description"] = .string(PromptData.clipped(service.description, characters))
        if !service.examples.isEmpty, detail == .full {
            member["examples"] = .array(
                service.examples.prefix(Self.examples).map {
                    .string(PromptData.clipped($0, Self.exampleCharacters))
                })
        }
        if !service.requires.isEmpty {
            member["after"] = .array(service.requires.prefix(Self.required).map(JSONValue.string))
        }
        member["input"] = Self.schema(service.schema.input, detail)
        member["output"] = Self.schema(service.schema.output, detail)
        return .object(member)
    }

    private static func schema(_ schema: JSONSchema, _ detail: Detail) -> JSONValue {
        for level in [Detail.full, .plain] where level == detail || detail == .full {
            var trimming = SchemaTrimming(detail: level, bytesLeft: schemaBytes)
            let value = trimming.trimmed(schema.value, depth: level == .full ? 6 : 3)
            if trimming.bytesLeft >= 0 { return value }
        }
        return outline(schema)
    }

    /// `{"properties":{"orderId":"string","items":"array"},"required":["orderId"]}`, required fields first.
    private static func outline(_ schema: JSONSchema) -> JSONValue {
        let required = schema.required
        let isRequired = Set(required)
        let declared = schema.value["properties"]?.object?.keys ?? schema.properties.map(\.name)
        let ordered = declared.filter(isRequired.contains) + declared.filter { !isRequired.contains($0) }
        var fields = JSONObject()
        for name in ordered.prefix(outlineFields) {
            let types = schema.property(name)?.types ?? []
            fields[PromptData.clipped(name, 128)] = .string(types.isEmpty ? "any" : types.joined(separator: "|"))
        }
        var outline: JSONObject = [
            "properties": .object(fields),
            "required": .array(required.prefix(outlineFields).map { .string(PromptData.clipped($0, 128)) }),
        ]
        if declared.count > outlineFields { outline["more"] = .number(JSONNumber(declared.count - outlineFields)) }
        return .object(outline)
    }
}

/// A schema without what tells a planner nothing, within a bound: no more work is done than fits.
private struct SchemaTrimming {
    let detail: PromptService.Detail
    /// Below zero: the schema is too large for this detail, and what was made of it is of no use.
    var bytesLeft: Int

    /// Keywords that tell a planner what a value must be. Others, such as `title` and `default`, are left out.
    private static let keywords: Set<String> = [
        "type", "properties", "required", "items", "enum", "const", "format", "description", "anyOf", "oneOf", "allOf",
        "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern", "$ref", "$defs",
        "definitions", "additionalProperties",
    ]

    mutating func trimmed(_ schema: JSONValue, depth: Int) -> JSONValue {
        bytesLeft -= 4
        guard bytesLeft >= 0 else { return .null }
        guard let object = schema.object else { return schema.bool.map(JSONValue.bool) ?? [:] }
        guard depth > 0 else { return object["type"].map { ["type": counted($0)] } ?? [:] }
        var kept: [JSONObject.Member] = []
        for member in object.members where Self.keywords.contains(member.key) && bytesLeft >= 0 {
            bytesLeft -= member.key.utf8.count + 4
            let value: JSONValue
            switch member.key {
            case "description":
                guard detail == .full, member.value.string != nil else { continue }
                value = counted(member.value)
            case "properties", "$defs", "definitions":
                guard let fields = member.value.object else { continue }
                value = self.fields(fields, depth: depth - 1)
            case "items", "additionalProperties": value = trimmed(member.value, depth: depth - 1)
            case "anyOf", "oneOf", "allOf":
                guard let branches = member.value.array else { continue }
                var list: [JSONValue] = []
                for branch in branches.prefix(PromptService.listedValues) {
                    list.append(trimmed(branch, depth: depth - 1))
                }
                value = .array(list)
            default: value = counted(member.value)
            }
            kept.append(.init(key: member.key, value: value))
        }
        return .object(JSONObject(kept))
    }

    private mutating func fields(_ fields: JSONObject, depth: Int) -> JSONValue {
        var kept: [JSONObject.Member] = []
        for field in fields.members where bytesLeft >= 0 {
            bytesLeft -= field.key.utf8.count + 4
            kept.append(.init(key: field.key, value: trimmed(field.value, depth: depth)))
        }
        return .object(JSONObject(kept))
    }

    private mutating func counted(_ value: JSONValue) -> JSONValue {
        let clipped: JSONValue =
            switch value {
            case .string(let text): .string(PromptData.clipped(text, PromptService.fieldDescriptionCharacters))
            case .array(let elements):
                .array(
                    elements.prefix(PromptService.listedValues).map { element in
                        element.string.map { .string(PromptData.clipped($0, 64)) } ?? element
                    })
            default: value
            }
        bytesLeft -= clipped.text.utf8.count
        return clipped
    }
}
