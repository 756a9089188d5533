import OrraModel
import OrraPlanner
import Testing

/// The offline planner on the product's own cases. What it measures may not fall below what it was.
@Suite("The offline planner on the product's own cases")
struct ProductPlanTests {
    /// A little under what was measured when they were last set. Raise them with the planner, and in the page.
    enum Floor {
        static let nodes = 0.75
        static let edges = 0.59
        static let exactWhenSure = 0.95
        static let coverageWhenSure = 0.51
        static let refused = 0.95
        static let values = 0.92
    }

    /// Plans that would run and hold a service that the label does not, each with the reason.
    private static let accepted: [String: String] = [:]

    private struct Run: Sendable {
        var item: ProductCases.Case
        var plan: OfflinePlan
        /// Of the draft as it would run, bindings followed; empty without a draft.
        var graph: [PlanScore.Task]
        var expected: [PlanScore.Task]
        var isSure: Bool { plan.draft != nil && plan.confidence >= PlanningSettings.standard.runThreshold ?? 1 }
        var isRefused: Bool { plan.draft == nil || plan.confidence < PlanningSettings.standard.draftThreshold ?? 1 }

        var isExact: Bool {
            var score = PlanScore()
            score.add(predicted: graph, expected: expected)
            return score.exact == 1
        }

        /// For a message of a failed test.
        var text: String { "\(item.id) \(plan.confidence) [\(Self.text(graph))] not [\(Self.text(expected))]" }

        private static func text(_ graph: [PlanScore.Task]) -> String {
            graph.map { task in
                ([task.service] + task.dependencies.map { String($0 + 1) }).joined(separator: "<")
            }.joined(separator: ", ")
        }
    }

    private let set: ProductCases
    private let runs: [Run]

    init() throws { (set, runs) = try Self.measured.get() }

    /// Planned once for all tests.
    private static let measured = Result {
        let set = try ProductCases.load()
        let planner = OfflinePlanner(index: CatalogueIndex(set.services))
        let runs = set.cases.map { item in
            let plan = planner.plan(action: item.action, parameters: item.parameters)
            return Run(item: item, plan: plan, graph: graph(plan, item, set.services), expected: item.graph ?? [])
        }
        return (set, runs)
    }

    private static func graph(
        _ plan: OfflinePlan, _ item: ProductCases.Case, _ services: [Service]
    ) -> [PlanScore.Task] {
        guard let draft = plan.draft,
            let plan = try? PlanValidator.validate(draft, parameters: item.parameters, catalogue: services)
        else { return [] }
        return plan.tasks.map { task in
            PlanScore.Task(
                service: services.first { $0.id == task.service }?.name ?? "?",
                dependencies: task.dependencies.compactMap { id in plan.tasks.firstIndex { $0.id == id } })
        }
    }

    // MARK: - Figures

    @Test("Its drafts come near the labels: F1 of services and of their edges")
    func closeness() {
        var score = PlanScore()
        let possible = runs.filter(\.item.isActionable)
        for run in possible { score.add(predicted: run.graph, expected: run.expected) }
        let wrong = possible.filter { !$0.isExact }.map(\.text).joined(separator: "\n")
        #expect(score.nodes.f1 >= Floor.nodes, "\(wrong)")
        #expect(score.edges.f1 >= Floor.edges, "\(wrong)")
    }

    @Test("What it would run is right, and it would run a fair part of what can be done")
    func sure() {
        let possible = runs.filter(\.item.isActionable)
        let sure = possible.filter(\.isSure)
        let wrong = sure.filter { !$0.isExact }
        let exact = sure.isEmpty ? 1 : 1 - Double(wrong.count) / Double(sure.count)
        #expect(exact >= Floor.exactWhenSure, "\(wrong.map(\.text).joined(separator: "\n"))")
        let unsure = possible.filter { !$0.isSure }.map(\.text).joined(separator: "\n")
        #expect(Double(sure.count) / Double(possible.count) >= Floor.coverageWhenSure, "\(unsure)")
    }

    @Test("It refuses what can't be done")
    func refusals() {
        let impossible = runs.filter { !$0.item.isActionable }
        let planned = impossible.filter { !$0.isRefused }
        let share = 1 - Double(planned.count) / Double(impossible.count)
        #expect(share >= Floor.refused, "\(planned.map(\.text).joined(separator: "\n"))")
    }

    @Test("It would run no service that nobody asked for")
    func noWrongService() {
        for run in runs where run.isSure {
            let expected = Set(run.expected.map(\.service))
            let wrong = Set(run.graph.map(\.service)).subtracting(expected)
            #expect(wrong.isEmpty || Self.accepted[run.item.id] != nil, "\(run.text)")
            // An exception that is none any more goes.
            #expect(!wrong.isEmpty || Self.accepted[run.item.id] == nil, "\(run.item.id) is mended")
        }
    }

    @Test("Values of the text go where the label has them")
    func values() {
        var found = 0
        var wrong: [String] = []
        for run in runs where run.isExact {
            for task in run.item.expected {
                for member in task.values.members {
                    let bound = inputs(of: task.service, in: run).map { $0[member.key] }
                    if bound.contains(member.value) {
                        found += 1
                    } else {
                        wrong.append("\(run.item.id): \(task.service).\(member.key) is not \(member.value.text)")
                    }
                }
            }
        }
        #expect(Double(found) >= Floor.values * Double(found + wrong.count), "\(wrong.joined(separator: "\n"))")
    }

    @Test("What docs/planning-cases.md says is not planned yet, is not", arguments: ["data-10", "ops-01"])
    func notYet(id: String) throws {
        let run = try #require(runs.first { $0.item.id == id })
        #expect(!run.isExact, "\(id) is planned now: the page may say so")
    }

    // MARK: - Promises

    @Test("Every draft is a valid plan, with a step that explains each task")
    func valid() {
        for run in runs {
            guard let draft = run.plan.draft else { continue }
            #expect(throws: Never.self, "\(run.item.id)") {
                let plan = try PlanValidator.validate(
                    draft, parameters: run.item.parameters, catalogue: set.services)
                #expect(plan.tasks.count == run.plan.steps.count, "\(run.item.id)")
            }
        }
    }

    @Test("Every value in a plan stands in the parameters or in the text")
    func nothingInvented() {
        for run in runs {
            for task in run.plan.draft?["tasks"]?.array ?? [] {
                for member in task["input"]?.object?.members ?? [] {
                    #expect(
                        ProductCases.isGiven(member.value, in: run.item),
                        "\(run.item.id): \(member.key) is \(member.value.text)")
                }
            }
        }
    }

    @Test("What it would run takes from the text the values of the label, and no other")
    func valuesWhenSure() {
        for run in runs where run.isSure && run.isExact {
            for service in Set(run.item.expected.map(\.service)).sorted() {
                let labels = run.item.expected.filter { $0.service == service }.map(\.values)
                for member in inputs(of: service, in: run).flatMap(\.members) {
                    let constant =
                        member.value.string?.hasPrefix("$task") == true ? JSONValue?.none : member.value
                    #expect(
                        labels.contains { $0[member.key] == constant },
                        "\(run.item.id): \(service).\(member.key) is \(member.value.text)")
                }
            }
        }
    }

    @Test("What has no draft has a reason, and what has one has none")
    func reasons() {
        for run in runs {
            #expect((run.plan.draft == nil) == (run.plan.refusal != nil), "\(run.item.id)")
            #expect(run.plan.refusal?.isEmpty != true, "\(run.item.id)")
        }
    }

    @Test("The order in which services register changes no plan")
    func order() {
        let turned = OfflinePlanner(index: CatalogueIndex(set.services.reversed()))
        for run in runs {
            let other = turned.plan(action: run.item.action, parameters: run.item.parameters)
            #expect(other.draft == run.plan.draft, "\(run.item.id)")
            #expect(other.confidence == run.plan.confidence, "\(run.item.id)")
        }
    }

    /// What the draft's tasks of a service take.
    private func inputs(of service: String, in run: Run) -> [JSONObject] {
        let id = set.service(service)?.id.rawValue
        return (run.plan.draft?["tasks"]?.array ?? []).filter { $0["service"]?.string == id }
            .map { $0["input"]?.object ?? JSONObject() }
    }
}
