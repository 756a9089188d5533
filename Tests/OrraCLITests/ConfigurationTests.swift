import OrraModel
import Testing

@testable import OrraCLI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite struct ConfigurationTests {
    @Test("A change keeps members that this version does not know")
    func unknownMembers() throws {
        let text = #"{"theme":"dark","current_project":"a","projects":{"a":{"id":"p_1","cli_auth":"k","new":[1.50]}}}"#
        var configuration = try Configuration(parsing: Array(text.utf8))
        configuration["a"]?.add(key: "k2", named: "ci")
        configuration["a"]?.add(webhook: "https://x.example")
        configuration["b"] = ConfiguredProject(id: .init("p_2"), key: "kb", server: "http://h:1")
        configuration.currentProject = "b"
        #expect(
            String(decoding: configuration.content, as: UTF8.self) == """
                {
                  "theme": "dark",
                  "current_project": "b",
                  "projects": {
                    "a": {
                      "id": "p_1",
                      "cli_auth": "k",
                      "new": [
                        1.50
                      ],
                      "api_keys": {
                        "ci": "k2"
                      },
                      "webhooks": [
                        "https://x.example"
                      ]
                    },
                    "b": {
                      "id": "p_2",
                      "cli_auth": "kb",
                      "api_keys": {},
                      "server_addr": "http://h:1",
                      "webhooks": []
                    }
                  }
                }

                """)
        #expect(try Configuration(parsing: configuration.content) == configuration)
    }

    @Test("What is empty may be null, as other versions write it")
    func nulls() throws {
        let text = #"{"current_project":"","projects":null}"#
        let configuration = try Configuration(parsing: Array(text.utf8))
        #expect(configuration.currentProject == nil)
        #expect(configuration.projectNames.isEmpty)
        let project = try Configuration(
            parsing: Array(#"{"projects":{"a":{"api_keys":null,"webhooks":null}}}"#.utf8))["a"]
        #expect(project?.keys.isEmpty == true)
        #expect(project?.webhooks == [])
        #expect(project?.key == nil)
    }

    @Test("What is no configuration is refused", arguments: ["", "[]", #"{"projects":[]}"#, #"{"projects":{"a":1}}"#])
    func malformed(text: String) {
        #expect(throws: SmallFile.Fault.self) { try Configuration(parsing: Array(text.utf8)) }
    }

    @Test("The file is written whole, for its owner only, in a directory for its owner only")
    func permissions() throws {
        let run = CommandRun()
        defer { run.remove() }
        let file = try ConfigurationFile(path: nil, environment: ["HOME": run.home])
        try file.change { $0.currentProject = "a" }
        let manager = FileManager.default
        func mode(_ path: String) throws -> Int? {
            try manager.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }
        #expect(try mode(run.configPath).map { $0 & 0o777 } == 0o600)
        #expect(try mode(run.home + "/.orra").map { $0 & 0o777 } == 0o700)
        #expect(try file.load().currentProject == "a")
        let left = try manager.contentsOfDirectory(atPath: run.home + "/.orra").sorted()
        #expect(left == ["config.json", "config.json.lock"])
    }

    @Test("Changes of several commands at once are all kept")
    func concurrentChanges() async throws {
        let run = CommandRun()
        defer { run.remove() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask {
                    try ConfigurationFile(path: nil, environment: ["HOME": run.home]).change {
                        $0["p\(number)"] = ConfiguredProject(id: .init("p"), key: "k", server: "s")
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(run.config?["projects"]?.object?.members.count == 20)
    }

    @Test("A file that can't be read says so and what to do, without its content")
    func unreadable() throws {
        let run = CommandRun()
        defer { run.remove() }
        try run.writeConfig(#"{"projects": sk-orra-secret"#)
        let error = #expect(throws: CLIError.self) {
            try ConfigurationFile(path: nil, environment: ["HOME": run.home]).load()
        }
        #expect(
            error?.message.hasPrefix("can't read the configuration \(run.configPath): it is not valid JSON: ") == true)
        #expect(error?.message.contains("secret") == false)
        #expect(error?.advice == "Correct it, or begin anew with `orra config reset`.")
    }

    @Test("Global options may stand before the command")
    func movedOptions() {
        #expect(
            GlobalOptions.movedBehindCommand(["-p", "shop", "--json", "ps", "-w"]) == [
                "ps", "-w", "-p", "shop", "--json",
            ])
        #expect(
            GlobalOptions.movedBehindCommand(["--server=http://h", "inspect", "--", "-x"])
                == ["inspect", "--server=http://h", "--", "-x"])
        #expect(GlobalOptions.movedBehindCommand(["ps", "--json"]) == ["ps", "--json"])
        #expect(GlobalOptions.movedBehindCommand(["--json", "--help"]) == ["--help"])
    }
}
