import OrraCLI
import OrraModel
import OrraSDK
import Testing

@Suite struct CommandTests {
    /// `nil` for a text that is not JSON.
    private static func json(_ text: String) -> JSONValue? { try? JSONValue(parsing: text) }

    private static let project = """
        {"id":"p_new","name":"shop","apiKey":"\(CommandRun.key)","additionalAPIKeys":[],"webhooks":[],
        "compensationFailureWebhooks":[],"createdAt":"2026-11-22T17:16:00.000Z","updatedAt":"2026-11-22T17:16:00.000Z"}
        """

    /// Runs commands with a home of their own and a project on `hub`.
    private func with(
        _ hub: FakeHub, terminal: Terminal? = nil, _ body: @Sendable @escaping (CommandRun) async throws -> Void
    ) async throws {
        try await hub.run { address in
            let run = CommandRun(terminal: terminal)
            defer { run.remove() }
            try run.useProject(on: address)
            try await body(run)
        }
    }

    @Test("projects add registers, keeps the key, and chooses the project")
    func projectsAdd() async throws {
        let hub = FakeHub { _ in .init(201, Self.project) }
        try await hub.run { address in
            let run = CommandRun()
            defer { run.remove() }
            #expect(await run.orra("projects", "add", "shop", "--server", address.text) == 0)
            #expect(run.output.text == "✓ project shop  p_new\n  Its key is kept in \(run.configPath).\n")
            #expect(
                run.config == [
                    "current_project": "shop",
                    "projects": [
                        "shop": [
                            "id": "p_new", "cli_auth": .string(CommandRun.key), "api_keys": [:],
                            "server_addr": .string(address.text), "webhooks": [],
                        ]
                    ],
                ])
            #expect(await run.orra("projects", "add", "shop", "--server", address.text) == 2)
            #expect(
                run.errors.lines == [
                    "orra: a project named shop is there already",
                    "  Work with it by `orra projects use shop`, or choose another name.",
                ])
        }
        #expect(
            hub.requests == [
                .init(method: "POST", path: "/register/project", authorization: nil, body: #"{"name":"shop"}"#)
            ])
    }

    @Test("projects ls and use work from the configuration, and keep what they don't know")
    func projects() async throws {
        let run = CommandRun()
        defer { run.remove() }
        try run.writeConfig(
            #"{"x":1,"current_project":"a","projects":{"a":{"id":"p_a","server_addr":"http://h:1"},"b":{"id":"p_b","y":2}}}"#
        )
        #expect(await run.orra("projects", "ls") == 0)
        #expect(
            run.output.lines == [
                "   NAME  ID   SERVER", "●  a     p_a  http://h:1", "   b     p_b  http://127.0.0.1:8005",
            ])
        #expect(await run.orra("projects", "use", "b", "--json") == 0)
        #expect(
            Self.json(run.output.lines.last ?? "")
                == ["name": "b", "id": "p_b", "server": "http://127.0.0.1:8005", "current": true])
        #expect(run.config?["current_project"] == "b")
        #expect(run.config?["x"] == 1)
        #expect(run.config?["projects"]?["b"]?["y"] == 2)
        #expect(await run.orra("projects", "use", "c") == 2)
        #expect(
            run.errors.lines == [
                "orra: there is no project named c here",
                "  These are known: a, b. Make one with `orra projects add c`.",
            ])
        #expect(await run.orra("projects", "ls", "--json") == 0)
        #expect(Self.json(run.output.lines.last ?? "")?["projects"]?.array?.count == 2)
    }

    @Test("Without a project, commands say how to get one")
    func noProject() async throws {
        let run = CommandRun()
        defer { run.remove() }
        #expect(await run.orra("ps") == 2)
        #expect(run.errors.text == "orra: no project is chosen\n  Make one with `orra projects add <name>`.\n")
    }

    @Test("Without a hub, commands name the address and `orra serve`")
    func noHub() async throws {
        let address = try await FakeHub().run { $0 }
        let run = CommandRun()
        defer { run.remove() }
        try run.useProject(on: address)
        #expect(await run.orra("services", "ls") == 2)
        #expect(
            run.errors.text == """
                orra: can't reach a hub at \(address): the connection was refused
                  Start the hub with `orra serve`, or check the address.

                """)
    }

    @Test("webhooks add shows the secret once and notes the URL; ls asks the hub")
    func webhooks() async throws {
        let hub = FakeHub { asked in
            asked.method == "POST"
                ? .init(201, #"{"url":"https://x.example/h","secret":"whsec_abc"}"#)
                : .init(200, #"{"webhooks":[{"url":"https://x.example/h"}]}"#)
        }
        try await with(hub) { run in
            #expect(await run.orra("webhooks", "add", "https://x.example/h") == 0)
            #expect(run.output.lines.prefix(2) == ["✓ webhook https://x.example/h", "  signed with whsec_abc"])
            let project = run.config?["projects"]?["shop"]
            #expect(project?["webhooks"] == ["https://x.example/h"])
            #expect(project?["later"] == ["kept": [1.5]])
            #expect(run.config?["theme"] == "dark")
            #expect(await run.orra("webhooks", "ls") == 0)
            #expect(run.output.lines.last == "https://x.example/h")
            #expect(await run.orra("webhooks", "ls", "--json") == 0)
            #expect(Self.json(run.output.lines.last ?? "") == ["webhooks": [["url": "https://x.example/h"]]])
        }
        #expect(hub.requests.allSatisfy { $0.authorization == "Bearer \(CommandRun.key)" })
        #expect(hub.requests.first?.body == #"{"url":"https://x.example/h"}"#)
    }

    @Test("api-keys gen shows and keeps the key; ls shows only its beginning")
    func keys() async throws {
        let other = "sk-orra-v1-" + String(repeating: "cd", count: 32)
        let hub = FakeHub { _ in .init(201, #"{"apiKey":"\#(other)"}"#) }
        try await with(hub) { run in
            #expect(await run.orra("api-keys", "gen", "ci", "--json") == 0)
            #expect(Self.json(run.output.text) == ["name": "ci", "api_key": .string(other)])
            #expect(run.config?["projects"]?["shop"]?["api_keys"] == ["ci": .string(other)])
            #expect(await run.orra("api-keys", "ls") == 0)
            #expect(
                run.output.lines.dropFirst() == [
                    "NAME       KEY", "(project)  sk-orra-v1-abab…", "ci         sk-orra-v1-cdcd…",
                    "The whole keys are in \(run.configPath).",
                ])
            #expect(await run.orra("api-keys", "gen", "ci") == 2)
        }
    }

    @Test("services ls shows type, version and the health of connections")
    func services() async throws {
        let schema = #"{"input":{"type":"object"},"output":{"type":"object"}}"#
        let connection =
            #"{"id":1,"health":"healthy","credit":16,"in_flight":2,"delivered":5,"failed":0,"connected_at":"2026-11-22T17:16:00.000Z","last_seen":"2026-11-22T17:16:00.000Z","missed_pongs":0}"#
        let list = #"""
            {"services":[{"id":"s_a","type":"tool","name":"inventory-tool","description":"Checks stock","version":2,
            "revertible":false,"schema":\#(schema),"connections":[\#(connection),\#(connection)],"waiting":0},
            {"id":"s_b","type":"agent","name":"delivery-agent","description":"Delivers","version":1,
            "revertible":true,"schema":\#(schema),"connections":[],"waiting":3}]}
            """#
        try await with(FakeHub { _ in .init(200, list) }) { run in
            #expect(await run.orra("services", "ls") == 0)
            #expect(
                run.output.lines == [
                    "TYPE   NAME            VERSION  CONNECTIONS  RUNNING  WAITING  DESCRIPTION",
                    "tool   inventory-tool  2        2 healthy    4        0        Checks stock",
                    "agent  delivery-agent  1        away         0        3        Delivers",
                ])
            #expect(await run.orra("--json", "services", "ls") == 0)
            #expect(Self.json(run.output.lines.last ?? "")?["services"]?.array?.count == 2)
        }
    }

    @Test("ps lists the actions of all statuses, newest first")
    func list() async throws {
        let list = #"""
            {"completed":[{"id":"o_1","action":"Estimate","status":"completed","timestamp":"2026-11-22T17:16:00.000Z"}],
            "cancelled":[{"id":"o_2","action":"Sing","status":"cancelled","timestamp":"2026-11-22T17:19:57.000Z"}]}
            """#
        try await with(FakeHub { _ in .init(200, list) }) { run in
            #expect(await run.orra("ps") == 0)
            #expect(
                run.output.lines == [
                    "   ID   ACTION    STATUS     AGE  ERROR", "⊗  o_2  Sing      cancelled  3s",
                    "●  o_1  Estimate  completed  4m",
                ])
            #expect(await run.orra("ps", "--json") == 0)
            #expect(Self.json(run.output.lines.last ?? "")?["completed"]?.array?.count == 1)
        }
    }

    @Test("ps -w draws the list until Ctrl-C, and gives the cursor back")
    func watchedList() async throws {
        let list =
            #"{"processing":[{"id":"o_1","action":"Estimate","status":"processing","timestamp":"2026-11-22T17:19:57.000Z"}]}"#
        try await with(FakeHub { _ in .init(200, list) }, terminal: Terminal(width: 80, height: 24, isColored: false)) {
            run in
            var run = run
            let output = run.output
            run.interruption = { try? await output.wait { $0.contains("Estimate") } }
            #expect(await run.orra("ps", "-w") == 0)
            #expect(run.output.text.hasSuffix("\u{1B}[?25h"))
        }
    }

    @Test("inspect takes an id or a parameter value, and names both forms when there is none")
    func inspect() async throws {
        let hub = FakeHub { asked in
            asked.path.hasSuffix("/o_23456789ABCDEFGHJKLMNP") || asked.path.hasSuffix("?value=ORD%20456")
                ? .init(200, InspectionTests.text)
                : .init(404, #"{"error":{"kind":"not found","code":"Orra:UnknownOrchestration","message":"unknown"}}"#)
        }
        try await with(hub) { run in
            #expect(await run.orra("inspect", "ORD 456") == 0)
            #expect(run.output.text.contains("│ ✓ inventory-tool          0.4s\n"))
            #expect(await run.orra("inspect", "-d", "--updates", "o_23456789ABCDEFGHJKLMNP") == 0)
            #expect(run.output.text.contains("50 %  asking carriers"))
            #expect(await run.orra("inspect", "ORD 456", "--json") == 0)
            #expect(Self.json(run.output.lines.last ?? "")?["status"] == "completed")
            #expect(await run.orra("inspect", "ORD9") == 2)
            #expect(
                run.errors.text == """
                    orra: no action of this project has a parameter with the value ORD9
                      Give an id, `orra inspect o_…`, or a parameter's whole value, `orra inspect ORD456`. `orra ps` lists the actions.

                    """)
            #expect(await run.orra("inspect", "o_9") == 2)
            #expect(run.errors.lines.dropFirst(2).first == "orra: there is no action with the id o_9 in this project")
        }
    }

    @Test("cancel says how far it is")
    func cancel() async throws {
        let hub = FakeHub { asked in
            asked.path == "/orchestrations/o_1/cancel"
                ? .init(202, #"{"id":"o_1","action":"a","status":"processing","timestamp":"2026-11-22T17:16:00.000Z"}"#)
                : .init(
                    409, #"{"error":{"kind":"invalid operation","code":"Orra:AlreadyEnded","message":"o_2 has ended"}}"#
                )
        }
        try await with(hub) { run in
            #expect(await run.orra("cancel", "o_1") == 0)
            #expect(run.output.lines.first == "◎ o_1  is being cancelled")
            #expect(await run.orra("cancel", "o_1", "--json") == 0)
            #expect(Self.json(run.output.lines.last ?? "")?["status"] == "processing")
            #expect(await run.orra("cancel", "o_2") == 2)
            #expect(run.errors.lines == ["orra: o_2 has ended", "  `orra inspect <id>` shows how it ended."])
            #expect(await run.orra("cancel", "ORD456") == 2)
        }
    }

    @Test("config reset puts the keys aside")
    func reset() async throws {
        let run = CommandRun()
        defer { run.remove() }
        try run.writeConfig(#"{"current_project":""}"#)
        #expect(await run.orra("config", "reset", "--json") == 0)
        #expect(Self.json(run.output.text) == ["backup": .string(run.configPath + ".bak")])
        #expect(run.config == nil)
        #expect(await run.orra("config", "reset") == 0)
        #expect(run.output.lines.last == "There was no configuration.")
    }

    @Test("version tells this program's and the hub's")
    func version() async throws {
        let bare = CommandRun()
        #expect(await bare.orra("version") == 0)
        #expect(bare.output.text == "orra 1.2.3\n")
        try await FakeHub { _ in .init(200, "{}") }.run { address in
            let run = CommandRun()
            #expect(await run.orra("version", "--json", "--server", address.text) == 0)
            #expect(Self.json(run.output.text) == ["orra": "1.2.3", "server": .string(address.text), "hub": "9.8.7"])
        }
    }

    @Test("Wrong usage is an error with a hint, help is not")
    func usage() async throws {
        let run = CommandRun()
        #expect(await run.orra("pss") == 2)
        #expect(run.errors.lines.first?.hasPrefix("orra: ") == true)
        #expect(run.errors.text.contains("Error:") == false)
        #expect(run.errors.lines.count > 1)
        #expect(run.output.text.isEmpty)
        #expect(await run.orra("ps", "--help") == 0)
        #expect(run.output.text.contains("USAGE: orra ps"))
        #expect(await run.orra("verify", "run", "--nope") == 2)
        #expect(await run.orra("--server", "ftp://h", "version") == 2)
        #expect(
            run.errors.text.contains("orra: the hub's address is not valid: it must begin with http:// or https://\n"))
    }
}
