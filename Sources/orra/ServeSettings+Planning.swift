import ArgumentParser
import Configuration
import Foundation
import OrraHub
import OrraModel

/// Flags of `orra serve` about planning; the names are those of ``PlanningSettings``.
struct PlanningFlags: ParsableArguments {
    @Option(help: "With a language model: model asks it first, offline asks it only when unsure. (default: model)")
    var planner: String?
    @Option(help: "Confidence from which an offline plan runs, 0 to 1. (default: 0.7)")
    var runThreshold: String?
    @Option(help: "Confidence from which one waits for a yes instead of being refused. (default: 0.3)")
    var draftThreshold: String?
    @Option(help: "Outputs that break their schema: enforce, warn or off. (default: warn)")
    var outputCheck: String?
    @Option(help: "Actions that no grounding matches: strict refuses them, advise plans them. (default: strict)")
    var grounding: String?
    @Option(help: "What models may cost each project in a month, in the currency of the prices. (default: no limit)")
    var llmBudget: String?

    var values: [(key: String, value: String?)] {
        [
            ("orra.planning.order", planner), ("orra.planning.run.threshold", runThreshold),
            ("orra.planning.draft.threshold", draftThreshold), ("orra.planning.output.check", outputCheck),
            ("orra.planning.grounding", grounding), ("orra.llm.budget", llmBudget),
        ]
    }
}

extension ServeSettings {
    static func planning(in reader: ConfigReader) throws(Fault) -> PlanningSettings {
        let settings = PlanningSettings(
            runThreshold: try share("orra.planning.run.threshold", in: reader),
            draftThreshold: try share("orra.planning.draft.threshold", in: reader),
            outputCheck: try word("orra.planning.output.check", in: reader),
            grounding: try word("orra.planning.grounding", in: reader),
            order: try word("orra.planning.order", in: reader),
            modelBudget: try number("orra.llm.budget", in: reader, range: 0...1_000_000).map { Int($0 * 1_000_000) })
        let effective = settings.over(.standard)
        if let run = effective.runThreshold, let draft = effective.draftThreshold, draft > run {
            throw Fault(message: "the draft threshold, \(draft), must not lie above the run threshold, \(run)")
        }
        return settings
    }

    /// The environment variables that existing deployments set.
    static func model() throws(Fault) -> ModelConfiguration? {
        do throws(ModelConfiguration.Fault) {
            return try ModelConfiguration.read(environment: ProcessInfo.processInfo.environment)
        } catch {
            throw Fault(message: error.message)
        }
    }

    private static func share(_ key: String, in reader: ConfigReader) throws(Fault) -> Double? {
        try number(key, in: reader, range: 0...1)
    }

    private static func number(
        _ key: String, in reader: ConfigReader, range: ClosedRange<Double>
    ) throws(Fault) -> Double? {
        // In a file it is a number, on the command line and in the environment a text.
        let given = reader.double(forKey: ConfigKey(key)).map { "\($0)" } ?? reader.string(forKey: ConfigKey(key))
        guard let text = given else { return nil }
        guard let number = Double(text), range.contains(number) else {
            throw Fault(
                message: "\(name(key)) must be a number from \(range.lowerBound) to \(range.upperBound), and is \(text)"
            )
        }
        return number
    }

    private static func word<Word: RawRepresentable<String> & CaseIterable>(
        _ key: String, in reader: ConfigReader
    ) throws(Fault) -> Word? {
        guard let text = reader.string(forKey: ConfigKey(key)) else { return nil }
        guard let word = Word(rawValue: text) else {
            let all = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw Fault(message: "\(name(key)) must be one of \(all), and is \(text)")
        }
        return word
    }

    /// As it stands in the environment: `orra.planning.order` is `ORRA_PLANNING_ORDER`.
    private static func name(_ key: String) -> String { key.uppercased().replacing(".", with: "_") }
}
