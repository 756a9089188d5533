public import ArgumentParser

/// What every command understands.
public struct GlobalOptions: ParsableArguments {
    @Option(name: [.customShort("p"), .long], help: "The project to work with, instead of the current one.")
    public var project: String?

    @Option(help: "The configuration file. (default: ~/.orra/config.json)")
    public var config: String?

    @Option(help: "The hub's address. (default: the project's, or http://127.0.0.1:8005)")
    public var server: String?

    @Flag(help: "Write JSON, for scripts.")
    public var json = false

    public init() {}

    /// Puts these options behind the command where they stand before it: `orra -p shop ps` is `orra ps -p shop`.
    static func movedBehindCommand(_ arguments: [String]) -> [String] {
        var rest = arguments[...]
        var moved: [String] = []
        while let first = rest.first {
            if first == "--json" || ["--project=", "--config=", "--server="].contains(where: first.hasPrefix) {
                moved.append(first)
                rest = rest.dropFirst()
            } else if ["-p", "--project", "--config", "--server"].contains(first), rest.count > 1 {
                moved += rest.prefix(2)
                rest = rest.dropFirst(2)
            } else {
                break
            }
        }
        guard !moved.isEmpty, let command = rest.first, !command.hasPrefix("-") else { return Array(rest) }
        let end = rest.firstIndex(of: "--") ?? rest.endIndex
        return Array(rest[..<end]) + moved + Array(rest[end...])
    }
}
