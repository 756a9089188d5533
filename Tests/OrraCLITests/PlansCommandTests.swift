import OrraCLI
import OrraModel
import OrraProtocol
import Testing

/// Kept plans, and how actions are planned.
@Suite struct PlansCommandTests {
    private static let cached = #"""
        {"id":"pl_1","action":"Refund ⟦0⟧","model":"small","services":["payment-service"],
        "createdAt":"2026-11-22T17:16:00.000Z","expiresAt":"2026-11-23T17:16:00.000Z","uses":3}
        """#
    private static let pinned = #"""
        {"name":"refund","action":"Refund it","planHash":"h1","services":["payment-service"],
        "pinnedAt":"2026-11-22T17:10:00.000Z"}
        """#
    private static let document = #"""
        {"orra":"plan/1","name":"refund","action":"Refund it","planHash":"h1","catalogue":"c1","services":{
        "payment-service":{"kind":"service","input":"i","output":"o"}},"parameters":{"orderId":"string"},
        "plan":{"tasks":[{"id":"task1","service":"payment-service","input":{"orderId":"$task0.orderId"}}]}}
        """#
    private static let unknown = #"{"error":{"kind":"not found","code":"Orra:UnknownPlan","message":"none"}}"#

    private func with(_ hub: FakeHub, _ body: @Sendable @escaping (CommandRun) async throws -> Void) async throws {
        try await hub.run { address in
            let run = CommandRun()
            defer { run.remove() }
            try run.useProject(on: address)
            try await body(run)
        }
    }

    @Test("plans ls shows saved ones by name, then cached ones")
    func list() async throws {
        let hub = FakeHub { _ in .init(200, #"{"cached":[\#(Self.cached)],"pinned":[\#(Self.pinned)]}"#) }
        try await with(hub) { run in
            #expect(await run.orra("plans", "ls") == 0)
            #expect(
                run.output.lines == [
                    "   PLAN    ACTION      SERVICES         AGE  KEPT",
                    "●  refund  Refund it   payment-service  10m  saved",
                    "○  pl_1    Refund ⟦0⟧  payment-service  4m   3× of small",
                ])
        }
        try await with(FakeHub { _ in .init(200, #"{"cached":[],"pinned":[]}"#) }) { run in
            #expect(await run.orra("plans", "ls") == 0)
            #expect(run.output.text.hasPrefix("No plans are kept."))
        }
    }

    @Test("plans show and rm take a name or an id, and say so when there is none")
    func showAndRemove() async throws {
        let hub = FakeHub { asked in
            switch (asked.method, asked.path) {
            case ("GET", "/plans/refund.v2"):
                .init(200, Self.pinned.dropLast() + #","plan":{"tasks":[]}}"#)
            case ("GET", "/plans/pl_1"): .init(200, Self.cached)
            case ("DELETE", "/plans/pl_1"): .init(204, "")
            default: .init(404, Self.unknown)
            }
        }
        try await with(hub) { run in
            #expect(await run.orra("plans", "show", "refund.v2") == 0)
            #expect(run.output.text.hasPrefix("● refund  h1\n  Refund it\n"))
            #expect(run.output.text.hasSuffix("{\n  \"tasks\": []\n}\n"))
            #expect(await run.orra("plans", "show", "pl_1") == 0)
            #expect(run.output.text.contains("used 3× since the hub took it into memory"))
            #expect(await run.orra("plans", "rm", "pl_1") == 0)
            #expect(await run.orra("plans", "rm", "gone") == 2)
            #expect(run.errors.text == "orra: none\n  `orra plans ls` lists them.\n")
        }
    }

    @Test("plans pin saves the plan of an action or of the cache")
    func pin() async throws {
        let hub = FakeHub { _ in .init(201, Self.pinned) }
        try await with(hub) { run in
            #expect(await run.orra("plans", "pin", "o_1", "--name", "refund") == 0)
            #expect(run.output.lines.last == "  orra verify run --plan refund  runs it")
            #expect(await run.orra("plans", "pin", "refund", "--name", "refund") == 2)
        }
        #expect(hub.requests.map(\.body) == [#"{"name":"refund","from":"o_1"}"#])
    }

    @Test("An exported plan is a file in one order, which is imported again under a name")
    func exportAndImport() async throws {
        let hub = FakeHub { asked in asked.method == "GET" ? .init(200, Self.document) : .init(201, Self.pinned) }
        let expected = String(
            decoding: try PlanDocument(file: Array(Self.document.utf8)).file(), as: UTF8.self)
        try await with(hub) { run in
            #expect(await run.orra("plans", "export", "refund") == 0)
            #expect(run.output.text == expected)
            let path = try run.write("plan.json", "old")
            #expect(await run.orra("plans", "export", "refund", "-o", path) == 0)
            #expect(run.read(path) == expected)
            #expect(await run.orra("plans", "import", path, "--name", "refund-v2") == 0)
            #expect(await run.orra("plans", "import", path) == 0)
            let broken = try run.write("broken.json", #"{"orra":"plan/7"}"#)
            #expect(await run.orra("plans", "import", broken) == 2)
            #expect(run.errors.text.contains("is no plan: orra: must be one of plan/1\n"))
            #expect(await run.orra("plans", "import", path + ".gone") == 2)
        }
        let names = try hub.requests.filter { $0.method == "POST" }.map { try JSONValue(parsing: $0.body)["name"] }
        #expect(names == ["refund-v2", "refund"])
    }

    @Test("A file whose services are others by now is refused with the differences and what to do")
    func importRefused() async throws {
        let hub = FakeHub { _ in
            .init(
                409,
                #"{"error":{"kind":"invalid operation","code":"Orra:PlanChanged","param":"document","message":"payment-service takes another input"}}"#
            )
        }
        try await with(hub) { run in
            let path = try run.write("plan.json", Self.document)
            #expect(await run.orra("plans", "import", path) == 2)
            #expect(
                run.errors.text == """
                    orra: payment-service takes another input
                      Run the action anew, and save its plan: `orra plans pin <o_…> --name <name>`.

                    """)
        }
    }

    @Test("verify run --plan runs a saved plan without an action")
    func runPinned() async throws {
        let hub = FakeHub { _ in
            .init(
                202,
                #"{"id":"o_1","projectID":"p_1","action":{"content":"Refund it"},"data":[],"results":[],"status":"pending","timestamp":"2026-11-22T17:16:00.000Z"}"#
            )
        }
        try await with(hub) { run in
            #expect(await run.orra("verify", "run", "--plan", "refund", "-d", "orderId:ORD1", "-q") == 0)
            #expect(run.output.text == "o_1\n")
        }
        #expect(
            hub.requests.map(\.body) == [#"{"data":[{"field":"orderId","value":"ORD1"}],"pinned":"refund"}"#])
    }

    private static let planning = #"""
        {"settings":{"runThreshold":0.7,"draftThreshold":0.3,"outputCheck":"warn","grounding":"strict","order":"model",
        "approveNewPlans":false},"own":{"outputCheck":"warn"},"usage":{"month":"2026-11","promptTokens":812,
        "completionTokens":64,"microcost":1200},"model":"small","embedder":"lexical"}
        """#

    @Test("projects planning shows what holds and where it comes from")
    func showPlanning() async throws {
        try await with(FakeHub { _ in .init(200, Self.planning) }) { run in
            #expect(await run.orra("projects", "planning") == 0)
            #expect(run.output.lines.contains("run threshold      0.70    the hub's"))
            #expect(run.output.lines.contains("output check       warn    the project's"))
            #expect(run.output.lines.last == "2026-11: 812 + 64 tokens, cost 0.0012")
        }
    }

    @Test("projects planning changes what is given, keeps the rest of the project's own, and --reset forgets it")
    func changePlanning() async throws {
        let hub = FakeHub { _ in .init(200, Self.planning) }
        try await with(hub) { run in
            #expect(
                await run.orra(
                    "projects", "planning", "--run-threshold", "0.8", "--approve-new-plans", "true", "--llm-budget",
                    "5") == 0)
            #expect(await run.orra("projects", "planning", "--reset") == 0)
            for arguments in [["--run-threshold", "7"], ["--order", "both"], ["--llm-budget=-1"]] {
                #expect(await run.orra(["projects", "planning"] + arguments) == 2)
            }
            #expect(run.errors.text.contains("Choose one of model, offline."))
        }
        #expect(
            hub.requests.filter { $0.method == "PUT" }.map(\.body) == [
                #"{"runThreshold":0.8,"outputCheck":"warn","approveNewPlans":true,"modelBudget":5000000}"#, "{}",
            ])
    }
}
