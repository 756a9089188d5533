import OrraModel
import OrraProtocol

/// A file of actions with the plans that they should get.
struct PlanCases {
    static let maximumCases = 10_000

    let cases: [PlanCase]

    init(path: String) throws(CLIError) {
        try self.init(path: path, content: InputFile.read(path))
    }

    init(path: String, content: [UInt8]) throws(CLIError) {
        struct Body: Decodable { var cases: [PlanCase] }
        do {
            cases = try WireDecoder().decode(Body.self, from: content).cases
        } catch {
            throw CLIError(
                "\(path): \(WireDecoder.describe(error).replacing("the body", with: "the file"))",
                advice:
                    #"A case is {"action":"…","params":{},"expected":{"tasks":[{"id":"t0","service":"…","deps":[]}]}}."#
            )
        }
        guard !cases.isEmpty, cases.count <= Self.maximumCases else {
            throw CLIError("\(path): there must be 1 to \(Self.maximumCases) cases, but there are \(cases.count)")
        }
    }
}

/// One action, and the plan that it should get.
struct PlanCase: Sendable, Decodable {
    var action: String
    var data: [ActionRequest.Parameter]
    /// Whether the registered services can do it at all.
    var isActionable: Bool
    var expected: [PlanScore.Task]
    var scoresEdges: Bool

    private enum CodingKeys: String, CodingKey {
        case action, data, params, actionable, expected
        case scoresEdges = "score_edges"
    }
    private struct Expected: Decodable { var tasks: [Task] }
    private struct Task: Decodable {
        var id: String?
        var service: String
        var deps: [JSONValue]?
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        action = try container.decode(String.self, forKey: .action)
        data = try container.decodeIfPresent([ActionRequest.Parameter].self, forKey: .data) ?? []
        let params = try container.decodeIfPresent(JSONValue.self, forKey: .params)?.object?.members ?? []
        data += params.map { .init(field: $0.key, value: $0.value) }
        isActionable = try container.decodeIfPresent(Bool.self, forKey: .actionable) ?? true
        scoresEdges = try container.decodeIfPresent(Bool.self, forKey: .scoresEdges) ?? true
        let tasks = try container.decodeIfPresent(Expected.self, forKey: .expected)?.tasks ?? []
        guard !isActionable || !tasks.isEmpty else {
            throw DecodingError.dataCorruptedError(
                forKey: .expected, in: container, debugDescription: "needs tasks, or \"actionable\": false beside it")
        }
        let numbers = Dictionary(
            tasks.enumerated().map { ($1.id ?? "t\($0)", $0) }, uniquingKeysWith: { _, last in last })
        expected = tasks.map { task in
            let dependencies = (task.deps ?? []).compactMap { $0.integer ?? $0.string.flatMap { numbers[$0] } }
            return PlanScore.Task(service: task.service, dependencies: dependencies)
        }
    }
}

/// What became of one case.
struct PlanCaseOutcome: Sendable {
    var asked: PlanCase
    var verdict: PlanPreview.Verdict
    /// Of the offline planner; `nil` where it was not asked.
    var confidence: Double?
    /// Also of one that was refused, if there was a draft.
    var tasks: [PlanScore.Task]

    init(_ asked: PlanCase, _ preview: PlanPreview, names: [String: String]) {
        self.asked = asked
        verdict = preview.verdict
        let offline = preview.stages.last { $0.stage == .offline }
        confidence =
            preview.planner == nil || preview.planner == .offline ? offline?.confidence ?? preview.confidence : nil
        tasks = Self.tasks(preview.plan, names: names)
    }

    var isRefused: Bool { verdict == .refused }

    /// Whether the plan is the expected one, its services, each as often, and what depends on what.
    var isExact: Bool {
        var score = PlanScore()
        score.add(predicted: tasks, expected: asked.expected, scoresEdges: asked.scoresEdges)
        return score.exact == 1
    }

    private static func tasks(_ plan: JSONValue?, names: [String: String]) -> [PlanScore.Task] {
        let tasks = (plan?["tasks"]?.array ?? []).filter { $0["id"]?.string != "task0" && $0["service"] != nil }
        let numbers = Dictionary(
            tasks.enumerated().map { ($1["id"]?.string ?? "", $0) }, uniquingKeysWith: { _, last in last })
        return tasks.map { task in
            let service = task["service"]?.string ?? ""
            let sources = PlanView.dependencies(task["input"]).compactMap { numbers[$0.description] }
            return PlanScore.Task(service: names[service] ?? service, dependencies: sources)
        }
    }
}
