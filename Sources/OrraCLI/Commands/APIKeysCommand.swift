import ArgumentParser
import OrraProtocol
import OrraSDK

struct APIKeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "api-keys", abstract: "Further keys of a project.", subcommands: [Generate.self, List.self])

    struct Generate: ContextCommand {
        static let configuration = CommandConfiguration(
            commandName: "gen", abstract: "Make a key, show it, and keep it in the configuration.")

        @Argument(help: "What to call the key here.") var name: String
        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let access = try global.access(in: context)
            guard !access.project.keys.contains(where: { $0.name == name }) else {
                throw CLIError("a key named \(name) is there already", advice: "Choose another name.")
            }
            try access.file.prepare()
            let key = try await access.hub.makeAPIKey().apiKey
            if global.json {
                try context.print(json: KeyEntry(name: name, key: key))
            } else {
                context.print(Line("✓ ", .good).adding("key ").adding(name, .bold))
                context.print(Line("  ").adding(key))
                context.print(Line("  It is kept in \(access.file.path); the hub does not tell it again.", .faint))
            }
            try access.file.change { configuration in
                guard var project = configuration[access.name] else { return }
                project.add(key: key, named: name)
                configuration[access.name] = project
            }
        }
    }

    struct List: ContextCommand {
        static let configuration = CommandConfiguration(
            commandName: "ls", abstract: "List the keys in the configuration, shortened.")

        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let access = try global.access(in: context)
            let keys = [(name: "(project)", key: access.project.key ?? "")] + access.project.keys
            let entries = keys.map { KeyEntry(name: $0.name, key: Self.shortened($0.key)) }
            if global.json { return try context.print(json: ["api_keys": entries]) }
            let rows = entries.map {
                [Line.Span(text: $0.name, style: .plain), .init(text: $0.key, style: .faint)]
            }
            context.print(Table(heading: ["NAME", "KEY"], rows: rows, flexible: nil).lines(width: nil))
            context.print(Line("The whole keys are in \(access.file.path).", .faint))
        }

        /// Enough to tell keys apart, too little to use one.
        static func shortened(_ key: String) -> String {
            let prefix = "sk-orra-v1-"
            return key.hasPrefix(prefix) ? "\(prefix)\(key.dropFirst(prefix.count).prefix(4))…" : "…"
        }
    }

    struct KeyEntry: Codable {
        var name: String
        var key: String

        private enum CodingKeys: String, CodingKey {
            case name
            case key = "api_key"
        }
    }
}
