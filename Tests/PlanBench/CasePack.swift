import OrraModel
import OrraPlanner

/// A folder of catalogues and labelled cases.
struct CasePack {
    struct Case {
        var id: String
        var domain: String
        var source: String
        var catalogue: String
        var action: String
        var parameters: JSONObject
        var isActionable: Bool
        var scoresEdges: Bool
        var expected: [PlanScore.Task]
    }

    struct Answer {
        var item: Case
        var plan: OfflinePlan

        /// Whether the graph is the expected one; an impossible action has none.
        var isExact: Bool {
            guard item.isActionable else { return false }
            var score = PlanScore()
            score.add(predicted: tasks, expected: item.expected, scoresEdges: item.scoresEdges)
            return score.exact == 1
        }

        var tasks: [PlanScore.Task] {
            plan.graph.map { PlanScore.Task(service: $0.service, dependencies: $0.dependencies) }
        }

        /// As `evaluate.py` reads predictions.
        var line: String {
            let tasks = plan.graph.map { node -> JSONValue in
                ["service": .string(node.service), "deps": .array(node.dependencies.map { .number(JSONNumber($0)) })]
            }
            let line: JSONValue = [
                "id": .string(item.id), "tasks": .array(tasks),
                "confidence": JSONNumber(plan.confidence).map(JSONValue.number) ?? .null,
                "bound": .bool(plan.draft != nil), "refusal": plan.refusal.map(JSONValue.string) ?? .null,
                "draft": plan.draft ?? .null, "unused": .array(plan.unused.map(JSONValue.string)),
                "considered": .array(
                    plan.considered.prefix(5).map {
                        ["service": .string($0.service), "score": JSONNumber($0.score).map(JSONValue.number) ?? .null]
                    }),
            ]
            return line.text
        }
    }

    let catalogues: [(name: String, services: [Service])]
    let cases: [Case]
    private let indexes: [String: CatalogueIndex]

    init(catalogues: [(name: String, services: [Service])], cases: [Case]) {
        self.catalogues = catalogues
        self.cases = cases
        indexes = Dictionary(
            catalogues.map { ($0.name, CatalogueIndex($0.services)) }, uniquingKeysWith: { first, _ in first })
    }

    init(folder: String) throws {
        let catalogues = try JSONValue(parsing: Console.read("\(folder)/catalogues.json"))["catalogues"]?.object
        let cases = try JSONValue(parsing: Console.read("\(folder)/cases.json"))
        self.init(
            catalogues: (catalogues?.members ?? []).map { member in
                (member.key, (member.value["services"]?.array ?? []).enumerated().map { Self.service($1, number: $0) })
            },
            cases: (cases["cases"]?.array ?? cases.array ?? []).map(Self.case))
    }

    /// Names stay as they are, even where they are none for a hub.
    static func service(_ value: JSONValue, number: Int) -> Service {
        func strings(_ key: String) -> [String] { value[key]?.array?.compactMap(\.string) ?? [] }
        let schema = ServiceSchema(
            input: JSONSchema(value["input"] ?? .object([:])), output: JSONSchema(value["output"] ?? .object([:])))
        return Service(
            id: ServiceID("s_\(number)"), project: ProjectID("p_1"), kind: .service,
            name: value["name"]?.string ?? "", description: value["description"]?.string ?? "", schema: schema,
            requires: strings("requires"), examples: strings("examples"), registeredAt: Timestamp(milliseconds: 0))
    }

    private static func `case`(_ value: JSONValue) -> Case {
        let tasks = value["expected"]?["tasks"]?.array ?? []
        let ids = tasks.map { $0["id"]?.string }
        return Case(
            id: value["id"]?.string ?? "", domain: value["domain"]?.string ?? "",
            source: value["source"]?.string ?? "", catalogue: value["catalogue"]?.string ?? "",
            action: value["action"]?.string ?? "", parameters: value["params"]?.object ?? JSONObject(),
            isActionable: value["actionable"]?.bool ?? true, scoresEdges: value["score_edges"]?.bool ?? true,
            expected: tasks.map { task in
                PlanScore.Task(
                    service: task["service"]?.string ?? "",
                    dependencies: (task["deps"]?.array ?? []).compactMap { dependency in
                        dependency.integer ?? ids.firstIndex(of: dependency.string)
                    })
            })
    }

    /// Plans all cases of the pack, or those given.
    func plan(_ some: [Case]? = nil, weights: PlannerWeights = PlannerWeights()) -> [Answer] {
        (some ?? cases).compactMap { item in
            indexes[item.catalogue].map { index in
                let planner = OfflinePlanner(index: index, weights: weights)
                return Answer(item: item, plan: planner.plan(action: item.action, parameters: item.parameters))
            }
        }
    }
}
