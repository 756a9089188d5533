import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OrraModel
import OrraProtocol
import OrraStore
import Testing

@Suite("Idempotency-Key", .timeLimit(.minutes(2)))
struct IdempotencyTests {
    static func submit(
        _ project: TestProject, _ body: JSONValue, keys: [String], bytes: [UInt8]? = nil,
        path: String = "/orchestrations"
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(project.hub.port)\(path)")
        request.method = .POST
        request.headers.add(name: "Authorization", value: "Bearer \(project.key)")
        request.headers.add(name: "Content-Type", value: "application/json")
        for key in keys { request.headers.add(name: "Idempotency-Key", value: key) }
        request.body = .bytes(ByteBuffer(bytes: bytes ?? RawJSON(body).bytes))
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        let answer = try await response.body.collect(upTo: 1 << 20)
        return Answer(
            status: Int(response.status.code), headers: response.headers, body: Array(answer.readableBytesView))
    }

    static func submit(_ project: TestProject, _ body: JSONValue, key: String = "order-1") async throws -> Answer {
        try await submit(project, body, keys: [key])
    }

    static func isReplayed(_ answer: Answer) -> Bool {
        answer.headers.first(name: "Idempotency-Replayed") == "true"
    }

    static let hello = TestProject.action(plan: DeliveryTests.say)

    @Test("the same key and body is the same orchestration, as it stands now, and runs once")
    func same() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await FakeService.connect(try await project.register("echo"), project)
            let first = try await Self.submit(project, Self.hello)
            #expect(first.status == 202)
            #expect(first.headers.first(name: "Idempotency-Replayed") == nil)
            let id = OrchestrationID(try #require(first.json["id"]?.string))
            let request = try await echo.request()
            let second = try await Self.submit(project, Self.hello)
            #expect(second.status == 202)
            #expect(Self.isReplayed(second))
            #expect(second.json == first.json)
            try await echo.answer(request, ["text": "hello"])
            try await project.wait(id, for: .completed)
            let third = try await Self.submit(project, Self.hello)
            #expect(Self.isReplayed(third))
            #expect(third.json["id"]?.string == id.rawValue)
            #expect(third.json["status"] == "completed")
            #expect(third.json["results"] == [["text": "hello"]])
            // Another key, and none, are new actions.
            let other = try await Self.submit(project, Self.hello, key: "order-2")
            #expect(!Self.isReplayed(other))
            let ids = Set([
                id.rawValue, other.json["id"]?.string, try await project.submit(plan: DeliveryTests.say).rawValue,
            ])
            #expect(ids.count == 3)
            _ = try await echo.request(2)
            try await echo.socket.roundTrip()
            #expect(echo.requests.count == 3)
        }
    }

    @Test("of many at the same time one runs, and all get it")
    func concurrent() async throws {
        let store = GatedStore()
        try await withTestHub(store) { hub in
            let project = try await hub.makeProject()
            let echo = try await FakeService.connect(try await project.register("echo"), project)
            let action = TestProject.action(plan: DeliveryTests.say, more: ["timeout": "10m"])
            // While the first is on its way to the disk, the others come: fewer than a client holds connections.
            store.set(.held)
            let calls = (0..<5).map { _ in CommitTests.Call.begin(hub) { try await Self.submit(project, action) } }
            try await until("a commit") { store.waiting == 1 }
            for _ in calls { _ = try await project.get("/orchestrations") }
            store.set(.open)
            var answers: [Answer] = []
            for call in calls { answers.append(try await call.answer) }
            #expect(answers.allSatisfy { $0.status == 202 })
            #expect(Set(answers.map { $0.json["id"]?.string }).count == 1)
            #expect(answers.filter { !Self.isReplayed($0) }.count == 1)
            _ = try await echo.request()
            try await echo.socket.roundTrip()
            #expect(echo.requests.count == 1)
            #expect(try await project.get("/orchestrations").json["processing"]?.array?.count == 1)
        }
    }

    @Test("the same key with another body is 409, and begins nothing; white space makes another body")
    func otherBody() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            try await project.register("echo")
            let first = try await Self.submit(project, Self.hello)
            let bodies = [
                RawJSON(TestProject.action(plan: DeliveryTests.say("else"))).bytes, RawJSON(Self.hello).bytes + [0x20],
            ]
            for bytes in bodies {
                let refused = try await Self.submit(project, .null, keys: ["order-1"], bytes: bytes)
                #expect(refused.status == 409)
                #expect(refused.kind == "invalid operation")
                #expect(refused.code == "Orra:IdempotencyKeyReused")
                #expect(!Self.isReplayed(refused))
            }
            let again = try await Self.submit(project, Self.hello)
            #expect(again.json["id"] == first.json["id"])
            #expect(try await project.get("/orchestrations").json["paused"]?.array?.count == 1)
        }
    }

    @Test("what is not actionable is refused the same way again, and stored once")
    func notActionable() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let action = TestProject.action("Fly to the moon")
            let first = try await Self.submit(project, action)
            #expect(first.status == 400)
            #expect(first.code == "Orra:ActionNotActionable")
            #expect(!Self.isReplayed(first))
            // A service that could do it makes no difference: the answer is the answer.
            try await project.register("moon", description: "Fly to the moon")
            let second = try await Self.submit(project, action)
            #expect(second.status == 400)
            #expect(second.json == first.json)
            #expect(Self.isReplayed(second))
            #expect(try await project.get("/orchestrations").json["notActionable"]?.array?.count == 1)
        }
    }

    @Test("what was refused before anything was kept may be sent again under its key")
    func invalidBody() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let refused = try await Self.submit(project, Self.hello)
            #expect(refused.status == 400)
            #expect(refused.code == "Orra:InvalidPlan")
            try await project.register("echo")
            let accepted = try await Self.submit(project, Self.hello)
            #expect(accepted.status == 202)
            #expect(!Self.isReplayed(accepted))
        }
    }

    @Test("a submission that the disk did not take is not remembered")
    func notKept() async throws {
        let store = GatedStore()
        try await withTestHub(store) { hub in
            let project = try await hub.makeProject()
            try await project.register("echo")
            store.set(.rejecting { if case .submission = $0 { true } else { false } })
            #expect(try await Self.submit(project, Self.hello).status == 500)
            store.set(.open)
            let accepted = try await Self.submit(project, Self.hello)
            #expect(accepted.status == 202)
            #expect(!Self.isReplayed(accepted))
            #expect(try await project.get("/orchestrations").json["paused"]?.array?.count == 1)
        }
    }

    @Test("a key has 1 to 255 visible ASCII characters, and comes once")
    func invalidKey() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            try await project.register("echo")
            let wrong = [[""], ["a b"], ["é"], [String(repeating: "x", count: 256)], ["one", "two"]]
            for keys in wrong {
                let answer = try await Self.submit(project, Self.hello, keys: keys)
                #expect(answer.status == 400, "\(keys)")
                #expect(answer.kind == "validation")
                #expect(answer.param == "Idempotency-Key")
            }
            #expect(try await project.get("/orchestrations").json == [:])
            for key in ["!", "~", "a,b", String(repeating: "x", count: 255)] {
                #expect(try await Self.submit(project, Self.hello, key: key).status == 202)
                #expect(Self.isReplayed(try await Self.submit(project, Self.hello, key: key)))
            }
        }
    }

    @Test("another project's same key is its own")
    func projects() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let other = try await hub.makeProject("other")
            for project in [project, other] { try await project.register("echo") }
            let first = try await Self.submit(project, Self.hello)
            let theirs = try await Self.submit(other, TestProject.action(plan: DeliveryTests.say("else")))
            #expect(theirs.status == 202)
            #expect(!Self.isReplayed(theirs))
            #expect(theirs.json["id"] != first.json["id"])
            #expect(try await Self.submit(project, Self.hello).json["id"] == first.json["id"])
        }
    }

    @Test("a key holds over a crash, and for a day")
    func life() async throws {
        var store = InMemoryStore()
        try await withTestHub(store) { hub in
            let project = try await hub.makeProject()
            try await project.register("echo")
            let action = TestProject.action(plan: DeliveryTests.say, more: ["healthCheckGracePeriod": "100h"])
            let first = try await Self.submit(project, action)
            #expect(first.status == 202)
            store = try await hub.crash(store)
            #expect(try await Self.submit(project, action).json["id"] == first.json["id"])
            #expect(try await Self.submit(project, Self.hello).status == 409)
            store = try await hub.crash(store, later: .seconds(24 * 3_600 - 120))
            let late = try await Self.submit(project, action)
            #expect(Self.isReplayed(late))
            #expect(late.json["id"] == first.json["id"])
            store = try await hub.crash(store, later: .seconds(300))
            let next = try await Self.submit(project, Self.hello)
            #expect(next.status == 202)
            #expect(!Self.isReplayed(next))
            #expect(next.json["id"] != first.json["id"])
            // From now on it is the new one's.
            #expect(try await Self.submit(project, Self.hello).json["id"] == next.json["id"])
            #expect(try await Self.submit(project, action).status == 409)
        }
    }

    @Test("a retry under a key is made once, also when it is asked for again; the key stands for that retry alone")
    func retries() async throws {
        try await withTestHub { hub in
            let stage = try await RetryTests.Stage(hub)
            let path = "/orchestrations/\(stage.id)/retry"
            let first = try await Self.submit(stage.project, [:], keys: ["again"], path: path)
            #expect(first.status == 202)
            let second = try await Self.submit(stage.project, [:], keys: ["again"], path: path)
            #expect(second.status == 202)
            #expect(second.json["id"] == first.json["id"])
            #expect(Self.isReplayed(second))
            let another = "/orchestrations/\(first.json["id"]?.string ?? "")/retry"
            let other = try await Self.submit(stage.project, [:], keys: ["again"], path: another)
            #expect(other.code == "Orra:IdempotencyKeyReused")
        }
    }
}
