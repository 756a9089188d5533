import NIOHTTP1
import OrraCore
import OrraModel
import OrraProtocol
import OrraStore
import Testing

@testable import OrraHub

@Suite("Outbox", .timeLimit(.minutes(2)))
struct OutboxTests {
    private static func entries(_ project: TestProject) async throws -> [OutboxEntry] {
        try WireDecoder().decode(OutboxList.self, from: try await project.get("/outbox").body).entries
    }

    @Test("what waits and what was given up is listed, waiting ones first, each with its reason")
    func listed() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            let away = try await project.register("away")
            #expect(try await project.get("/outbox").json == ["entries": []])
            let dead = try await project.submit(
                plan: TestProject.plan(("away", ["text": "a"])), more: ["healthCheckGracePeriod": "1ms"])
            try await project.wait(dead, for: .failed)
            let waiting = try await project.submit(plan: DeliveryTests.say)
            let entries = try await Self.entries(project)
            #expect(entries.map(\.orchestrationId) == [waiting, dead])
            #expect(entries.map(\.state) == [.waiting, .dead])
            #expect(entries.map(\.serviceId) == [echo, away])
            #expect(entries.map(\.serviceName) == ["echo", "away"])
            #expect(entries.allSatisfy { $0.taskId == TaskID(1) && $0.kind == .task })
            #expect(entries.map { $0.deadAt != nil } == [false, true])
            #expect(entries[0].error == nil)
            #expect(entries[1].error?.contains("task1 (away) was away longer than the grace period of 1ms") == true)
            let failed = try await project.inspect(dead)
            #expect(failed.error == entries[1].error)
            // Another project sees nothing of it.
            #expect(try await hub.makeProject("strangers").get("/outbox").json == ["entries": []])
            #expect(try await hub.call(.GET, "/outbox").status == 401)
            // It comes: what waits is delivered, what is dead stays dead until it is deleted.
            let service = try await FakeService.connect(echo, project)
            _ = try await FakeService.connect(away, project)
            try await service.answer(try await service.request(), ["text": "x"])
            try await project.wait(waiting, for: .completed)
            #expect(try await Self.entries(project).map(\.orchestrationId) == [dead])
            _ = try await project.post("/prune", ["olderThan": 0])
            #expect(try await Self.entries(project).isEmpty)
        }
    }

    @Test("a compensation that waits for its service is listed as such")
    func compensation() async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let id = try await stage.project.submit("Buy", plan: UndoStage.plan())
            try await stage.reserve.answer(
                try await stage.reserve.request(), ["text": "1"], undo: UndoStage.data(1))
            let request = try await stage.pay.request()
            try await stage.reserve.leave()
            try await stage.pay.fail(request, "no money")
            try await stage.project.wait(id, for: .failed)
            let entry = try await eventually("an entry") { try await Self.entries(stage.project).first }
            #expect(entry.kind == .compensation)
            #expect(entry.state == .waiting)
            #expect(entry.taskId == TaskID(1))
            #expect(entry.orchestrationId == id)
            #expect(entry.serviceName == "stock")
            let back = try await FakeService.connect(stage.stock, stage.project)
            try await back.undone(try await back.undoing())
            try await stage.project.settled(id)
            #expect(try await Self.entries(stage.project).isEmpty)
        }
    }

    @Test("a service with a full outbox is 429 with Retry-After, until it takes something")
    func full() async throws {
        var tuning = HubTuning()
        tuning.bounds.outboxEntries = 3
        try await withTestHub(tuning: tuning) { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            for number in 0..<3 { try await project.submit(plan: DeliveryTests.say("\(number)")) }
            let refused = try await project.post("/orchestrations", TestProject.action(plan: DeliveryTests.say))
            #expect(refused.status == 429)
            #expect(refused.code == "Orra:OutboxFull")
            #expect(refused.message == "3 tasks wait for echo; start it, or try again later")
            #expect(refused.headers.first(name: "Retry-After").flatMap(Int.init).map { $0 > 0 } == true)
            let service = try await FakeService.connect(echo, project)
            for number in 0..<3 { try await service.answer(try await service.request(number), ["text": "x"]) }
            let id = try await project.submit(plan: DeliveryTests.say)
            try await service.answer(try await service.request(3), ["text": "x"])
            try await project.wait(id, for: .completed)
        }
    }

    @Test("a project with too much under way is 429 with Retry-After: too many actions", arguments: [false, true])
    func tooManyLive(byBytes: Bool) async throws {
        var tuning = HubTuning()
        if byBytes { tuning.bounds.liveBytes = 5_000 } else { tuning.bounds.liveOrchestrations = 2 }
        try await withTestHub(tuning: tuning) { hub in
            let project = try await hub.makeProject()
            try await project.register("echo")
            let data: [(String, JSONValue)] = [("pad", .string(String(repeating: "x", count: 1_000)))]
            var ids: [OrchestrationID] = []
            for _ in 0..<2 { ids.append(try await project.submit(plan: DeliveryTests.say, data: data)) }
            let action = TestProject.action(plan: DeliveryTests.say, data: data)
            for _ in 0..<2 {
                let refused = try await project.post("/orchestrations", action)
                #expect(refused.status == 429)
                #expect(refused.code == "Orra:TooManyLive")
                #expect(refused.headers.first(name: "Retry-After") != nil)
            }
            #expect(try await RetentionTests.ids(project).count == 2)
            let other = try await hub.makeProject("other")
            try await other.register("echo")
            try await other.submit(plan: DeliveryTests.say, data: data)
            #expect(try await project.post("/orchestrations/\(ids[0])/cancel").status == 202)
            try await project.submit(plan: DeliveryTests.say, data: data)
        }
    }
}
