import OrraModel
import OrraProtocol
import Testing

@testable import OrraCLI

/// The frames of a small order, as the hub sends them.
enum OrderFrames {
    static let id = "o_23456789ABCDEFGHJKLMNP"
    static let action = "Process new order and arrange optimal delivery"

    static func frame(_ text: String) -> ProgressFrame {
        do { return try ProgressFrame(frame: Array(text.utf8)) } catch { preconditionFailure("\(error) in \(text)") }
    }

    static let received =
        #"""
        {"seq":1,"type":"received","orchestrationId":"o_23456789ABCDEFGHJKLMNP",
        "timestamp":"2026-11-22T17:16:00.000Z","action":"Process new order and arrange optimal delivery"}
        """#
    static let planned =
        #"""
        {"seq":2,"type":"planned",
        "timestamp":"2026-11-22T17:16:00.010Z","tasks":[
        {"id":"task1","serviceId":"s_a","serviceName":"inventory-tool","serviceType":"tool","dependencies":[]},
        {"id":"task2","serviceId":"s_b","serviceName":"delivery-agent","serviceType":"agent","dependencies":["task1"]},
        {"id":"task3","serviceId":"s_c","serviceName":"payment-service","serviceType":"service","dependencies":["task1","task4"]},
        {"id":"task4","serviceId":"s_d","serviceName":"price-tool","serviceType":"tool","dependencies":[]}]}
        """#
    static func task(_ seq: Int, _ type: String, _ task: Int, _ milliseconds: Int, _ more: String = "") -> String {
        let time = Timestamp(milliseconds: 1_795_367_760_000 + Int64(milliseconds))
        return #"{"seq":\#(seq),"type":"\#(type)","taskId":"task\#(task)","timestamp":"\#(time)"\#(more)}"#
    }

    static let running = [
        received, planned, task(3, "task_ready", 1, 20),
        task(4, "task_dispatched", 1, 100, #","attempt":1,"delivery":1"#),
        task(5, "task_completed", 1, 500, #","output":{"a":1}"#), task(6, "task_ready", 2, 500),
        task(7, "task_dispatched", 2, 600, #","attempt":1"#),
        task(8, "task_interim_result", 2, 900, #","data":{"progress":0.62,"message":"booking a carrier"}"#),
        task(9, "task_waiting", 4, 950, #","error":"price-tool is away""#),
    ]

    static let completing = [
        task(10, "task_dispatched", 4, 1_000, #","attempt":1"#), task(11, "task_completed", 4, 1_050),
        task(12, "task_dispatched", 3, 1_100, #","attempt":1"#), task(13, "task_completed", 3, 2_000),
        task(14, "task_completed", 2, 3_400),
        #"""
        {"seq":15,"type":"ended","status":"completed","timestamp":"2026-11-22T17:16:03.400Z",
        "duration":3400000000,"results":[{"deliveryTracking":"DLV987","x":1},{"orderStatus":"processed","x":2}]}
        """#,
    ]

    static func view(_ frames: [String]) -> ActionView {
        var view = ActionView()
        for frame in frames { view.apply(self.frame(frame)) }
        return view
    }

    static let start = Timestamp(milliseconds: 1_795_367_760_000)
}

@Suite struct ActionViewTests {
    @Test("Frames fold into what is shown")
    func running() throws {
        let view = OrderFrames.view(OrderFrames.running)
        #expect(view.id?.rawValue == OrderFrames.id)
        #expect(view.status == .processing)
        #expect(view.tasks.map(\.state) == [.done, .running, .pending, .waiting])
        #expect(view.tasks[0].duration == .milliseconds(400))
        #expect(view.tasks[1].progress == 0.62)
        #expect(view.tasks[1].message == "booking a carrier")
        #expect(view.tasks[3].note == "price-tool is away")
        #expect(view.elapsed(at: OrderFrames.start + .seconds(2)) == .seconds(2))
        #expect(!view.hasEnded)
    }

    @Test("The end brings status, duration and the merged results")
    func ended() throws {
        let view = OrderFrames.view(OrderFrames.running + OrderFrames.completing)
        #expect(view.hasEnded && view.status == .completed)
        #expect(view.duration == .milliseconds(3_400))
        #expect(view.mergedResults == ["deliveryTracking": "DLV987", "x": 2, "orderStatus": "processed"])
        #expect(view.tasks.allSatisfy { $0.state == .done })
    }

    @Test("A new attempt begins without the progress of the last one")
    func attempts() throws {
        let failed = OrderFrames.task(
            10, "task_attempt_failed", 2, 1_000,
            #","attempt":1,"error":"no carrier","retryAt":"2026-11-22T17:16:02.000Z""#)
        var view = OrderFrames.view(OrderFrames.running + [failed])
        #expect(view[TaskID(2)]?.state == .waiting)
        #expect(view[TaskID(2)]?.note == "no carrier")
        #expect(view[TaskID(2)]?.retryAt == OrderFrames.start + .seconds(2))
        view.apply(OrderFrames.frame(OrderFrames.task(11, "task_dispatched", 2, 2_000, #","attempt":2"#)))
        #expect(view[TaskID(2)]?.state == .running)
        #expect(view[TaskID(2)]?.attempt == 2)
        #expect(view[TaskID(2)]?.progress == nil)
        #expect(view[TaskID(2)]?.note == nil)
        #expect(view[TaskID(2)]?.startedAt == OrderFrames.start + .milliseconds(600))
    }

    @Test("Failure, abort and cancellation of tasks, and the way to the end")
    func failure() {
        let view = OrderFrames.view(
            OrderFrames.running + [
                OrderFrames.task(10, "task_failed", 2, 1_000, #","error":"no carrier","code":"Orra:TaskFailed""#),
                OrderFrames.task(11, "task_cancelled", 3, 1_000),
                OrderFrames.task(12, "task_aborted", 4, 1_000, #","data":{"message":"no price"}"#),
                #"{"seq":13,"type":"ending","status":"failed","error":"delivery-agent failed"}"#,
            ])
        #expect(view.tasks.map(\.state) == [.done, .failed, .cancelled, .aborted])
        #expect(view.tasks.map(\.note) == [nil, "no carrier", nil, "no price"])
        #expect(view.isEnding && !view.hasEnded && view.status == .failed && view.error == "delivery-agent failed")
    }

    @Test("Frames of unknown tasks, late answers and pauses do no harm")
    func harmless() {
        let before = OrderFrames.view(OrderFrames.running)
        var view = before
        view.apply(OrderFrames.frame(OrderFrames.task(10, "task_completed", 9, 1_000)))
        view.apply(OrderFrames.frame(OrderFrames.task(11, "task_late", 1, 1_000)))
        view.apply(OrderFrames.frame(#"{"type":"reset","oldest":4}"#))
        #expect(view == before)
        view.apply(OrderFrames.frame(#"{"seq":12,"type":"paused"}"#))
        #expect(view.status == .paused)
        view.apply(OrderFrames.frame(#"{"seq":13,"type":"resumed"}"#))
        #expect(view.status == .processing)
    }

    @Test(
        "Progress objects are read by their usual names",
        arguments: [
            (#"{"progress":0.62,"message":"m"}"#, 0.62, "m"), (#"{"progress":1}"#, 1, nil),
            (#"{"percent":62}"#, 0.62, nil),
            (#"{"percentage":1,"status":"s"}"#, 0.01, "s"), (#"{"percent":0.5,"text":"t"}"#, 0.5, "t"),
            (#"{"progress":250,"percent":40}"#, 0.4, nil), (#"{"progress":"half","message":7}"#, nil, nil),
            (#"{"progress":-1}"#, nil, nil), ("[1]", nil, nil), (#"{"message":"","status":"s"}"#, nil, "s"),
        ] as [(String, Double?, String?)])
    func reports(text: String, fraction: Double?, message: String?) throws {
        let report = ProgressReport(try JSONValue(parsing: text))
        #expect(report.fraction == fraction)
        #expect(report.message == message)
    }

    @Test("Results that are no objects stay a list, one result stays itself")
    func results() throws {
        var view = ActionView()
        #expect(view.mergedResults == nil)
        view.results = [RawJSON(["a": 1])]
        #expect(view.mergedResults == ["a": 1])
        view.results = [RawJSON(["a": 1]), RawJSON(2)]
        #expect(view.mergedResults == [["a": 1], 2])
    }
}
