import ArgumentParser
import OrraModel
import OrraProtocol
import OrraSDK

struct RetryCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Run an action again from its failed step, and watch it to its end.",
        discussion: """
            A new action from the same plan: it keeps the outputs of the tasks that completed, and runs the others. Refused \
            when finished tasks were undone. Ends as `verify run` does.
            """)

    @Argument(help: "The action's id: o_…") var action: String
    @Flag(name: [.customShort("q"), .long], help: "Print the new action's id and return at once.") var quiet = false
    @OptionGroup var global: GlobalOptions

    func run(in context: CommandContext) async throws {
        let id = try OrchestrationID(argument: action)
        let hub = try global.access(in: context).hub
        let accepted = try await hub.retry(id)
        try await context.watch(accepted, of: hub, isQuiet: quiet, asJSON: global.json)
    }
}
