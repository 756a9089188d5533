import ArgumentParser
import OrraModel
import OrraProtocol
import OrraSDK

struct ApproveCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Let an action run whose plan waits for a yes.",
        discussion: "Look at it before: `orra inspect o_…` shows the plan and why it waits.")

    @Argument(help: "The action's id: o_…") var action: String
    @Option(help: "Why; the journal keeps it.") var reason: String?
    @Option(help: "Only if the plan still has this hash.") var planHash: String?
    @OptionGroup var global: GlobalOptions

    func run(in context: CommandContext) async throws {
        let id = try OrchestrationID(argument: action)
        let summary = try await global.access(in: context).hub.approve(id, planHash: planHash, reason: reason)
        if global.json { return try context.print(json: summary) }
        context.print(Line("✓ ", .good).adding("\(summary.id)  ").adding("approved", .good))
        context.print(Line("  orra inspect \(summary.id)  shows where it stands", .faint))
    }
}

struct RejectCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "reject", abstract: "End an action whose plan waits for a yes: it never runs.")

    @Argument(help: "The action's id: o_…") var action: String
    @Option(help: "Why; the journal keeps it.") var reason: String?
    @OptionGroup var global: GlobalOptions

    func run(in context: CommandContext) async throws {
        let id = try OrchestrationID(argument: action)
        let summary = try await global.access(in: context).hub.reject(id, reason: reason)
        if global.json { return try context.print(json: summary) }
        context.print(Line("⊗ ", .faint).adding("\(summary.id)  ").adding("rejected", .faint))
    }
}
