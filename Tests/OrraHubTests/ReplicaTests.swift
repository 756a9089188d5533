import OrraModel
import OrraProtocol
import OrraWebSocket
import Testing

@testable import OrraHub

@Suite("Replicas", .timeLimit(.minutes(3)))
struct ReplicaTests {
    static let agent = "orra-swift/1"

    private static func large(_ megabytes: Int) -> JSONValue {
        TestProject.plan(("echo", ["text": .string(String(repeating: "x", count: megabytes << 20))]))
    }

    @Test("tasks spread over replicas by what each has in flight, within its credit")
    func spread() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            let small = try await FakeService.connect(echo, project, userAgent: Self.agent, instance: "a", credit: 1)
            let wide = try await FakeService.connect(echo, project, userAgent: Self.agent, instance: "b", credit: 4)
            let id = try await project.submit(
                plan: TestProject.plan((0..<6).map { _ in ("echo", ["text": "hello"] as JSONValue) }))
            _ = try await wide.request(3)
            _ = try await small.request()
            let answer = try #require(try await project.service(echo))
            #expect(answer.connections.map(\.inFlight) == [1, 4])
            #expect(answer.waiting == 1)
            try await small.answer(try await small.request(), ["text": "x"])
            try await small.answer(try await small.request(1), ["text": "x"])
            for number in 0..<4 { try await wide.answer(try await wide.request(number), ["text": "x"]) }
            try await project.wait(id, for: .completed)
        }
    }

    @Test(
        "a connection that does not read is stalled: it gets no more tasks; its task moves with its key, after the deadline"
    )
    func stalled() async throws {
        var tuning = HubTuning()
        tuning.stallInterval = .milliseconds(100)
        try await withTestHub(tuning: tuning) { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo", retry: TestProject.quickRetry(5))
            let deaf = try await RawService.connect(echo, project, reads: false)
            let large = try await project.submit(plan: Self.large(9), more: ["timeout": "6s"])
            try await project.wait(large, for: .processing)
            let other = try await FakeService.connect(echo, project, userAgent: Self.agent, instance: "b")
            try await until("the connection stalls") {
                try await project.service(echo)?.connections.first?.health == "stalled"
            }
            #expect(try await project.service(echo)?.connections.first?.stalled == true)
            // More than the stalled one has in flight, and yet all go to the other.
            var ids: [OrchestrationID] = []
            for number in 0..<4 { ids.append(try await project.submit(plan: DeliveryTests.say("\(number)"))) }
            _ = try await other.request(4)
            let small = other.requests.compactMap { $0.input["text"]?.string }.filter { $0.count == 1 }
            #expect(small == (0..<4).map(String.init))
            let moved = try #require(other.requests.first { $0.input["text"]?.string?.count == 9 << 20 })
            for number in 0..<5 { try await other.answer(try await other.request(number), ["text": "x"]) }
            for id in ids { try await project.wait(id, for: .completed) }
            let row = try await eventually("the end") {
                try await project.get("/orchestrations").json["completed"]?.array?.first {
                    $0["id"]?.string == large.rawValue
                }
            }
            #expect(row["status"] == "completed")
            // What was on its way there all the time has the same key; and it is well again.
            try await deaf.startReading()
            #expect(try await deaf.request().key == moved.key)
            #expect(try await deaf.request().execution != moved.execution)
            #expect(deaf.requests.count == 1)
            try await until("it is well again") {
                try await project.service(echo)?.connections.first?.stalled == false
            }
            let dispatches = try await ProgressTests.all(project, large, from: try await project.inspect(large))
                .filter { $0["type"] == "task_dispatched" }
            let times = dispatches.compactMap { $0["timestamp"]?.string.flatMap(Timestamp.init) }
            #expect(times.count == 2)
            if times.count == 2 { #expect(times[1] - times[0] >= .seconds(6)) }
        }
    }

    @Test("many tasks with large inputs at once reach a service that reads, over one connection")
    func largeInputs() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            for _ in 0..<6 { try await project.submit(plan: Self.large(9), more: ["timeout": "10m"]) }
            let service = try await FakeService.connect(echo, project)
            for number in 0..<6 {
                let request = try await service.request(number)
                #expect(request.input["text"]?.string?.utf8.count == 9 << 20)
                try await service.answer(request, ["text": "x"])
            }
            try await until("all are completed") {
                try await project.get("/orchestrations").json["completed"]?.array?.count == 6
            }
            #expect(service.socket.isOpen)
            #expect(service.requests.count == 6)
        }
    }

    @Test("a connection without a hello is served after a while, though its client is known to say one")
    func helloTimeout() async throws {
        var tuning = HubTuning()
        tuning.helloTimeout = .milliseconds(200)
        try await withTestHub(tuning: tuning) { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            let service = try await FakeService.connect(echo, project, userAgent: Self.agent)
            let id = try await project.submit(plan: DeliveryTests.say)
            try await service.answer(try await service.request(), ["text": "x"])
            try await project.wait(id, for: .completed)
            let connection = try await project.service(echo)?.connections.first
            #expect(connection?.health == "healthy")
            #expect(connection?.credit == Limits.defaultCredit)
            #expect(connection?.instance == nil)
        }
    }

    @Test("one connection more than a service may have is closed with 1013, also while the hub can't write")
    func connections() async throws {
        let store = GatedStore()
        try await withTestHub(store) { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            let other = try await project.register("other")
            store.set(.held)
            var services: [RawService] = []
            for _ in 0..<Limits.connectionsPerService {
                services.append(try await RawService.connect(echo, project))
            }
            let refused = try await RawService.connect(echo, project)
            #expect(try await refused.closeCode() == 1013)
            store.set(.open)
            let limit = Limits.connectionsPerService
            try await until("all are known") { try await project.service(echo)?.connections.count == limit }
            let again = try await RawService.connect(echo, project)
            #expect(try await again.closeCode() == 1013)
            // Another service is another matter; and who leaves makes room.
            _ = try await FakeService.connect(other, project, instance: "x")
            try await services[0].leave()
            try await until("one has left") { try await project.service(echo)?.connections.count == limit - 1 }
            let late = try await RawService.connect(echo, project)
            try await until("it is known") { try await project.service(echo)?.connections.count == limit }
            #expect(!late.isOver)
        }
    }
}
