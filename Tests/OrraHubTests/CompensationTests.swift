import OrraModel
import OrraProtocol
import OrraStore
import OrraWebSocket
import Testing

@Suite("Compensation", .timeLimit(.minutes(2)))
struct CompensationTests {
    @Test("what was done is undone newest first, one at a time, with what was handed over and why")
    func newestFirst() async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let (project, reserve) = (stage.project, stage.reserve)
            let odd: JSONValue = try JSONValue(
                parsing: Array(
                    #"{"taskResult":{"z":1.50,"a":[1e2,null,{}],"text":"é\u0001 / \" 🎈"},"originalTask":{"id":"o","n":12345678901234567890}}"#
                        .utf8))
            let id = try await project.submit("Buy", plan: UndoStage.plan(2), data: [])
            let first = try await reserve.request()
            try await reserve.answer(first, ["text": "1"], undo: odd)
            try await reserve.answer(try await reserve.request(1), ["text": "2"], undo: UndoStage.data(2))
            try await stage.pay.fail(try await stage.pay.request(), "no money")

            let newest = try await reserve.undoing()
            #expect(newest.task == "task2")
            #expect(newest.request.input == UndoStage.data(2))
            #expect(newest.attempt == 1)
            #expect(newest.remaining == nil)
            #expect(newest.frame["serviceId"]?.string == reserve.id.rawValue)
            #expect(newest.context["orchestrationId"]?.string == id.rawValue)
            #expect(newest.context["reason"] == "failed")
            #expect(newest.context["payload"] == nil)
            // One at a time.
            try await reserve.socket.roundTrip()
            #expect(reserve.undoings.count == 1)
            #expect(try await project.counts(of: id) == ["active": 2, "total": 2, "completed": 0, "failed": 0])
            let during = try await project.inspect(id)
            #expect(during.status == .failed)
            #expect(during.tasks.map { $0.compensation?.status } == [.pending, .processing, nil])
            #expect(during.tasks.map { $0.compensation?.attempt } == [0, 1, nil])

            try await reserve.acknowledged(try await reserve.undone(newest))
            let oldest = try await reserve.undoing(1)
            #expect(oldest.task == "task1")
            #expect(RawJSON(oldest.request.input).text == RawJSON(odd).text, "handed back untouched")
            #expect(oldest.context["timestamp"] == newest.context["timestamp"])
            try await reserve.undone(oldest)
            let after = try await project.settled(id)
            #expect(try await project.counts(of: id) == ["active": 0, "total": 2, "completed": 2, "failed": 0])
            #expect(after.status == .failed)
            #expect(after.tasks.map(\.status) == [.completed, .completed, .failed])
            #expect(after.tasks.map(\.isRevertible) == [true, true, false])
            #expect(after.tasks.first?.compensation?.status == .completed)
            #expect(after.tasks.first?.compensation?.maxAttempts == 10)
            let history = try #require(after.tasks.first?.compensationHistory)
            #expect(history.map(\.status) == [.pending, .processing, .completed])
            #expect(history.map(\.attempt) == [0, 1, 1])
            #expect(history.allSatisfy { $0.maxAttempts == 10 && $0.taskId == TaskID(1) && $0.error == nil })
            #expect(after.tasks.last?.compensationHistory == nil)
            #expect(try await project.failedCompensations(all: true).isEmpty)
            // Each request has a key and an execution of its own.
            let keys = Set([first.key, newest.key, oldest.key])
            #expect(keys.count == 3)
            #expect(newest.request.execution != oldest.request.execution)
            let decided = try await project.frames(id).first { $0["type"] == "ending" }
            #expect(newest.context["timestamp"] == decided?["timestamp"])
        }
    }

    @Test("watchers see each step of undoing, numbered without a gap, and the stream ends after the last")
    func frames() async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let (project, reserve) = (stage.project, stage.reserve)
            let id = try await stage.fail(2)
            let live = try await ProgressTests.watch(project, id)
            let all = try await ProgressTests.watch(project)
            _ = try await live.frame("compensation_dispatched")
            #expect(live.isOpen)
            try await reserve.undone(try await reserve.undoing())
            try await reserve.undone(try await reserve.undoing(1))
            #expect(try await live.end()?.code == .normal)
            let frames = live.frames
            #expect(ProgressTests.numbers(frames) == Array(1...frames.count))
            let step = ["compensation_ready", "compensation_dispatched", "compensation_ended"]
            let tail = ["task_failed", "ending", "compensating"] + step + step + ["ended"]
            #expect(frames.suffix(tail.count).map { $0["type"]?.string } == tail)
            let compensating = try await live.frame("compensating")
            #expect(compensating["status"] == "failed")
            #expect(compensating["code"] == "Orra:TaskFailed")
            #expect(compensating["error"]?.string?.contains("no money") == true)
            let ready = try await live.frame("compensation_ready")
            #expect(ready["taskId"] == "task2")
            #expect(ready["serviceName"] == "stock")
            #expect(ready["number"] == 1)
            let completed = try #require(
                try await live.frame("task_completed", 1)["timestamp"]?.string.flatMap(Timestamp.init))
            let expiry = try #require(ready["expiresAt"]?.string.flatMap(Timestamp.init))
            #expect(expiry - completed == .seconds(24 * 3600), "F14: a day from the task's completion")
            let dispatched = try await live.frame("compensation_dispatched")
            #expect(dispatched["attempt"] == 1)
            #expect(dispatched["delivery"] == 1)
            let ended = try await live.frame("compensation_ended")
            #expect(ended["taskId"] == "task2")
            #expect(ended["compensationId"]?.string?.hasPrefix("c_") == true)
            #expect(ended["compensationStatus"] == "completed")
            #expect(ended["attempts"] == 1)
            #expect(try await live.frame("ended")["status"] == "failed")
            // The project's stream has the same, by position.
            _ = try await all.frame("ended")
            let positions = ProgressTests.numbers(all.frames, "position")
            #expect(positions == Array(1...positions.count))
            #expect(all.frames.filter { $0["orchestrationId"]?.string == id.rawValue }.count == frames.count)
        }
    }

    @Test("F3: twelve tasks are undone by when they completed, not by their names")
    func orderOfTwelve() async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let (project, reserve) = (stage.project, stage.reserve)
            let tasks = (1...12).map { ("stock", ["text": .string("\($0)")] as JSONValue) }
            let id = try await project.submit(plan: TestProject.plan(tasks + [("pay", ["text": "x"])]))
            _ = try await reserve.request(11)
            let byTask = Dictionary(uniqueKeysWithValues: reserve.requests.map { ($0.task, $0) })
            let order = [10, 9, 12, 1, 11, 2, 8, 3, 7, 6, 4, 5].map { "task\($0)" }
            // Without waiting in between: some complete in the same millisecond.
            var last = ""
            for task in order {
                let request = try #require(byTask[task])
                last = try await reserve.answer(request, ["text": .string(task)], undo: ["text": .string(task)])
            }
            try await reserve.acknowledged(last)
            try await stage.pay.fail(try await stage.pay.request(), "no money")
            var undone: [String] = []
            for number in 0..<12 {
                let undoing = try await reserve.undoing(number)
                #expect(undoing.request.input["text"]?.string == undoing.task)
                undone.append(undoing.task)
                try await reserve.undone(undoing)
            }
            #expect(undone == order.reversed())
            try await project.settled(id)
            #expect(reserve.undoings.count == 12)
        }
    }

    @Test(
        "an abort tells what it handed over: an object as it is, anything else as value, null not at all",
        arguments: [
            (["reason": "sold out", "left": 0], ["reason": "sold out", "left": 0]), ("sold out", ["value": "sold out"]),
            ([1, 2], ["value": [1, 2]]), (false, ["value": false]), (nil, nil), ([:], [:]),
        ] as [(JSONValue, JSONValue?)])
    func abort(payload: JSONValue, expected: JSONValue?) async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let (project, reserve) = (stage.project, stage.reserve)
            let id = try await project.submit(plan: UndoStage.plan())
            try await reserve.answer(try await reserve.request(), ["text": "1"], undo: UndoStage.data(1))
            try await stage.pay.abort(try await stage.pay.request(), payload)
            let undoing = try await reserve.undoing()
            #expect(undoing.context["reason"] == "aborted")
            #expect(undoing.context["payload"] == expected)
            try await reserve.undone(undoing)
            let inspection = try await project.settled(id)
            #expect(inspection.status == .aborted)
            #expect(inspection.abortInfo?.payload?.value ?? .null == payload)
            #expect(inspection.abortInfo?.serviceName == "pay")
            let compensating = try await project.frames(id).first { $0["type"] == "compensating" }
            #expect(compensating?["status"] == "aborted")
        }
    }

    @Test("nothing is undone of a service that is not revertible, of one that handed over nothing, or after success")
    func nothingToUndo() async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let (project, reserve, pay) = (stage.project, stage.reserve, stage.pay)
            let id = try await project.submit(
                plan: TestProject.plan(
                    ("stock", ["text": "a"]), ("pay", ["text": "$task1.text"]), ("pay", ["text": "$task2.text"])))
            // It hands over null.
            try await reserve.answer(try await reserve.request(), ["text": "1"])
            // It never said that it can undo anything.
            try await pay.answer(try await pay.request(), ["text": "2"], undo: UndoStage.data(2))
            try await pay.fail(try await pay.request(1), "no money")
            let failed = try await project.end(of: id)
            #expect(failed.tasks.allSatisfy { $0.compensation == nil && $0.compensationHistory == nil })
            #expect(try await project.counts(of: id) == nil)

            let good = try await project.submit(plan: UndoStage.plan())
            try await reserve.answer(try await reserve.request(1), ["text": "1"], undo: UndoStage.data(1))
            try await pay.answer(try await pay.request(2), ["text": "ok"])
            let completed = try await project.wait(good, for: .completed)
            #expect(completed.tasks.allSatisfy { $0.compensation == nil })
            #expect(try await project.counts(of: good) == nil)
            for service in [reserve, pay] {
                try await service.socket.roundTrip()
                #expect(service.undoings.isEmpty)
            }
            let types = Set(try await project.frames(id).compactMap { $0["type"]?.string })
            #expect(!types.contains("compensating"))
        }
    }

    @Test("a task that still runs is awaited, and undone first if it succeeds")
    func awaited() async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let (project, reserve) = (stage.project, stage.reserve)
            let id = try await project.submit(
                plan: TestProject.plan(
                    ("stock", ["text": "a"]), ("stock", ["text": "b"]), ("pay", ["text": "$task1.text"])))
            let running = try await reserve.request(1)
            try await reserve.answer(try await reserve.request(), ["text": "1"], undo: UndoStage.data(1))
            try await stage.pay.fail(try await stage.pay.request(), "no money")
            try await project.wait(id, for: .failed)
            try await reserve.socket.roundTrip()
            #expect(reserve.undoings.isEmpty)
            try await reserve.answer(running, ["text": "2"], undo: UndoStage.data(2))
            for task in ["task2", "task1"] {
                let undoing = try await reserve.undoing(task == "task2" ? 0 : 1)
                #expect(undoing.task == task)
                try await reserve.undone(undoing)
            }
            try await project.settled(id)
        }
    }

    @Test("the outcome's webhooks are sent when undoing begins, and once")
    func outcomeWebhook() async throws {
        try await withTestHub { hub in
            let receiver = try await WebhookReceiver.start(hub)
            let stage = try await UndoStage(hub)
            _ = try await stage.project.post("/webhooks", ["url": .string(receiver.url("/project"))])
            let id = try await stage.fail(more: ["webhook": .string(receiver.url("/action"))])
            let undoing = try await stage.reserve.undoing()
            // The service has not answered yet.
            for path in ["/action", "/project"] {
                let told = try await receiver.delivery(path)
                #expect(told.header("X-Orra-Event") == "orchestration.failed")
                #expect(told.body["status"] == "failed")
                #expect(told.body["orchestration_id"]?.string == id.rawValue)
                #expect(told.body["error"]?["producer"] == "pay")
            }
            try await stage.reserve.undone(undoing)
            try await stage.project.settled(id)
            // Another action's webhook comes after all of the first's.
            let next = try await stage.project.submit(
                plan: TestProject.plan(("pay", ["text": "a"])), more: ["webhook": .string(receiver.url("/next"))])
            try await stage.pay.fail(try await stage.pay.request(1), "no money")
            try await stage.project.wait(next, for: .failed)
            _ = try await receiver.delivery("/next")
            _ = try await receiver.delivery("/project", 1)
            #expect(receiver.deliveries("/action").count == 1)
            #expect(receiver.deliveries("/project").count == 2)
        }
    }

    @Test("a request to undo takes credit, and waits in the outbox until there is some")
    func credit() async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub, credit: 1)
            let (project, reserve) = (stage.project, stage.reserve)
            let id = try await project.submit(plan: UndoStage.plan())
            try await reserve.answer(try await reserve.request(), ["text": "1"], undo: UndoStage.data(1))
            let payment = try await stage.pay.request()
            // Another action's task takes the only place.
            let other = try await project.submit(plan: TestProject.plan(("stock", ["text": "other"])))
            let busy = try await reserve.request(1)
            try await stage.pay.fail(payment, "no money")
            try await project.wait(id, for: .failed)
            try await reserve.socket.roundTrip()
            #expect(reserve.undoings.isEmpty)
            let entries = try await project.get("/outbox").json["entries"]?.array ?? []
            // The other one runs.
            #expect(entries.count == 1)
            let waiting = entries.first
            #expect(waiting?["kind"] == "compensation")
            #expect(waiting?["orchestrationId"]?.string == id.rawValue)
            #expect(waiting?["taskId"] == "task1")
            #expect(waiting?["state"] == "waiting")
            try await reserve.answer(busy, ["text": "ok"])
            let undoing = try await reserve.undoing()
            #expect(try await project.service(reserve.id)?.connections.first?.inFlight == 1)
            // And the other way round.
            try await project.wait(other, for: .completed)
            let next = try await project.submit(plan: TestProject.plan(("stock", ["text": "next"])))
            try await reserve.socket.roundTrip()
            #expect(reserve.requests.count == 2)
            try await reserve.undone(undoing)
            try await reserve.answer(try await reserve.request(2), ["text": "ok"])
            try await project.wait(next, for: .completed)
            #expect(try await project.get("/outbox").json["entries"]?.array?.isEmpty == true)
        }
    }
}
