import ArgumentParser
import OrraSDK

struct VersionCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Show the version of this program and of the hub.")

    @OptionGroup var global: GlobalOptions

    private struct Versions: Codable {
        var orra: String
        var server: String?
        var hub: String?
    }

    func run(in context: CommandContext) async throws {
        var versions = Versions(orra: context.version)
        // A configuration that can't be read is no reason to keep the version back.
        let configuration = try? global.configurationFile(in: context).load()
        let project = (global.project ?? configuration?.currentProject).flatMap { configuration?[$0] }
        if global.server != nil || project != nil {
            let address = try global.address(of: project)
            versions.server = address.text
            do {
                versions.hub = try await context.client(address, nil).health().version ?? "unknown"
            } catch is OperatorError {
                versions.hub = nil
            }
        }
        if global.json { return try context.print(json: versions) }
        context.print(Line("orra \(versions.orra)"))
        if let server = versions.server {
            context.print(
                Line(versions.hub.map { "hub  \($0) at \(server)" } ?? "hub  not reachable at \(server)", .faint))
        }
    }
}
