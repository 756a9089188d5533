import OrraCLI
import OrraModel
import OrraWebSocket
import Testing

@Suite struct VerifyRunTests {
    private static let accepted = #"""
        {"id":"o_23456789ABCDEFGHJKLMNP","projectID":"p_1","action":{"content":"Process new order and arrange optimal delivery"},
        "data":[],"results":[],"status":"pending","timestamp":"2026-11-22T17:16:00.000Z"}
        """#

    private func hub(
        _ steps: [FakeHub.Step], status: Int = 202, body: String = accepted
    ) -> FakeHub {
        FakeHub(answer: { _ in .init(status, body) }, progress: { _, _ in steps })
    }

    private static let complete = (OrderFrames.running + OrderFrames.completing).map(FakeHub.Step.frame)

    private func run(
        _ hub: FakeHub, terminal: Terminal? = nil, interruption: (@Sendable (Recording) async -> Void)? = nil,
        _ arguments: String...
    ) async throws -> (code: Int32, output: String, errors: String) {
        try await hub.run { address in
            var run = CommandRun(terminal: terminal)
            let output = run.output
            if let interruption { run.interruption = { await interruption(output) } }
            defer { run.remove() }
            try run.useProject(on: address)
            let code = await run.orra(["verify", "run"] + arguments)
            return (code, run.output.text, run.errors.text)
        }
    }

    @Test("The request carries action, data, times and webhook")
    func request() async throws {
        let hub = hub([])
        let result = try await run(
            hub, "Process new order", "-d", "orderId:ORD123", "-d", #"items:[{"id":"PROD789","quantity":2}]"#, "-t",
            "30s",
            "-g", "30m", "-w", "http://localhost:3000/x", "-q")
        #expect(result.code == 0)
        #expect(result.output == "o_23456789ABCDEFGHJKLMNP\n")
        let asked = try #require(hub.requests.first)
        #expect(asked.path == "/orchestrations")
        #expect(
            try JSONValue(parsing: asked.body) == [
                "action": ["content": "Process new order"],
                "data": [
                    ["field": "orderId", "value": "ORD123"],
                    ["field": "items", "value": [["id": "PROD789", "quantity": 2]]],
                ],
                "timeout": "30s", "healthCheckGracePeriod": "30m0s", "webhook": "http://localhost:3000/x",
            ])
        #expect(hub.streamTargets.isEmpty)
        let json = try await run(self.hub([]), "x", "-q", "--json")
        #expect(json.output == #"{"id":"o_23456789ABCDEFGHJKLMNP"}"# + "\n")
    }

    @Test("An idempotency key goes along as a header, and one that is none is refused before the hub is asked")
    func idempotencyKey() async throws {
        let hub = hub([])
        #expect(try await run(hub, "x", "-q", "--idempotency-key", "order-ORD123").code == 0)
        #expect(try await run(hub, "x", "-q").code == 0)
        #expect(hub.requests.map(\.idempotencyKey) == ["order-ORD123", nil])
        for key in ["", "a b", "ä", String(repeating: "k", count: 256)] {
            let result = try await run(hub, "x", "-q", "--idempotency-key", key)
            #expect(result.code == 2)
            #expect(result.errors.hasPrefix("orra: an idempotency key has 1 to 255 visible ASCII characters\n"))
        }
        #expect(hub.requests.count == 2)
    }

    @Test("A key that was used for another action is told with what to do")
    func reusedKey() async throws {
        let body = #"{"error":{"kind":"invalid operation","code":"Orra:IdempotencyKeyReused","message":"used before"}}"#
        let result = try await run(hub([], status: 409, body: body), "x", "--idempotency-key", "k")
        #expect(result.code == 2)
        #expect(
            result.errors == "orra: used before\n  Take another --idempotency-key for another action.\n")
    }

    @Test("The tree shows what is undone, until it is")
    func undo() async throws {
        let steps = CompensationRenderingTests.story.map(FakeHub.Step.frame) + [.hold]
        let terminal = Terminal(width: 80, height: 24, isColored: false)
        let live = try await run(hub(steps), terminal: terminal, "x")
        #expect(live.code == 1)
        #expect(
            live.output.hasSuffix(
                """
                ├─ Undo
                │ ✓ price-tool              0.2s  undone
                │ ✕ inventory-tool          6.0s  was not undone: PROD790 is locked
                └─ ✕ failed after 1.5s

                delivery-agent: no carrier

                orra comp-fail ls  shows what could not be undone
                orra inspect -d o_23456789ABCDEFGHJKLMNP  shows what each task did

                """))
    }

    @Test("Without a terminal it tells line by line, and ends with 0 when completed")
    func lines() async throws {
        let result = try await run(hub(Self.complete + [.hold]), "x")
        #expect(result.code == 0)
        #expect(
            result.output.hasPrefix(
                "17:16:00.000  received o_23456789ABCDEFGHJKLMNP: Process new order and arrange optimal delivery\n"))
        #expect(
            result.output.hasSuffix(
                """
                17:16:03.400  completed in 3.4s

                Results
                {
                  "deliveryTracking": "DLV987",
                  "x": 2,
                  "orderStatus": "processed"
                }

                """))
        #expect(!result.output.contains("\u{1B}"))
    }

    @Test("With --json every frame is a line")
    func json() async throws {
        let result = try await run(
            hub(Self.complete + [.hold]), terminal: Terminal(width: 80, height: 24), "x", "--json")
        #expect(result.code == 0)
        let frames = try result.output.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        #expect(frames.map { $0["seq"]?.integer } == Array(1...15))
        #expect(frames.last?["type"] == "ended")
    }

    @Test("On a terminal the tree lives, and its last state stays")
    func live() async throws {
        let terminal = Terminal(width: 80, height: 24, isColored: false)
        let result = try await run(hub(Self.complete + [.hold]), terminal: terminal, "x")
        #expect(result.code == 0)
        #expect(
            result.output.hasSuffix(
                """
                ● Process new order and arrange optimal delivery
                  o_23456789ABCDEFGHJKLMNP

                ┌─ Tasks
                │ ✓ inventory-tool          0.4s
                │ ├─ ✓ delivery-agent       2.8s
                │ └─ ✓ payment-service      0.9s
                │ ✓ price-tool              50ms
                └─ ✓ completed in 3.4s

                Results
                {
                  "deliveryTracking": "DLV987",
                  "x": 2,
                  "orderStatus": "processed"
                }

                """))
    }

    @Test("Any other end than completed is exit code 1", arguments: ["failed", "aborted", "cancelled"])
    func otherEnds(status: String) async throws {
        let end = #"{"seq":3,"type":"ended","status":"\#(status)","error":"why","duration":2000000000}"#
        let result = try await run(
            hub([.frame(OrderFrames.received), .frame(OrderFrames.planned), .frame(end), .hold]), "x")
        #expect(result.code == 1)
        #expect(result.output.contains("\(status) after 2.0s: why\n"))
        #expect(result.output.hasSuffix("\norra inspect -d o_23456789ABCDEFGHJKLMNP  shows what each task did\n"))
    }

    @Test("A hub that restarts meanwhile is waited for, and nothing is told twice")
    func restart() async throws {
        let hub = FakeHub(
            answer: { _ in .init(202, Self.accepted) },
            progress: { stream, after in
                stream == 1
                    ? OrderFrames.running.map(FakeHub.Step.frame) + [.close(.serviceRestart)]
                    : Self.complete.dropFirst(after) + [.hold]
            })
        let result = try await run(hub, "x")
        #expect(result.code == 0)
        #expect(result.errors.hasPrefix("orra: the hub at http://127.0.0.1:"))
        #expect(
            result.errors.hasSuffix(" is away (the progress stream was closed with code 1012); trying again\n"))
        let clean = try await run(self.hub(Self.complete + [.hold]), "x")
        #expect(result.output == clean.output)
    }

    @Test("A stream that ends without the last frame is completed from the inspection")
    func inspection() async throws {
        let hub = FakeHub(
            answer: { $0.method == "POST" ? .init(202, Self.accepted) : .init(200, InspectionTests.text) },
            progress: { _, _ in [.close(.normal)] })
        let result = try await run(hub, "x")
        #expect(result.code == 0)
        #expect(result.output.contains(#""estimatedDelivery": "2024-11-10""#))
    }

    @Test("Not actionable shows the hub's reason, and is exit code 1")
    func notActionable() async throws {
        let body = #"{"error":{"kind":"validation","code":"Orra:ActionNotActionable","message":"nothing here sings"}}"#
        let result = try await run(hub([], status: 400, body: body), "Sing")
        #expect(result.code == 1)
        #expect(result.output.isEmpty)
        #expect(
            result.errors.hasPrefix(
                "orra: the action is not actionable: nothing here sings\n  `orra services ls` shows"))
    }

    @Test("Ctrl-C detaches: the action goes on")
    func detach() async throws {
        let steps = OrderFrames.running.map(FakeHub.Step.frame) + [.hold]
        for terminal in [nil, Terminal(width: 80, height: 24, isColored: false)] {
            let result = try await run(
                hub(steps), terminal: terminal,
                interruption: { output in try? await output.wait { $0.contains("price-tool is away") } }, "x")
            #expect(result.code == 130)
            #expect(
                result.errors == """
                    Detached: the action goes on.
                      orra inspect o_23456789ABCDEFGHJKLMNP  shows where it stands
                      orra cancel o_23456789ABCDEFGHJKLMNP   ends it

                    """)
            if terminal != nil {
                let drawing = try #require(result.output.split(separator: "\u{1B}[?25h").last)
                #expect(drawing.contains("│ ⏸ price-tool                    price-tool is away\n"))
            }
        }
    }

    @Test("What services send can't act on the terminal")
    func hostile() async throws {
        let frames = [
            OrderFrames.received, OrderFrames.planned, OrderFrames.task(3, "task_dispatched", 1, 100),
            OrderFrames.task(4, "task_interim_result", 1, 200, #","data":{"message":"\u001b]0;owned\u0007\u009b2J"}"#),
            #"{"seq":5,"type":"ended","status":"failed","error":"\u001b[2Jgone","duration":1}"#,
        ]
        let result = try await run(hub(frames.map(FakeHub.Step.frame) + [.hold]), "x")
        #expect(result.code == 1)
        #expect(!result.output.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{9B}" || $0 == "\u{7}" })
    }

    @Test("Faults of the command line are told before the hub is asked")
    func faults() async throws {
        let hub = hub([])
        let faults: [([String], String)] = [
            ([], "orra: no action is given\n  Say what is to be done: orra verify run \"…\"\n"),
            (
                ["Sing", "a", "song"],
                "orra: the action must be one argument, but there are 3\n  Quote it: orra verify run 'Sing a song'\n"
            ),
            (["x", "-t", "30"], "orra: 30 is not a duration\n  Write a number with a unit: -t 30s\n"),
            (["x", "-g", "long"], "orra: long is not a duration\n  Write a number with a unit: -g 30m\n"),
            (
                ["x", "-d", "items:[id:PROD789]", "items:[quantity:2]"],
                "orra: items is not valid JSON (the shell made 2 words of it). "
                    + #"Quote it for the shell: -d 'items:[{"id":"PROD789","quantity":2}]'"# + "\n"
            ),
        ]
        for (arguments, message) in faults {
            let run = CommandRun()
            #expect(await run.orra(["verify", "run"] + arguments) == 2)
            #expect(run.errors.text == message)
        }
        #expect(hub.requests.isEmpty)
    }
}
