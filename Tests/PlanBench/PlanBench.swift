import OrraModel
import OrraPlanner

/// Plans a folder of labelled cases without a model, and prints how good that is: `PlanBench <dir>`.
///
/// `--predictions FILE` writes the plans down, one JSON line each; `--no-times` measures no times.
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
        arguments.removeAll { $0 == "--no-times" }
        guard let folder = arguments.first else {
            Console.write(
                "usage: PlanBench <folder with catalogues.json and cases.json> [--predictions FILE] [--no-times]\n")
            return
        }
        let pack = try CasePack(folder: folder)
        let answers = pack.plan()
        if let predictions { try Console.save(answers.map(\.line).joined(separator: "\n") + "\n", as: predictions) }
        Console.write(Report(answers: answers).text)
        if !isQuick { Console.write(Timing(pack: pack).text) }
    }
}
