import OrraModel
import OrraProtocol
import Testing

@testable import OrraCLI

@Suite struct CompensationRenderingTests {
    /// An order whose delivery fails: the price is undone, the reservation in part only.
    static let story =
        OrderFrames.running + [
            OrderFrames.task(10, "task_dispatched", 4, 960, #","attempt":1"#),
            OrderFrames.task(11, "task_completed", 4, 1_000, #","output":{}"#),
            OrderFrames.task(12, "task_failed", 2, 1_500, #","code":"Orra:TaskFailed","error":"no carrier""#),
            OrderFrames.task(13, "task_cancelled", 3, 1_500),
            #"""
            {"seq":14,"type":"compensating","status":"failed","timestamp":"2026-11-22T17:16:01.500Z",
            "code":"Orra:TaskFailed","error":"delivery-agent: no carrier"}
            """#,
            OrderFrames.task(15, "compensation_ready", 4, 1_500, #","number":1"#),
            OrderFrames.task(16, "compensation_dispatched", 4, 1_600, #","attempt":1,"delivery":1"#),
            OrderFrames.task(
                17, "compensation_ended", 4, 1_800,
                #","compensationId":"c_1","compensationStatus":"completed","attempts":1"#),
            OrderFrames.task(18, "compensation_ready", 1, 1_800, #","number":1"#),
            OrderFrames.task(19, "compensation_waiting", 1, 1_900, #","error":"the service is away""#),
            OrderFrames.task(20, "compensation_dispatched", 1, 3_000, #","attempt":1,"delivery":1"#),
            OrderFrames.task(
                21, "compensation_attempt_failed", 1, 3_500,
                #","attempt":1,"error":"task1 (inventory-tool) was undone only in part","retryAt":"2026-11-22T17:16:05.500Z","#
                    + #""partial":{"completed":["PROD789"],"remaining":["PROD790"]}"#),
            OrderFrames.task(22, "compensation_dispatched", 1, 5_500, #","attempt":2,"delivery":1"#),
            OrderFrames.task(
                23, "compensation_ended", 1, 9_000,
                #","compensationId":"c_2","compensationStatus":"partial","attempts":2,"error":"task1 (inventory-tool) was not undone: PROD790 is locked""#
            ),
            #"""
            {"seq":24,"type":"ended","status":"failed","timestamp":"2026-11-22T17:16:09.000Z","duration":9000000000,
            "error":"delivery-agent: no carrier"}
            """#,
        ]

    private func box(frames count: Int, at milliseconds: Int, maximumTasks: Int = .max) -> String {
        var box = TaskBox(
            view: OrderFrames.view(Array(Self.story.prefix(count))),
            now: OrderFrames.start + .milliseconds(milliseconds))
        box.maximumTasks = maximumTasks
        return text(box.box)
    }

    private func text(_ lines: [Line]) -> String {
        lines.map { $0.rendered(width: nil, isColored: false) }.joined(separator: "\n")
    }

    private let tasks = """
        ┌─ Tasks
        │ ✓ inventory-tool          0.4s
        │ ├─ ✕ delivery-agent       0.9s  no carrier
        │ └─ ⊗ payment-service
        │ ✓ price-tool              40ms

        """

    @Test("What is undone stands under the tasks, in the order in which it is")
    func undoing() {
        #expect(box(frames: 14, at: 1_500) == tasks + "└─ ✕ failed after 1.5s, undoing")
        #expect(
            box(frames: 15, at: 1_500) == tasks + """
                ├─ Undo
                │ ○ price-tool
                └─ ✕ failed after 1.5s, undoing
                """)
        #expect(
            box(frames: 16, at: 1_700) == tasks + """
                ├─ Undo
                │ ◐ price-tool              0.1s
                └─ ✕ failed after 1.5s, undoing
                """)
        #expect(
            box(frames: 19, at: 2_000) == tasks + """
                ├─ Undo
                │ ✓ price-tool              0.2s  undone
                │ ⏸ inventory-tool                the service is away
                └─ ✕ failed after 1.5s, undoing
                """)
        #expect(
            box(frames: 21, at: 4_000).hasSuffix(
                "│ ⏸ inventory-tool          1.0s  attempt 1: was undone only in part  again in 2s\n"
                    + "└─ ✕ failed after 1.5s, undoing"))
        #expect(box(frames: 22, at: 6_000).contains("│ ◐ inventory-tool          3.0s  attempt 2\n"))
        #expect(
            box(frames: 24, at: 20_000).hasSuffix(
                "│ ✕ inventory-tool          6.0s  was not undone: PROD790 is locked\n└─ ✕ failed after 1.5s"))
    }

    @Test("A low window shows the newest of what is undone")
    func low() {
        #expect(
            box(frames: 24, at: 20_000, maximumTasks: 3) == """
                ┌─ Tasks
                │ ├─ ✕ delivery-agent       0.9s  no carrier
                │ … 3 more
                ├─ Undo
                │ … 1 more
                │ ✕ inventory-tool          6.0s  was not undone: PROD790 is locked
                └─ ✕ failed after 1.5s
                """)
    }

    @Test("Only frames of the plan's tasks are undone, and a resolution is noted")
    func harmless() {
        var view = OrderFrames.view(Self.story)
        let before = view
        view.apply(OrderFrames.frame(OrderFrames.task(25, "compensation_ready", 9, 9_000)))
        view.apply(
            OrderFrames.frame(
                #"{"type":"service_health","serviceName":"price-tool","connection":1,"health":"degraded"}"#))
        #expect(view == before)
        view.apply(
            OrderFrames.frame(
                OrderFrames.task(
                    25, "compensation_resolved", 1, 9_000,
                    #","compensationId":"c_2","resolution":"resolved","reason":"released by hand""#)))
        #expect(view[compensationOf: TaskID(1)]?.note == "resolved: released by hand")
        #expect(view.hasEnded && !view.isUndoing)
    }

    @Test("Without a terminal each step of the undoing is a line")
    func narration() {
        var view = ActionView()
        let lines = Self.story.compactMap { text -> String? in
            let frame = OrderFrames.frame(text)
            view.apply(frame)
            return Narration.line(frame, view)?.text
        }
        #expect(
            lines.suffix(9).joined(separator: "\n") == """
                17:16:01.500  failed: undoing what was done
                17:16:01.600  price-tool  is being undone
                17:16:01.800  price-tool  undone in 0.2s
                17:16:01.900  inventory-tool  waits to be undone: the service is away
                17:16:03.000  inventory-tool  is being undone
                17:16:03.500  inventory-tool  attempt 1 was undone only in part
                17:16:05.500  inventory-tool  is being undone, attempt 2
                17:16:09.000  inventory-tool  was not undone: PROD790 is locked
                17:16:09.000  failed after 1.5s: delivery-agent: no carrier
                """)
    }

    @Test("Kept outputs, dropped progress, resolutions and connections are told")
    func furtherNarration() {
        var view = OrderFrames.view(OrderFrames.running)
        func told(_ text: String) -> String? {
            let frame = OrderFrames.frame(text)
            view.apply(frame)
            return Narration.line(frame, view)?.text
        }
        #expect(
            told(#"{"type":"received","orchestrationId":"o_2","action":"Ship","retryOf":"o_1"}"#)
                == "received o_2, again after o_1: Ship")
        #expect(
            told(OrderFrames.task(10, "task_kept", 1, 0, #","output":{},"from":"o_1""#))
                == "17:16:00.000  inventory-tool  kept from o_1")
        #expect(view[TaskID(1)]?.state == .done && view[TaskID(1)]?.note == "kept")
        #expect(
            told(OrderFrames.task(11, "task_interim_result", 2, 0, #","data":{"percent":40},"skipped":12"#))
                == "17:16:00.000  delivery-agent  40 %  (12 skipped)")
        #expect(
            told(OrderFrames.task(12, "compensation_dispatched", 1, 0, #","attempt":1,"delivery":2"#))
                == "17:16:00.000  inventory-tool  is asked again to undo")
        #expect(
            told(OrderFrames.task(13, "compensation_ended", 1, 0, #","compensationStatus":"expired","error":"late""#))
                == "17:16:00.000  inventory-tool  late")
        #expect(
            told(OrderFrames.task(14, "compensation_resolved", 1, 0, #","resolution":"ignored","reason":"void""#))
                == "17:16:00.000  inventory-tool  ignored: void")
        #expect(
            told(#"{"type":"service_connected","serviceName":"price-tool","connection":4}"#) == "price-tool  connected")
        #expect(
            told(#"{"type":"service_disconnected","serviceName":"price-tool","connection":4,"reason":"lost"}"#)
                == "price-tool  disconnected: lost")
        #expect(
            told(
                #"{"type":"service_health","serviceName":"price-tool","connection":4,"health":"degraded","reason":"slow"}"#
            )
                == "price-tool  degraded: slow")
    }

    @Test("An inspection shows what was undone, newest completion first, and its history")
    func inspection() throws {
        func task(_ number: Int, _ name: String, _ more: String) -> String {
            #"{"id":"task\#(number)","serviceId":"s_a","serviceName":"\#(name)","status":"completed","isRevertible":true,"#
                + #""duration":400000000,"attempts":1,"statusHistory":[]\#(more)}"#
        }
        func step(_ status: String, _ attempt: Int, _ second: Int, _ error: String = "") -> String {
            #"{"id":"h","taskId":"task1","status":"\#(status)","attempt":\#(attempt),"maxAttempts":10,"#
                + #""timestamp":"2026-11-22T17:16:0\#(second).000Z"\#(error)}"#
        }
        let first =
            #","compensation":{"status":"expired","attempt":2,"max_attempts":10,"timestamp":"2026-11-22T17:16:08.000Z"},"#
            + #""compensationHistory":[\#(step("pending", 0, 4)),\#(step("processing", 1, 5)),"#
            + #"\#(step("expired", 2, 8, #","error":"too \u001b[31mlate""#))]"#
        let second =
            #","compensation":{"status":"completed","attempt":1,"max_attempts":10,"timestamp":"2026-11-22T17:16:03.500Z"},"#
            + #""compensationHistory":[\#(step("pending", 0, 2)),\#(step("processing", 1, 3))]"#
        let text = #"""
            {"id":"o_2","status":"aborted","action":"Ship","timestamp":"2026-11-22T17:16:00.000Z","duration":1500000000,
            "retryOf":"o_1","tasks":[\#(task(1, "inventory-tool", first)),\#(task(2, "payment-service", second)),
            \#(task(3, "mailer", ""))]}
            """#
        let inspection = try WireDecoder().decode(Inspection.self, from: Array(text.utf8))
        let lines = InspectionDetail(isDetailed: true).lines(inspection, now: CommandRun.now, width: nil)
        let shown = self.text(lines)
        #expect(
            shown.hasPrefix(
                """
                ⊟ Ship
                  o_2  again after o_1
                  2026-11-22 17:16:00 UTC

                ┌─ Tasks
                │ ✓ inventory-tool          0.4s
                │ ✓ payment-service         0.4s
                │ ✓ mailer                  0.4s
                ├─ Undo
                │ ✓ payment-service         0.5s  undone
                │ ✕ inventory-tool          3.0s  too [31mlate
                └─ ⊟ aborted after 1.5s

                ✓ inventory-tool  task1  completed  0.4s  1 attempt  not undone in time
                  undo
                    17:16:04.000  to be undone
                    17:16:05.000  being undone
                    17:16:08.000  not undone in time  attempt 2 of 10  too [31mlate

                ✓ payment-service  task2  completed  0.4s  1 attempt  undone
                """))
        #expect(!shown.contains("\u{1B}"))
    }

    @Test("An inspection of an action that is being undone has not ended; what waits for its turn stands last")
    func unsettled() throws {
        func task(_ number: Int, _ status: String, _ completedAt: Int, _ history: String = "") -> String {
            #"{"id":"task\#(number)","serviceId":"s_a","serviceName":"a","status":"completed","isRevertible":true,"#
                + #""duration":1,"statusHistory":[],"compensation":{"status":"\#(status)","attempt":0,"max_attempts":10,"#
                + #""timestamp":"2026-11-22T17:16:0\#(completedAt).000Z"}\#(history)}"#
        }
        let begun =
            #","compensationHistory":[{"id":"h","taskId":"task4","status":"processing","attempt":1,"maxAttempts":10,"#
            + #""timestamp":"2026-11-22T17:16:09.000Z"}]"#
        let tasks = [
            task(1, "pending", 2), task(2, "pending", 3), task(3, "pending", 1), task(4, "processing", 9, begun),
        ]
        let text = #"""
            {"id":"o_2","status":"failed","action":"Ship","timestamp":"2026-11-22T17:16:00.000Z","duration":1500000000,
            "tasks":[\#(tasks.joined(separator: ","))]}
            """#
        let view = ActionView(try WireDecoder().decode(Inspection.self, from: Array(text.utf8)))
        #expect(view.isUndoing && !view.hasEnded)
        #expect(view.compensations.map(\.task.number) == [4, 2, 1, 3])
        #expect(view.compensations.map(\.state) == [.running, .pending, .pending, .pending])
        #expect(Outcome.advice(view).isEmpty)
    }

    @Test("A list with compensations has a column for them")
    func list() {
        func action(_ id: String, _ counts: CompensationCounts?) -> OrchestrationSummary {
            .init(
                id: .init(id), action: "Ship", status: .failed, error: "no carrier", timestamp: OrderFrames.start,
                compensation: counts)
        }
        let lines = ListCommand.lines(
            [
                action("o_1", .init(active: 1, total: 3, completed: 1, failed: 1)),
                action("o_2", .init(active: 1, total: 2, completed: 1)), action("o_3", .init(total: 2, completed: 2)),
                action("o_4", nil),
            ], now: OrderFrames.start + .seconds(3), width: nil)
        #expect(
            text(lines) == """
                   ID   ACTION  STATUS  AGE  UNDONE           ERROR
                ✕  o_1  Ship    failed  3s   ◐ 1/3, 1 failed  no carrier
                ✕  o_2  Ship    failed  3s   ◐ 1/2            no carrier
                ✕  o_3  Ship    failed  3s   2/2              no carrier
                ✕  o_4  Ship    failed  3s                    no carrier
                """)
    }
}
