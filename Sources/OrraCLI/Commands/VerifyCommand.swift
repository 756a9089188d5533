import ArgumentParser
import OrraModel
import OrraProtocol
import OrraSDK

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Try actions and webhooks out.",
        subcommands: [Run.self, Plan.self, Plans.self, Webhooks.self])

    struct Run: ContextCommand {
        static let configuration = CommandConfiguration(
            abstract: "Submit an action and watch it to its end.",
            discussion: """
                Ends with 0 only when the action completed; with 1 when it ended otherwise or is not actionable; with 2 when \
                it could not be submitted; with 3 when its plan waits for a yes. Ctrl-C stops watching (130), and the \
                action goes on.

                orra verify run "Estimate order delivery" -d orderId:ORD456 -d 'items:[{"id":"PROD789","quantity":2}]'
                """)

        @OptionGroup var asked: AskedAction
        @Option(name: [.customShort("w"), .long], help: "Where this action's outcome is posted.") var webhook: String?
        @Option(name: [.customShort("t"), .long], help: "Time for one attempt of a task, such as 30s or 1m30s.")
        var timeout: String?
        @Option(
            name: [.customShort("g"), .customLong("grace-period")],
            help: "How long a service may stay away, such as 30m.")
        var gracePeriod: String?
        @Option(help: "Your own name for this submission: given again within a day, it is the same action.")
        var idempotencyKey: String?
        @Option(help: "Run the plan that was saved under this name; the action may be left out.") var plan: String?
        @Flag(name: [.customShort("y"), .long], help: "Say yes to the plan if it waits for a yes.") var yes = false
        @Flag(name: [.customShort("q"), .long], help: "Print the action's id and return at once.") var quiet = false
        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let request = try request()
            if let key = idempotencyKey, !IdempotencyHeader.isValid(key) {
                throw CLIError(
                    "an idempotency key has 1 to \(Limits.submissionKeyCharacters) visible ASCII characters",
                    advice: "Take one such as --idempotency-key order-ORD123.")
            }
            let hub = try global.access(in: context).hub
            let accepted = try await context.planning(isShown: !quiet && !global.json) {
                try await hub.submit(request, idempotencyKey: idempotencyKey)
            }
            try await context.watch(accepted, of: hub, saysYes: yes, isQuiet: quiet, asJSON: global.json)
        }

        func request() throws(CLIError) -> ActionRequest {
            let asked = try asked.read(command: "verify run", isOptional: plan != nil)
            return ActionRequest(
                action: asked.action, data: asked.data,
                timeout: try GoDuration(argument: timeout, "-t 30s"),
                healthCheckGracePeriod: try GoDuration(argument: gracePeriod, "-g 30m"), webhook: webhook, pinned: plan)
        }
    }

    struct Plan: ContextCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show how an action would be done, and what would be undone if a part of it failed.",
            discussion: """
                Nothing is done. Ends with 1 when the action is not actionable.

                orra verify plan "Estimate order delivery" -d orderId:ORD456 --explain
                """)

        @OptionGroup var asked: AskedAction
        @Option(help: "Look at the plan that was saved under this name.") var plan: String?
        @Flag(help: "Also show what each stage of planning found, and why.") var explain = false
        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let asked = try asked.read(command: "verify plan", isOptional: plan != nil)
            let hub = try global.access(in: context).hub
            let request = PlanRequest(
                action: asked.action, data: asked.data, explain: explain ? true : nil, pinned: plan)
            let preview = try await context.planning(isShown: !global.json) { try await hub.preview(request) }
            if global.json {
                try context.print(json: preview)
            } else {
                let width = context.terminal()?.width
                let view = PlanView(preview, action: asked.action.content.isEmpty ? plan ?? "" : asked.action.content)
                let lines = view.lines(now: context.now(), width: width)
                let planning = explain ? PlanningText(stages: preview.stages).lines : []
                context.print(lines, width: width)
                if !planning.isEmpty { context.print([Line()] + planning) }
            }
            if preview.verdict == .refused { throw ExitStatus.notCompleted.code }
        }
    }
}

/// What is to be done, and with what, as the command line gives it.
struct AskedAction: ParsableArguments {
    @Argument(help: "What is to be done, in one quoted argument.") var action: [String] = []
    @Option(
        name: [.customShort("d"), .long], parsing: .unconditionalSingleValue,
        help: "A parameter, field:value. [...] or {...} is JSON, a,b,c a list, anything else text.")
    var data: [String] = []

    /// - Parameter command: as it was called, for the advice.
    /// - Parameter isOptional: whether the action may be left out: then its content is empty.
    func read(
        command: String, isOptional: Bool = false
    ) throws(CLIError) -> (action: ActionRequest.Action, data: [ActionRequest.Parameter]?) {
        // First, because it explains the stray words that an unquoted value leaves behind.
        let parameters = try ActionParameter.parse(data, stray: Array(action.dropFirst()))
        if action.isEmpty, isOptional { return (.init(content: ""), parameters.isEmpty ? nil : parameters) }
        guard let content = action.first, !content.allSatisfy(\.isWhitespace) else {
            throw CLIError("no action is given", advice: #"Say what is to be done: orra \#(command) "…""#)
        }
        guard action.count == 1 else {
            throw CLIError(
                "the action must be one argument, but there are \(action.count)",
                advice: "Quote it: orra \(command) \(ShellText.quoted(action.joined(separator: " ")))")
        }
        return (.init(content: content), parameters.isEmpty ? nil : parameters)
    }
}

extension GoDuration {
    /// What a command was given for a duration; `example` shows how to write it.
    init?(argument: String?, _ example: String) throws(CLIError) {
        guard let argument else { return nil }
        guard let duration = GoDuration(argument) else {
            throw CLIError("\(argument) is not a duration", advice: "Write a number with a unit: \(example)")
        }
        self = duration
    }
}
