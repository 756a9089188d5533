import HTTPTypes
import OrraEngine
import OrraModel
import OrraProtocol
import OrraStore
import OrraWebSocket
import Testing

@Suite("Progress", .timeLimit(.minutes(2)))
struct ProgressTests {
    /// Entries that planning leaves of a plan that came with its action: parameters, given, validation, policy.
    static let stages = 4

    static func watch(
        _ project: TestProject, _ id: OrchestrationID? = nil, after: Int? = nil, reads: Bool = true
    ) async throws -> TestSocket {
        let path = (id.map { "/orchestrations/\($0)" } ?? "") + "/progress" + (after.map { "?after=\($0)" } ?? "")
        return try await TestSocket.open(
            project.hub, path, headers: [(.authorization, "Bearer \(project.key)")], reads: reads)
    }

    /// Every frame of an orchestration that has ended.
    static func all(_ project: TestProject, _ id: OrchestrationID, from: Inspection) async throws -> [JSONValue] {
        #expect(from.status.isFinal)
        // What came after the end is told to watchers of the project; another action marks where it is over.
        let watcher = try await watch(project)
        let count = try await list(project)
        _ = try await project.post("/orchestrations", TestProject.action("Fly to the moon"))
        _ = try await watcher.frame("received", count)
        return watcher.frames.filter { $0["orchestrationId"]?.string == id.rawValue }
    }

    private static func list(_ project: TestProject) async throws -> Int {
        try await project.get("/orchestrations").json.object?.members.reduce(0) { $0 + ($1.value.array?.count ?? 0) }
            ?? 0
    }

    static func numbers(_ frames: [JSONValue], _ member: String = "seq") -> [Int] {
        frames.compactMap { $0[member]?.integer }
    }

    @Test("a watcher from 0 gets 1, 2, 3 … as it happens, and is closed with 1000 after the last")
    func live() async throws {
        try await withTestHub { hub in
            let stage = try await BadFrameTests.stage(hub)
            let early = try await Self.watch(stage.project, stage.id)
            let explicit = try await Self.watch(stage.project, stage.id, after: 0)
            _ = try await early.frame("task_dispatched")
            try await stage.service.progress(stage.request, ["progress": 50])
            let interim = try await early.frame("task_interim_result")
            #expect(interim["data"] == ["progress": 50])
            #expect(early.isOpen)
            try await stage.service.answer(stage.request, ["text": "x"])
            #expect(
                try await early.end()
                    == WebSocketClose(code: .normal, reason: "the orchestration has ended", byPeer: true))
            #expect(try await explicit.end()?.code == .normal)
            let types = [
                "received", "planning_stage", "planning_stage", "planning_stage", "planning_stage", "planned",
                "task_ready", "task_dispatched", "task_interim_result", "task_completed",
                "ended",
            ]
            #expect(early.frames.map { $0["type"]?.string } == types)
            #expect(Self.numbers(early.frames) == Array(1...(7 + Self.stages)))
            #expect(explicit.frames == early.frames)
            let planned = try await early.frame("planned")
            #expect(planned["tasks"]?.array?.first?["serviceName"] == "echo")
            #expect(planned["plan"]?["tasks"]?.array?.count == 2)
            let completed = try await early.frame("task_completed")
            #expect(completed["output"] == ["text": "x"])
            #expect(completed["serviceName"] == "echo")
            #expect(completed["taskId"] == "task1")
            let ended = try await early.frame("ended")
            #expect(ended["status"] == "completed")
            #expect(ended["results"] == [["text": "x"]])
            #expect(ended["duration"]?.integer != nil)
            // Afterwards it is the same.
            let late = try await Self.watch(stage.project, stage.id)
            #expect(try await late.end()?.code == .normal)
            #expect(late.frames == early.frames)
        }
    }

    @Test("after=k gives exactly k + 1 and on, also when k was the last")
    func resume() async throws {
        try await withTestHub { hub in
            let stage = try await BadFrameTests.stage(hub)
            try await stage.service.answer(stage.request, ["text": "x"])
            try await stage.project.wait(stage.id, for: .completed)
            let whole = try await Self.watch(stage.project, stage.id)
            _ = try await whole.end()
            #expect(whole.frames.count == 6 + Self.stages)
            for after in 0...(6 + Self.stages) {
                let watcher = try await Self.watch(stage.project, stage.id, after: after)
                #expect(try await watcher.end()?.code == .normal, "after=\(after)")
                #expect(watcher.frames == Array(whole.frames.dropFirst(after)))
            }
        }
    }

    @Test("a watcher that comes back again and again in the middle misses nothing and gets nothing twice")
    func reconnects() async throws {
        try await withTestHub { hub in
            let stage = try await BadFrameTests.stage(hub)
            let service = stage.service
            var frames: [JSONValue] = []
            var connections = 0
            while frames.last?["type"] != "ended" {
                let watcher = try await Self.watch(stage.project, stage.id, after: Self.numbers(frames).last ?? 0)
                connections += 1
                // It leaves while some are on their way.
                if connections <= 9 {
                    for number in 0..<5 {
                        try await service.progress(stage.request, ["step": .number(JSONNumber(number))])
                    }
                } else if connections == 10 {
                    try await service.answer(stage.request, ["text": "x"])
                }
                try await until("some frames") { watcher.frames.count >= 3 || !watcher.isOpen }
                // Only what was seen before the leaving counts: the rest is asked for again.
                let seen = watcher.frames
                try await watcher.leave()
                frames += seen
            }
            #expect(Self.numbers(frames) == Array(1...frames.count))
            #expect(frames.count == 51 + Self.stages)
            #expect(connections >= 10)
        }
    }

    @Test("the project's stream tells all of its orchestrations by position, and no other project's")
    func projectStream() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let other = try await hub.makeProject("other")
            for project in [project, other] {
                let service = try await FakeService.connect(try await project.register("echo"), project)
                service.serve(hub) { $0.input }
            }
            let watcher = try await Self.watch(project)
            var ids: [OrchestrationID] = []
            for number in 0..<5 {
                ids.append(try await project.submit("\(number)", plan: DeliveryTests.say("\(number)")))
                try await other.submit(plan: DeliveryTests.say)
            }
            _ = try await watcher.frame("ended", 4)
            let frames = watcher.frames
            #expect(Self.numbers(frames, "position") == Array(1...(31 + 5 * Self.stages)))
            for id in ids {
                let own = frames.filter { $0["orchestrationId"]?.string == id.rawValue }
                #expect(Self.numbers(own) == Array(1...(6 + Self.stages)))
                #expect(own.last?["duration"]?.integer != nil)
            }
            #expect(watcher.isOpen)
            let resumed = try await Self.watch(project, after: 17)
            _ = try await eventually("the rest") { resumed.frames.count >= 14 + 5 * Self.stages ? true : nil }
            #expect(resumed.frames.map { $0["position"] } == frames.dropFirst(17).map { $0["position"] })
            #expect(resumed.frames.map { $0["serviceName"] } == frames.dropFirst(17).map { $0["serviceName"] })
        }
    }

    @Test("the key comes by header, by ?apiKey= or by subprotocol; the one without the key is agreed on")
    func keys() async throws {
        try await withTestHub { hub in
            let stage = try await BadFrameTests.stage(hub)
            try await stage.service.answer(stage.request, ["text": "x"])
            try await stage.project.wait(stage.id, for: .completed)
            let (path, key) = ("/orchestrations/\(stage.id)/progress", stage.project.key)
            let byParameter = try await TestSocket.open(hub, path + "?apiKey=\(key)&after=2")
            #expect(try await byParameter.end()?.code == .normal)
            #expect(Self.numbers(byParameter.frames) == Array(3...(6 + Self.stages)))
            let bySubprotocol = try await TestSocket.open(hub, "/progress", subprotocols: ["orra", "orra-key.\(key)"])
            #expect(bySubprotocol.subprotocol == "orra")
            _ = try await bySubprotocol.frame("ended")
            let wrong = BadRequestTests.unknownKey
            for (path, subprotocols) in [(path + "?apiKey=\(wrong)", []), (path, ["orra", "orra-key.\(wrong)"])] {
                await #expect(throws: WebSocketClientError.self) {
                    _ = try await TestSocket.open(hub, path, subprotocols: subprotocols)
                }
            }
            let service = try await TestSocket.open(hub, "/ws?serviceId=\(stage.service.id)&apiKey=\(key)")
            #expect(service.isOpen)
        }
    }

    @Test(
        "after must be a whole number", arguments: ["abc", "-1", "1.5", "9223372036854775807", "99999999999999999999"])
    func wrongAfter(after: String) async throws {
        try await withTestHub { hub in
            let stage = try await BadFrameTests.stage(hub)
            for path in ["/progress", "/orchestrations/\(stage.id)/progress"] {
                #expect(try await BadRequestTests.refusal(hub, path + "?after=\(after)", key: stage.project.key) == 400)
                let answer = try await stage.project.get(path + "?after=\(after)")
                #expect(answer.status == 400)
                #expect(answer.param == "after")
            }
        }
    }

    @Test("a watcher that does not read holds up nobody, and gets everything once it reads")
    func silentWatcher() async throws {
        try await withTestHub { hub in
            let stage = try await BadFrameTests.stage(hub)
            let silent = try await Self.watch(stage.project, stage.id, reads: false)
            let reader = try await Self.watch(stage.project, stage.id)
            let pad = JSONValue.string(String(repeating: "x", count: 320 * 1_024))
            for number in 0..<40 {
                try await stage.service.progress(stage.request, ["step": .number(JSONNumber(number)), "pad": pad])
            }
            try await stage.service.answer(stage.request, ["text": "x"])
            #expect(try await reader.end()?.code == .normal)
            #expect(Self.numbers(reader.frames) == Array(1...(46 + Self.stages)))
            try await stage.project.wait(stage.id, for: .completed)
            #expect(silent.frames.isEmpty)
            silent.startReading()
            #expect(try await silent.end()?.code == .normal)
            #expect(Self.numbers(silent.frames) == Array(1...(46 + Self.stages)))
        }
    }

    @Test("a watcher of the project that lags too far is closed with 4008 and resumes with the number it is told")
    func lag() async throws {
        let store = GatedStore()
        try await withTestHub(store) { hub in
            let stage = try await BadFrameTests.stage(hub)
            let watcher = try await Self.watch(stage.project)
            _ = try await watcher.frame("task_dispatched")
            // One that has still to reach the end reads up on a long history, and lags behind nothing.
            try await stage.service.progress(stage.request, ["step": 0])
            _ = try await watcher.frame("task_interim_result")
            let seen = try #require(Self.numbers(watcher.frames, "position").last)
            // The store has positions in their order, whoever reads meanwhile.
            store.holdProgress(true)
            let committed = store.committed
            try await stage.service.progress(stage.request, ["step": 1])
            try await until("the step is on disk") { store.committed > committed }
            // More than a watcher may lie behind, in one transaction.
            let count = Limits.watcherLag + 2 * Limits.watcherPage
            let entries = (1...count).map { number in
                Write.journal(
                    JournalEntry(
                        orchestration: stage.id, project: stage.project.id, seq: 100_000 + number,
                        position: Int64(seen + 10 + number), at: Timestamp(milliseconds: 0),
                        event: .resumed))
            }
            try await store.base.commit(entries)
            store.holdProgress(false)
            let close = try await watcher.end()
            #expect(close?.code?.rawValue == 4008)
            let last = try #require(Self.numbers(watcher.frames, "position").last)
            #expect(close?.reason == "Orra:WatcherLags resume with after=\(last)")
            let resumed = try await Self.watch(stage.project, after: last)
            // The first may have been closed before it told the step: only the last position says that all came.
            try await until("the rest") { resumed.frames.last?["position"]?.integer == seen + 10 + count }
            let positions = Self.numbers(watcher.frames, "position") + Self.numbers(resumed.frames, "position")
            #expect(positions == Array(1...(seen + 1)) + Array((seen + 11)...(seen + 10 + count)))
        }
    }
}
