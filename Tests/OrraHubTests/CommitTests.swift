import NIOHTTP1
import OrraEngine
import OrraModel
import OrraProtocol
import OrraStore
import OrraWebSocket
import Testing

@Suite("Nothing leaves the hub before it is on disk", .timeLimit(.minutes(2)))
struct CommitTests {
    static let fullDisk = StoreError(.unavailable, "the disk of this test is full")

    /// A call that runs beside the test until its answer is taken.
    final class Call: Sendable {
        private let box = Box()
        private actor Box {
            var answer: Answer?
            func set(_ answer: Answer?) { self.answer = answer }
        }
        static func begin(_ hub: TestHub, _ call: @escaping @Sendable () async throws -> Answer) -> Call {
            let result = Call()
            hub.spawn { await result.box.set(try? await call()) }
            return result
        }
        var isAnswered: Bool { get async { await box.answer != nil } }
        var answer: Answer { get async throws { try await eventually("an answer") { await box.answer } } }
    }

    @Test("neither 202, task_request nor ACK comes before its commit, and each comes after")
    func held() async throws {
        let store = GatedStore()
        try await withTestHub(store) { hub in
            let project = try await hub.makeProject()
            let service = try await FakeService.connect(try await project.register("echo"), project)
            try await service.hello(instance: "a")
            // Projects, services and actions.
            store.set(.held)
            let registered = Call.begin(hub) { try await hub.call(.POST, "/register/project", ["name": "x"]) }
            try await until("a commit") { store.waiting == 1 }
            try await service.socket.roundTrip()
            #expect(await !registered.isAnswered)
            store.set(.open)
            #expect(try await registered.answer.status == 201)

            store.set(.held)
            let submitted = Call.begin(hub) {
                try await project.post(
                    "/orchestrations", TestProject.action(plan: TestProject.plan(("echo", ["text": "a"]))))
            }
            try await until("a commit") { store.waiting == 1 }
            try await service.socket.roundTrip()
            #expect(await !submitted.isAnswered)
            #expect(service.requests.isEmpty)
            store.set(.open)
            #expect(try await submitted.answer.status == 202)
            let request = try await service.request()

            store.set(.held)
            let result = try await service.answer(request, ["text": "a"])
            try await until("a commit") { store.waiting == 1 }
            try await service.socket.roundTrip()
            #expect(!service.isAcknowledged(result))
            store.set(.open)
            try await service.acknowledged(result)
        }
    }

    @Test("a commit that fails is 503 and leaves nothing; /ready says so; a later try succeeds")
    func failing() async throws {
        let store = GatedStore()
        try await withTestHub(store) { hub in
            let project = try await hub.makeProject()
            let service = try await FakeService.connect(try await project.register("echo"), project)
            store.set(.failing(Self.fullDisk))
            let action = TestProject.action(plan: TestProject.plan(("echo", ["text": "a"])))
            let refused = try await project.post("/orchestrations", action)
            #expect(refused.status == 503)
            #expect(refused.code == "Orra:Unavailable")
            #expect(refused.headers.first(name: "Retry-After") != nil)
            #expect(try await hub.call(.POST, "/register/project", ["name": "x"]).status == 503)
            #expect(try await project.post("/apikeys").status == 503)
            #expect(try await project.post("/webhooks", ["url": "http://127.0.0.1:9"]).status == 503)
            let ready = try await hub.call(.GET, "/ready")
            #expect(ready.status == 503)
            #expect(ready.json["status"] == "unavailable")
            #expect(try await hub.call(.GET, "/health").status == 200)
            #expect(try await project.get("/orchestrations").json == [:])
            store.set(.open)
            #expect(try await project.get("/webhooks").json == ["webhooks": []])
            let id = try await project.submit(plan: TestProject.plan(("echo", ["text": "a"])))
            try await service.answer(try await service.request(), ["text": "a"])
            try await project.wait(id, for: .completed)
            #expect(service.requests.count == 1)
            #expect(try await hub.call(.GET, "/ready").status == 200)
        }
    }

    @Test("/ready is well again though nobody dares to send a request")
    func readyAgain() async throws {
        let store = GatedStore()
        try await withTestHub(store) { hub in
            store.set(.failing(Self.fullDisk))
            #expect(try await hub.call(.POST, "/register/project", ["name": "x"]).status == 503)
            #expect(try await hub.call(.GET, "/ready").status == 503)
            store.set(.open)
            try await until("/ready") { try await hub.call(.GET, "/ready").status == 200 }
        }
    }

    @Test("a result whose commit fails is not acknowledged, is kept, and counts once the store writes again")
    func failingResult() async throws {
        let store = GatedStore()
        try await withTestHub(store) { hub in
            let stage = try await BadFrameTests.stage(hub)
            store.set(.failing(Self.fullDisk))
            let result = try await stage.service.answer(stage.request, ["text": "a"])
            try await until("two failures") { store.refused >= 2 }
            try await stage.service.socket.roundTrip()
            #expect(!stage.service.isAcknowledged(result))
            #expect(try await stage.project.inspect(stage.id).status == .processing)
            store.set(.open)
            try await stage.service.acknowledged(result)
            try await stage.project.wait(stage.id, for: .completed)
        }
    }

    @Test("of an action that is planned at once nothing is kept when its plan could not be")
    func planNotKeptAtOnce() async throws {
        let store = GatedStore()
        try await withTestHub(store) { hub in
            let project = try await hub.makeProject()
            try await project.register("echo")
            store.set(.rejecting(Self.isPlan))
            let answer = try await project.post(
                "/orchestrations", TestProject.action(plan: TestProject.plan(("echo", ["text": "a"]))))
            #expect(answer.status == 500)
            #expect(store.refused > 0)
            #expect(try await project.get("/orchestrations").json == [:])
        }
    }

    @Test("an action that was received and whose plan could not be kept ends, and its caller gets 503")
    func planNotKept() async throws {
        let store = GatedStore()
        try await ModelPlanningTests.withModel(store: store) { hub, model in
            let project = try await hub.makeProject()
            let payment = try await ModelPlanningTests.registerPayment(project)
            model.then(.plan(ModelPlanningTests.plan(payment)))
            store.set(.rejecting(Self.isPlan))
            let answer = try await ModelPlanningTests.submit(project, "ORD1")
            #expect(answer.status == 500)
            let row = try await eventually("the end") {
                try await project.get("/orchestrations").json["cancelled"]?.array?.first
            }
            #expect(row["error"]?.string?.contains("submit the action again") == true)
        }
    }

    private static func isPlan(_ write: Write) -> Bool {
        guard case .journal(let entry) = write, case .planned(_) = entry.event else { return false }
        return true
    }

    private static func isCulprit(_ write: Write) -> Bool {
        guard case .project(let project) = write else { return false }
        return project.name == "culprit"
    }

    @Test("of many requests in one batch, a constraint error rejects the culprit only")
    func culprit() async throws {
        let store = GatedStore()
        try await withTestHub(store) { hub in
            _ = try await hub.makeProject()
            store.set(.held)
            let first = Call.begin(hub) { try await hub.call(.POST, "/register/project", ["name": "first"]) }
            try await until("a commit") { store.waiting == 1 }
            // These gather while the first commit waits.
            let calls = (0..<6).map { number in
                Call.begin(hub) {
                    try await hub.call(.POST, "/register/project", ["name": number == 3 ? "culprit" : "good"])
                }
            }
            store.set(.rejecting(Self.isCulprit))
            #expect(try await first.answer.status == 201)
            for (number, call) in calls.enumerated() {
                let answer = try await call.answer
                #expect(answer.status == (number == 3 ? 500 : 201))
                guard number != 3, let key = answer.json["apiKey"]?.string else { continue }
                #expect(try await hub.call(.GET, "/services", key: key).status == 200)
            }
            #expect(store.refused >= 1)
            #expect(try await hub.call(.GET, "/ready").status == 200)
        }
    }

    @Test("a hub whose store fails for good still stops")
    func stopsWhileFailing() async throws {
        let store = GatedStore()
        try await withTestHub(store) { hub in
            let stage = try await BadFrameTests.stage(hub)
            store.set(.failing(Self.fullDisk))
            try await stage.service.answer(stage.request, ["text": "a"])
            try await until("a failure") { store.refused >= 1 }
            await hub.stop()
            #expect(try await stage.service.socket.end()?.code == .serviceRestart)
        }
    }
}
