import OrraModel
import OrraProtocol
import OrraWebSocket
import Testing

@testable import OrraHub

@Suite("Limits", .timeLimit(.minutes(3)))
struct LimitTests {
    private static func text(_ bytes: Int) -> JSONValue {
        // Around it: {"text":""}
        ["text": .string(String(repeating: "x", count: bytes - 11))]
    }

    @Test("a client that reads may be owed tasks and acknowledgements for all of its credit, and those that were held")
    func outboundQueue() {
        let room = HubTuning().socketLimits.maxQueuedOutboundMessages
        #expect(room >= 2 * Limits.maximumCredit + Limits.heldAcknowledgements)
    }

    @Test("an output and what undoes it, each at its limit, come in one message; what undoes it goes back untouched")
    func largeUndo() async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let id = try await stage.project.submit("Buy", plan: UndoStage.plan(), more: ["timeout": "10m"])
            let data = Self.text(Limits.undoBytes)
            try await stage.reserve.acknowledged(
                try await stage.reserve.answer(
                    try await stage.reserve.request(), Self.text(Limits.payloadBytes - 4_096), undo: data))
            try await stage.pay.fail(try await stage.pay.request(), "no money")
            let undoing = try await stage.reserve.undoing()
            #expect(undoing.request.input == data)
            try await stage.reserve.acknowledged(try await stage.reserve.undone(undoing))
            try await until("the end") { try await stage.project.counts(of: id)?["completed"] == 1 }
        }
    }

    @Test("what undoes a task and is larger than the limit fails the task, and names size and limit")
    func tooLargeUndo() async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let id = try await stage.project.submit("Buy", plan: UndoStage.plan(), more: ["timeout": "10m"])
            try await stage.reserve.acknowledged(
                try await stage.reserve.answer(
                    try await stage.reserve.request(), ["text": "1"], undo: Self.text(Limits.payloadBytes + 1)))
            let inspection = try await stage.project.wait(id, for: .failed)
            let error = inspection.error ?? ""
            #expect(
                error.contains("what would undo task1 (stock) has 10485761 bytes; the limit is \(Limits.undoBytes)"))
            #expect(inspection.tasks.first?.attempts == 1)
            #expect(stage.reserve.socket.isOpen)
        }
    }

    @Test("interim results in a flood: 50 in a second are kept, then the newest, which says how many were skipped")
    func flood() async throws {
        try await withTestHub { hub in
            let stage = try await BadFrameTests.stage(hub)
            let watcher = try await ProgressTests.watch(stage.project, stage.id)
            var last = ""
            for number in 0..<2_000 {
                last = try await stage.service.progress(stage.request, ["step": .number(JSONNumber(number))])
            }
            try await stage.service.acknowledged(try await stage.service.answer(stage.request, ["text": "x"]))
            try await stage.service.acknowledged(last)
            #expect(try await watcher.end()?.code == .normal)
            let interims = watcher.frames("task_interim_result")
            let steps = interims.compactMap { $0["data"]?["step"]?.integer }
            #expect(Array(steps.prefix(50)) == Array(0..<50))
            #expect(steps == steps.sorted())
            // None is forgotten: kept or counted as skipped; the newest is always kept, before the outcome.
            #expect(steps.last == 1_999)
            let skipped = interims.compactMap { $0["skipped"]?.integer }.reduce(0, +)
            #expect(steps.count + skipped == 2_000)
            #expect(skipped > 0)
            let types = watcher.frames.compactMap { $0["type"]?.string }
            #expect(types.suffix(3) == ["task_interim_result", "task_completed", "ended"])
            #expect(ProgressTests.numbers(watcher.frames) == Array(1...watcher.frames.count))
            let shown = try await stage.project.inspect(stage.id).tasks.first?.interimResults
            #expect(shown?.count == steps.count)
        }
    }

    @Test("F1: two hundred in flight, clients that come and go, and callers at once: all ends, each exactly once")
    func load() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            let (clients, rounds, actions) = (20, 3, 200)
            for number in 0..<clients {
                hub.spawn {
                    for round in 0... {
                        guard !Task.isCancelled,
                            let service = try? await FakeService.connect(
                                echo, project, userAgent: ReplicaTests.agent, instance: "\(number)", credit: 16)
                        else { return }
                        var done = 0
                        // At first each leaves again and again with tasks in flight.
                        let stays = round >= rounds ? Int.max : 5
                        while done < stays {
                            guard let request = try? await service.request(done) else { return }
                            _ = try? await service.answer(request, request.input)
                            done += 1
                        }
                        try? await service.leave()
                    }
                }
            }
            let ids = try await withThrowingTaskGroup(of: OrchestrationID.self) { group in
                for number in 0..<actions {
                    group.addTask {
                        try await project.submit("Say \(number)", plan: DeliveryTests.say("\(number)"))
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(ids).count == actions)
            try await until("all are completed") {
                try await project.get("/orchestrations").json["completed"]?.array?.count == actions
            }
            var texts: Set<String> = []
            for id in ids {
                let results = try await project.inspect(id).results
                texts.insert(results?.first?.value["text"]?.string ?? "")
            }
            #expect(texts == Set((0..<actions).map(String.init)))
            #expect(try await project.service(echo)?.waiting == 0)
        }
    }
}
