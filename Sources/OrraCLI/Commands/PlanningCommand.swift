import ArgumentParser
import OrraModel
import OrraProtocol
import OrraSDK

extension ProjectsCommand {
    struct Planning: ContextCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show or set how the current project's actions are planned.",
            discussion: """
                What is not set is as the hub has it. `orra verify plans <cases.json> --calibrate` finds thresholds that \
                fit your own actions.
                """)

        @Option(help: "A plan with at least this confidence runs at once, 0 to 1.") var runThreshold: Double?
        @Option(help: "A plan with less waits for a yes down to this confidence, and is refused below.")
        var draftThreshold: Double?
        @Option(help: "What becomes of outputs that break their schema: enforce, warn or off.") var outputCheck: String?
        @Option(help: "What becomes of an action that matches no use case: strict or advise.") var grounding: String?
        @Option(help: "Which planner is asked first: model or offline.") var order: String?
        @Option(help: "Whether every plan that was not saved before waits for approval: true or false.")
        var approveNewPlans: Bool?
        @Option(help: "What language models may cost in a month, in the currency of the prices: 5 or 2.50.")
        var llmBudget: Double?
        @Flag(help: "Forget what was set before.") var reset = false
        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let wanted = try settings()
            let hub = try global.access(in: context).hub
            let isChange = reset || wanted != PlanningSettings()
            var answer = try await hub.planning()
            if isChange {
                answer = try await hub.setPlanning(reset ? wanted : wanted.over(answer.own))
            }
            if global.json { return try context.print(json: answer) }
            context.print(Self.lines(answer), width: context.terminal()?.width)
        }

        private func settings() throws(CLIError) -> PlanningSettings {
            for (name, value) in [("run-threshold", runThreshold), ("draft-threshold", draftThreshold)] {
                guard let value, !(0...1).contains(value) else { continue }
                throw CLIError("--\(name) must be between 0 and 1", advice: "Write it as --\(name) 0.7")
            }
            if let llmBudget, !(0...1_000_000).contains(llmBudget) {
                throw CLIError(
                    "--llm-budget must be between 0 and 1000000",
                    advice: "Write it in the currency of the prices, as --llm-budget 2.50")
            }
            return PlanningSettings(
                runThreshold: runThreshold, draftThreshold: draftThreshold,
                outputCheck: try Self.word(outputCheck, "output-check"),
                grounding: try Self.word(grounding, "grounding"),
                order: try Self.word(order, "order"), approveNewPlans: approveNewPlans,
                modelBudget: llmBudget.map { Int(($0 * 1_000_000).rounded()) })
        }

        private static func word<Word: RawRepresentable & CaseIterable>(
            _ text: String?, _ option: String
        ) throws(CLIError) -> Word? where Word.RawValue == String {
            guard let text else { return nil }
            guard let word = Word(rawValue: text) else {
                let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
                throw CLIError("--\(option) \(text) is unknown", advice: "Choose one of \(words).")
            }
            return word
        }

        static func lines(_ answer: PlanningAnswer) -> [Line] {
            let all = answer.settings
            let own = answer.own
            func row(_ name: String, _ value: String?, _ isOwn: Bool) -> [Line.Span] {
                [
                    .init(text: name, style: .plain), .init(text: value ?? "–", style: .bold),
                    .init(text: isOwn ? "the project's" : "the hub's", style: .faint),
                ]
            }
            let rows = [
                row("run threshold", all.runThreshold.map(PlanText.decimal), own.runThreshold != nil),
                row("draft threshold", all.draftThreshold.map(PlanText.decimal), own.draftThreshold != nil),
                row("output check", all.outputCheck?.rawValue, own.outputCheck != nil),
                row("grounding", all.grounding?.rawValue, own.grounding != nil),
                row("order", all.order?.rawValue, own.order != nil),
                row("approve new plans", all.approveNewPlans.map { $0 ? "yes" : "no" }, own.approveNewPlans != nil),
                row(
                    "model budget", all.modelBudget.map { PlanText.cost(microcost: $0) + " a month" } ?? "none",
                    own.modelBudget != nil),
            ]
            let usage = answer.usage
            return Table(heading: ["SETTING", "VALUE", "FROM"], rows: rows, flexible: nil).lines(width: nil) + [
                Line(),
                Line("Model: \(answer.model ?? "none; plans are made offline")  Embedder: \(answer.embedder)", .faint),
                Line(
                    "\(usage.month): \(usage.promptTokens) + \(usage.completionTokens) tokens, "
                        + "cost \(PlanText.cost(microcost: usage.microcost))", .faint),
            ]
        }
    }
}
