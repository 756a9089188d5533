import OrraModel
import OrraProtocol
import Testing

@Suite("Answers to requests to undo", .timeLimit(.minutes(2)))
struct CompensationAnswerTests {
    @Test(
        "what is no compensation result is acknowledged, told by its code, and costs an attempt",
        arguments: [
            #"{"type":"task_result","result":{"task":{"text":"x"},"compensation":null}}"#,
            #"{"type":"task_result","result":{"status":"done"}}"#,
            #"{"type":"task_result","result":{"status":"partial"}}"#,
            #"{"type":"task_result","result":{"status":"partial","partial":{"completed":[]}}}"#,
            #"{"type":"task_result","result":{"status":"partial","partial":{"completed":"a","remaining":[]}}}"#,
            #"{"type":"task_result","result":{"status":7}}"#,
            #"{"type":"task_result","result":{"status":"completed","task":{}}}"#,
            #"{"type":"task_result","result":{}}"#,
            #"{"type":"task_result","result":[]}"#,
            #"{"type":"task_result","result":5}"#,
            #"{"type":"task_result","result":null}"#,
            #"{"type":"task_result"}"#,
            #"{"type":"task_result","result":{"status":"aborted"}}"#,
            #"{"type":"task_abort_result","result":{"task":{"why":"x"}}}"#,
            #"{"type":"task_abort_result"}"#,
        ])
    func noResult(payload: String) async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let id = try await stage.fail()
            let watcher = try await ProgressTests.watch(stage.project, id)
            let undoing = try await stage.reserve.undoing()
            var members = try #require(try JSONValue(parsing: Array(payload.utf8)).object)
            members["taskId"] = "task1"
            members["idempotencyKey"] = .string(undoing.key)
            members["executionId"] = .string(undoing.request.execution)
            try await stage.reserve.acknowledged(try await stage.reserve.send(.object(members)))
            let failed = try await watcher.frame("compensation_attempt_failed")
            #expect(failed["code"] == "Orra:CompensationInvalid")
            #expect(failed["attempt"] == 1)
            #expect(failed["retryAt"] != nil)
            #expect(failed["partial"] == nil)
            let inspection = try await stage.project.inspect(id)
            #expect(inspection.status == .failed)
            #expect(inspection.tasks.first?.output?.value == ["text": "1"], "the task's own result stays")
            #expect(
                inspection.tasks.first?.compensationHistory?.contains { $0.error == failed["error"]?.string } == true)
        }
    }

    @Test("an error without a result is a failed attempt, whichever way it is told", arguments: [true, false])
    func error(isBare: Bool) async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let id = try await stage.fail()
            let watcher = try await ProgressTests.watch(stage.project, id)
            let undoing = try await stage.reserve.undoing()
            if isBare {
                try await stage.reserve.fail(undoing.request, "the shop is closed")
            } else {
                try await stage.reserve.notUndone(undoing, "the shop is closed")
            }
            let failed = try await watcher.frame("compensation_attempt_failed")
            #expect(failed["code"] == "Orra:CompensationFailed")
            #expect(failed["error"]?.string?.contains("the shop is closed") == true)
        }
    }

    @Test("progress and \"in progress\" of a request to undo are acknowledged and change nothing")
    func progress() async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let (project, reserve) = (stage.project, stage.reserve)
            let id = try await stage.fail()
            let undoing = try await reserve.undoing()
            let status = try await reserve.send(
                FakeService.payload("task_status", undoing.request, reserve.id, ["status": "in_progress"]))
            try await reserve.progress(undoing.request, ["progress": 50])
            try await reserve.acknowledged(status)
            #expect(try await project.inspect(id).tasks.first?.compensation?.status == .processing)
            try await reserve.acknowledged(try await reserve.undone(undoing))
            let inspection = try await project.settled(id)
            #expect(inspection.tasks.first?.interimResults == nil)
            #expect(reserve.socket.frames("ACK").count >= 4)
        }
    }

    @Test("the first answer counts: the same or another one after it is acknowledged and changes nothing")
    func twice() async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let (project, reserve) = (stage.project, stage.reserve)
            let id = try await stage.fail(2)
            let undoing = try await reserve.undoing()
            try await reserve.undone(undoing)
            for message in [
                try await reserve.undone(undoing), try await reserve.notUndone(undoing, "after all not"),
                try await reserve.partlyUndone(undoing, [], ["all"]), try await reserve.fail(undoing.request, "no"),
            ] {
                try await reserve.acknowledged(message)
            }
            try await reserve.undone(try await reserve.undoing(1))
            for message in [try await reserve.notUndone(undoing, "still not"), try await reserve.undone(undoing)] {
                try await reserve.acknowledged(message)
            }
            let inspection = try await project.settled(id)
            #expect(inspection.tasks.map { $0.compensation?.status } == [.completed, .completed, nil])
            #expect(inspection.tasks.map { $0.compensation?.attempt } == [1, 1, nil])
            #expect(try await project.failedCompensations(all: true).isEmpty)
            #expect(reserve.undoings.count == 2)
        }
    }

    @Test("F8: another service's answer to a request to undo is acknowledged and changes nothing")
    func foreign() async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let (project, reserve) = (stage.project, stage.reserve)
            let other = try await hub.makeProject("other")
            let stranger = try await FakeService.connect(try await other.register("stock", revertible: true), other)
            let id = try await stage.fail()
            let undoing = try await reserve.undoing()
            for service in [stage.pay, stranger] {
                // It even claims to be the service that was asked.
                let message = try await service.send(
                    FakeService.payload(
                        "task_result", undoing.request, reserve.id, ["result": ["status": "completed"]]))
                try await service.acknowledged(message)
            }
            #expect(try await project.inspect(id).tasks.first?.compensation?.status == .processing)
            try await reserve.undone(undoing)
            try await project.settled(id)
        }
    }

    @Test("an answer that comes bare, or under an older execution, counts by its key")
    func byKey() async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let id = try await stage.fail()
            let first = try await stage.reserve.undoing()
            try await stage.reserve.leave()
            let back = try await FakeService.connect(stage.stock, stage.project)
            let second = try await back.undoing()
            #expect(second.request.execution != first.request.execution)
            try await back.socket.send(
                FakeService.payload("task_result", first.request, back.id, ["result": ["status": "completed"]]))
            let inspection = try await stage.project.settled(id)
            #expect(inspection.tasks.first?.compensation?.status == .completed)
        }
    }

    @Test(
        "a compensation result for a task is no result of the task, which fails and says so",
        arguments: [
            ["status": "completed"], ["status": "failed", "error": "x"],
            ["status": "partial", "partial": ["completed": [], "remaining": []]],
        ] as [JSONValue])
    func forTask(result: JSONValue) async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let (project, reserve) = (stage.project, stage.reserve)
            let id = try await project.submit(plan: UndoStage.plan(2))
            try await reserve.answer(try await reserve.request(), ["text": "1"], undo: UndoStage.data(1))
            let second = try await reserve.request(1)
            try await reserve.acknowledged(
                try await reserve.send(FakeService.payload("task_result", second, reserve.id, ["result": result])))
            let inspection = try await project.wait(id, for: .failed)
            #expect(inspection.error?.contains("task2 (stock) sent no result") == true)
            #expect(inspection.tasks.map(\.status) == [.completed, .failed, .cancelled])
            let undoing = try await reserve.undoing()
            #expect(undoing.task == "task1")
            // Answering the task's own key now does not undo it.
            try await reserve.acknowledged(
                try await reserve.send(
                    FakeService.payload(
                        "task_result", try await reserve.request(), reserve.id, ["result": ["status": "completed"]])))
            #expect(try await project.inspect(id).tasks.first?.compensation?.status == .processing)
            try await reserve.undone(undoing)
            try await project.settled(id)
        }
    }
}
