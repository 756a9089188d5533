import ArgumentParser
import OrraModel
import OrraProtocol
import OrraSDK

struct PruneCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Delete actions that have ended, with all that is known of them.",
        discussion: """
            Kept are those that still run or are being undone, those with an outcome that is still to be posted, and those \
            with a failed compensation that is pending.
            """)

    @Option(help: "Those that ended longer ago than this, such as 24h. (default: the project's retention)")
    var olderThan: String?
    @OptionGroup var global: GlobalOptions

    func run(in context: CommandContext) async throws {
        let age = try GoDuration(argument: olderThan, "--older-than 24h")
        let deleted = try await global.access(in: context).hub.prune(olderThan: age?.duration)
        if global.json { return try context.print(json: PruneAnswer(deleted: deleted)) }
        context.print(Line("✓ ", .good).adding("\(deleted) action\(deleted == 1 ? "" : "s") deleted"))
    }
}
