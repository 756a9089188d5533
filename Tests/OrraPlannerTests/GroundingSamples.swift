import FoundationEssentials
import OrraModel

struct CapabilityPair {
    var capability: String
    var service: Service
    var isCovered: Bool

    static func all() throws -> [CapabilityPair] {
        try (FixtureFile.json("capability-pairs.json").array ?? []).map { pair in
            CapabilityPair(
                capability: pair["capability"]?.string ?? "",
                service: GroundingSample.service(
                    pair["service"]?.string ?? "", pair["description"]?.string ?? ""),
                isCovered: pair["covered"]?.bool ?? false)
        }
    }
}

/// How often a threshold is right.
struct GroundingScore {
    var precision: Double
    var recall: Double
    var misses: [String]

    init(_ cases: [(name: String, similarity: Double, isMatch: Bool)], threshold: Double) {
        let found = cases.filter { $0.similarity >= threshold }
        let right = found.filter(\.isMatch).count
        precision = found.isEmpty ? 1 : Double(right) / Double(found.count)
        recall = Double(right) / Double(max(1, cases.filter(\.isMatch).count))
        misses = cases.filter { ($0.similarity >= threshold) != $0.isMatch }
            .map { "\(($0.similarity * 100).rounded() / 100) \($0.isMatch ? "missed" : "wrong"): \($0.name)" }
    }
}

enum FixtureFile {
    static func text(_ path: String, file: String = #filePath) throws -> String {
        let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return String(decoding: try Data(contentsOf: URL(filePath: "\(folder)/\(path)")), as: UTF8.self)
    }

    static func json(_ name: String) throws -> JSONValue {
        try JSONScanner.scan(Array(text("Fixtures/\(name)").utf8)) { try $0.value() }
    }
}

/// Services and plans for tests of groundings.
enum GroundingSample {
    static func service(
        _ name: String, _ description: String = "does something", in input: [String] = ["in"],
        out output: [String] = ["out"], requires: [String] = []
    ) -> Service {
        func schema(_ fields: [String]) -> JSONSchema {
            JSONSchema([
                "type": "object",
                "properties": .object(
                    JSONObject(fields.map { JSONObject.Member(key: $0, value: ["type": "string"]) })),
                "required": .array(fields.map { .string($0) }),
            ])
        }
        return Service(
            id: ServiceID("s_\(String(name.map { $0.isLetter || $0.isNumber ? $0 : $0 == "." ? "d" : "m" }))"),
            project: ProjectID("p_1"), kind: .service, name: name,
            description: description, schema: ServiceSchema(input: schema(input), output: schema(output)),
            requires: requires, registeredAt: Timestamp(milliseconds: 0))
    }

    static let verify = service("verify-customer", "Verifies who the customer is", out: ["verified"])
    static let refund = service("refund-service", "Refunds a payment", out: ["refundId"])
    static let notify = service("notify.v2", "Sends a notification", out: ["sent"])
    static let lookup = service("order-lookup", "Finds an order and its details", out: ["amount"])
    static let catalogue = [verify, refund, notify, lookup]

    /// `["verify-customer", "refund-service<1"]`: the second task takes an output of task1; all take a parameter.
    static func plan(_ tasks: String..., catalogue: [Service] = catalogue) -> Plan {
        let names = tasks.map { $0.split(separator: "<") }
        let services = names.map { name in catalogue.first { $0.name == name[0] } }
        return Plan(
            parameters: RawJSON(["orderId": "ORD1"]),
            tasks: names.enumerated().map { index, name in
                var input = [Plan.Input(field: "in", source: .zero, sourceField: "orderId")]
                for source in name.dropFirst().compactMap({ Int($0) }) {
                    let field = services[source - 1]?.schema.output.properties.first?.name ?? "out"
                    input.append(Plan.Input(field: "in\(source)", source: TaskID(source), sourceField: field))
                }
                return Plan.Task(
                    id: TaskID(index + 1), service: services[index]?.id ?? ServiceID("s_unknown"), input: input)
            })
    }

    static func name(_ id: ServiceID) -> String { catalogue.first { $0.id == id }?.name ?? id.rawValue }
}
