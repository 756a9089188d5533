import NIOHTTP1
import OrraModel
import OrraProtocol
import OrraStore
import Testing

@Suite("The inbox of failed compensations", .timeLimit(.minutes(2)))
struct FailedCompensationTests {
    /// Lets undoing end as wanted, without the wait of many attempts: a connection that is lost ten times ends it too.
    static func end(_ status: CompensationStatus, _ stage: UndoStage) async throws -> OrchestrationID {
        switch status {
        case .expired:
            return try await expire(stage)
        case .partial:
            let id = try await stage.fail()
            try await stage.reserve.partlyUndone(try await stage.reserve.undoing(), ["card"], ["points"])
            _ = try await stage.reserve.undoing(1)
            try await loseConnections(stage)
            try await stage.project.settled(id)
            return id
        default:
            let id = try await stage.fail()
            _ = try await stage.reserve.undoing()
            try await loseConnections(stage)
            try await stage.project.settled(id)
            return id
        }
    }

    /// The stage's action with this number, from 0, which can be undone for a millisecond only.
    static func expire(_ stage: UndoStage, number: Int = 0) async throws -> OrchestrationID {
        let id = try await stage.project.submit(plan: UndoStage.plan())
        try await stage.reserve.answer(
            try await stage.reserve.request(number), ["text": "1"], undo: UndoStage.data(1), ttl: 1)
        let payment = try await stage.pay.request(number)
        try await UndoStage.passMillisecond()
        try await stage.pay.fail(payment, "no money")
        try await stage.project.settled(id)
        return id
    }

    static func loseConnections(_ stage: UndoStage) async throws {
        try await stage.reserve.leave()
        for _ in 1..<Limits.connectionsLostPerTask {
            let service = try await FakeService.connect(stage.stock, stage.project)
            _ = try await service.undoing()
            try await service.leave()
        }
    }

    @Test(
        "what could not be undone is listed, shown with its data, and posted",
        arguments: [CompensationStatus.failed, .partial, .expired])
    func entry(status: CompensationStatus) async throws {
        try await withTestHub { hub in
            let receiver = try await WebhookReceiver.start(hub)
            let stage = try await UndoStage(hub)
            let project = stage.project
            let webhook = try await project.post(
                "/compensation-failure-webhooks", ["url": .string(receiver.url("/inbox"))])
            #expect(webhook.status == 201)
            let secret = try #require(webhook.json["secret"]?.string)
            _ = try await project.post("/webhooks", ["url": .string(receiver.url("/outcomes"))])
            #expect(try await project.get("/compensation-failures").json == [])
            let id = try await Self.end(status, stage)

            #expect(try await project.counts(of: id) == ["active": 0, "total": 1, "completed": 0, "failed": 1])
            let inspection = try await project.inspect(id)
            #expect(inspection.tasks.first?.compensation?.status == status)
            #expect(inspection.tasks.first?.compensationHistory?.last?.status == status)
            #expect(inspection.tasks.first?.compensationHistory?.last?.error != nil)

            let listed = try await project.get("/compensation-failures").json.array ?? []
            #expect(listed.count == 1)
            #expect(listed.first?["compensationData"] == nil)
            let entry = try #require(try await project.failedCompensations().first)
            #expect(entry.id.rawValue.hasPrefix("c_"))
            #expect(entry.projectId == project.id)
            #expect(entry.orchestrationId == id)
            #expect(entry.taskId == TaskID(1))
            #expect(entry.serviceId == stage.stock)
            #expect(entry.serviceName == "stock")
            #expect(entry.status == status)
            #expect(entry.resolutionState == .pending)
            #expect(entry.failure?.contains("task1 (stock)") == true)
            #expect(entry.attemptsMade == [.expired: 0, .failed: 1, .partial: 2][status])
            #expect(entry.maxAttempts == 10)
            #expect(entry.resolution == nil)
            #expect(entry.resolvedAt == nil)

            let shown = try await project.get("/compensation-failures/\(entry.id)")
            #expect(shown.status == 200)
            #expect(shown.json["id"]?.string == entry.id.rawValue)
            let data = shown.json["compensationData"]
            #expect(data?["data"] == UndoStage.data(1))
            #expect(data?["ttl"]?.integer == (status == .expired ? 1 : 86_400_000))
            #expect(data?["context"]?["orchestrationId"]?.string == id.rawValue)
            #expect(data?["context"]?["reason"] == "failed")

            let told = try await receiver.delivery("/inbox")
            #expect(told.header("X-Orra-Event") == "compensation.failed")
            #expect(told.header("webhook-signature") == WebhookTests.signature(told, secret: secret))
            let body = told.body
            #expect(
                Set(body.object?.members.map(\.key) ?? []) == [
                    "event_id", "type", "compensation_id", "project_id", "orchestration_id", "task_id", "service_id",
                    "service_name", "status", "failure", "compensation_data", "timestamp",
                ])
            #expect(body["type"] == "compensation.failed")
            #expect(body["compensation_id"]?.string == entry.id.rawValue)
            #expect(body["project_id"]?.string == project.id.rawValue)
            #expect(body["orchestration_id"]?.string == id.rawValue)
            #expect(body["task_id"] == "task1")
            #expect(body["service_id"]?.string == stage.stock.rawValue)
            #expect(body["service_name"] == "stock")
            #expect(body["status"]?.string == status.rawValue)
            #expect(body["failure"]?.string == entry.failure)
            #expect(body["compensation_data"] == data)
            #expect(body["timestamp"]?.string.flatMap(Timestamp.init) == entry.timestamp)
            // Each kind of webhook gets its own kind of news.
            _ = try await receiver.delivery("/outcomes")
            #expect(receiver.deliveries("/inbox").count == 1)
            #expect(receiver.deliveries("/outcomes").map { $0.header("X-Orra-Event") } == ["orchestration.failed"])
        }
    }

    @Test(
        "an entry is resolved or ignored once, with a reason, and then listed with all=true only",
        arguments: [true, false])
    func resolution(resolves: Bool) async throws {
        let store = InMemoryStore()
        try await withTestHub(store) { hub in
            let stage = try await UndoStage(hub)
            let project = stage.project
            let id = try await Self.end(.expired, stage)
            let entry = try #require(try await project.failedCompensations().first)
            let path = "/compensation-failures/\(entry.id)"
            let (verb, state) = resolves ? ("resolve", "resolved") : ("ignore", "ignored")
            let answer = try await project.post("\(path)/\(verb)", ["reason": "  gave it back by hand \n"])
            #expect(answer.status == 200)
            #expect(answer.json["id"]?.string == entry.id.rawValue)
            #expect(answer.json["resolutionState"]?.string == state)
            #expect(answer.json["resolution"] == "gave it back by hand")
            #expect(answer.json["resolvedAt"]?.string.flatMap(Timestamp.init) != nil)
            #expect(answer.json["status"] == "expired")
            for again in ["resolve", "ignore"] {
                let refused = try await project.post("\(path)/\(again)", ["reason": "again"])
                #expect(refused.status == 409)
                #expect(refused.kind == "invalid operation")
                #expect(refused.code == "Orra:AlreadyResolved")
            }
            #expect(try await project.get("/compensation-failures").json == [])
            #expect(try await project.get("/compensation-failures?all=false").json == [])
            for all in ["?all=true", "?all"] {
                let listed = try await project.get("/compensation-failures\(all)").json.array ?? []
                #expect(listed.map { $0["resolutionState"]?.string } == [state], "\(all)")
            }
            #expect(try await project.get(path).json["resolution"] == "gave it back by hand")
            // Watchers of the project hear of it.
            let watcher = try await ProgressTests.watch(project)
            let told = try await watcher.frame("compensation_resolved")
            #expect(told["orchestrationId"]?.string == id.rawValue)
            #expect(told["taskId"] == "task1")
            #expect(told["serviceName"] == "stock")
            #expect(told["compensationId"]?.string == entry.id.rawValue)
            #expect(told["resolution"]?.string == state)
            #expect(told["reason"] == "gave it back by hand")
            let own = watcher.frames.filter { $0["orchestrationId"]?.string == id.rawValue }
            #expect(ProgressTests.numbers(own) == Array(1...own.count))
            #expect(own.last == told)
            // And it stays so over a restart.
            let before = try await project.get("/compensation-failures?all=true").json
            _ = try await hub.crash(store)
            #expect(try await project.get("/compensation-failures?all=true").json == before)
            #expect(try await project.post("\(path)/resolve", ["reason": "again"]).status == 409)
        }
    }

    @Test("an entry is resolved while others of its orchestration are still undone")
    func resolvedWhileUndoing() async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let (project, reserve) = (stage.project, stage.reserve)
            let id = try await project.submit(plan: UndoStage.plan(2))
            try await reserve.answer(try await reserve.request(), ["text": "1"], undo: UndoStage.data(1))
            try await reserve.answer(try await reserve.request(1), ["text": "2"], undo: UndoStage.data(2), ttl: 1)
            let payment = try await stage.pay.request()
            try await UndoStage.passMillisecond()
            try await stage.pay.fail(payment, "no money")
            let undoing = try await reserve.undoing()
            let entry = try #require(try await project.failedCompensations().first)
            let path = "/compensation-failures/\(entry.id)"
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for number in 0..<8 {
                    let verb = number % 2 == 0 ? "resolve" : "ignore"
                    group.addTask { try await project.post("\(path)/\(verb)", ["reason": .string("\(number)")]) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.map(\.status).sorted() == [200] + Array(repeating: 409, count: 7))
            #expect(undoing.task == "task1")
            try await reserve.undone(undoing)
            try await project.settled(id)
            #expect(try await project.failedCompensations(all: true).count == 1)
        }
    }

    @Test("newest first, and each project sees its own only")
    func projects() async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let project = stage.project
            let first = try await Self.end(.expired, stage)
            let second = try await Self.expire(stage, number: 1)
            #expect(try await project.failedCompensations().map(\.orchestrationId) == [second, first])

            let other = try await hub.makeProject("other")
            let id = try #require(try await project.failedCompensations().first?.id)
            #expect(try await other.failedCompensations(all: true).isEmpty)
            #expect(try await other.get("/compensation-failures/\(id)").status == 404)
            for verb in ["resolve", "ignore"] {
                let answer = try await other.post("/compensation-failures/\(id)/\(verb)", ["reason": "mine"])
                #expect(answer.status == 404)
                #expect(answer.kind == "not found")
                #expect(answer.code == "Orra:UnknownCompensation")
            }
            #expect(try await project.failedCompensations().count == 2)
        }
    }

    @Test("wrong requests are refused and change nothing")
    func wrongRequests() async throws {
        try await withTestHub { hub in
            let stage = try await UndoStage(hub)
            let project = stage.project
            _ = try await Self.end(.expired, stage)
            let path = "/compensation-failures/\(try #require(try await project.failedCompensations().first).id)"
            for unknown in ["c_unknown", "o_x", "%20"] {
                #expect(try await project.get("/compensation-failures/\(unknown)").status == 404)
                #expect(
                    try await project.post("/compensation-failures/\(unknown)/ignore", ["reason": "x"]).status == 404)
            }
            #expect(try await project.get("/compensation-failures?all=maybe").param == "all")
            #expect(try await hub.call(.GET, path).status == 401)
            #expect(try await hub.call(.GET, "/compensation-failures").status == 401)
            #expect(try await hub.call(.POST, "\(path)/resolve", ["reason": "x"]).status == 401)
            let long = JSONValue.string(String(repeating: "x", count: Limits.resolutionCharacters.upperBound + 1))
            for reason in [["reason": ""], ["reason": " \n"], ["reason": long], ["reason": 5], [:]] as [JSONValue] {
                for verb in ["resolve", "ignore"] {
                    let answer = try await project.post("\(path)/\(verb)", reason)
                    #expect(answer.status == 400)
                    #expect(answer.param == "reason")
                }
            }
            #expect(try await hub.call(.POST, "\(path)/resolve", key: project.key, body: []).status == 400)
            #expect(try await project.failedCompensations().map(\.resolutionState) == [.pending])
            let longest = JSONValue.string(String(repeating: "x", count: Limits.resolutionCharacters.upperBound))
            #expect(try await project.post("\(path)/ignore", ["reason": longest]).status == 200)
        }
    }

    @Test("its webhook is tried again until it is taken, with the same id and the same body")
    func webhookRetried() async throws {
        try await withTestHub { hub in
            let receiver = try await WebhookReceiver.start(hub, status: 503)
            let stage = try await UndoStage(hub)
            _ = try await stage.project.post(
                "/compensation-failure-webhooks", ["url": .string(receiver.url("/inbox"))])
            _ = try await Self.end(.expired, stage)
            let first = try await receiver.delivery("/inbox")
            receiver.answer(200)
            let second = try await receiver.delivery("/inbox", 1)
            #expect(second.header("webhook-id") == first.header("webhook-id"))
            #expect(second.bytes == first.bytes)
        }
    }
}
