import NIOCore
import OrraModel
import OrraProtocol
import OrraWebSocket
import Testing

@Suite("Bad frames", .timeLimit(.minutes(2)))
struct BadFrameTests {
    struct Stage {
        var project: TestProject
        var service: FakeService
        var id: OrchestrationID
        var request: FakeService.Request
    }

    /// One service with one task in flight.
    static func stage(
        _ hub: TestHub, retry: JSONValue? = nil, output: JSONValue = TestProject.text
    ) async throws -> Stage {
        let project = try await hub.makeProject()
        let echo = try await project.register("echo", output: output, retry: retry)
        let service = try await FakeService.connect(echo, project)
        let id = try await project.submit(plan: TestProject.plan(("echo", ["text": "hello"])))
        return Stage(project: project, service: service, id: id, request: try await service.request())
    }

    @Test(
        "a frame that is not JSON gets an error, and the connection and its task go on",
        arguments: [
            "hello", "{", "[]", "5", #"{"id": "m", "payload": 5}"#, #"{"payload": {"type": "task_result"}}"#,
            #"{"payload": {"type": "unheard of"}}"#, #"{"payload": {}}"#, "\u{0}",
        ])
    func notJSON(frame: String) async throws {
        try await withTestHub { hub in
            let stage = try await Self.stage(hub)
            try await stage.service.socket.send(frame)
            #expect(try await stage.service.socket.frame("error")["error"]?.string?.isEmpty == false)
            try await stage.service.acknowledged(try await stage.service.answer(stage.request, ["text": "hello"]))
            try await stage.project.wait(stage.id, for: .completed)
        }
    }

    @Test("a message that has an id and no key is acknowledged, or it would come again")
    func noKey() async throws {
        try await withTestHub { hub in
            let stage = try await Self.stage(hub)
            let id = try await stage.service.send(["type": "task_result", "result": ["task": ["text": "x"]]])
            try await stage.service.acknowledged(id)
            #expect(try await stage.service.socket.frame("error")["error"]?.string?.contains("idempotencyKey") == true)
            #expect(try await stage.project.inspect(stage.id).status == .processing)
        }
    }

    @Test("binary frames are read like text")
    func binary() async throws {
        try await withTestHub { hub in
            let stage = try await Self.stage(hub)
            let payload = FakeService.payload(
                "task_result", stage.request, stage.service.id, ["result": ["task": ["text": "hello"]]])
            try await stage.service.socket.send(binary: ["id": "b1", "payload": payload])
            try await stage.service.acknowledged("b1")
            try await stage.project.wait(stage.id, for: .completed)
        }
    }

    @Test("a bare message counts and gets no acknowledgement")
    func bare() async throws {
        try await withTestHub { hub in
            let stage = try await Self.stage(hub)
            try await stage.service.socket.send(
                FakeService.payload(
                    "task_result", stage.request, stage.service.id, ["id": "x", "result": ["task": ["text": "hello"]]]))
            try await stage.project.wait(stage.id, for: .completed)
            try await stage.service.socket.roundTrip()
            #expect(stage.service.socket.frames("ACK").isEmpty)
        }
    }

    @Test("a result for an unknown key is acknowledged and has no effect")
    func unknownKey() async throws {
        try await withTestHub { hub in
            let stage = try await Self.stage(hub)
            var unknown = stage.request
            unknown.key = String(repeating: "0", count: 64)
            try await stage.service.acknowledged(try await stage.service.answer(unknown, ["text": "x"]))
            try await stage.service.acknowledged(try await stage.service.fail(unknown, "x"))
            try await stage.service.acknowledged(try await stage.service.abort(unknown, [:]))
            try await stage.service.acknowledged(try await stage.service.progress(unknown, [:]))
            #expect(try await stage.project.inspect(stage.id).status == .processing)
        }
    }

    @Test("F10: of two results for one task the first counts; the second is acknowledged and journaled")
    func duplicateResults() async throws {
        try await withTestHub { hub in
            let stage = try await Self.stage(hub)
            try await stage.service.answer(stage.request, ["text": "first"])
            try await stage.project.wait(stage.id, for: .completed)
            try await stage.service.acknowledged(try await stage.service.answer(stage.request, ["text": "second"]))
            try await stage.service.acknowledged(try await stage.service.fail(stage.request, "third"))
            try await stage.service.acknowledged(try await stage.service.answer(stage.request, ["text": "first"]))
            let inspection = try await stage.project.inspect(stage.id)
            #expect(inspection.status == .completed)
            #expect(inspection.results?.map(\.value) == [["text": "first"]])
            let frames = try await ProgressTests.all(stage.project, stage.id, from: inspection)
            #expect(frames.filter { $0["type"] == "message_rejected" }.count == 2)
            #expect(frames.last?["error"]?.string?.contains("already has an outcome") == true)
        }
    }

    @Test("F10: a second result while the orchestration runs on changes nothing")
    func duplicateResultWhileRunning() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            let service = try await FakeService.connect(echo, project)
            let id = try await project.submit(
                plan: TestProject.plan(("echo", ["text": "a"]), ("echo", ["text": "$task1.text"])))
            let first = try await service.request()
            try await service.acknowledged(try await service.answer(first, ["text": "1"]))
            try await service.acknowledged(try await service.answer(first, ["text": "2"]))
            let second = try await service.request(1)
            #expect(second.input == ["text": "1"])
            try await service.answer(second, ["text": "end"])
            let inspection = try await project.wait(id, for: .completed)
            #expect(inspection.tasks.first?.output?.value == ["text": "1"])
        }
    }

    @Test("F8: a result for another service's task is acknowledged and has no effect")
    func foreignTask() async throws {
        try await withTestHub { hub in
            let stage = try await Self.stage(hub)
            let other = try await FakeService.connect(try await stage.project.register("other"), stage.project)
            let stranger = try await hub.makeProject("strangers")
            let foreign = try await FakeService.connect(try await stranger.register("echo"), stranger)
            for liar in [other, foreign] {
                // Says that it is the task's own service.
                let payload = FakeService.payload(
                    "task_result", stage.request, stage.service.id, ["result": ["task": ["text": "stolen"]]])
                try await liar.acknowledged(try await liar.send(payload))
                try await liar.acknowledged(try await liar.abort(stage.request, [:]))
                try await liar.socket.send([
                    "id": "m", "payload": ["type": "odd", "idempotencyKey": .string(stage.request.key)],
                ])
                try await liar.acknowledged("m")
            }
            #expect(try await stage.project.inspect(stage.id).status == .processing)
            try await stage.service.answer(stage.request, ["text": "own"])
            let inspection = try await stage.project.wait(stage.id, for: .completed)
            #expect(inspection.results?.map(\.value) == [["text": "own"]])
            for liar in [other, foreign] {
                try await liar.acknowledged(try await liar.answer(stage.request, ["text": "late"]))
            }
            #expect(try await stage.project.inspect(stage.id).results?.map(\.value) == [["text": "own"]])
        }
    }

    @Test("a result of null without an error fails the task that it names")
    func emptyResult() async throws {
        try await withTestHub { hub in
            let stage = try await Self.stage(hub)
            let payload = FakeService.payload("task_result", stage.request, stage.service.id, ["result": nil])
            try await stage.service.acknowledged(try await stage.service.send(payload))
            let inspection = try await stage.project.wait(stage.id, for: .failed)
            #expect(inspection.tasks.first?.attempts == 1)
            #expect(inspection.error?.contains("task1 (echo)") == true)
        }
    }

    @Test("F7: an output of 10 MiB passes; a larger one fails its task and names size and limit")
    func largeOutputs() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            let service = try await FakeService.connect(echo, project)
            let plan = TestProject.plan(("echo", ["text": "a"]), ("echo", ["text": "$task1.text"]))
            let id = try await project.submit(plan: plan, more: ["timeout": "5m"])
            let head = #"{"text":""#.utf8.count + 2
            let text = String(repeating: "x", count: Limits.payloadBytes - head)
            try await service.answer(try await service.request(), ["text": .string(text)])
            let second = try await service.request(1)
            #expect(second.input["text"]?.string?.utf8.count == text.utf8.count)
            try await service.acknowledged(try await service.answer(second, ["text": .string(text + "x")]))
            let row = try await eventually("the end") {
                try await project.get("/orchestrations").json["failed"]?.array?.first
            }
            #expect(row["id"]?.string == id.rawValue)
            #expect(row["error"]?.string?.contains("10485761") == true)
            #expect(row["error"]?.string?.contains("10485760") == true)
            #expect(row["error"]?.string?.contains("task2 (echo)") == true)
        }
    }

    @Test("twice 10 MiB, the envelope and a byte close the connection with 1009, and others go on")
    func tooLargeFrame() async throws {
        try await withTestHub { hub in
            let stage = try await Self.stage(hub)
            let other = try await FakeService.connect(try await stage.project.register("other"), stage.project)
            // The client's own limit is the same, so the frame is written by hand.
            let raw = try await RawSocket.open(hub, stage.service.id, stage.project.key)
            #expect(try await raw.closeCode(afterAnnouncing: Limits.serviceFrameBytes + 1) == 1009)
            let id = try await stage.project.submit(plan: TestProject.plan(("other", ["text": "b"])))
            try await other.answer(try await other.request(), ["text": "b"])
            try await stage.project.wait(id, for: .completed)
            #expect(stage.service.socket.isOpen)
            try await stage.service.answer(stage.request, ["text": "hello"])
            try await stage.project.wait(stage.id, for: .completed)
        }
    }

    @Test("F9: an output that breaks the schema fails its task where that is enforced, and names service and field")
    func wrongOutputs() async throws {
        try await withTestHub(planning: PlanningSettings(outputCheck: .enforce)) { hub in
            for output in [["text": 5], [:], [1]] as [JSONValue] {
                let stage = try await Self.stage(
                    hub, output: TestProject.object(["text": ["type": "string"]], required: ["text"]))
                try await stage.service.acknowledged(try await stage.service.answer(stage.request, output))
                let inspection = try await stage.project.wait(stage.id, for: .failed)
                #expect(inspection.error?.contains("task1 (echo)") == true)
                #expect(output.object == nil || inspection.error?.contains("text") == true, "\(inspection.error ?? "")")
            }
        }
    }

    @Test("F9: a field that an output lacks fails the task that takes it, and names both")
    func missingField() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            try await project.register(
                "strict", input: TestProject.object(["text": ["type": "string"]], required: ["text"]))
            let service = try await FakeService.connect(echo, project)
            let id = try await project.submit(
                plan: TestProject.plan(("echo", ["text": "a"]), ("strict", ["text": "$task1.text"])))
            try await service.answer(try await service.request(), [:])
            let inspection = try await project.wait(id, for: .failed)
            #expect(inspection.error == "task2 (strict) takes text from text of task1 (echo), which gave none")
        }
    }
}
