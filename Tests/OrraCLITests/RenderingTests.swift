import OrraModel
import OrraProtocol
import Testing

@testable import OrraCLI

@Suite struct RenderingTests {
    private func text(_ lines: [Line], width: Int? = nil) -> String {
        lines.map { $0.rendered(width: width, isColored: false) }.joined(separator: "\n")
    }

    @Test("A running action is a tree with progress")
    func running() {
        let box = TaskBox(view: OrderFrames.view(OrderFrames.running), now: OrderFrames.start + .milliseconds(1_800))
        #expect(
            text(box.header + [Line()] + box.box) == """
                ◎ Process new order and arrange optimal delivery
                  o_23456789ABCDEFGHJKLMNP

                ┌─ Tasks
                │ ✓ inventory-tool          0.4s
                │ ├─ ◐ delivery-agent       1.2s  ▰▰▰▰▰▱▱▱ 62 %  booking a carrier
                │ └─ ○ payment-service            ← price-tool
                │ ⏸ price-tool                    price-tool is away
                └─ ◎ processing  1.8s
                """)
    }

    @Test("Independent tasks stand in a plain box")
    func flat() {
        var view = ActionView(action: "x")
        view.tasks = [
            TaskView(id: TaskID(1), name: "inventory-tool", dependencies: []),
            TaskView(id: TaskID(2), name: "delivery-agent", dependencies: []),
            TaskView(id: TaskID(3), name: "payment-service", dependencies: []),
        ]
        view.tasks[0].state = .done
        view.tasks[0].duration = .milliseconds(400)
        view.tasks[1].state = .running
        view.tasks[1].duration = .milliseconds(1_200)
        view.tasks[1].progress = 0.62
        view.tasks[1].message = "booking a carrier"
        view.status = .processing
        #expect(
            text(TaskBox(view: view, now: OrderFrames.start).box) == """
                ┌─ Tasks
                │ ✓ inventory-tool          0.4s
                │ ◐ delivery-agent          1.2s  ▰▰▰▰▰▱▱▱ 62 %  booking a carrier
                │ ○ payment-service
                └─ ◎ processing
                """)
    }

    @Test("A narrow window keeps names and durations, and cuts the rest")
    func narrow() {
        let box = TaskBox(
            view: OrderFrames.view(OrderFrames.running), now: OrderFrames.start + .milliseconds(1_800), width: 40)
        #expect(
            text(box.header + box.box, width: 40) == """
                ◎ Process new order and arrange optimal…
                  o_23456789ABCDEFGHJKLMNP
                ┌─ Tasks
                │ ✓ inventory-tool          0.4s
                │ ├─ ◐ delivery-agent       1.2s  62 % …
                │ └─ ○ payment-service            ← pri…
                │ ⏸ price-tool                    price…
                └─ ◎ processing  1.8s
                """)
        let narrowest = TaskBox(
            view: OrderFrames.view(OrderFrames.running), now: OrderFrames.start + .milliseconds(1_800), width: 20)
        for line in narrowest.box { #expect(DisplayWidth.of(line.rendered(width: 20, isColored: false)) <= 20) }
        #expect(text([narrowest.box[2]], width: 20) == "│ ├─ ◐ deli…  1.2s …")
    }

    @Test("Colours follow the states")
    func colours() {
        let box = TaskBox(view: OrderFrames.view(OrderFrames.running), now: OrderFrames.start, width: 100)
        #expect(
            box.box[1].rendered(width: 100, isColored: true)
                == "\u{1B}[2m│ \u{1B}[0m\u{1B}[32m✓\u{1B}[0m inventory-tool        \u{1B}[2m0.4s\u{1B}[0m"
                .replacing("tool        ", with: "tool          "))
        #expect(box.footer.rendered(width: nil, isColored: true).contains("\u{1B}[36m◎ processing\u{1B}[0m"))
    }

    @Test("What runs turns with the ticks")
    func spinner() {
        let view = OrderFrames.view(OrderFrames.running)
        let icons = (0..<5).map {
            TaskBox(view: view, now: OrderFrames.start, tick: $0).box[2].text.dropFirst(5).prefix(1)
        }
        #expect(icons == ["◐", "◓", "◑", "◒", "◐"])
    }

    @Test("A low window shows what runs and counts the rest")
    func low() {
        var box = TaskBox(view: OrderFrames.view(OrderFrames.running), now: OrderFrames.start + .milliseconds(1_800))
        box.maximumTasks = 3
        #expect(
            text(box.box) == """
                ┌─ Tasks
                │ ├─ ◐ delivery-agent       1.2s  ▰▰▰▰▰▱▱▱ 62 %  booking a carrier
                │ ⏸ price-tool                    price-tool is away
                │ … 2 more
                └─ ◎ processing  1.8s
                """)
    }

    @Test("The outcome of a completed action is its merged result")
    func completed() {
        let view = OrderFrames.view(OrderFrames.running + OrderFrames.completing)
        let box = TaskBox(view: view, now: OrderFrames.start)
        #expect(
            text(box.box + Outcome.lines(view)) == """
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
                """)
        #expect(Outcome.advice(view).isEmpty)
    }

    @Test("The outcome of a failed action is its error and what to do")
    func failed() {
        let view = OrderFrames.view(
            OrderFrames.running + [
                OrderFrames.task(10, "task_failed", 2, 1_000, #","error":"no \u001b[31mcarrier""#),
                #"{"seq":11,"type":"ended","status":"failed","error":"delivery-agent failed: no carrier","duration":2000000000}"#,
            ])
        let box = TaskBox(view: view, now: OrderFrames.start)
        #expect(
            text([box.box[2], box.footer] + Outcome.lines(view)) == """
                │ ├─ ✕ delivery-agent       0.4s  no [31mcarrier
                └─ ✕ failed after 2.0s

                delivery-agent failed: no carrier
                """)
        #expect(
            text(Outcome.advice(view)) == """
                orra retry o_23456789ABCDEFGHJKLMNP  runs what did not complete
                orra inspect -d o_23456789ABCDEFGHJKLMNP  shows what each task did
                """)
    }

    @Test("A retry counts down, and an attempt after the first is named")
    func retry() {
        let failed = OrderFrames.task(
            10, "task_attempt_failed", 2, 1_000, #","attempt":1,"error":"busy","retryAt":"2026-11-22T17:16:03.000Z""#)
        var view = OrderFrames.view(OrderFrames.running + [failed])
        let waiting = TaskBox(view: view, now: OrderFrames.start + .milliseconds(1_800)).box[2]
        #expect(text([waiting]) == "│ ├─ ⏸ delivery-agent       1.2s  attempt 1 failed: busy  again in 2s")
        view.apply(OrderFrames.frame(OrderFrames.task(11, "task_dispatched", 2, 3_000, #","attempt":2"#)))
        let running = TaskBox(view: view, now: OrderFrames.start + .milliseconds(3_600)).box[2]
        #expect(text([running]) == "│ ├─ ◐ delivery-agent       3.0s  attempt 2")
    }

    @Test("Chains are indented up to a depth, and equal names carry their task")
    func chains() {
        var view = ActionView(action: "x")
        view.tasks = (1...9).map {
            TaskView(id: TaskID($0), name: $0 > 7 ? "twin" : "step\($0)", dependencies: $0 == 1 ? [] : [TaskID($0 - 1)])
        }
        let guides = TaskTree(view.tasks).rows.map { DisplayWidth.of($0.guides) }
        #expect(guides == [0, 3, 6, 9, 12, 15, 18, 18, 18])
        #expect(
            TaskBox(view: view, now: OrderFrames.start).box.dropLast().last?.text.hasSuffix("○ twin (task9)") == true)
    }

    @Test("A cycle, which no valid plan has, is drawn all the same")
    func cycle() {
        let tasks = [
            TaskView(id: TaskID(1), name: "a", dependencies: [TaskID(2)]),
            TaskView(id: TaskID(2), name: "b", dependencies: [TaskID(1)]),
        ]
        #expect(TaskTree(tasks).rows.map(\.task.name) == ["a", "b"])
    }

    @Test("Without a terminal there is a line per event")
    func narration() {
        var view = ActionView()
        let lines = (OrderFrames.running + OrderFrames.completing).compactMap { text -> String? in
            let frame = OrderFrames.frame(text)
            view.apply(frame)
            return Narration.line(frame, view)?.text
        }
        #expect(
            lines.joined(separator: "\n") == """
                17:16:00.000  received o_23456789ABCDEFGHJKLMNP: Process new order and arrange optimal delivery
                17:16:00.010  planned: inventory-tool; delivery-agent ← inventory-tool; \
                payment-service ← inventory-tool, price-tool; price-tool
                17:16:00.100  inventory-tool  started
                17:16:00.500  inventory-tool  completed in 0.4s
                17:16:00.600  delivery-agent  started
                17:16:00.900  delivery-agent  62 %  booking a carrier
                17:16:00.950  price-tool  waits: price-tool is away
                17:16:01.000  price-tool  started
                17:16:01.050  price-tool  completed in 50ms
                17:16:01.100  payment-service  started
                17:16:02.000  payment-service  completed in 0.9s
                17:16:03.400  delivery-agent  completed in 2.8s
                17:16:03.400  completed in 3.4s
                """)
    }

    @Test("The list shows icons, shortens actions, and fits the window")
    func list() {
        func action(_ id: String, _ text: String, _ status: Status, _ age: Int, _ error: String? = nil)
            -> OrchestrationSummary
        {
            .init(
                id: .init(id), action: text, status: status, error: error, timestamp: OrderFrames.start + .seconds(-age)
            )
        }
        let actions = [
            action("o_1", "Process new order and arrange optimal delivery for all of our customers", .processing, 3),
            action("o_2", "Estimate\u{1B}[2J delivery", .completed, 300),
            action("o_3", "Fail", .failed, 7_200, "no carrier"), action("o_4", "Sing", .notActionable, 90_000),
        ]
        #expect(
            text(ListCommand.lines(actions, now: OrderFrames.start, width: nil)) == """
                   ID   ACTION                                            STATUS          AGE  ERROR
                ◎  o_1  Process new order and arrange optimal delivery …  processing      3s
                ●  o_2  Estimate[2J delivery                              completed       5m
                ✕  o_3  Fail                                              failed          2h   no carrier
                ⊘  o_4  Sing                                              not actionable  1d
                """)
        let narrow = ListCommand.lines(actions, now: OrderFrames.start, width: 60)
        #expect(
            text(narrow, width: 60) == """
                   ID   ACTION               STATUS          AGE  ERROR
                ◎  o_1  Process new order …  processing      3s
                ●  o_2  Estimate[2J delive…  completed       5m
                ✕  o_3  Fail                 failed          2h   no carrier
                ⊘  o_4  Sing                 not actionable  1d
                """)
        #expect(text(ListCommand.lines([], now: OrderFrames.start, width: nil)).hasPrefix("No actions yet."))
    }
}
