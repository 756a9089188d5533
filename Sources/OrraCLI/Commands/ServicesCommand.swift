import ArgumentParser
import OrraModel
import OrraProtocol
import OrraSDK

struct ServicesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "services", abstract: "What can carry out actions.", subcommands: [List.self, Inspect.self])

    struct List: ContextCommand {
        static let configuration = CommandConfiguration(
            commandName: "ls", abstract: "List services, tools and agents with their connections.")

        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let list = try await global.access(in: context).hub.services()
            if global.json { return try context.print(json: list) }
            guard !list.services.isEmpty else {
                context.print(Line("No services yet: one registers itself when it starts."))
                return
            }
            let width = context.terminal()?.width
            context.print(Self.table(list).lines(width: width), width: width)
        }

        static func table(_ list: ServiceList) -> Table {
            let rows = list.services.map { service -> [Line.Span] in
                let connections = service.connections
                let inFlight = connections.reduce(0) { $0 + $1.inFlight }
                return [
                    .init(text: service.type.rawValue, style: .faint), .init(text: service.name, style: .bold),
                    .init(text: "\(service.version)", style: .plain), health(connections),
                    .init(text: "\(inFlight)", style: .plain), .init(text: "\(service.waiting)", style: .plain),
                    .init(text: service.description, style: .faint),
                ]
            }
            return Table(
                heading: ["TYPE", "NAME", "VERSION", "CONNECTIONS", "RUNNING", "WAITING", "DESCRIPTION"], rows: rows,
                flexible: 6)
        }

        /// `2 healthy`, `1 healthy, 1 degraded`, `away`.
        private static func health(_ connections: [ConnectionAnswer]) -> Line.Span {
            guard !connections.isEmpty else { return .init(text: "away", style: .warning) }
            var counts: [(health: String, count: Int)] = []
            for connection in connections {
                if let index = counts.firstIndex(where: { $0.health == connection.health }) {
                    counts[index].count += 1
                } else {
                    counts.append((connection.health, 1))
                }
            }
            let text = counts.map { "\($0.count) \($0.health)" }.joined(separator: ", ")
            return .init(text: text, style: counts.allSatisfy { $0.health == "healthy" } ? .good : .warning)
        }
    }

    struct Inspect: ContextCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one of them: its connections, and what happened to them.")

        @Argument(help: "Its name or its id (s_…).") var service: String
        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let answer = try await global.access(in: context).hub.service(service)
            if global.json { return try context.print(json: answer) }
            let width = context.terminal()?.width
            context.print(ServiceText(service: answer).lines(now: context.now(), width: width), width: width)
        }
    }
}
