public import OrraModel

extension PinnedPlan.Shape {
    /// What of a service a plan relies on: its kind and its schemas. Descriptions and examples in schemas do not count.
    public init(_ service: Service, digest: ([UInt8]) -> String) {
        self.init(
            kind: service.kind,
            input: digest(CanonicalJSON.bytes(Self.bare(service.schema.input.value, isSchema: true))),
            output: digest(CanonicalJSON.bytes(Self.bare(service.schema.output.value, isSchema: true))))
    }

    /// A schema without annotations. The names of properties and definitions stay, however they are called.
    private static func bare(_ value: JSONValue, isSchema: Bool) -> JSONValue {
        switch value {
        case .array(let elements): return .array(elements.map { bare($0, isSchema: isSchema) })
        case .object(let object):
            let kept = object.members.filter { !isSchema || !annotations.contains($0.key) }
            return .object(
                JSONObject(
                    kept.map { member in
                        if isSchema, literal.contains(member.key) { return member }
                        return .init(
                            key: member.key,
                            value: bare(member.value, isSchema: !(isSchema && named.contains(member.key))))
                    }))
        default: return value
        }
    }

    private static let annotations: Set<String> = [
        "description", "title", "examples", "example", "$comment", "deprecated", "$schema", "$id",
    ]
    /// Keywords whose members are named by the schema's author.
    private static let named: Set<String> = ["properties", "$defs", "definitions", "patternProperties"]
    /// Keywords whose values are data.
    private static let literal: Set<String> = ["const", "enum", "default", "required"]
}

/// A digest of a project's services: what a planner reads of them, in any order.
public enum CatalogueDigest {
    public static func of(_ catalogue: [Service], digest: ([UInt8]) -> String) -> String {
        let services = catalogue.sorted { ($0.name, $0.kind.rawValue, $0.id) < ($1.name, $1.kind.rawValue, $1.id) }
            .map { service -> JSONValue in
                [
                    "kind": .string(service.kind.rawValue), "name": .string(service.name),
                    "description": .string(service.description), "input": service.schema.input.value,
                    "output": service.schema.output.value,
                    "requires": .array(service.requires.map(JSONValue.string)),
                    "examples": .array(service.examples.map(JSONValue.string)),
                ]
            }
        return digest(CanonicalJSON.bytes(.array(services)))
    }
}
