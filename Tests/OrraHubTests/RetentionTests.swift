import NIOHTTP1
import OrraEngine
import OrraModel
import OrraProtocol
import OrraStore
import OrraWebSocket
import Synchronization
import Testing

@testable import OrraHub

@Suite("Retention", .timeLimit(.minutes(2)))
struct RetentionTests {
    private static func put(_ project: TestProject, _ retention: JSONValue) async throws -> Answer {
        try await project.hub.call(.PUT, "/retention", key: project.key, ["retention": retention])
    }

    /// In seconds.
    private static func retention(_ project: TestProject) async throws -> Int64 {
        let answer = try await project.get("/retention")
        return try WireDecoder().decode(RetentionBody.self, from: answer.body).retention.duration.milliseconds / 1_000
    }

    /// Ended at once: not actionable.
    @discardableResult
    static func end(_ project: TestProject, _ count: Int = 1) async throws -> [String] {
        for _ in 0..<count { _ = try await project.post("/orchestrations", TestProject.action("Fly to the moon")) }
        return try await ids(project)
    }

    static func ids(_ project: TestProject) async throws -> [String] {
        try await project.get("/orchestrations").json.object?.members.flatMap { $0.value.array ?? [] }
            .compactMap { $0["id"]?.string } ?? []
    }

    @Test("a project keeps for 7 days unless it says otherwise; what it says holds after a restart, for it alone")
    func setting() async throws {
        let store = InMemoryStore()
        try await withTestHub(store) { hub in
            let project = try await hub.makeProject()
            let other = try await hub.makeProject("other")
            #expect(try await Self.retention(project) == 7 * 24 * 3_600)
            for (value, seconds) in [("48h", 172_800), ("1s", 1), ("0s", 0), (0, 0), (3_600_000_000_000, 3_600)]
                as [(JSONValue, Int64)]
            {
                let answer = try await Self.put(project, value)
                #expect(answer.status == 200)
                #expect(try await Self.retention(project) == seconds)
                #expect(
                    try WireDecoder().decode(RetentionBody.self, from: answer.body).retention.duration
                        == .seconds(seconds))
            }
            await hub.stop()
            try await hub.start(InMemoryStore(store.snapshot()))
            #expect(try await Self.retention(project) == 3_600)
            #expect(try await Self.retention(other) == 7 * 24 * 3_600)
        }
    }

    @Test("the hub's own setting counts for projects that say nothing")
    func hubSetting() async throws {
        try await withTestHub(retention: .seconds(60)) { hub in
            let project = try await hub.makeProject()
            #expect(try await Self.retention(project) == 60)
        }
    }

    @Test(
        "a retention that is none is refused",
        arguments: ["-1s", "999ms", "100000h", "abc", "", 1, -5, nil, [:]]
            as [JSONValue])
    func invalid(value: JSONValue) async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let answer = try await Self.put(project, value)
            #expect(answer.status == 400, "\(value)")
            #expect(answer.param == "retention")
            #expect(try await Self.retention(project) == 7 * 24 * 3_600)
            #expect(try await hub.call(.PUT, "/retention", ["retention": "1h"]).status == 401)
            #expect(try await hub.call(.GET, "/retention").status == 401)
        }
    }

    @Test("prune deletes what has ended and is settled, and nothing else")
    func prune() async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let project = stage.project
            let refused = try await WebhookReceiver.start(hub, status: 503)
            // Its compensation fails, and nobody has looked after it.
            let failed = try await stage.fail(1, ttl: 1)
            try await project.settled(failed)
            let entry = try #require(try await project.failedCompensations().first)
            let echo = try await project.register("echo")
            let service = try await FakeService.connect(echo, project)
            let live = try await project.submit(plan: DeliveryTests.say)
            let request = try await service.request()
            // Its webhook is still tried.
            let waiting = try await project.submit(
                plan: DeliveryTests.say, more: ["webhook": .string(refused.url("/hook"))])
            try await service.answer(try await service.request(1), ["text": "x"])
            try await project.wait(waiting, for: .completed)
            _ = try await refused.delivery("/hook")
            let done = try await project.submit(plan: DeliveryTests.say, data: [("order", "ORD456")])
            try await service.answer(try await service.request(2), ["text": "x"])
            try await project.wait(done, for: .completed)
            try await Self.end(project)

            let answer = try await project.post("/prune", ["olderThan": "0s"])
            #expect(answer.status == 200)
            #expect(answer.json == ["deleted": 2])
            #expect(Set(try await Self.ids(project)) == Set([failed, live, waiting].map(\.rawValue)))
            let gone = try await project.get("/orchestrations/inspections/\(done)")
            #expect(gone.status == 404)
            #expect(gone.code == "Orra:UnknownOrchestration")
            #expect(try await project.get("/orchestrations/inspections?value=ORD456").status == 404)
            #expect(try await project.post("/orchestrations/\(done)/retry").status == 404)
            #expect(try await project.post("/orchestrations/\(done)/cancel").status == 404)
            #expect(try await BadRequestTests.refusal(hub, "/orchestrations/\(done)/progress", key: project.key) == 404)

            // Once it is looked after, it goes; the live one goes on.
            _ = try await project.post("/compensation-failures/\(entry.id)/ignore", ["reason": "seen"])
            #expect(try await project.post("/prune", ["olderThan": "0s"]).json == ["deleted": 1])
            #expect(try await project.failedCompensations(all: true).isEmpty)
            #expect(try await project.get("/compensation-failures/\(entry.id)").status == 404)
            try await service.acknowledged(try await service.answer(request, ["text": "x"]))
            try await project.wait(live, for: .completed)
        }
    }

    @Test("a late result for one that was pruned is acknowledged and changes nothing")
    func late() async throws {
        try await withTestHub { hub in
            let stage = try await BadFrameTests.stage(hub)
            try await stage.service.acknowledged(try await stage.service.answer(stage.request, ["text": "x"]))
            #expect(try await stage.project.post("/prune", ["olderThan": 0]).json == ["deleted": 1])
            try await stage.service.acknowledged(try await stage.service.answer(stage.request, ["text": "y"]))
            #expect(try await Self.ids(stage.project).isEmpty)
        }
    }

    @Test("prune without an age takes the project's retention, and keeps all where that is 0")
    func ages() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            try await Self.end(project, 2)
            #expect(try await project.post("/prune").json == ["deleted": 0])
            #expect(try await project.post("/prune", ["olderThan": "1h"]).json == ["deleted": 0])
            #expect(try await Self.put(project, 0).status == 200)
            #expect(try await project.post("/prune").json == ["deleted": 0])
            for age in ["-1s", "abc", true] as [JSONValue] {
                let answer = try await project.post("/prune", ["olderThan": age])
                #expect(answer.status == 400)
                #expect(answer.param == "olderThan")
            }
            let stranger = try await hub.makeProject("strangers")
            #expect(try await stranger.post("/prune", ["olderThan": 0]).json == ["deleted": 0])
            #expect(try await Self.ids(project).count == 2)
            #expect(try await project.post("/prune", ["olderThan": 0]).json == ["deleted": 2])
        }
    }

    @Test("what is over its time goes by itself, and its service events with it; a project that keeps all keeps all")
    func byItself() async throws {
        var tuning = HubTuning()
        tuning.pruneInterval = .milliseconds(50)
        try await withTestHub(tuning: tuning) { hub in
            let project = try await hub.makeProject()
            let keeper = try await hub.makeProject("keeper")
            #expect(try await Self.put(keeper, 0).status == 200)
            #expect(try await Self.put(project, "1s").status == 200)
            let service = try await RawService.connect(try await project.register("echo"), project)
            try await service.leave()
            try await Self.end(keeper)
            try await Self.end(project, 3)
            try await until("all are gone") { try await Self.ids(project).isEmpty }
            try await until("the events are gone") {
                try await project.get("/services/echo").json["events"]?.array?.isEmpty == true
            }
            #expect(try await Self.ids(keeper).count == 1)
        }
    }

    @Test("pruning takes bounded steps: so many are hidden, and so many rows go, in one transaction")
    func steps() async throws {
        let store = GatedStore()
        let steps = Mutex<[(hidden: Int, pruned: Int)]>([])
        try await withTestHub(store) { hub in
            let project = try await hub.makeProject()
            try await Self.end(project, Limits.pruneOrchestrations + 6)
            // Rejects nothing, and sees all.
            store.set(
                .rejecting { write in
                    switch write {
                    case .hide(let ids): steps.withLock { $0.append((ids.count, 0)) }
                    case .prune(_, let rows): steps.withLock { $0.append((0, rows)) }
                    default: break
                    }
                    return false
                })
            let answer = try await project.post("/prune", ["olderThan": 0])
            #expect(answer.json["deleted"]?.integer == Limits.pruneOrchestrations + 6)
            let seen = steps.withLock { $0 }
            #expect(seen.map(\.hidden).filter { $0 > 0 } == [Limits.pruneOrchestrations, 6])
            #expect(seen.allSatisfy { $0.pruned <= Limits.pruneRows })
            #expect(seen.filter { $0.pruned > 0 }.count == Limits.pruneOrchestrations + 6)
            #expect(try await store.base.hidden(limit: 1).isEmpty)
        }
    }

    @Test("what was hidden when the hub died is seen no more, and is deleted by the next one")
    func crash() async throws {
        let store = InMemoryStore()
        try await withTestHub(store) { hub in
            let project = try await hub.makeProject()
            let ids = try await Self.end(project, 3)
            await hub.stop()
            let next = InMemoryStore(store.snapshot())
            try await next.commit([.hide(ids.prefix(2).map { OrchestrationID($0) })])
            #expect(try await next.hidden(limit: 10).count == 2)
            try await hub.start(next)
            #expect(try await Self.ids(project) == Array(ids.dropFirst(2)))
            try await until("their rows are gone") { try await next.hidden(limit: 1).isEmpty }
        }
    }

    @Test("a watcher that asks for what was deleted is told first from where there is something")
    func reset() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            try await Self.end(project, 2)
            _ = try await project.post("/prune", ["olderThan": 0])
            let empty = try await ProgressTests.watch(project)
            let first = try await empty.frame("reset")
            let oldest = try #require(first["oldest"]?.integer)
            try await Self.end(project)
            _ = try await empty.frame("received")
            #expect(empty.frames.first == first)
            #expect(empty.frames.dropFirst().first?["position"]?.integer == oldest)
            // Whoever asks from there on has missed nothing.
            let informed = try await ProgressTests.watch(project, after: oldest - 1)
            _ = try await informed.frame("received")
            #expect(informed.frames("reset").isEmpty)
            let late = try await ProgressTests.watch(project)
            _ = try await late.frame("received")
            #expect(late.frames.first == ["type": "reset", "oldest": .number(JSONNumber(oldest))])
            #expect(late.frames("reset").count == 1)
        }
    }

    /// The kernel gives a peer that does not read 25 s, which a busy machine may need to fill its buffers.
    private static let patient = {
        var tuning = HubTuning()
        tuning.userTimeout = .seconds(110)
        return tuning
    }()

    @Test("a watcher in whose way something is deleted is told so, and goes on behind it")
    func resetOnTheWay() async throws {
        let store = InMemoryStore()
        try await withTestHub(store, tuning: Self.patient) { hub in
            let stage = try await BadFrameTests.stage(hub)
            let project = stage.project
            let silent = try await ProgressTests.watch(project, reads: false)
            let pad = JSONValue.string(String(repeating: "x", count: 512 * 1_024))
            for number in 0..<28 {
                try await stage.service.progress(stage.request, ["step": .number(JSONNumber(number)), "pad": pad])
            }
            try await stage.service.answer(stage.request, ["text": "x"])
            // Not by its inspection, which has all of this in it.
            try await until("it completed") { try await project.get("/orchestrations").json["completed"] != nil }
            // More than a page, so that it has not read all of it.
            try await Self.end(project, Limits.watcherPage / 2)
            _ = try await project.post("/prune", ["olderThan": 0])
            try await Self.end(project)
            silent.startReading()
            let last = try await eventually("the last one") {
                silent.frames.last { $0["reason"] != nil || $0["type"] == "ended" }.flatMap { _ in
                    silent.frames("reset").isEmpty ? nil : silent.frames
                }
            }
            let index = try #require(last.firstIndex { $0["type"] == "reset" })
            let oldest = try #require(last[index]["oldest"]?.integer)
            try await until("what follows") { silent.frames.count > index + 1 }
            #expect(silent.frames[index + 1]["position"]?.integer == oldest)
            let positions = ProgressTests.numbers(silent.frames, "position")
            #expect(positions == positions.sorted())
            #expect(Set(positions).count == positions.count)
        }
    }

    @Test("a watcher of an orchestration that is deleted before it has read all is closed")
    func deletedUnderWatcher() async throws {
        try await withTestHub(tuning: Self.patient) { hub in
            let stage = try await BadFrameTests.stage(hub)
            let silent = try await ProgressTests.watch(stage.project, stage.id, reads: false)
            let pad = JSONValue.string(String(repeating: "x", count: 512 * 1_024))
            for number in 0..<40 {
                try await stage.service.progress(stage.request, ["step": .number(JSONNumber(number)), "pad": pad])
            }
            try await stage.service.answer(stage.request, ["text": "x"])
            // As above, not by its inspection.
            try await until("it completed") {
                try await stage.project.get("/orchestrations").json["completed"] != nil
            }
            #expect(try await stage.project.post("/prune", ["olderThan": 0]).json == ["deleted": 1])
            silent.startReading()
            #expect(try await silent.end()?.code == .normal)
            let numbers = ProgressTests.numbers(silent.frames)
            #expect(numbers == Array(1...max(numbers.count, 1)))
        }
    }
}
