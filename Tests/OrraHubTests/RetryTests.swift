import NIOHTTP1
import OrraModel
import OrraProtocol
import OrraStore
import Testing

@Suite("Retry from the failed step", .timeLimit(.minutes(2)))
struct RetryTests {
    /// A first, a second and a third; the second fails.
    struct Stage {
        var project: TestProject
        var echo: FakeService
        var id: OrchestrationID

        init(_ hub: TestHub, more: JSONObject = [:]) async throws {
            project = try await hub.makeProject()
            echo = try await FakeService.connect(
                try await project.register("echo", retry: TestProject.quickRetry(1)), project)
            id = try await project.submit(
                "Say it", plan: RetryTests.plan, data: [("text", "a"), ("order", "ORD456")], more: more)
            try await echo.answer(try await echo.request(), ["text": "one"])
            try await echo.fail(try await echo.request(1), "broken")
            try await project.wait(id, for: .failed)
        }
    }

    static let plan = TestProject.plan(
        ("echo", ["text": "$task0.text"]), ("echo", ["text": "$task1.text"]), ("echo", ["text": "$task2.text"]))

    @Test("the finished tasks' outputs are kept, the rest runs, and everything says what is repeated")
    func kept() async throws {
        try await withTestHub { hub in
            let receiver = try await WebhookReceiver.start(hub)
            let stage = try await Stage(
                hub,
                more: ["webhook": .string(receiver.url("/action")), "timeout": "45s", "healthCheckGracePeriod": "7m"])
            let (project, echo) = (stage.project, stage.echo)
            let answer = try await project.post("/orchestrations/\(stage.id)/retry")
            #expect(answer.status == 202)
            let id = OrchestrationID(try #require(answer.json["id"]?.string))
            #expect(id != stage.id)
            #expect(answer.json["retryOf"]?.string == stage.id.rawValue)
            #expect(answer.json["projectID"]?.string == project.id.rawValue)
            #expect(answer.json["status"] == "processing")
            #expect(answer.json["action"] == ["content": "Say it"])
            #expect(answer.json["data"]?.array?.count == 2)
            #expect(answer.json["timeout"] == "45s")
            #expect(answer.json["healthCheckGracePeriod"] == "7m0s")
            #expect(answer.json["webhook"]?.string == receiver.url("/action"))
            #expect(answer.json["taskZero"] == ["text": "a", "order": "ORD456"])
            #expect(answer.json["plan"]?["tasks"]?.array?.count == 4)
            // The second task comes with the first one's output, and a key of its own.
            let second = try await echo.request(2)
            #expect(second.task == "task2")
            #expect(second.input == ["text": "one"])
            #expect(Set(echo.requests.map(\.key)).count == 3)
            try await echo.answer(second, ["text": "two"])
            try await echo.answer(try await echo.request(3), ["text": "three"])
            let inspection = try await project.wait(id, for: .completed)
            #expect(inspection.retryOf == stage.id)
            #expect(inspection.results?.map(\.value) == [["text": "three"]])
            #expect(inspection.tasks.map(\.status) == [.completed, .completed, .completed])
            #expect(inspection.tasks.map(\.attempts) == [0, 1, 1])
            #expect(inspection.tasks.first?.output?.value == ["text": "one"])
            #expect(echo.requests.count == 4)
            #expect(try await project.inspect(stage.id).retryOf == nil)
            #expect(try await project.inspect(stage.id).status == .failed)

            let frames = try await project.frames(id)
            #expect(ProgressTests.numbers(frames) == Array(1...frames.count))
            #expect(frames.prefix(3).map { $0["type"]?.string } == ["received", "planned", "task_kept"])
            #expect(frames.first?["retryOf"]?.string == stage.id.rawValue)
            let kept = frames[2]
            #expect(kept["taskId"] == "task1")
            #expect(kept["serviceName"] == "echo")
            #expect(kept["output"] == ["text": "one"])
            #expect(kept["from"]?.string == stage.id.rawValue)
            // It is found by its parameters, and its webhook is told.
            let found = try await project.get("/orchestrations/inspections?value=ORD456")
            #expect(found.json["id"]?.string == id.rawValue)
            #expect(found.json["retryOf"]?.string == stage.id.rawValue)
            let told = try await receiver.delivery("/action", 1)
            #expect(told.body["orchestration_id"]?.string == id.rawValue)
            #expect(told.body["status"] == "completed")
        }
    }

    @Test("a retry that fails can be retried, and keeps what both have finished; also after a crash")
    func again() async throws {
        let store = InMemoryStore()
        try await withTestHub(store) { hub in
            let stage = try await Stage(hub)
            let project = stage.project
            let first = OrchestrationID(
                try #require(try await project.post("/orchestrations/\(stage.id)/retry").json["id"]?.string))
            try await stage.echo.answer(try await stage.echo.request(2), ["text": "two"])
            try await stage.echo.fail(try await stage.echo.request(3), "broken")
            try await project.wait(first, for: .failed)
            _ = try await hub.crash(store)
            let echo = try await FakeService.connect(stage.echo.id, project)
            let answer = try await project.post("/orchestrations/\(first)/retry", [:])
            #expect(answer.status == 202)
            #expect(answer.json["retryOf"]?.string == first.rawValue)
            let last = try await echo.request()
            #expect(last.task == "task3")
            #expect(last.input == ["text": "two"])
            try await echo.answer(last, ["text": "three"])
            let id = OrchestrationID(try #require(answer.json["id"]?.string))
            let inspection = try await project.wait(id, for: .completed)
            #expect(inspection.tasks.map(\.attempts) == [0, 0, 1])
            #expect(echo.requests.count == 1)
        }
    }

    @Test("a cancelled and an aborted action can be retried")
    func otherOutcomes() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await FakeService.connect(try await project.register("echo"), project)
            let cancelled = try await project.submit(plan: Self.plan, data: [("text", "a")])
            let request = try await echo.request()
            _ = try await project.post("/orchestrations/\(cancelled)/cancel")
            // What was running when it was cancelled has finished all the same.
            try await echo.answer(request, ["text": "one"])
            #expect(try await project.end(of: cancelled).tasks.first?.status == .completed)
            let second = try await project.post("/orchestrations/\(cancelled)/retry")
            #expect(second.status == 202)
            let again = try await echo.request(1)
            #expect(again.task == "task2")
            try await echo.abort(again, ["why": "no"])
            let aborted = OrchestrationID(try #require(second.json["id"]?.string))
            try await project.wait(aborted, for: .aborted)
            try await until("the end") { try await project.post("/orchestrations/\(aborted)/retry").status == 202 }
            #expect(try await echo.request(2).task == "task2")
        }
    }

    @Test("it is refused, with the reason, what still runs, completed, was never planned, or was undone")
    func refused() async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let (project, reserve, pay) = (stage.project, stage.reserve, stage.pay)
            func refusal(_ id: OrchestrationID) async throws -> String {
                let answer = try await project.post("/orchestrations/\(id)/retry")
                #expect(answer.status == 409)
                #expect(answer.kind == "invalid operation")
                #expect(answer.code == "Orra:CannotRetry")
                #expect(answer.message.contains(id.rawValue))
                return answer.message
            }
            let undone = try await project.submit(plan: UndoStage.plan())
            let request = try await reserve.request()
            #expect(try await refusal(undone).contains("has not ended"))
            try await reserve.answer(request, ["text": "1"], undo: UndoStage.data(1))
            try await pay.fail(try await pay.request(), "no money")
            let undoing = try await reserve.undoing()
            #expect(try await refusal(undone).contains("has not ended"))
            try await reserve.undone(undoing)
            try await project.settled(undone)
            #expect(try await refusal(undone).contains("was undone"))

            let completed = try await project.submit(plan: TestProject.plan(("pay", ["text": "a"])))
            try await pay.answer(try await pay.request(1), ["text": "ok"])
            try await project.wait(completed, for: .completed)
            #expect(try await refusal(completed).contains("completed"))

            _ = try await project.post("/orchestrations", TestProject.action("Fly to the moon"))
            let listed = try await project.get("/orchestrations").json["notActionable"]?.array?.first
            let impossible = OrchestrationID(try #require(listed?["id"]?.string))
            #expect(try await refusal(impossible).contains("plan"))
            // Nothing was begun.
            let lists = try await project.get("/orchestrations").json.object?.members.map { $0.value.array?.count }
            #expect(lists?.reduce(0) { $0 + ($1 ?? 0) } == 3)

            let other = try await hub.makeProject("other")
            #expect(try await other.post("/orchestrations/\(undone)/retry").status == 404)
            #expect(try await project.post("/orchestrations/o_unknown/retry").code == "Orra:UnknownOrchestration")
            #expect(try await hub.call(.POST, "/orchestrations/\(undone)/retry", [:]).status == 401)
        }
    }

    @Test("it is refused after a compensation that failed, too; but not when nothing could be undone any more")
    func refusedAfterFailure() async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let (project, reserve) = (stage.project, stage.reserve)
            let expired = try await FailedCompensationTests.expire(stage)
            let answer = try await project.post("/orchestrations/\(expired)/retry")
            #expect(answer.status == 202)
            let retried = try await stage.pay.request(1)
            #expect(retried.input == ["text": "1"])
            // What is kept is not this action's to undo.
            try await stage.pay.fail(retried, "no money")
            let id = OrchestrationID(try #require(answer.json["id"]?.string))
            try await project.wait(id, for: .failed)
            #expect(try await project.counts(of: id) == nil)
            try await reserve.socket.roundTrip()
            #expect(reserve.undoings.isEmpty)
            // Once the service was asked, nobody knows what is left.
            let asked = try await project.submit(plan: UndoStage.plan())
            try await reserve.answer(try await reserve.request(1), ["text": "1"], undo: UndoStage.data(1))
            try await stage.pay.fail(try await stage.pay.request(2), "no money")
            _ = try await reserve.undoing()
            try await FailedCompensationTests.loseConnections(stage)
            try await project.settled(asked)
            #expect(try await project.failedCompensations().map(\.status) == [.failed, .expired])
            #expect(try await project.post("/orchestrations/\(asked)/retry").code == "Orra:CannotRetry")
        }
    }
}
