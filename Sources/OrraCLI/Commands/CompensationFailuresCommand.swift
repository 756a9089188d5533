import ArgumentParser
import OrraModel
import OrraProtocol
import OrraSDK

struct CompensationFailuresCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "comp-fail", abstract: "Tasks that could not be undone.",
        subcommands: [List.self, Inspect.self, Resolve.self, Ignore.self, Webhooks.self])

    struct List: ContextCommand {
        static let configuration = CommandConfiguration(
            commandName: "ls", abstract: "List what could not be undone and waits for somebody, newest first.")

        @Flag(help: "Also what was resolved or ignored.") var all = false
        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let failures = try await global.access(in: context).hub.failedCompensations(all: all)
            if global.json { return try context.print(json: failures) }
            guard !failures.isEmpty else {
                context.print(Line(all ? "All that was to be undone is undone." : "Nothing waits for you here."))
                return
            }
            let width = context.terminal()?.width
            let table = FailedCompensationText.table(failures, withResolution: all, now: context.now())
            context.print(table.lines(width: width), width: width)
        }
    }

    struct Inspect: ContextCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show why a task could not be undone, and the data to undo it by hand.")

        @Argument(help: "Its id: c_…") var id: String
        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let id = try CompensationID(argument: id)
            let failure = try await global.access(in: context).hub.failedCompensation(id)
            if global.json { return try context.print(json: failure) }
            context.print(FailedCompensationText.lines(failure))
        }
    }

    struct Resolve: ContextCommand {
        static let configuration = CommandConfiguration(abstract: "Note that it was dealt with, and how.")

        @Argument(help: "Its id: c_…") var id: String
        @Option(help: "What was done.") var reason: String
        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let id = try CompensationID(argument: id)
            let failure = try await global.access(in: context).hub.resolve(id, reason: reason)
            try context.print(resolved: failure, asJSON: global.json)
        }
    }

    struct Ignore: ContextCommand {
        static let configuration = CommandConfiguration(abstract: "Leave it as it is, and note why.")

        @Argument(help: "Its id: c_…") var id: String
        @Option(help: "Why nothing is done.") var reason: String
        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let id = try CompensationID(argument: id)
            let failure = try await global.access(in: context).hub.ignore(id, reason: reason)
            try context.print(resolved: failure, asJSON: global.json)
        }
    }

    struct Webhooks: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Receivers of what could not be undone.", subcommands: [Add.self, List.self])

        struct Add: ContextCommand {
            static let configuration = CommandConfiguration(
                abstract: "Have every task that could not be undone posted to a URL.")

            @Argument(help: "Where to post: https://example.com/webhooks/orra") var url: String
            @OptionGroup var global: GlobalOptions

            func run(in context: CommandContext) async throws {
                let answer = try await global.access(in: context).hub.addCompensationFailureWebhook(url: url)
                try context.print(webhook: answer, asJSON: global.json)
            }
        }

        struct List: ContextCommand {
            static let configuration = CommandConfiguration(commandName: "ls", abstract: "List them.")

            @OptionGroup var global: GlobalOptions

            func run(in context: CommandContext) async throws {
                let list = try await global.access(in: context).hub.compensationFailureWebhooks()
                try context.print(webhooks: list, addedBy: "orra comp-fail webhooks add <url>", asJSON: global.json)
            }
        }
    }
}

extension CompensationID {
    fileprivate init(argument: String) throws(CLIError) {
        guard argument.hasPrefix("c_") else {
            throw CLIError(
                "\(argument) is not the id of a failed compensation",
                advice: "An id begins with c_: `orra comp-fail ls` lists them.")
        }
        self.init(argument)
    }
}

extension CommandContext {
    fileprivate func print(resolved failure: FailedCompensationAnswer, asJSON: Bool) throws {
        if asJSON { return try self.print(json: failure) }
        self.print(
            Line("✓ ", .good).adding("\(failure.id)  ").adding(failure.resolutionState.rawValue, .good)
                .adding(failure.resolution.map { ": \($0)" } ?? ""))
    }
}
