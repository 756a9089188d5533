import ArgumentParser

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "The configuration of this program.", subcommands: [Reset.self])

    struct Reset: ContextCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget all projects and keys; the old file is put aside.")

        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let backup = try global.configurationFile(in: context).reset()
            if global.json { return try context.print(json: ["backup": backup]) }
            guard let backup else { return context.print(Line("There was no configuration.")) }
            context.print(Line("✓ ", .good).adding("configuration reset"))
            context.print(Line("  The old one, with its keys, is \(backup).", .faint))
        }
    }
}
