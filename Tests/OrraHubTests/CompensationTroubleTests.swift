import OrraModel
import OrraProtocol
import OrraStore
import OrraWebSocket
import Testing

@Suite("Compensation in trouble", .timeLimit(.minutes(2)))
struct CompensationTroubleTests {
    @Test("after a part the next request comes with what remains, a new key and attempt 2, after two seconds")
    func partial() async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let (project, reserve) = (stage.project, stage.reserve)
            let id = try await stage.fail()
            let first = try await reserve.undoing()
            try await reserve.acknowledged(try await reserve.partlyUndone(first, ["card"], ["points", 2]))
            let waiting = try await project.inspect(id)
            let history = waiting.tasks.first?.compensationHistory ?? []
            #expect(history.contains { $0.status == .pending && $0.error?.contains("only in part") == true })
            let second = try await reserve.undoing(1)
            #expect(second.remaining == ["points", 2])
            #expect(second.attempt == 2)
            #expect(second.key != first.key)
            #expect(second.request.input == first.request.input)
            #expect(second.context == first.context)
            // What was said to the first request is acknowledged, and counts no more.
            try await reserve.acknowledged(try await reserve.notUndone(first, "late"))
            try await reserve.undone(second)
            let inspection = try await project.settled(id)
            #expect(inspection.tasks.first?.compensation?.status == .completed)
            #expect(inspection.tasks.first?.compensation?.attempt == 2)
            #expect(try await project.failedCompensations().isEmpty)

            let frames = try await project.frames(id)
            #expect(ProgressTests.numbers(frames) == Array(1...frames.count))
            let types = frames.compactMap { $0["type"]?.string }.filter { $0.hasPrefix("compensation_") }
            let step = ["compensation_ready", "compensation_dispatched"]
            #expect(types == step + ["compensation_attempt_failed"] + step + ["compensation_ended"])
            let failed = try #require(frames.first { $0["type"] == "compensation_attempt_failed" })
            #expect(failed["partial"] == ["completed": ["card"], "remaining": ["points", 2]])
            #expect(failed["code"] == "Orra:CompensationPartial")
            #expect(failed["attempt"] == 1)
            let at = try #require(failed["timestamp"]?.string.flatMap(Timestamp.init))
            let retryAt = try #require(failed["retryAt"]?.string.flatMap(Timestamp.init))
            #expect((Duration.milliseconds(1_800)...Duration.milliseconds(2_200)).contains(retryAt - at))
            #expect(frames.filter { $0["type"] == "compensation_ready" }.map { $0["number"] } == [1, 2])
        }
    }

    @Test("ten attempts that were answered, each with its own key, then it is failed and the next task is undone")
    func tenAttempts() async throws {
        var store = InMemoryStore()
        try await withTestHub(store) { hub in
            let receiver = try await WebhookReceiver.start(hub)
            let stage = try await UndoStage(hub)
            let project = stage.project
            _ = try await project.post("/compensation-failure-webhooks", ["url": .string(receiver.url("/inbox"))])
            let id = try await stage.fail(2)
            var reserve = stage.reserve
            var keys: [String] = []
            for attempt in 1...10 {
                let undoing = try await reserve.undoing()
                #expect(undoing.task == "task2")
                #expect(undoing.attempt == attempt)
                keys.append(undoing.key)
                try await reserve.acknowledged(try await reserve.notUndone(undoing, "refused \(attempt)"))
                guard attempt < 10 else { break }
                // The longest wait is a minute, a tenth more at most.
                store = try await hub.crash(store, later: .seconds(67))
                reserve = try await FakeService.connect(stage.stock, project)
            }
            #expect(Set(keys).count == 10)
            let next = try await reserve.undoing(1)
            #expect(next.task == "task1")
            try await reserve.undone(next)
            let inspection = try await project.settled(id)
            #expect(inspection.tasks.map { $0.compensation?.status } == [.completed, .failed, nil])
            #expect(inspection.tasks.map { $0.compensation?.attempt } == [1, 10, nil])
            #expect(try await project.counts(of: id) == ["active": 0, "total": 2, "completed": 1, "failed": 1])
            let entry = try #require(try await project.failedCompensations().first)
            #expect(entry.status == .failed)
            #expect(entry.attemptsMade == 10)
            #expect(entry.failure?.contains("refused 10") == true)
            #expect(entry.failure?.contains("10 attempts") == true)
            #expect(try await receiver.delivery("/inbox").body["status"] == "failed")
            #expect(receiver.deliveries("/inbox").count == 1)
        }
    }

    @Test("a service that is away is asked when it is back: its absence costs no attempt")
    func away() async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let project = stage.project
            let id = try await project.submit(plan: UndoStage.plan())
            try await stage.reserve.answer(
                try await stage.reserve.request(), ["text": "1"], undo: UndoStage.data(1))
            let payment = try await stage.pay.request()
            try await stage.reserve.leave()
            try await stage.pay.fail(payment, "no money")
            try await project.wait(id, for: .failed)
            let waiting = try await project.inspect(id)
            #expect(waiting.tasks.first?.compensation?.attempt == 0)
            #expect(waiting.tasks.first?.compensationHistory?.last?.error == "the service is away")
            var keys: Set<String> = []
            var executions: Set<String> = []
            // It comes and goes with the request in flight.
            for _ in 0..<3 {
                let back = try await FakeService.connect(stage.stock, project)
                let undoing = try await back.undoing()
                #expect(undoing.attempt == 1)
                keys.insert(undoing.key)
                executions.insert(undoing.request.execution)
                try await back.leave()
            }
            #expect(keys.count == 1)
            #expect(executions.count == 3)
            let back = try await FakeService.connect(stage.stock, project)
            try await back.undone(try await back.undoing())
            let inspection = try await project.settled(id)
            #expect(inspection.tasks.first?.compensation?.attempt == 1)
            let frames = try await project.frames(id)
            let waits = frames.filter { $0["type"] == "compensation_waiting" }.map { $0["error"]?.string }
            #expect(waits == ["the service is away"] + Array(repeating: "the connection was lost", count: 3))
            let deliveries = frames.filter { $0["type"] == "compensation_dispatched" }.map { $0["delivery"]?.integer }
            #expect(deliveries == [1, 2, 3, 4])
        }
    }

    @Test("F14: the time to live counts from the task's completion; what is over is not asked for")
    func timeToLive() async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let (project, reserve) = (stage.project, stage.reserve)
            let id = try await project.submit(plan: UndoStage.plan(2))
            try await reserve.answer(try await reserve.request(), ["text": "1"], undo: UndoStage.data(1), ttl: 60_000)
            let short = try await reserve.request(1)
            try await reserve.acknowledged(
                try await reserve.answer(short, ["text": "2"], undo: UndoStage.data(2), ttl: 1))
            let payment = try await stage.pay.request()
            try await UndoStage.passMillisecond()
            try await stage.pay.fail(payment, "no money")
            // The service is there, and is asked for the other one only.
            let undoing = try await reserve.undoing()
            #expect(undoing.task == "task1")
            try await reserve.undone(undoing)
            let inspection = try await project.settled(id)
            #expect(inspection.tasks.map { $0.compensation?.status } == [.completed, .expired, nil])
            #expect(reserve.undoings.count == 1)
            let entry = try #require(try await project.failedCompensations().first)
            #expect(entry.status == .expired)
            #expect(entry.attemptsMade == 0)
            #expect(entry.failure?.contains("task2 (stock)") == true)
            let ended = try await project.frames(id).first { $0["compensationStatus"] == "expired" }
            #expect(ended?["code"] == "Orra:CompensationExpired")
        }
    }

    @Test("F14: a service that stays away has a day, counted over restarts", arguments: [false, true])
    func day(isOver: Bool) async throws {
        var store = InMemoryStore()
        try await withTestHub(store) { hub in
            let stage = try await UndoStage(hub)
            let project = stage.project
            let id = try await project.submit(plan: UndoStage.plan())
            try await stage.reserve.answer(
                try await stage.reserve.request(), ["text": "1"], undo: UndoStage.data(1))
            let payment = try await stage.pay.request()
            try await stage.reserve.leave()
            try await stage.pay.fail(payment, "no money")
            try await project.wait(id, for: .failed)
            for _ in 0..<3 { store = try await hub.crash(store, later: .seconds(8 * 3_600 - 100)) }
            #expect(try await project.counts(of: id)?["active"] == 1)
            if isOver {
                store = try await hub.crash(store, later: .seconds(300))
                let inspection = try await project.settled(id)
                #expect(inspection.tasks.first?.compensation?.status == .expired)
                #expect(try await project.failedCompensations().map(\.status) == [.expired])
                let back = try await FakeService.connect(stage.stock, project)
                try await back.socket.roundTrip()
                #expect(back.undoings.isEmpty)
            } else {
                let back = try await FakeService.connect(stage.stock, project)
                let undoing = try await back.undoing()
                #expect(undoing.attempt == 1)
                try await back.undone(undoing)
                try await project.settled(id)
                #expect(try await project.failedCompensations(all: true).isEmpty)
            }
        }
    }

    @Test(
        "F4: a crash in the middle of undoing asks again for what was not acknowledged, and for nothing else",
        arguments: 0..<7)
    func crash(after steps: Int) async throws {
        let store = InMemoryStore()
        try await withTestHub(store) { hub in
            let receiver = try await WebhookReceiver.start(hub)
            let stage = try await UndoStage(hub)
            let (project, reserve) = (stage.project, stage.reserve)
            let id = try await stage.fail(3, more: ["webhook": .string(receiver.url("/action"))])
            _ = try await receiver.delivery("/action")
            try await until("the delivery is noted") { try await store.recover().deliveries.isEmpty }
            let done = steps / 2
            for number in 0..<done {
                try await reserve.acknowledged(try await reserve.undone(try await reserve.undoing(number)))
            }
            let inFlight = done < 3 ? try await reserve.undoing(done) : nil
            if steps % 2 == 0 { try await reserve.leave() }
            let last = try await hub.crash(store)
            let back = try await FakeService.connect(stage.stock, project)
            for number in 0..<(3 - done) {
                let undoing = try await back.undoing(number)
                #expect(undoing.task == "task\(3 - done - number)")
                #expect(undoing.attempt == 1)
                #expect(undoing.request.input == UndoStage.data(3 - done - number))
                #expect(undoing.context["reason"] == "failed")
                if number == 0 {
                    #expect(undoing.key == inFlight?.key)
                    #expect(undoing.request.execution != inFlight?.request.execution)
                }
                try await back.acknowledged(try await back.undone(undoing))
            }
            let inspection = try await project.settled(id)
            #expect(inspection.tasks.map { $0.compensation?.status } == [.completed, .completed, .completed, nil])
            #expect(back.undoings.count == 3 - done)
            let frames = try await project.frames(id)
            #expect(ProgressTests.numbers(frames) == Array(1...frames.count))
            #expect(frames.last?["type"] == "ended")
            #expect(try await last.recover().live.isEmpty)
            #expect(receiver.deliveries("/action").count == 1)
        }
    }

    @Test("a graceful stop in the middle of undoing goes on from the file, and the inbox stays")
    func restart() async throws {
        try await withTemporaryDirectory { directory in
            try await withTestHub(try await SQLiteStore.open(directory: directory)) { hub in
                let stage = try await UndoStage(hub)
                let project = stage.project
                let id = try await project.submit(plan: UndoStage.plan(2))
                try await stage.reserve.answer(
                    try await stage.reserve.request(), ["text": "1"], undo: UndoStage.data(1))
                try await stage.reserve.answer(
                    try await stage.reserve.request(1), ["text": "2"], undo: UndoStage.data(2), ttl: 1)
                let payment = try await stage.pay.request()
                try await UndoStage.passMillisecond()
                try await stage.pay.abort(payment, "sold out")
                let undoing = try await stage.reserve.undoing()
                #expect(undoing.task == "task1")
                let inbox = try await project.get("/compensation-failures").json
                #expect(inbox.array?.count == 1)
                await hub.stop()
                #expect(try await stage.reserve.socket.end()?.code == .serviceRestart)

                try await hub.start(try await SQLiteStore.open(directory: directory))
                #expect(try await project.get("/compensation-failures").json == inbox)
                #expect(try await project.counts(of: id) == ["active": 1, "total": 2, "completed": 0, "failed": 1])
                let back = try await FakeService.connect(stage.stock, project)
                let again = try await back.undoing()
                #expect(again.key == undoing.key)
                #expect(again.attempt == 1)
                #expect(again.context == undoing.context)
                #expect(again.context["payload"] == ["value": "sold out"])
                try await back.undone(again)
                #expect(try await project.settled(id).status == .aborted)
                let entry = try #require(inbox.array?.first?["id"]?.string)
                let resolved = try await project.post("/compensation-failures/\(entry)/ignore", ["reason": "cheap"])
                #expect(resolved.json["resolutionState"] == "ignored")
                await hub.stop()

                try await hub.start(try await SQLiteStore.open(directory: directory))
                #expect(try await project.get("/compensation-failures?all=true").json == [resolved.json])
                #expect(try await project.counts(of: id) == ["active": 0, "total": 2, "completed": 1, "failed": 1])
                let watcher = try await ProgressTests.watch(project)
                let told = try await watcher.frame("compensation_resolved")
                #expect(told["reason"] == "cheap")
            }
        }
    }

    @Test("an abort's payload that does not fit beside the data is left out; the data comes whole")
    func largePayload() async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let (project, reserve) = (stage.project, stage.reserve)
            let large = JSONValue.string(String(repeating: "x", count: 6 * 1_024 * 1_024))
            let id = try await project.submit(plan: UndoStage.plan())
            try await reserve.answer(try await reserve.request(), ["text": "1"], undo: ["pad": large])
            try await stage.pay.abort(try await stage.pay.request(), ["pad": large])
            let undoing = try await reserve.undoing()
            #expect(undoing.request.input == ["pad": large])
            #expect(undoing.context["reason"] == "aborted")
            #expect(undoing.context["payload"] == nil)
            try await reserve.undone(undoing)
            try await project.settled(id)
        }
    }

    @Test("a success that comes after the end is kept as late and undone; the outcome stays", arguments: [false, true])
    func late(crashes: Bool) async throws {
        var store = InMemoryStore()
        try await withTestHub(store) { hub in
            let receiver = try await WebhookReceiver.start(hub)
            let stage = try await UndoStage(hub)
            let project = stage.project
            var reserve = stage.reserve
            let id = try await project.submit(
                plan: UndoStage.plan(), more: ["timeout": "100ms", "webhook": .string(receiver.url("/action"))])
            let request = try await reserve.request()
            _ = try await project.post("/orchestrations/\(id)/cancel")
            let before = try await project.end(of: id)
            #expect(before.status == .cancelled)
            #expect(try await project.counts(of: id) == nil)
            _ = try await receiver.delivery("/action")
            try await until("the delivery is noted") { try await store.recover().deliveries.isEmpty }
            #expect(try await store.recover().live.isEmpty)
            try await reserve.acknowledged(
                try await reserve.answer(request, ["text": "late"], undo: UndoStage.data(1)))
            var undoing = try await reserve.undoing()
            let row = try #require(try await store.orchestration(id))
            #expect(row.isUnsettled)
            #expect(row.endedAt != nil)
            if crashes {
                store = try await hub.crash(store)
                reserve = try await FakeService.connect(stage.stock, project)
                let again = try await reserve.undoing()
                #expect(again.key == undoing.key)
                undoing = again
            }
            #expect(undoing.context["reason"] == "cancelled")
            #expect(undoing.request.input == UndoStage.data(1))
            #expect(try await project.counts(of: id)?["active"] == 1)
            try await reserve.acknowledged(try await reserve.undone(undoing))
            let after = try await project.settled(id)
            #expect(after.status == .cancelled)
            #expect(after.duration == before.duration)
            #expect(after.tasks.first?.status == .cancelled)
            #expect(after.tasks.first?.compensation?.status == .completed)
            #expect(try await store.recover().live.isEmpty)
            // Said again, it is acknowledged and nothing is undone twice.
            try await reserve.acknowledged(
                try await reserve.answer(request, ["text": "late"], undo: UndoStage.data(1)))
            try await reserve.acknowledged(try await reserve.undone(undoing))
            #expect(reserve.undoings.count == 1)
            let frames = try await ProgressTests.all(project, id, from: try await project.inspect(id))
            #expect(ProgressTests.numbers(frames) == Array(1...frames.count))
            let types = frames.compactMap { $0["type"]?.string }
            let end = try #require(types.firstIndex(of: "ended"))
            #expect(types[(end + 1)...].first == "task_late")
            #expect(types.filter { $0 == "ended" }.count == 1)
            #expect(types.last == "compensation_ended")
            #expect(receiver.deliveries("/action").count == 1)
        }
    }

    @Test("a success that comes while others are undone is undone next")
    func lateWhileUndoing() async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let (project, reserve) = (stage.project, stage.reserve)
            let id = try await project.submit(
                plan: TestProject.plan(
                    ("stock", ["text": "a"]), ("stock", ["text": "b"]), ("stock", ["text": "c"]),
                    ("pay", ["text": "$task2.text"])),
                more: ["timeout": "1s"])
            let slow = try await reserve.request(2)
            for number in 0..<2 {
                try await reserve.answer(
                    try await reserve.request(number), ["text": "x"], undo: UndoStage.data(number + 1))
            }
            try await stage.pay.fail(try await stage.pay.request(), "no money")
            // The slow one is given up at its deadline.
            let first = try await reserve.undoing()
            #expect(try await project.inspect(id).tasks.map(\.status)[2] == .cancelled)
            try await reserve.acknowledged(try await reserve.answer(slow, ["text": "x"], undo: UndoStage.data(3)))
            #expect(try await project.counts(of: id)?["total"] == 3)
            var undone = [first.task]
            try await reserve.undone(first)
            for number in 1..<3 {
                let undoing = try await reserve.undoing(number)
                undone.append(undoing.task)
                try await reserve.undone(undoing)
            }
            #expect(undone.dropFirst() == ["task3", first.task == "task1" ? "task2" : "task1"])
            try await project.settled(id)
            let frames = try await project.frames(id)
            #expect(frames.last?["type"] == "ended")
            #expect(ProgressTests.numbers(frames) == Array(1...frames.count))
        }
    }
}
