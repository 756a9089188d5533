import OrraCLI
import OrraModel
import OrraSDK
import OrraWebSocket
import Testing

/// The commands for what could not be undone, what waits, and what is kept.
@Suite struct UpkeepCommandTests {
    private static func json(_ text: String?) -> JSONValue? { text.flatMap { try? JSONValue(parsing: $0) } }

    /// Runs commands with a home of their own and a project on `hub`.
    private func with(_ hub: FakeHub, _ body: @Sendable @escaping (CommandRun) async throws -> Void) async throws {
        try await hub.run { address in
            let run = CommandRun()
            defer { run.remove() }
            try run.useProject(on: address)
            try await body(run)
        }
    }

    private static func failure(_ more: String = #""resolutionState":"pending""#, data: String = "") -> String {
        #"{"id":"c_1","projectId":"p_1","orchestrationId":"o_1","taskId":"task1","serviceId":"s_a","#
            + #""serviceName":"inventory-tool","status":"failed","failure":"the \u001b[31mwarehouse is locked","#
            + #""attemptsMade":10,"maxAttempts":10,"timestamp":"2026-11-22T17:16:00.000Z"\#(data),\#(more)}"#
    }
    private static let resolved =
        #""resolutionState":"resolved","resolution":"by hand","resolvedAt":"2026-11-22T17:18:00.000Z""#
    private static let data =
        #","compensationData":{"data":{"originalTask":{"orderId":"ORD1"},"taskResult":{"n":1.10}},"ttl":86400000,"#
        + #""context":{"orchestrationId":"o_1","reason":"aborted","payload":{"why":"none"},"#
        + #""timestamp":"2026-11-22T17:15:00.000Z"}}"#

    @Test("comp-fail ls shows what waits for somebody, and with --all the rest")
    func failures() async throws {
        let hub = FakeHub { asked in
            .init(
                200,
                asked.path.hasSuffix("?all=true")
                    ? "[\(Self.failure()),\(Self.failure(Self.resolved))]" : "[\(Self.failure())]")
        }
        try await with(hub) { run in
            #expect(await run.orra("comp-fail", "ls") == 0)
            #expect(
                run.output.lines == [
                    "   ID   TASK                    STATUS      ATTEMPTS  AGE  ACTION  FAILURE",
                    "✕  c_1  inventory-tool (task1)  not undone  10        4m   o_1     the [31mwarehouse is locked",
                ])
            #expect(await run.orra("comp-fail", "ls", "--all") == 0)
            #expect(run.output.lines.dropFirst(3).first?.contains("4m   o_1     pending            the [31m") == true)
            #expect(run.output.lines.last?.hasPrefix("✓  c_1  ") == true)
            #expect(run.output.lines.last?.contains("resolved: by hand  the [31m") == true)
            #expect(await run.orra("comp-fail", "ls", "--json") == 0)
            #expect(Self.json(run.output.lines.last)?.array?.count == 1)
        }
        #expect(
            hub.requests.map(\.path) == [
                "/compensation-failures", "/compensation-failures?all=true", "/compensation-failures",
            ])
    }

    @Test("comp-fail ls says so when nothing waits")
    func noFailures() async throws {
        try await with(FakeHub { _ in .init(200, "[]") }) { run in
            #expect(await run.orra("comp-fail", "ls") == 0)
            #expect(run.output.text == "Nothing waits for you here.\n")
        }
    }

    @Test("comp-fail inspect shows why, and the data to undo it by hand")
    func inspectFailure() async throws {
        let hub = FakeHub { asked in
            asked.path == "/compensation-failures/c_1"
                ? .init(200, Self.failure(data: Self.data))
                : .init(404, #"{"error":{"kind":"not found","code":"Orra:UnknownCompensation","message":"none"}}"#)
        }
        try await with(hub) { run in
            #expect(await run.orra("comp-fail", "inspect", "c_1") == 0)
            #expect(
                run.output.text == """
                    ✕ inventory-tool  task1  not undone
                      c_1
                      2026-11-22 17:16:00 UTC

                      action      o_1
                      attempts    10 of 10
                      failure     the [31mwarehouse is locked
                      resolution  pending
                      undone as   the action was aborted
                      in time     for 24h00m from the task's completion

                    Data
                    {
                      "originalTask": {
                        "orderId": "ORD1"
                      },
                      "taskResult": {
                        "n": 1.10
                      }
                    }

                    Abort payload
                    {
                      "why": "none"
                    }

                    """)
            #expect(await run.orra("comp-fail", "inspect", "c_1", "--json") == 0)
            #expect(Self.json(run.output.lines.last)?["compensationData"]?["ttl"] == 86_400_000)
            #expect(await run.orra("comp-fail", "inspect", "c_9") == 2)
            #expect(run.errors.lines == ["orra: none", "  `orra comp-fail ls --all` lists them."])
            #expect(await run.orra("comp-fail", "inspect", "o_1") == 2)
            #expect(run.errors.lines.dropFirst(2).first == "orra: o_1 is not the id of a failed compensation")
        }
    }

    @Test("comp-fail resolve and ignore give the reason, and want one")
    func resolve() async throws {
        let hub = FakeHub { asked in
            switch asked.path {
            case "/compensation-failures/c_1/resolve": .init(200, Self.failure(Self.resolved))
            case "/compensation-failures/c_1/ignore":
                .init(200, Self.failure(#""resolutionState":"ignored","resolution":"void""#))
            default:
                .init(
                    409, #"{"error":{"kind":"invalid operation","code":"Orra:AlreadyResolved","message":"too late"}}"#)
            }
        }
        try await with(hub) { run in
            #expect(await run.orra("comp-fail", "resolve", "c_1", "--reason", "by hand") == 0)
            #expect(await run.orra("comp-fail", "ignore", "c_1", "--reason", "void") == 0)
            #expect(run.output.lines == ["✓ c_1  resolved: by hand", "✓ c_1  ignored: void"])
            #expect(await run.orra("comp-fail", "resolve", "c_1", "--reason", "by hand", "--json") == 0)
            #expect(Self.json(run.output.lines.last)?["resolutionState"] == "resolved")
            #expect(await run.orra("comp-fail", "resolve", "c_2", "--reason", "x") == 2)
            #expect(
                run.errors.lines == ["orra: too late", "  `orra comp-fail inspect <id>` shows with which reason."])
            #expect(await run.orra("comp-fail", "resolve", "c_1") == 2)
        }
        #expect(hub.requests.prefix(2).map(\.body) == [#"{"reason":"by hand"}"#, #"{"reason":"void"}"#])
        #expect(hub.requests.count == 4)
    }

    @Test("comp-fail webhooks are those for what could not be undone")
    func webhooks() async throws {
        let hub = FakeHub { asked in
            asked.method == "POST"
                ? .init(201, #"{"url":"https://x.example/h","secret":"whsec_abc"}"#)
                : .init(200, #"{"webhooks":[{"url":"https://x.example/h"}]}"#)
        }
        try await with(hub) { run in
            #expect(await run.orra("comp-fail", "webhooks", "add", "https://x.example/h") == 0)
            #expect(run.output.lines.prefix(2) == ["✓ webhook https://x.example/h", "  signed with whsec_abc"])
            #expect(run.config?["projects"]?["shop"]?["webhooks"] == .null)
            #expect(await run.orra("comp-fail", "webhooks", "ls") == 0)
            #expect(run.output.lines.last == "https://x.example/h")
        }
        #expect(hub.requests.allSatisfy { $0.path == "/compensation-failure-webhooks" })
    }

    @Test("outbox ls shows what waits and what was given up")
    func outbox() async throws {
        let entry =
            #""taskId":"task1","orchestrationId":"o_1","serviceId":"s_a","serviceName":"payment-service","readyAt":"2026-11-22T17:16:00.000Z""#
        let list =
            #"{"entries":[{\#(entry),"kind":"task","state":"waiting"},{\#(entry),"kind":"compensation","state":"dead","#
            + #""deadAt":"2026-11-22T17:17:00.000Z","error":"away too long"}]}"#
        try await with(FakeHub { _ in .init(200, list) }) { run in
            #expect(await run.orra("outbox", "ls") == 0)
            #expect(
                run.output.lines == [
                    "   SERVICE          KIND          STATE    AGE  TASK   ACTION  ERROR",
                    "○  payment-service  task          waiting  4m   task1  o_1",
                    "✕  payment-service  compensation  dead     4m   task1  o_1     away too long",
                ])
            #expect(await run.orra("outbox", "ls", "--json") == 0)
            #expect(Self.json(run.output.lines.last)?["entries"]?.array?.count == 2)
        }
        try await with(FakeHub { _ in .init(200, #"{"entries":[]}"#) }) { run in
            #expect(await run.orra("outbox", "ls") == 0)
            #expect(run.output.text == "Nothing waits.\n")
        }
    }

    @Test("services inspect shows connections and what happened to them")
    func service() async throws {
        let service = #"""
            {"id":"s_a","type":"tool","name":"price.tool","description":"Tells prices","version":2,"revertible":true,
            "schema":{"input":{"type":"object"},"output":{"type":"object"}},"waiting":3,"connections":[
            {"id":4,"health":"stalled","instance":"abc","credit":16,"in_flight":2,"delivered":5,"failed":1,
            "connected_at":"2026-11-22T17:16:00.000Z","last_seen":"2026-11-22T17:19:58.000Z","round_trip_ms":1.5,
            "missed_pongs":1,"reconnects":2,"stalled":true}],"events":[
            {"position":9,"timestamp":"2026-11-22T17:19:00.000Z","type":"service_health","connection":4,
            "health":"stalled","reason":"its buffer is full"},
            {"position":8,"timestamp":"2026-11-22T17:16:00.000Z","type":"service_connected","connection":4}]}
            """#
        let hub = FakeHub { asked in
            asked.path == "/services/price.tool"
                ? .init(200, service)
                : .init(404, #"{"error":{"kind":"not found","code":"Orra:UnknownService","message":"no such"}}"#)
        }
        try await with(hub) { run in
            #expect(await run.orra("services", "inspect", "price.tool") == 0)
            #expect(
                run.output.text == """
                    ● price.tool  tool, version 2, revertible
                      s_a
                      Tells prices

                    CONNECTION  HEALTH   RUNNING  DELIVERED  FAILED  ROUND TRIP  MISSED PONGS  SEEN  UP  RECONNECTS  \
                    STALLED  INSTANCE
                    4           stalled  2 of 16  5          1       1ms         1             2s    4m  2           \
                    yes      abc

                    3 waiting for a connection

                    2026-11-22 17:19:00 UTC  connection 4  stalled: its buffer is full
                    2026-11-22 17:16:00 UTC  connection 4  connected

                    """)
            #expect(await run.orra("services", "inspect", "price.tool", "--json") == 0)
            #expect(Self.json(run.output.lines.last)?["events"]?.array?.count == 2)
            #expect(await run.orra("services", "inspect", "..") == 2)
            #expect(run.errors.lines == ["orra: no such", "  `orra services ls` lists them."])
        }
        #expect(hub.requests.last?.path == "/services/%2E%2E")
    }

    @Test("prune deletes by the project's retention, or by an age")
    func prune() async throws {
        let hub = FakeHub { asked in .init(200, asked.body == "{}" ? #"{"deleted":1}"# : #"{"deleted":12}"#) }
        try await with(hub) { run in
            #expect(await run.orra("prune") == 0)
            #expect(await run.orra("prune", "--older-than", "24h") == 0)
            #expect(await run.orra("prune", "--json") == 0)
            #expect(run.output.lines == ["✓ 1 action deleted", "✓ 12 actions deleted", #"{"deleted":1}"#])
            #expect(await run.orra("prune", "--older-than", "yesterday") == 2)
            #expect(
                run.errors.lines == [
                    "orra: yesterday is not a duration", "  Write a number with a unit: --older-than 24h",
                ])
        }
        #expect(hub.requests.map(\.body) == ["{}", #"{"olderThan":"24h0m0s"}"#, "{}"])
    }

    @Test("projects retention shows and sets how long ended actions are kept")
    func retention() async throws {
        let hub = FakeHub { asked in .init(200, asked.method == "GET" ? #"{"retention":"168h0m0s"}"# : asked.body) }
        try await with(hub) { run in
            #expect(await run.orra("projects", "retention") == 0)
            #expect(await run.orra("projects", "retention", "36h") == 0)
            #expect(await run.orra("projects", "retention", "0") == 0)
            #expect(await run.orra("projects", "retention", "24h", "--json") == 0)
            #expect(
                run.output.lines == [
                    "Actions of shop are kept for 7 days after their end.",
                    "✓ Actions of shop are kept for 36h0m0s after their end.", "✓ Actions of shop are kept for ever.",
                    #"{"retention":"24h0m0s"}"#,
                ])
            #expect(await run.orra("projects", "retention", "7d") == 2)
        }
        #expect(hub.requests.map(\.method) == ["GET", "PUT", "PUT", "PUT"])
        #expect(hub.requests.dropFirst(2).first?.body == #"{"retention":"0s"}"#)
    }

    private static let accepted = #"""
        {"id":"o_23456789ABCDEFGHJKLMNP","projectID":"p_1","action":{"content":"Ship"},"data":[],"results":[],
        "status":"processing","timestamp":"2026-11-22T17:16:00.000Z","retryOf":"o_1"}
        """#

    @Test("retry watches the new action to its end, or prints its id")
    func retry() async throws {
        let steps = (OrderFrames.running + OrderFrames.completing).map(FakeHub.Step.frame) + [.hold]
        let hub = FakeHub(
            answer: { asked in
                asked.path == "/orchestrations/o_1/retry"
                    ? .init(202, Self.accepted)
                    : .init(
                        409,
                        #"{"error":{"kind":"invalid operation","code":"Orra:CannotRetry","message":"o_2 completed"}}"#)
            }, progress: { _, _ in steps })
        try await with(hub) { run in
            #expect(await run.orra("retry", "o_1") == 0)
            #expect(run.output.text.contains("17:16:03.400  completed in 3.4s\n"))
            #expect(await run.orra("retry", "-q", "o_1") == 0)
            #expect(run.output.lines.last == "o_23456789ABCDEFGHJKLMNP")
            #expect(await run.orra("retry", "o_2") == 2)
            #expect(run.errors.lines == ["orra: o_2 completed", "  `orra inspect <id>` shows where it stands."])
            #expect(await run.orra("retry", "ORD456") == 2)
        }
        #expect(hub.requests.count == 3)
        #expect(hub.streamTargets == ["/orchestrations/o_23456789ABCDEFGHJKLMNP/progress?after=0"])
    }
}
