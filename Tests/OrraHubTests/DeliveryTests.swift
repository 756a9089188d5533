import OrraModel
import OrraProtocol
import OrraWebSocket
import Testing

@Suite("Delivery", .timeLimit(.minutes(2)))
struct DeliveryTests {
    static let say = TestProject.plan(("echo", ["text": "hello"]))

    static func say(_ text: String) -> JSONValue { TestProject.plan(("echo", ["text": .string(text)])) }

    @Test("F5: a task for an absent service waits, and is delivered at once when it connects")
    func absent() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            let id = try await project.submit(plan: Self.say, more: ["timeout": "10m"])
            try await project.wait(id, for: .paused)
            #expect(try await project.service(echo)?.waiting == 1)
            let service = try await FakeService.connect(echo, project)
            let request = try await service.request()
            try await project.wait(id, for: .processing)
            try await service.answer(request, ["text": "hello"])
            let inspection = try await project.wait(id, for: .completed)
            #expect(inspection.tasks.first?.attempts == 1)
            #expect(
                inspection.tasks.first?.statusHistory.map(\.status) == [.pending, .paused, .processing, .completed])
        }
    }

    @Test("a service that stays away fails the task after the grace period", arguments: [false, true])
    func grace(wasThere: Bool) async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            let service = wasThere ? try await FakeService.connect(echo, project, credit: 1) : nil
            let first = try await project.submit(plan: Self.say, more: ["healthCheckGracePeriod": "100ms"])
            if let service {
                // The second one waits for credit, and has never been with a connection.
                _ = try await service.request()
                let second = try await project.submit(plan: Self.say, more: ["healthCheckGracePeriod": "100ms"])
                try await service.leave()
                #expect(try await project.wait(second, for: .failed).error?.contains("grace period") == true)
            }
            let inspection = try await project.wait(first, for: .failed)
            #expect(inspection.error?.contains("task1 (echo) was away longer than the grace period") == true)
        }
    }

    @Test(
        "credit is 1 for Python's library, 16 otherwise, and what hello says wins",
        arguments: [
            ("Python/3.12 websockets/13.1", nil, 1), ("node", nil, 16), ("Python/3.12 websockets/13.1", 3, 3),
            ("node", 2, 2), ("node", 100_000, 20), ("node", 0, 1),
        ] as [(String, Int?, Int)])
    func credit(userAgent: String, declared: Int?, expected: Int) async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            let service = try await FakeService.connect(echo, project, userAgent: userAgent, credit: declared)
            let tasks = (0..<20).map { _ in ("echo", ["text": "hello"] as JSONValue) }
            let id = try await project.submit(plan: TestProject.plan(tasks))
            _ = try await service.request(expected - 1)
            try await service.socket.roundTrip()
            #expect(service.requests.count == expected)
            let answer = try await project.service(echo)
            #expect(answer?.connections.first?.inFlight == expected)
            #expect(answer?.waiting == 20 - expected)
            for number in 0..<20 { try await service.answer(try await service.request(number), ["text": "x"]) }
            try await project.wait(id, for: .completed)
        }
    }

    @Test("a client that is known to say hello gets no task before it")
    func hello() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            let service = try await FakeService.connect(echo, project, userAgent: "orra-swift/0.1.0")
            try await project.submit(plan: Self.say)
            let waiting = try await project.service(echo)
            #expect(waiting?.connections.first?.health == "connecting")
            #expect(waiting?.waiting == 1)
            try await service.socket.roundTrip()
            #expect(service.requests.isEmpty)
            try await service.hello(instance: "one", credit: 2)
            _ = try await service.request()
            let open = try await project.service(echo)?.connections.first
            #expect(open?.health == "healthy")
            #expect(open?.instance == "one")
            #expect(open?.credit == 2)
        }
    }

    @Test("a redelivery keeps the idempotency key and has its own execution id; the same instance gets it at once")
    func redelivery() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            let one = try await FakeService.connect(echo, project, userAgent: "orra-swift/1", instance: "one")
            let id = try await project.submit(plan: Self.say, more: ["timeout": "10m"])
            let first = try await one.request()
            let two = try await FakeService.connect(echo, project, userAgent: "orra-swift/1", instance: "two")
            try await one.leave()
            try await until("the task waits") { try await project.service(echo)?.waiting == 1 }
            try await two.socket.roundTrip()
            #expect(two.requests.isEmpty)
            let again = try await FakeService.connect(echo, project, userAgent: "orra-swift/1", instance: "one")
            let second = try await again.request()
            #expect(second.key == first.key)
            #expect(second.execution != first.execution)
            #expect(second.input == first.input)
            // An answer under the older execution counts.
            try await again.answer(first, ["text": "hello"])
            let inspection = try await project.wait(id, for: .completed)
            #expect(inspection.tasks.first?.attempts == 1)
            #expect(two.requests.isEmpty)
        }
    }

    @Test("another replica gets a lost task, but only after the attempt's deadline")
    func otherReplica() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            let one = try await FakeService.connect(echo, project, userAgent: "orra-swift/1", instance: "one")
            let two = try await FakeService.connect(echo, project, userAgent: "orra-swift/1", instance: "two")
            let id = try await project.submit(plan: Self.say, more: ["timeout": "2s"])
            let first = try await one.request()
            try await one.leave()
            let second = try await two.request()
            #expect(second.key == first.key)
            try await two.answer(second, ["text": "hello"])
            let inspection = try await project.wait(id, for: .completed)
            let deliveries = inspection.tasks.first?.statusHistory.filter { $0.status == .processing } ?? []
            #expect(deliveries.count == 2)
            if let first = deliveries.first, let last = deliveries.last {
                #expect(last.timestamp - first.timestamp >= .seconds(2))
            }
        }
    }

    @Test("F6: the end of an old socket takes nothing from the new one")
    func overlappingSockets() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            let old = try await FakeService.connect(echo, project)
            let new = try await FakeService.connect(echo, project)
            try await old.leave()
            try await until("one connection") { try await project.service(echo)?.connections.count == 1 }
            let id = try await project.submit(plan: Self.say)
            try await new.answer(try await new.request(), ["text": "hello"])
            let inspection = try await project.wait(id, for: .completed)
            #expect(inspection.tasks.first?.statusHistory.contains { $0.status == .paused } == false)
        }
    }

    @Test("tasks are delivered in the order in which they became ready, a lost one before later ones")
    func order() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            for number in 0..<5 { _ = try await project.submit(plan: Self.say("\(number)")) }
            let agent = "orra-swift/1"
            let first = try await FakeService.connect(echo, project, userAgent: agent, instance: "a", credit: 2)
            _ = try await first.request(1)
            #expect(first.requests.map(\.input) == [["text": "0"], ["text": "1"]])
            try await first.leave()
            let second = try await FakeService.connect(echo, project, userAgent: agent, instance: "a", credit: 1)
            for number in 0..<5 {
                let request = try await second.request(number)
                #expect(request.input == ["text": .string("\(number)")])
                try await second.answer(request, ["text": "x"])
            }
        }
    }

    @Test("F12: a client that does not read gets at most 16 frames; the rest comes with the outcome, none is lost")
    func heldAcknowledgements() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            let service = try await FakeService.connect(echo, project, userAgent: "websockets/13")
            let id = try await project.submit(plan: Self.say)
            let request = try await service.request()
            var sent: [String] = []
            for number in 0..<40 {
                sent.append(try await service.progress(request, ["step": .number(JSONNumber(number))]))
            }
            try await until("all are journaled") {
                try await project.inspect(id).tasks.first?.interimResults?.count == 40
            }
            try await service.socket.roundTrip()
            #expect(service.socket.frames("ACK").count == Limits.unansweredFrames - 1)
            sent.append(try await service.answer(request, ["text": "x"]))
            for id in sent { try await service.acknowledged(id) }
            #expect(service.socket.frames("ACK").count == 41)
            let interims = try await project.inspect(id).tasks.first?.interimResults ?? []
            #expect(interims.map { $0.data.value["step"]?.integer } == Array(0..<40))
        }
    }

    @Test("interim results that repeat the last one are acknowledged and dropped")
    func repeatedInterims() async throws {
        try await withTestHub { hub in
            let stage = try await BadFrameTests.stage(hub)
            for data in [["step": 1], ["step": 1], ["step": 2], ["step": 1]] as [JSONValue] {
                try await stage.service.acknowledged(try await stage.service.progress(stage.request, data))
            }
            let interims = try await stage.project.inspect(stage.id).tasks.first?.interimResults ?? []
            #expect(interims.map(\.data.value) == [["step": 1], ["step": 2], ["step": 1]])
        }
    }

    @Test("ten connections lost with the same task in flight fail it")
    func tenConnections() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            let id = try await project.submit(plan: Self.say)
            var keys: Set<String> = []
            for number in 0..<Limits.connectionsLostPerTask {
                let service = try await FakeService.connect(echo, project)
                keys.insert(try await service.request().key)
                #expect(try await project.inspect(id).status == .processing, "connection \(number)")
                try await service.leave()
            }
            let inspection = try await project.wait(id, for: .failed)
            #expect(inspection.error?.contains("lost its connection 10 times") == true)
            #expect(inspection.tasks.first?.attempts == 1)
            #expect(keys.count == 1)
        }
    }

    @Test("a redelivery that is not answered at its deadline closes the connection with 1012, once")
    func reset() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo", retry: TestProject.quickRetry(1))
            let first = try await FakeService.connect(echo, project)
            let id = try await project.submit(plan: Self.say, more: ["timeout": "2s"])
            let request = try await first.request()
            try await first.leave()
            let second = try await FakeService.connect(echo, project)
            _ = try await second.request()
            #expect(try await second.socket.end()?.code == .serviceRestart)
            let third = try await FakeService.connect(echo, project)
            #expect(try await third.request().key == request.key)
            let inspection = try await project.wait(id, for: .failed)
            #expect(inspection.error?.contains("gave no answer within") == true)
            #expect(inspection.tasks.first?.attempts == 1)
            #expect(third.socket.isOpen)
        }
    }

    @Test("a connection that drains finishes what it has and gets no more")
    func drain() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            let first = try await FakeService.connect(echo, project)
            let one = try await project.submit(plan: Self.say("1"))
            let request = try await first.request()
            try await first.acknowledged(try await first.send(["type": "drain"]))
            let two = try await project.submit(plan: Self.say("2"))
            #expect(try await project.service(echo)?.connections.first?.health == "draining")
            try await first.acknowledged(try await first.answer(request, ["text": "1"]))
            try await project.wait(one, for: .completed)
            #expect(first.requests.count == 1)
            let second = try await FakeService.connect(echo, project)
            try await second.answer(try await second.request(), ["text": "2"])
            try await project.wait(two, for: .completed)
        }
    }
}
