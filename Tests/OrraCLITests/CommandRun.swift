import ArgumentParser
import OrraCLI
import OrraModel
import OrraSDK
import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The root as the executable makes it, without `serve`.
struct TestRoot: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "orra", subcommands: OrraProgram.commands)
}

/// A home directory of its own, and what a command said there.
struct CommandRun: Sendable {
    let output = Recording()
    let errors = Recording()
    let home: String
    var terminal: Terminal?
    var interruption: @Sendable () async -> Void = { try? await Task.sleep(for: .seconds(3_600)) }

    /// What is typed, line by line; without it nobody sits there.
    var typed: [String]?

    static let key = "sk-orra-v1-" + String(repeating: "ab", count: 32)
    static let now = Timestamp("2026-11-22T17:20:00.000Z") ?? Timestamp(milliseconds: 0)

    init(terminal: Terminal? = nil) {
        home = "\(FileManager.default.temporaryDirectory.path)/orra-cli-\(UUID().uuidString)"
        self.terminal = terminal
    }

    var configPath: String { home + "/.orra/config.json" }

    var config: JSONValue? {
        FileManager.default.contents(atPath: configPath).flatMap { try? JSONValue(parsing: Array($0)) }
    }

    func writeConfig(_ text: String) throws {
        try FileManager.default.createDirectory(atPath: home + "/.orra", withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: configPath))
    }

    /// A configuration with one project on the hub.
    func useProject(on address: HubAddress) throws {
        try writeConfig(
            """
            {"current_project":"shop","projects":{"shop":{"id":"p_1","cli_auth":"\(Self.key)","api_keys":null,
            "server_addr":"\(address)","webhooks":null,"later":{"kept":[1.50]}}},"theme":"dark"}
            """)
    }

    func orra(_ arguments: String...) async -> Int32 { await orra(arguments) }

    func orra(_ arguments: [String]) async -> Int32 {
        let context = CommandContext(
            output: output, errors: errors, terminal: { terminal }, environment: ["HOME": home], now: { Self.now },
            client: { OperatorClient(address: $0, apiKey: $1) }, interruption: interruption, version: "1.2.3",
            isInteractive: typed != nil, input: { typed?.first })
        return await OrraProgram.run(TestRoot.self, arguments, in: context)
    }

    /// A file beside the configuration.
    func write(_ name: String, _ text: String) throws -> String {
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: "\(home)/\(name)"))
        return "\(home)/\(name)"
    }

    func read(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    func remove() { try? FileManager.default.removeItem(atPath: home) }
}
