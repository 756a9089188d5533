import ArgumentParser
import OrraProtocol
import OrraSDK

struct WebhooksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhooks", abstract: "Receivers of the outcomes of all of a project's actions.",
        subcommands: [Add.self, List.self])

    struct Add: ContextCommand {
        static let configuration = CommandConfiguration(abstract: "Have every outcome posted to a URL.")

        @Argument(help: "Where to post: https://example.com/webhooks/orra") var url: String
        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let access = try global.access(in: context)
            let answer = try await access.hub.addWebhook(url: url)
            // Shown before the configuration is touched: the secret is told once.
            try context.print(webhook: answer, asJSON: global.json)
            try access.file.change { configuration in
                guard var project = configuration[access.name] else { return }
                project.add(webhook: answer.url)
                configuration[access.name] = project
            }
        }
    }

    struct List: ContextCommand {
        static let configuration = CommandConfiguration(commandName: "ls", abstract: "List the project's webhooks.")

        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let list = try await global.access(in: context).hub.webhooks()
            try context.print(webhooks: list, addedBy: "orra webhooks add <url>", asJSON: global.json)
        }
    }
}

extension CommandContext {
    /// A webhook that was registered just now, with its secret.
    func print(webhook answer: WebhookAnswer, asJSON: Bool) throws {
        if asJSON { return try self.print(json: answer) }
        self.print(Line("✓ ", .good).adding("webhook ").adding(answer.url, .bold))
        guard let secret = answer.secret else { return }
        self.print(Line("  signed with ", .faint).adding(secret))
        self.print(Line("  Keep it: the secret is not told again.", .faint))
    }

    func print(webhooks list: WebhookList, addedBy command: String, asJSON: Bool) throws {
        if asJSON { return try self.print(json: list) }
        guard !list.webhooks.isEmpty else { return self.print(Line("No webhooks yet. Add one with `\(command)`.")) }
        self.print(list.webhooks.map { Line($0.url) })
    }
}
