import OrraModel
import OrraProtocol
import Testing

@testable import OrraCLI

/// What docs/cli.md shows, held against what the commands print for an answer of the hub that has the same in it.
@Suite("Outputs in docs/cli.md") struct DocumentOutputTests {
    private static let id = "o_4yexc3wfgPWhvdK77NMFx5"
    private static let action = "Process new order and arrange optimal delivery"
    private static let schema = #"{"input":{"type":"object"},"output":{"type":"object"}}"#

    private func shown(_ heading: String, _ number: Int = 0) throws -> String {
        let blocks = try Document("docs/cli.md").blocks("text", below: heading)
        try #require(blocks.count > number)
        return blocks[number]
    }

    /// What a command prints, and how it ends, for a hub that always answers so.
    private func printed(
        _ body: String, _ arguments: String...
    ) async throws -> (text: String, code: Int32) {
        try await FakeHub { _ in .init(200, body) }.run { address in
            let run = CommandRun()
            defer { run.remove() }
            try run.useProject(on: address)
            let code = await run.orra(arguments)
            return (run.output.text, code)
        }
    }

    private func text(_ lines: [Line]) -> String {
        lines.map { $0.rendered(width: nil, isColored: false) + "\n" }.joined()
    }

    private func ago(_ seconds: Int64) -> Timestamp { CommandRun.now + .seconds(-seconds) }

    @Test("services ls")
    func services() async throws {
        let healthy = #"""
            {"id":1,"health":"healthy","credit":16,"in_flight":0,"delivered":5,"failed":0,"missed_pongs":0,
            "connected_at":"2026-11-22T17:16:00.000Z","last_seen":"2026-11-22T17:16:00.000Z"}
            """#
        let list = #"""
            {"services":[{"id":"s_a","type":"agent","name":"delivery-agent","version":1,"revertible":false,
            "description":"Finds the optimal delivery for an order and arranges it with a carrier.",
            "schema":\#(Self.schema),"connections":[\#(healthy)],"waiting":0},
            {"id":"s_b","type":"service","name":"payment-service","version":1,"revertible":false,
            "description":"Charges the customer's card for the amount of an order and confirms the payment.",
            "schema":\#(Self.schema),"connections":[],"waiting":2}]}
            """#
        let printed = try await printed(list, "services", "ls").text
        #expect(printed == (try shown("orra services ls")), "\(printed)")
    }

    @Test("services inspect")
    func service() async throws {
        // The times of the page, moved to the test's.
        let connected = "2026-11-22T18:34:25.000Z"
        let service = #"""
            {"id":"s_mgevktbrxdqikecwqtkbcgthcx","type":"service","name":"payment-service","version":2,"revertible":true,
            "description":"Charges the customer's card for the amount of an order and confirms the payment.",
            "schema":\#(Self.schema),"waiting":0,"connections":[{"id":4,"health":"degraded","credit":16,"in_flight":1,
            "instance":"rTwJdL4MYxu6zfatfAdBhr","delivered":12,"failed":1,"connected_at":"\#(ago(290))",
            "last_seen":"\#(ago(2))","round_trip_ms":1.2,"missed_pongs":1,"reconnects":2,"stalled":false}],"events":[
            {"position":9,"timestamp":"2026-11-22T18:39:00.000Z","type":"service_health","connection":4,
            "health":"degraded","reason":"missed 1 pong"},
            {"position":8,"timestamp":"\#(connected)","type":"service_connected","connection":4}]}
            """#
        let printed = try await printed(service, "services", "inspect", "payment-service").text
        #expect(printed == (try shown("orra services inspect")))
    }

    /// Frames are told once for each number: that of a task's frame is its time.
    private static func task(_ type: String, _ task: Int, _ milliseconds: Int, _ more: String = "") -> String {
        let time = Timestamp(milliseconds: 1_795_372_471_325 + Int64(milliseconds))
        return #"{"seq":\#(milliseconds),"type":"\#(type)","taskId":"task\#(task)","timestamp":"\#(time)"\#(more)}"#
    }
    private static let received = #"""
        {"seq":1,"type":"received","orchestrationId":"\#(id)","timestamp":"2026-11-22T18:34:31.325Z",
        "action":"\#(action)"}
        """#
    private static func planned(_ tasks: [(name: String, after: String)]) -> String {
        let list = tasks.enumerated().map { number, task in
            #"{"id":"task\#(number + 1)","serviceId":"s_\#(number)","serviceName":"\#(task.name)","#
                + #""serviceType":"tool","dependencies":[\#(task.after)]}"#
        }
        return
            #"{"seq":2,"type":"planned","timestamp":"2026-11-22T18:34:31.429Z","tasks":[\#(list.joined(separator: ","))]}"#
    }

    @Test("verify run, line by line")
    func lines() throws {
        let frames = [
            Self.received,
            Self.planned([
                ("customer-notification", ""), ("inventory-tool", ""), ("payment-service", #""task2""#),
                ("delivery-agent", #""task2""#),
            ]),
            Self.task("task_dispatched", 2, 104, #","attempt":1"#),
            Self.task("task_completed", 2, 642, #","output":{}"#),
            Self.task("task_dispatched", 4, 650, #","attempt":1"#),
            Self.task(
                "task_interim_result", 4, 1_112, #","data":{"percent":25,"message":"comparing their offers"}"#),
            #"""
            {"seq":9999,"type":"ended","status":"completed","timestamp":"2026-11-22T18:34:33.789Z","duration":2464000000,
            "results":[]}
            """#,
        ]
        var view = ActionView()
        let lines = frames.compactMap { text -> String? in
            let frame = OrderFrames.frame(text)
            view.apply(frame)
            return Narration.line(frame, view)?.text
        }
        for line in try shown("orra verify run").split(separator: "\n") {
            #expect(lines.contains(String(line)), "\(line) is not in \(lines)")
        }
    }

    @Test("verify run of a plan that waits")
    func waits() async throws {
        let accepted = #"""
            {"id":"\#(Self.id)","projectID":"p_1","action":{"content":"x"},"data":[],"results":[],"status":"paused",
            "timestamp":"2026-11-22T18:34:31.325Z","pauseReason":"confirmation","planHash":"h","planner":"offline",
            "confidence":0.54}
            """#
        let inspection = #"""
            {"id":"\#(Self.id)","status":"paused","action":"x","timestamp":"2026-11-22T17:16:00.000Z","tasks":[
            {"id":"task1","serviceId":"s_a","serviceName":"payment-service","status":"pending","statusHistory":[],
            "duration":0,"isRevertible":false}],"duration":0,"pauseReason":"confirmation","planHash":"h",
            "planner":"offline","confidence":0.54,"planning":[]}
            """#
        let hub = FakeHub(
            answer: { $0.method == "POST" ? .init(202, accepted) : .init(200, inspection) },
            progress: { _, _ in
                [
                    .frame(Self.received),
                    .frame(
                        Self.planned([("payment-service", "")]).dropLast()
                            + #","planner":"offline","confidence":0.54,"pauseReason":"confirmation"}"#), .hold,
                ]
            })
        let expected = try shown("orra verify run", 1)
        try await hub.run { address in
            let run = CommandRun()
            defer { run.remove() }
            try run.useProject(on: address)
            #expect(await run.orra("verify", "run", "x") == 3)
            #expect(run.output.text.hasSuffix(expected), "\(run.output.text)")
        }
    }

    @Test("verify run of an action that is undone")
    func undone() throws {
        var view = ActionView()
        for frame in [
            Self.received,
            Self.planned([
                ("inventory-tool", ""), ("payment-service", #""task1""#), ("delivery-agent", #""task1""#),
            ]),
            Self.task("task_dispatched", 1, 110, #","attempt":1"#),
            Self.task("task_completed", 1, 610, #","output":{}"#),
            Self.task("task_dispatched", 2, 700, #","attempt":1"#),
            Self.task("task_attempt_failed", 2, 1_400, #","attempt":1,"error":"card declined""#),
            Self.task("task_dispatched", 2, 2_400, #","attempt":2"#),
            Self.task("task_failed", 2, 3_100, #","code":"Orra:TaskFailed","error":"card declined (2 attempts)""#),
            Self.task("task_cancelled", 3, 3_100),
            #"{"seq":14,"type":"compensating","status":"failed","timestamp":"2026-11-22T18:34:34.425Z","error":"x"}"#,
            Self.task("compensation_ready", 1, 3_100, #","number":1"#),
            Self.task("compensation_dispatched", 1, 3_200, #","attempt":1"#),
            Self.task(
                "compensation_ended", 1, 3_400,
                #","compensationId":"c_1","compensationStatus":"completed","attempts":1"#),
            #"{"seq":24,"type":"ended","status":"failed","timestamp":"2026-11-22T18:34:34.725Z","error":"x"}"#,
        ] { view.apply(OrderFrames.frame(frame)) }
        let box = TaskBox(view: view, now: Timestamp(milliseconds: 1_795_372_480_000))
        let drawn = text(box.header + [Line()] + box.box)
        #expect(drawn == (try shown("orra verify run", 2)), "\(drawn)")
    }

    @Test("verify plan: the plan, and what one failure would leave")
    func plan() async throws {
        func point(_ task: Int, _ name: String, _ more: String) -> String {
            #"{"taskId":"task\#(task)","serviceName":"\#(name)","maybeUndone":[],\#(more)}"#
        }
        let preview = #"""
            {"plan":{"tasks":[{"id":"task0","input":{"orderId":"ORD1"}},
            {"id":"task1","service":"s_a","input":{"orderId":"$task0.orderId"}},
            {"id":"task2","service":"s_b","input":{"orderId":"$task0.orderId","amount":"$task1.amount"}},
            {"id":"task3","service":"s_c","input":{"orderId":"$task0.orderId"}}]},"failurePoints":[
            \#(point(1, "inventory-tool", #""undone":[],"cannotUndo":[]"#)),
            \#(point(2, "payment-service", #"""
                "undone":[{"taskId":"task1","serviceName":"inventory-tool"}],
                "cannotUndo":[{"taskId":"task3","serviceName":"customer-notification","certain":false}]
                """#)),
            \#(point(3, "customer-notification", #""undone":[],"cannotUndo":[]"#))]}
            """#
        let printed = try await printed(preview, "verify", "plan", Self.action).text
        for part in try shown("orra verify plan").components("\n\n") { #expect(printed.contains(part), "\(printed)") }
    }

    @Test("verify plan --explain")
    func explained() async throws {
        let preview = #"""
            {"plan":{"tasks":[{"id":"task1","service":"s_a","input":{}}]},"failurePoints":[],"verdict":"confirmation",
            "planner":"offline","confidence":0.54,"planHash":"h","stages":[{"stage":"offline","result":"passed",
            "summary":"2 of 2 phrases matched","microseconds":85,"confidence":0.54,"considered":[
            {"service":"inventory-tool","score":0.92,"chosen":true},
            {"service":"customer-notification","score":0.4,"chosen":false}],
            "steps":[{"task":"task1","service":"inventory-tool","reason":"'check the stock' names it",
            "bindings":[{"field":"orderId","source":"$task0.orderId","reason":"same name"}]}],"unused":["quickly"]}]}
            """#
        let printed = try await printed(preview, "verify", "plan", "x", "--explain").text
        #expect(printed.hasSuffix(try shown("orra verify plan", 1)), "\(printed)")
    }

    @Test("ps")
    func list() async throws {
        let list = #"""
            {"completed":[{"id":"\#(Self.id)","action":"\#(Self.action)","status":"completed","timestamp":"\#(ago(4))"}],
            "notActionable":[{"id":"o_GNSaDouXMqAZfD72hpSff5","action":"Fly to the moon","status":"not_actionable",
            "timestamp":"\#(ago(190))","error":"no registered service covers 'Fly to the moon' …"}]}
            """#
        #expect(try await printed(list, "ps").text == shown("orra ps"))
    }

    @Test("inspect")
    func inspection() async throws {
        func task(_ number: Int, _ name: String, _ milliseconds: Int, _ dependencies: String = "") -> String {
            #"""
            {"id":"task\#(number)","serviceId":"s_a","serviceName":"\#(name)","status":"completed","attempts":1,
            "isRevertible":false,"duration":\#(milliseconds)000000,"dependencies":[\#(dependencies)],"statusHistory":[]}
            """#
        }
        let inspection = #"""
            {"id":"\#(Self.id)","status":"completed","action":"\#(Self.action)","timestamp":"2026-11-22T18:34:31.325Z",
            "duration":2464000000,"results":[],"tasks":[\#(task(1, "customer-notification", 400)),
            \#(task(2, "inventory-tool", 500)),\#(task(3, "payment-service", 700, #""task2""#)),
            \#(task(4, "delivery-agent", 1_800, #""task2""#))]}
            """#
        let printed = try await printed(inspection, "inspect", "ORD456").text
        #expect(printed == (try shown("orra inspect")), "\(printed)")
    }

    @Test("comp-fail ls and outbox ls")
    func upkeep() async throws {
        let failure = #"""
            [{"id":"c_8hTq2VnLrWx4KdYbGm6ZpE","projectId":"p_1","orchestrationId":"\#(Self.id)","taskId":"task1",
            "serviceId":"s_a","serviceName":"inventory-tool","status":"failed","attemptsMade":10,"maxAttempts":10,
            "failure":"task1 (inventory-tool) was not undone: …","timestamp":"\#(ago(250))","resolutionState":"pending"}]
            """#
        #expect(try await printed(failure, "comp-fail", "ls").text == shown("orra comp-fail"))
        let entries = #"""
            {"entries":[{"taskId":"task1","orchestrationId":"\#(Self.id)","serviceId":"s_a",
            "serviceName":"payment-service","readyAt":"\#(ago(250))","kind":"task","state":"waiting"},
            {"taskId":"task2","orchestrationId":"o_GNSaDouXMqAZfD72hpSff5","serviceId":"s_b",
            "serviceName":"delivery-agent","readyAt":"\#(ago(7_500))","kind":"task","state":"dead",
            "deadAt":"\#(ago(60))","error":"task2 (delivery-agent) was away longer than …"}]}
            """#
        let printed = try await printed(entries, "outbox", "ls").text
        #expect(printed == (try shown("orra outbox ls")), "\(printed)")
    }

    @Test("The configuration file is read")
    func configuration() async throws {
        let run = CommandRun()
        defer { run.remove() }
        try run.writeConfig(try Document("docs/cli.md").blocks("json", below: "Configuration file")[0])
        #expect(await run.orra("projects", "ls") == 0)
        #expect(run.output.text.contains("●") && run.output.text.contains("my-project"), "\(run.output.text)")
        #expect(await run.orra("api-keys", "ls") == 0)
        #expect(run.output.text.contains("ci"))
    }
}

extension String {
    fileprivate func components(_ separator: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
