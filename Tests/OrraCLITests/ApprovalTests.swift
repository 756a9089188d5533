import OrraCLI
import OrraModel
import Testing

/// Plans that wait for a yes.
@Suite struct ApprovalTests {
    private static let id = "o_23456789ABCDEFGHJKLMNP"
    private static let accepted = #"""
        {"id":"\#(id)","projectID":"p_1","action":{"content":"Refund it"},"data":[],"results":[],"status":"paused",
        "timestamp":"2026-11-22T17:16:00.000Z","pauseReason":"confirmation","planHash":"h1","planner":"offline",
        "confidence":0.54}
        """#
    private static let inspection = #"""
        {"id":"\#(id)","status":"paused","action":"Refund it","timestamp":"2026-11-22T17:16:00.000Z","tasks":[
        {"id":"task1","serviceId":"s_a","serviceName":"payment-service","status":"pending","statusHistory":[],
        "duration":0,"isRevertible":false}],"duration":0,"pauseReason":"confirmation","planHash":"h1",
        "planner":"offline","confidence":0.54,"planning":[{"stage":"offline","result":"passed",
        "summary":"1 of 2 phrases \u001b[31mmatched","microseconds":85,"confidence":0.54,"unused":["at once"]}]}
        """#
    private static let summary =
        #"{"id":"\#(id)","action":"Refund it","status":"processing","timestamp":"2026-11-22T17:16:00.000Z"}"#

    private func hub() -> FakeHub {
        FakeHub(
            answer: { asked in
                switch asked.path {
                case "/orchestrations": asked.method == "POST" ? .init(202, Self.accepted) : .init(200, Self.list)
                case "/orchestrations/inspections/\(Self.id)": .init(200, Self.inspection)
                case "/orchestrations/\(Self.id)/approve", "/orchestrations/\(Self.id)/reject":
                    .init(202, Self.summary)
                default: .init(404, #"{"error":{"kind":"not found","message":"none"}}"#)
                }
            },
            progress: { _, _ in
                [
                    .frame(
                        #"{"seq":1,"type":"received","orchestrationId":"\#(Self.id)","action":"Refund it","status":"preparing"}"#
                    ),
                    .frame(
                        #"{"seq":2,"type":"planning_stage","stage":{"stage":"offline","result":"passed","summary":"found","microseconds":5}}"#
                    ),
                    .frame(
                        #"{"seq":3,"type":"planned","planner":"offline","confidence":0.54,"tasks":[{"id":"task1","serviceId":"s_a","serviceName":"payment-service","serviceType":"service","dependencies":[]}],"pauseReason":"confirmation"}"#
                    ),
                    .frame(#"{"seq":4,"type":"approved","planHash":"h1","reason":"fine","status":"processing"}"#),
                    .frame(
                        #"{"seq":5,"type":"output_warning","taskId":"task1","serviceName":"payment-service","path":"price","reason":"must be a number"}"#
                    ),
                    .frame(#"{"seq":6,"type":"ended","status":"completed","results":[],"duration":0}"#), .hold,
                ]
            })
    }

    private static let list = #"""
        {"paused":[{"id":"\#(id)","action":"Refund it","status":"paused","timestamp":"2026-11-22T17:16:00.000Z",
        "pauseReason":"approval"},{"id":"o_2","action":"Ship it","status":"paused",
        "timestamp":"2026-11-22T17:15:00.000Z","pauseReason":"service_away"}]}
        """#

    private func run(
        _ hub: FakeHub, typed: String? = nil, _ arguments: String...
    ) async throws -> (code: Int32, output: String, errors: String) {
        try await hub.run { address in
            var run = CommandRun(
                terminal: typed.map { _ in Terminal(width: 80, height: 24, isColored: false, canRedraw: false) })
            run.typed = typed.map { [$0] }
            defer { run.remove() }
            try run.useProject(on: address)
            let code = await run.orra(arguments)
            return (code, run.output.text, run.errors.text)
        }
    }

    private static func decisions(_ hub: FakeHub) -> [String] {
        hub.requests.filter { $0.path.hasSuffix("/approve") || $0.path.hasSuffix("/reject") }
            .map { "\($0.path.split(separator: "/").last ?? "") \($0.body)" }
    }

    @Test("Without a terminal a plan that waits is shown with the two commands, and the command ends with 3")
    func nobodyThere() async throws {
        let hub = hub()
        let result = try await run(hub, "verify", "run", "Refund it")
        #expect(result.code == 3)
        #expect(result.output.contains("payment-service"))
        #expect(
            result.output.hasSuffix(
                """
                This plan waits for confirmation: the planner is not sure of it (offline, confidence 0.54).
                It waits for confirmation:
                  orra approve \(Self.id)  runs it
                  orra reject \(Self.id)   ends it

                """))
        #expect(Self.decisions(hub).isEmpty)
        let quiet = try await run(self.hub(), "verify", "run", "Refund it", "-q")
        #expect(quiet.code == 3)
        #expect(quiet.output == Self.id + "\n")
        #expect(quiet.errors.contains("orra approve \(Self.id)"))
        let json = try await run(self.hub(), "verify", "run", "Refund it", "--json")
        #expect(json.code == 3)
        #expect(try JSONValue(parsing: json.output)["pauseReason"] == "confirmation")
    }

    @Test("--yes approves the very plan that came, and watches it to its end")
    func yes() async throws {
        let hub = hub()
        let result = try await run(hub, "verify", "run", "Refund it", "--yes")
        #expect(result.code == 0)
        #expect(Self.decisions(hub) == [#"approve {"planHash":"h1"}"#])
        #expect(!result.output.contains("offline: found"))
        #expect(
            result.output.contains("planned: payment-service  (offline, confidence 0.54); waits for confirmation\n"))
        #expect(result.output.contains("approved: fine\n"))
        #expect(
            result.output.contains("payment-service  its output breaks its schema at price: must be a number\n"))
        #expect(result.output.contains("completed"))
    }

    @Test(
        "On a terminal it asks: yes runs it, no ends it, and anything else leaves it waiting",
        arguments: [
            ("y", 0, #"approve {"planHash":"h1"}"#), ("Yes ", 0, #"approve {"planHash":"h1"}"#), ("n", 1, "reject {}"),
            ("", 3, nil), ("what", 3, nil),
        ] as [(String, Int32, String?)])
    func asks(typed: String, code: Int32, decision: String?) async throws {
        let hub = hub()
        let result = try await run(hub, typed: typed, "verify", "run", "Refund it")
        #expect(result.code == code)
        #expect(result.output.contains("Run this plan? [y/N] "))
        #expect(Self.decisions(hub) == [decision].compactMap { $0 })
    }

    @Test("approve and reject carry the reason, and the hash if one is given")
    func commands() async throws {
        let hub = hub()
        #expect(try await run(hub, "approve", Self.id, "--reason", "fine").code == 0)
        #expect(try await run(hub, "approve", Self.id, "--plan-hash", "h1").code == 0)
        let rejected = try await run(hub, "reject", Self.id, "--reason", "not now")
        #expect(rejected.output == "⊗ \(Self.id)  rejected\n")
        #expect(
            Self.decisions(hub) == [
                #"approve {"reason":"fine"}"#, #"approve {"planHash":"h1"}"#, #"reject {"reason":"not now"}"#,
            ])
        #expect(try await run(hub, "approve", "refund").code == 2)
    }

    @Test(
        "A decision that comes too late is told with what to do",
        arguments: [
            ("Orra:NotHeld", "  `orra inspect <id>` shows where it stands."),
            ("Orra:PlanChanged", "  Look at the plan again with `orra inspect <id>`, or submit the action anew."),
        ])
    func refused(code: String, advice: String) async throws {
        let hub = FakeHub { _ in
            .init(409, #"{"error":{"kind":"invalid operation","code":"\#(code)","message":"no"}}"#)
        }
        let result = try await run(hub, "approve", Self.id)
        #expect(result.code == 2)
        #expect(result.errors == "orra: no\n\(advice)\n")
    }

    @Test("ps says what each paused action waits for")
    func list() async throws {
        let result = try await run(hub(), "ps")
        #expect(result.output.contains("waits for approval: orra approve \(Self.id)\n"))
        #expect(result.output.contains("waits for a service\n"))
    }

    @Test("inspect says who made the plan and what it waits for, and with -d how it was planned")
    func inspect() async throws {
        let result = try await run(hub(), "inspect", Self.id)
        #expect(result.output.contains("  planned: offline, confidence 0.54\n"))
        #expect(result.output.contains("  ⏸ waits for confirmation: orra approve \(Self.id)\n"))
        #expect(!result.output.contains("Planning"))
        let detailed = try await run(hub(), "inspect", "-d", Self.id)
        #expect(
            detailed.output.contains(
                """
                ┌─ Planning
                │ ✓ offline      1 of 2 phrases [31mmatched  85µs  confidence 0.54
                │     unused: at once
                └─ 85µs
                """))
    }
}
