import ArgumentParser
import OrraModel
import OrraProtocol
import OrraSDK

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Try actions and webhooks out.", subcommands: [Run.self, Webhooks.self])

    struct Run: ContextCommand {
        static let configuration = CommandConfiguration(
            abstract: "Submit an action and watch it to its end.",
            discussion: """
                Ends with 0 only when the action completed; with 1 when it ended otherwise or is not actionable; with 2 when \
                it could not be submitted. Ctrl-C stops watching (130), and the action goes on.

                orra verify run "Estimate order delivery" -d orderId:ORD456 -d 'items:[{"id":"PROD789","quantity":2}]'
                """)

        @Argument(help: "What is to be done, in one quoted argument.") var action: [String] = []
        @Option(
            name: [.customShort("d"), .long], parsing: .unconditionalSingleValue,
            help: "A parameter, field:value. [...] or {...} is JSON, a,b,c a list, anything else text.")
        var data: [String] = []
        @Option(name: [.customShort("w"), .long], help: "Where this action's outcome is posted.") var webhook: String?
        @Option(name: [.customShort("t"), .long], help: "Time for one attempt of a task, such as 30s or 1m30s.")
        var timeout: String?
        @Option(
            name: [.customShort("g"), .customLong("grace-period")],
            help: "How long a service may stay away, such as 30m.")
        var gracePeriod: String?
        @Flag(name: [.customShort("q"), .long], help: "Print the action's id and return at once.") var quiet = false
        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let request = try request()
            let hub = try global.access(in: context).hub
            let accepted = try await submit(request, to: hub, in: context)
            if quiet {
                if global.json { return try context.print(json: ["id": accepted.id.rawValue]) }
                return context.output.line(VisibleText.clean(accepted.id.rawValue))
            }
            let watch = Watch(id: accepted.id, action: accepted.action.content, hub: hub, context: context)
            let status = try await watch.run(asJSON: global.json)
            if status != .success { throw status.code }
        }

        /// On a terminal it says meanwhile that the hub plans, which can take a while.
        private func submit(
            _ request: ActionRequest, to hub: OperatorClient, in context: CommandContext
        ) async throws -> OrchestrationAnswer {
            guard !quiet, !global.json, context.terminal()?.canRedraw == true else {
                return try await hub.submit(request)
            }
            context.output.write("○ planning …")
            defer { context.output.write("\r" + Escape.eraseLineRest) }
            return try await hub.submit(request)
        }

        func request() throws(CLIError) -> ActionRequest {
            // First, because it explains the stray words that an unquoted value leaves behind.
            let parameters = try ActionParameter.parse(data, stray: Array(action.dropFirst()))
            guard let content = action.first, !content.allSatisfy(\.isWhitespace) else {
                throw CLIError("no action is given", advice: #"Say what is to be done: orra verify run "…""#)
            }
            guard action.count == 1 else {
                throw CLIError(
                    "the action must be one argument, but there are \(action.count)",
                    advice: "Quote it: orra verify run \(ShellText.quoted(action.joined(separator: " ")))")
            }
            return ActionRequest(
                action: .init(content: content), data: parameters.isEmpty ? nil : parameters,
                timeout: try duration(timeout, "-t", "30s"),
                healthCheckGracePeriod: try duration(gracePeriod, "-g", "30m"), webhook: webhook)
        }

        private func duration(_ text: String?, _ flag: String, _ example: String) throws(CLIError) -> GoDuration? {
            guard let text else { return nil }
            guard let duration = GoDuration(text) else {
                throw CLIError("\(text) is not a duration", advice: "Write a number with a unit: \(flag) \(example)")
            }
            return duration
        }
    }
}
