import ArgumentParser
import OrraModel
import OrraProtocol
import OrraSDK

extension VerifyCommand {
    struct Plans: ContextCommand {
        static let configuration = CommandConfiguration(
            abstract: "Score the plans of the registered services against cases of your own.",
            discussion: """
                The file: {"cases":[{"action":"…","params":{},"expected":{"tasks":[{"id":"t0","service":"…","deps":[]}]}},
                {"action":"…","actionable":false}]}. Nothing is run.

                orra verify plans cases.json --calibrate
                """)

        @Argument(help: "JSON with cases: actions, and the tasks that they should be planned as.") var file: String
        @Flag(help: "Find thresholds that fit the cases.") var calibrate = false
        @Flag(help: "Also list each case whose plan is another than expected.") var wrong = false
        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let cases = try PlanCases(path: file).cases
            let hub = try global.access(in: context).hub
            let services = try await hub.services().services
            let names = Dictionary(services.map { ($0.id.rawValue, $0.name) }, uniquingKeysWith: { first, _ in first })
            let outcomes = try await Self.plan(cases, on: hub, names: names)
            let report = PlanCaseReport(outcomes: outcomes)
            if global.json { return try context.print(json: report.summary(calibrated: calibrate)) }
            context.print(report.lines)
            if wrong { context.print(report.wrongLines) }
            if calibrate { context.print([Line()] + PlanCalibration(outcomes: outcomes).lines) }
        }

        /// A few at a time: a language model may be asked.
        private static func plan(
            _ cases: [PlanCase], on hub: OperatorClient, names: [String: String]
        ) async throws -> [PlanCaseOutcome] {
            try await withThrowingTaskGroup(of: (Int, PlanCaseOutcome).self) { group in
                var outcomes = [PlanCaseOutcome?](repeating: nil, count: cases.count)
                var next = 0
                func add() {
                    guard next < cases.count else { return }
                    let index = next
                    let asked = cases[index]
                    next += 1
                    group.addTask { (index, try await Self.plan(asked, on: hub, names: names)) }
                }
                for _ in 0..<4 { add() }
                while let (index, outcome) = try await group.next() {
                    outcomes[index] = outcome
                    add()
                }
                return outcomes.compactMap { $0 }
            }
        }

        private static func plan(
            _ asked: PlanCase, on hub: OperatorClient, names: [String: String]
        ) async throws -> PlanCaseOutcome {
            let request = PlanRequest(
                action: .init(content: asked.action), data: asked.data.isEmpty ? nil : asked.data, explain: true)
            do {
                return PlanCaseOutcome(asked, try await hub.preview(request), names: names)
            } catch OperatorError.refused(_, let refusal) where refusal.code == .actionNotActionable {
                return PlanCaseOutcome(
                    asked, PlanPreview(plan: nil, failurePoints: [], verdict: .refused), names: names)
            }
        }
    }
}
