import OrraSDK

/// The project that a command works with, and the way to its hub.
struct ProjectAccess {
    let name: String
    let project: ConfiguredProject
    let hub: OperatorClient
    let file: ConfigurationFile
}

extension GlobalOptions {
    func configurationFile(in context: CommandContext) throws(CLIError) -> ConfigurationFile {
        try ConfigurationFile(path: config, environment: context.environment)
    }

    /// The project named by `-p`, or the current one.
    func access(in context: CommandContext) throws(CLIError) -> ProjectAccess {
        let file = try configurationFile(in: context)
        let configuration = try file.load()
        guard let name = project ?? configuration.currentProject else {
            throw CLIError(
                "no project is chosen",
                advice: configuration.projectNames.isEmpty
                    ? "Make one with `orra projects add <name>`." : "Choose one with `orra projects use <name>`.")
        }
        guard let project = configuration[name] else { throw Self.unknown(name, configuration) }
        guard let key = project.key else {
            throw CLIError(
                "the configuration \(file.path) holds no key for the project \(name)",
                advice: "Add its \"cli_auth\", or make another project with `orra projects add <name>`.")
        }
        let address = try address(of: project)
        return ProjectAccess(name: name, project: project, hub: context.client(address, key), file: file)
    }

    /// `--server`, or the project's own, or the standard one.
    func address(of project: ConfiguredProject?) throws(CLIError) -> HubAddress {
        guard let text = server ?? project?.server else { return .standard }
        do { return try HubAddress(text) } catch { throw CLIError(error) }
    }

    static func unknown(_ name: String, _ configuration: Configuration) -> CLIError {
        let names = configuration.projectNames
        return CLIError(
            "there is no project named \(name) here",
            advice: names.isEmpty
                ? "Make one with `orra projects add \(name)`."
                : "These are known: \(names.joined(separator: ", ")). Make one with `orra projects add \(name)`.")
    }
}
