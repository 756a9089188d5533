import ArgumentParser
import OrraModel
import OrraProtocol
import OrraSDK

struct CancelCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "End an action: nothing more of it is started.")

    @Argument(help: "The action's id: o_…") var action: String
    @OptionGroup var global: GlobalOptions

    func run(in context: CommandContext) async throws {
        let id = try OrchestrationID(argument: action)
        let summary = try await global.access(in: context).hub.cancel(id)
        if global.json { return try context.print(json: summary) }
        context.print(
            Line(summary.status.icon, summary.status.style).adding(" \(summary.id)  ")
                .adding(summary.status == .cancelled ? "cancelled" : "is being cancelled", summary.status.style))
        if !summary.status.isFinal {
            context.print(Line("  Tasks that run are awaited first: orra inspect \(summary.id)", .faint))
        }
    }
}

extension OrchestrationID {
    /// What a command was given for an action's id.
    init(argument: String) throws(CLIError) {
        guard argument.hasPrefix("o_") else {
            throw CLIError("\(argument) is not an action's id", advice: "An id begins with o_: `orra ps` lists them.")
        }
        self.init(argument)
    }
}
