import OrraModel
import OrraPlanner

/// Plans a folder of labelled cases without a model, and prints how good that is: `PlanBench <dir>`.
///
/// `--predictions FILE` writes the plans down, one JSON line each; `--no-times` measures no times. `--leave-one-out`
/// fits weights to all catalogues but one, for each of them, and scores that one; `--leave-source-out` does so with all
/// catalogues of one source.
@main
struct PlanBench {
    static func main() throws {
        var arguments = Array(CommandLine.arguments.dropFirst())
        var predictions: String?
        if let flag = arguments.firstIndex(of: "--predictions"), flag + 1 < arguments.count {
            predictions = arguments[flag + 1]
            arguments.removeSubrange(flag...(flag + 1))
        }
        let isQuick = arguments.contains("--no-times")
        var unit: LeaveOneOut.Unit?
        if arguments.contains("--leave-one-out") { unit = .catalogue }
        if arguments.contains("--leave-source-out") { unit = .source }
        arguments.removeAll { ["--no-times", "--leave-one-out", "--leave-source-out"].contains($0) }
        guard let folder = arguments.first else {
            Console.write(
                "usage: PlanBench <folder with catalogues.json and cases.json> [--predictions FILE] [--no-times]"
                    + " [--leave-one-out | --leave-source-out]\n")
            return
        }
        let pack = try CasePack(folder: folder)
        if let unit { return Console.write(LeaveOneOut(pack: pack, unit: unit).text) }
        let answers = pack.plan()
        if let predictions { try Console.save(answers.map(\.line).joined(separator: "\n") + "\n", as: predictions) }
        Console.write(Report(answers: answers).text)
        if !isQuick { Console.write(Timing(pack: pack).text) }
    }
}
