import NIOHTTP1
import OrraModel
import OrraProtocol
import OrraStore
import OrraWebSocket
import Testing

@testable import OrraHub

@Suite("Health of services", .timeLimit(.minutes(2)))
struct ServiceHealthTests {
    /// Pings that come quickly.
    private static var quick: HubTuning {
        var tuning = HubTuning()
        tuning.webSocketPingInterval = .milliseconds(100)
        tuning.pingInterval = .milliseconds(100)
        return tuning
    }

    private static func events(_ project: TestProject, _ service: String) async throws -> [ServiceEventAnswer] {
        try WireDecoder().decode(ServiceAnswer.self, from: try await project.get("/services/\(service)").body).events
            ?? []
    }

    private static func tell(_ event: ServiceEventAnswer) -> String {
        [event.type.rawValue, event.instance, event.health, event.reason].compactMap(\.self).joined(separator: " ")
    }

    @Test("a connection tells what it did: in flight, delivered, failed, round trip, reconnects, last seen")
    func counts() async throws {
        // No quicker, or a machine that is busy elsewhere makes the client look dead.
        var tuning = HubTuning()
        tuning.webSocketPingInterval = .seconds(1)
        try await withTestHub(tuning: tuning) { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo", retry: TestProject.quickRetry(1))
            let first = try await FakeService.connect(
                echo, project, userAgent: ReplicaTests.agent, instance: "a", credit: 3)
            for number in 0..<3 { try await project.submit(plan: DeliveryTests.say("\(number)")) }
            try await first.acknowledged(try await first.answer(try await first.request(), ["text": "x"]))
            try await first.acknowledged(try await first.fail(try await first.request(1), "no"))
            let busy = try #require(try await project.service(echo)?.connections.first)
            #expect(busy.inFlight == 1)
            #expect(busy.delivered == 3)
            #expect(busy.failed == 1)
            #expect(busy.credit == 3)
            #expect(busy.reconnects == 0)
            #expect(busy.stalled == false)
            #expect(busy.lastSeen > busy.connectedAt)
            try await first.acknowledged(try await first.answer(try await first.request(2), ["text": "x"]))
            try await until("an idle one answers a ping") {
                let connection = try await project.service(echo)?.connections.first
                return connection?.roundTripMs.map { $0 > 0 } == true && connection?.missedPongs == 0
            }
            try await first.leave()
            _ = try await FakeService.connect(echo, project, userAgent: ReplicaTests.agent, instance: "a")
            #expect(try await project.service(echo)?.connections.first?.reconnects == 1)
            #expect(try await project.service(echo)?.connections.first?.delivered == 0)
        }
    }

    @Test("GET /services/{id or name} has the events, newest first; an unknown or foreign one is 404")
    func inspection() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            let service = try await FakeService.connect(echo, project, userAgent: ReplicaTests.agent, instance: "a")
            try await service.acknowledged(try await service.send(["type": "drain"]))
            try await service.leave()
            try await until("it has left") { try await Self.events(project, "echo").count == 4 }
            for name in ["echo", echo.rawValue] {
                let events = try await Self.events(project, name)
                #expect(
                    events.map(Self.tell) == [
                        "service_disconnected a", "service_health a draining takes no more tasks",
                        "service_health a healthy", "service_connected connecting awaits its hello",
                    ])
                #expect(events.map(\.position) == [4, 3, 2, 1])
                #expect(Set(events.map(\.connection)).count == 1)
            }
            // The list has none.
            #expect(try await project.service(echo)?.events == nil)
            let stranger = try await hub.makeProject("strangers")
            for (project, name) in [(project, "unknown"), (project, "s_unknown"), (stranger, "echo")] {
                let answer = try await project.get("/services/\(name)")
                #expect(answer.status == 404)
                #expect(answer.code == "Orra:UnknownService")
                #expect(answer.kind == "not found")
            }
            #expect(try await stranger.get("/services/\(echo)").status == 404)
            #expect(try await hub.call(.GET, "/services/echo").status == 401)
        }
    }

    @Test("a service's events are at most a hundred, the newest")
    func manyEvents() async throws {
        let store = InMemoryStore()
        try await withTestHub(store) { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            for _ in 0..<52 {
                let service = try await RawService.connect(echo, project)
                try await service.leave()
            }
            try await until("all have come and gone") {
                try await Self.events(project, "echo").first?.position == 104
            }
            let events = try await Self.events(project, "echo")
            #expect(events.map(\.position) == (5...104).reversed())
        }
    }

    @Test("the project's stream tells services and orchestrations by one position; an orchestration's tells no service")
    func stream() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            let first = try await FakeService.connect(echo, project, userAgent: ReplicaTests.agent, instance: "a")
            let id = try await project.submit(plan: DeliveryTests.say)
            let live = try await ProgressTests.watch(project)
            let own = try await ProgressTests.watch(project, id)
            _ = try await first.request()
            try await first.leave()
            let second = try await FakeService.connect(echo, project, userAgent: ReplicaTests.agent, instance: "a")
            try await second.answer(try await second.request(), ["text": "x"])
            try await project.wait(id, for: .completed)
            try await second.acknowledged(try await second.send(["type": "drain"]))
            _ = try await live.frame("service_health", 2)
            let frames = live.frames
            #expect(ProgressTests.numbers(frames, "position") == Array(1...frames.count))
            let types = frames.compactMap { $0["type"]?.string }
            #expect(types.filter { $0 == "service_connected" }.count == 2)
            #expect(types.filter { $0 == "service_disconnected" }.count == 1)
            let services = frames.filter { $0["type"]?.string?.hasPrefix("service_") == true }
            for frame in services {
                #expect(frame["serviceId"]?.string == echo.rawValue)
                #expect(frame["serviceName"] == "echo")
                #expect(frame["connection"]?.integer != nil)
                #expect(frame["timestamp"]?.string != nil)
                #expect(frame["orchestrationId"] == nil)
                #expect(frame["seq"] == nil)
            }
            #expect(services.last?["health"] == "draining")
            #expect(services.last?["reason"] == "takes no more tasks")
            #expect(services.last?["instance"] == "a")
            _ = try await own.end()
            #expect(own.frames.allSatisfy { $0["type"]?.string?.hasPrefix("service_") == false })
            #expect(ProgressTests.numbers(own.frames) == Array(1...own.frames.count))
            // Resumed anywhere, it is the same, without a gap and without a repetition.
            for after in 0..<frames.count {
                let resumed = try await ProgressTests.watch(project, after: after)
                try await until("the rest") { resumed.frames.count >= frames.count - after }
                #expect(
                    resumed.frames.map { $0["position"] } == frames.dropFirst(after).map { $0["position"] },
                    "after=\(after)")
                #expect(resumed.frames.map { $0["type"] } == frames.dropFirst(after).map { $0["type"] })
            }
        }
    }

    @Test("an idle service that answers no ping becomes degraded, then unhealthy, and is closed with 1012")
    func silentIdle() async throws {
        try await withTestHub(tuning: Self.quick) { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            let silent = try await RawService.connect(echo, project)
            #expect(try await silent.closeCode() == 1012)
            try await silent.leave()
            try await until("it is gone") {
                try await Self.events(project, "echo").first?.type == .disconnected
            }
            #expect(
                try await Self.events(project, "echo").map(Self.tell).reversed() == [
                    "service_connected healthy", "service_health degraded missed a pong",
                    "service_health unhealthy missed 2 pongs", "service_disconnected",
                ])
        }
    }

    @Test("a busy service that answers nothing is not judged dead: no ping, no close, its task stays with it")
    func silentBusy() async throws {
        try await withTestHub(tuning: Self.quick) { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            let idle = try await project.register("idle")
            let busy = try await RawService.connect(echo, project, userAgent: "Python/3.12 websockets/13.1")
            let id = try await project.submit(plan: DeliveryTests.say, more: ["timeout": "10m"])
            let request = try await busy.request()
            let (pings, messages) = (busy.pings, busy.frames("ping").count)
            // As long as it takes to find three idle ones dead.
            for _ in 0..<3 {
                let silent = try await RawService.connect(idle, project)
                #expect(try await silent.closeCode() == 1012)
                try await silent.leave()
            }
            #expect(busy.pings <= pings + 1)  // one may have been on its way
            #expect(busy.frames("ping").count <= messages + 1)
            #expect(!busy.isOver)
            #expect(busy.requests.count == 1)
            let connection = try await project.service(echo)?.connections.first
            #expect(connection?.inFlight == 1)
            #expect(try await Self.events(project, "echo").contains { $0.health == "unhealthy" } == false)
            try await busy.send([
                "id": "r",
                "payload": FakeService.payload("task_result", request, echo, ["result": ["task": ["text": "x"]]]),
            ])
            try await project.wait(id, for: .completed)
            // Idle again, it is asked again.
            try await until("a ping") { busy.pings > pings + 1 || busy.frames("ping").count > messages + 1 }
        }
    }

    @Test("an idle service is sent ping messages with its own id, and its pong counts as a sign of life")
    func pingMessages() async throws {
        var tuning = HubTuning()
        tuning.pingInterval = .milliseconds(50)
        try await withTestHub(tuning: tuning) { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            let service = try await FakeService.connect(echo, project)
            #expect(try await service.socket.frame("ping")["serviceId"]?.string == echo.rawValue)
            let before = try #require(try await project.service(echo)?.connections.first?.lastSeen)
            try await until("a later time") {
                try await service.socket.send([
                    "id": "pong", "payload": ["type": "pong", "serviceId": .string(echo.rawValue)],
                ])
                try await service.socket.roundTrip()
                return try await project.service(echo)?.connections.first.map { $0.lastSeen > before } == true
            }
            #expect(service.socket.frames("ACK").isEmpty)
        }
    }
}
