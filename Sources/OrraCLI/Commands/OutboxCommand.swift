import ArgumentParser
import OrraModel
import OrraProtocol
import OrraSDK

struct OutboxCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outbox", abstract: "What waits for services.", subcommands: [List.self])

    struct List: ContextCommand {
        static let configuration = CommandConfiguration(
            commandName: "ls",
            abstract: "List the tasks and compensations that wait for their services, and those that were given up.")

        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let list = try await global.access(in: context).hub.outbox()
            if global.json { return try context.print(json: list) }
            guard !list.entries.isEmpty else {
                context.print(Line("Nothing waits."))
                return
            }
            let width = context.terminal()?.width
            context.print(Self.table(list, now: context.now()).lines(width: width), width: width)
        }

        static func table(_ list: OutboxList, now: Timestamp) -> Table {
            let rows = list.entries.map { entry -> [Line.Span] in
                let isDead = entry.state == .dead
                return [
                    .init(text: isDead ? "✕" : "○", style: isDead ? .bad : .faint),
                    .init(text: entry.serviceName, style: .bold), .init(text: entry.kind.rawValue, style: .plain),
                    .init(text: entry.state.rawValue, style: isDead ? .bad : .warning),
                    .init(text: Times.age(now - entry.readyAt), style: .plain),
                    .init(text: entry.taskId.description, style: .plain),
                    .init(text: entry.orchestrationId.rawValue, style: .faint),
                    .init(text: entry.error ?? "", style: .bad),
                ]
            }
            return Table(
                heading: ["", "SERVICE", "KIND", "STATE", "AGE", "TASK", "ACTION", "ERROR"], rows: rows, flexible: 7)
        }
    }
}
