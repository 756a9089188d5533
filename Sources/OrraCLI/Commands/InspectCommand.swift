import ArgumentParser
import OrraModel
import OrraProtocol
import OrraSDK

struct InspectCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show an action, its tasks and its results.",
        discussion: """
            orra inspect o_7mQ2kXbT9cVhYwRzNfPdLs   the action with this id
            orra inspect ORD456                     the newest action that has this parameter value
            """)

    @Argument(help: "An action's id (o_…), or the value of one of its parameters.") var action: String
    @Flag(name: [.customShort("d"), .long], help: "Also show inputs, outputs, status histories and attempts.")
    var detailed = false
    @Flag(help: "Also show what the services told while they worked, shortened.") var updates = false
    @Flag(help: "The same in full.") var longUpdates = false
    @OptionGroup var global: GlobalOptions

    func run(in context: CommandContext) async throws {
        let hub = try global.access(in: context).hub
        let inspection = try await find(hub)
        if global.json { return try context.print(json: inspection) }
        let detail = InspectionDetail(
            isDetailed: detailed, updates: longUpdates ? .whole : updates ? .shortened : .none)
        let width = context.terminal()?.width
        context.print(detail.lines(inspection, now: context.now(), width: width))
    }

    private func find(_ hub: OperatorClient) async throws -> Inspection {
        do {
            return action.hasPrefix("o_")
                ? try await hub.inspection(OrchestrationID(action)) : try await hub.inspection(parameterValue: action)
        } catch OperatorError.refused(404, _) {
            throw CLIError(
                action.hasPrefix("o_")
                    ? "there is no action with the id \(action) in this project"
                    : "no action of this project has a parameter with the value \(action)",
                advice: "Give an id, `orra inspect o_…`, or a parameter's whole value, `orra inspect ORD456`. "
                    + "`orra ps` lists the actions.")
        }
    }
}
