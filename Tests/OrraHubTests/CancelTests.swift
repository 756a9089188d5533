import OrraModel
import OrraProtocol
import OrraStore
import Testing

@Suite("Cancel", .timeLimit(.minutes(2)))
struct CancelTests {
    @Test("every running task is told with its execution and key, and what was done is undone: cancelled")
    func told() async throws {
        try await withTestHub { hub in
            let receiver = try await WebhookReceiver.start(hub)
            let stage = try await UndoStage(hub)
            let (project, reserve, pay) = (stage.project, stage.reserve, stage.pay)
            let id = try await project.submit(
                plan: TestProject.plan(
                    ("stock", ["text": "a"]), ("stock", ["text": "$task1.text"]), ("pay", ["text": "$task1.text"]),
                    ("pay", ["text": "$task2.text"])),
                more: ["webhook": .string(receiver.url("/action"))])
            try await reserve.answer(try await reserve.request(), ["text": "1"], undo: UndoStage.data(1))
            let running = [(reserve, try await reserve.request(1)), (pay, try await pay.request())]
            let answer = try await project.post("/orchestrations/\(id)/cancel")
            #expect(answer.status == 202)
            #expect(answer.json["status"] == "cancelled")
            for (service, request) in running {
                let told = try await service.socket.frame("cancel_request")
                #expect(told["id"]?.string == request.task)
                #expect(told["executionId"]?.string == request.execution)
                #expect(told["idempotencyKey"]?.string == request.key)
            }
            // One gives up, the other one had finished already.
            try await pay.fail(running[1].1, "cancelled")
            try await reserve.answer(running[0].1, ["text": "2"], undo: UndoStage.data(2))
            for (number, task) in ["task2", "task1"].enumerated() {
                let undoing = try await reserve.undoing(number)
                #expect(undoing.task == task)
                #expect(undoing.context["reason"] == "cancelled")
                #expect(undoing.context["payload"] == nil)
                if number == 0 {
                    #expect(try await receiver.delivery("/action").body["type"] == "orchestration.cancelled")
                    let again = try await project.post("/orchestrations/\(id)/cancel")
                    #expect(again.status == 409)
                    #expect(again.code == "Orra:AlreadyEnded")
                }
                try await reserve.undone(undoing)
            }
            let inspection = try await project.settled(id)
            #expect(inspection.status == .cancelled)
            #expect(inspection.tasks.map(\.compensation?.status) == [.completed, .completed, nil, nil])
            #expect(inspection.tasks.last?.status == .cancelled)
            #expect(pay.requests.count == 1)
            for (service, _) in running { #expect(service.socket.frames("cancel_request").count == 1) }
            #expect(receiver.deliveries("/action").count == 1)
        }
    }

    @Test("a paused action is cancelled at once, and what it did is undone when the service is back")
    func paused() async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let (project, reserve) = (stage.project, stage.reserve)
            try await stage.pay.leave()
            let id = try await project.submit(plan: UndoStage.plan())
            try await reserve.answer(try await reserve.request(), ["text": "1"], undo: UndoStage.data(1))
            try await project.wait(id, for: .paused)
            try await reserve.leave()
            #expect(try await project.post("/orchestrations/\(id)/cancel").json["status"] == "cancelled")
            #expect(try await project.counts(of: id) == ["active": 1, "total": 1, "completed": 0, "failed": 0])
            let back = try await FakeService.connect(stage.stock, project)
            let undoing = try await back.undoing()
            #expect(undoing.context["reason"] == "cancelled")
            try await back.undone(undoing)
            try await project.settled(id)
            // Its payment is not delivered any more.
            let pay = try await FakeService.connect(stage.pay.id, project)
            try await pay.socket.roundTrip()
            #expect(pay.requests.isEmpty)
        }
    }

    @Test("a failed or aborted action tells nobody that its tasks are not wanted", arguments: [true, false])
    func otherEnds(aborts: Bool) async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let (project, reserve) = (stage.project, stage.reserve)
            let id = try await project.submit(
                plan: TestProject.plan(("stock", ["text": "a"]), ("pay", ["text": "a"])))
            let running = try await reserve.request()
            let payment = try await stage.pay.request()
            if aborts {
                try await stage.pay.abort(payment, ["why": "x"])
            } else {
                try await stage.pay.fail(payment, "no money")
            }
            try await project.wait(id, for: aborts ? .aborted : .failed)
            try await reserve.socket.roundTrip()
            #expect(reserve.socket.frames("cancel_request").isEmpty)
            try await reserve.answer(running, ["text": "1"], undo: UndoStage.data(1))
            let undoing = try await reserve.undoing()
            #expect(undoing.context["reason"]?.string == (aborts ? "aborted" : "failed"))
            #expect(undoing.context["payload"] == (aborts ? ["why": "x"] : nil))
            try await reserve.undone(undoing)
            try await project.settled(id)
        }
    }

    @Test("a cancel holds over a crash: nothing runs on, and what was done is undone")
    func crash() async throws {
        let store = InMemoryStore()
        try await withTestHub(store) { hub in
            let stage = try await UndoStage(hub)
            let (project, reserve) = (stage.project, stage.reserve)
            let id = try await project.submit(plan: UndoStage.plan(2))
            try await reserve.answer(try await reserve.request(), ["text": "1"], undo: UndoStage.data(1))
            let running = try await reserve.request(1)
            #expect(try await project.post("/orchestrations/\(id)/cancel").status == 202)
            _ = try await hub.crash(store)
            let back = try await FakeService.connect(stage.stock, project)
            let first = try await back.undoing()
            #expect(first.task == "task1")
            #expect(first.context["reason"] == "cancelled")
            // The result of what ran is late now, and is undone as well.
            try await back.acknowledged(try await back.answer(running, ["text": "2"], undo: UndoStage.data(2)))
            try await back.undone(first)
            let second = try await back.undoing(1)
            #expect(second.task == "task2")
            try await back.undone(second)
            let inspection = try await project.settled(id)
            #expect(inspection.status == .cancelled)
            #expect(back.requests.isEmpty)
        }
    }
}
