import ArgumentParser
import OrraModel
import OrraProtocol
import OrraSDK

struct ProjectsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "projects", abstract: "Make, list and choose projects, and set how they work.",
        subcommands: [Add.self, List.self, Use.self, Retention.self, Planning.self])

    struct Add: ContextCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a project on a hub, keep its key, and work with it from now on.")

        @Argument(help: "A name, unique in this configuration.") var name: String
        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let file = try global.configurationFile(in: context)
            guard try file.load()[name] == nil else {
                throw CLIError(
                    "a project named \(name) is there already",
                    advice: "Work with it by `orra projects use \(name)`, or choose another name.")
            }
            let address = try global.address(of: nil)
            // The key is told once: that it can be kept is made sure of before.
            try file.prepare()
            let answer = try await context.client(address, nil).registerProject(name: name)
            try file.change { configuration in
                configuration[name] = ConfiguredProject(
                    id: answer.id, key: answer.apiKey, server: address.text)
                configuration.currentProject = name
            }
            if global.json {
                try context.print(
                    json: ProjectEntry(name: name, id: answer.id.rawValue, server: address.text, current: true))
            } else {
                context.print(Line("✓ ", .good).adding("project ").adding(name, .bold).adding("  \(answer.id)", .faint))
                context.print(Line("  Its key is kept in \(file.path).", .faint))
            }
        }
    }

    struct List: ContextCommand {
        static let configuration = CommandConfiguration(commandName: "ls", abstract: "List the projects known here.")

        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let configuration = try global.configurationFile(in: context).load()
            let current = global.project ?? configuration.currentProject
            let entries = configuration.projectNames.compactMap { name in
                configuration[name].map {
                    ProjectEntry(
                        name: name, id: $0.id, server: $0.server ?? HubAddress.standard.text, current: name == current)
                }
            }
            if global.json { return try context.print(json: ["projects": entries]) }
            guard !entries.isEmpty else {
                context.print(Line("No projects yet. Make one with `orra projects add <name>`."))
                return
            }
            let rows = entries.map { entry -> [Line.Span] in
                [
                    .init(text: entry.current ? "●" : "", style: .good),
                    .init(text: entry.name, style: entry.current ? .bold : .plain),
                    .init(text: entry.id, style: .faint), .init(text: entry.server, style: .plain),
                ]
            }
            let table = Table(heading: ["", "NAME", "ID", "SERVER"], rows: rows, flexible: 3)
            let width = context.terminal()?.width
            context.print(table.lines(width: width), width: width)
        }
    }

    struct Use: ContextCommand {
        static let configuration = CommandConfiguration(abstract: "Work with a project from now on.")

        @Argument(help: "A name that `orra projects ls` shows.") var name: String
        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let file = try global.configurationFile(in: context)
            let configuration = try file.load()
            guard let project = configuration[name] else { throw GlobalOptions.unknown(name, configuration) }
            try file.change { $0.currentProject = name }
            if global.json {
                try context.print(
                    json: ProjectEntry(
                        name: name, id: project.id, server: project.server ?? HubAddress.standard.text, current: true))
            } else {
                context.print(Line("✓ ", .good).adding("working with ").adding(name, .bold))
            }
        }
    }

    struct Retention: ContextCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show or set how long the current project's actions are kept after their end.")

        @Argument(help: "A number with a unit, such as 168h; 0 keeps all.") var duration: String?
        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let wanted = try GoDuration(argument: duration, "orra projects retention 168h, or 0 to keep all")
            let access = try global.access(in: context)
            let retention: Duration
            if let wanted {
                retention = try await access.hub.setRetention(wanted.duration)
            } else {
                retention = try await access.hub.retention()
            }
            if global.json { return try context.print(json: RetentionBody(retention: GoDuration(retention))) }
            let words = retention == .zero ? "for ever" : "for \(Times.period(retention)) after their end"
            context.print(Line(wanted == nil ? "" : "✓ ", .good).adding("Actions of \(access.name) are kept \(words)."))
        }
    }

    /// A project in the answers for scripts. Never holds a key.
    struct ProjectEntry: Codable {
        var name: String
        var id: String
        var server: String
        var current: Bool
    }
}
