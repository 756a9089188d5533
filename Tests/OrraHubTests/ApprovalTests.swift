import NIOHTTP1
import OrraModel
import OrraProtocol
import OrraStore
import Testing

@testable import OrraHub

@Suite("Approvals", .timeLimit(.minutes(2)))
struct ApprovalTests {
    static let plan = TestProject.plan(("refund", ["text": "$task0.text"]))

    /// A service whose plans wait for a yes, and one held action.
    static func hold(_ project: TestProject) async throws -> (FakeService, JSONValue) {
        let id = try await project.register("refund", more: ["approval": "required"])
        let service = try await FakeService.connect(id, project)
        let answer = try await project.post(
            "/orchestrations", TestProject.action("Refund it", plan: plan, data: [("text", "a")]))
        #expect(answer.status == 202)
        return (service, answer.json)
    }

    static func id(_ answer: JSONValue) -> String { answer["id"]?.string ?? "" }

    @Test("a plan whose service asks for approval waits, is told to webhooks, and runs after the yes")
    func approve() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let receiver = try await WebhookReceiver.start(hub)
            _ = try await project.post("/webhooks", ["url": .string(receiver.url("/hook"))])
            let (service, held) = try await Self.hold(project)
            #expect(held["status"] == "paused")
            #expect(held["pauseReason"] == "approval")
            let hash = try #require(held["planHash"]?.string)
            #expect(hash.count == 64)
            let told = try await receiver.delivery("/hook")
            #expect(told.header("X-Orra-Event") == "orchestration.approval_requested")
            #expect(told.body["plan_hash"]?.string == hash)
            #expect(told.body["pause_reason"] == "approval")
            #expect(told.body["orchestration_id"] == held["id"])
            #expect(try await project.get("/orchestrations").json["paused"]?.array?.first?["pauseReason"] == "approval")
            #expect(service.requests.isEmpty)

            let wrong = try await project.post("/orchestrations/\(Self.id(held))/approve", ["planHash": "other"])
            #expect(wrong.status == 409)
            #expect(wrong.code == "Orra:PlanChanged")
            let yes = try await project.post(
                "/orchestrations/\(Self.id(held))/approve", ["planHash": .string(hash), "reason": "looked at it"])
            #expect(yes.status == 202)
            #expect(yes.json["status"] == "processing")
            try await service.answer(try await service.request(), ["text": "done"])
            let inspection = try await project.wait(OrchestrationID(Self.id(held)), for: .completed)
            #expect(inspection.pauseReason == nil)
            #expect(inspection.planHash == hash)
            let again = try await project.post("/orchestrations/\(Self.id(held))/approve")
            #expect(again.status == 409)
            #expect(again.code == "Orra:NotHeld")
        }
    }

    @Test("a no cancels, with its reason, and nothing of the plan is ever delivered")
    func reject() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let other = try await hub.makeProject("other")
            let (service, held) = try await Self.hold(project)
            let path = "/orchestrations/\(Self.id(held))/reject"
            #expect(try await other.post(path).status == 404)
            let long = try await project.post(path, ["reason": .string(String(repeating: "a", count: 1_025))])
            #expect(long.param == "reason")
            #expect(try await project.post(path, ["reason": "too much"]).json["status"] == "cancelled")
            let inspection = try await project.inspect(OrchestrationID(Self.id(held)))
            #expect(inspection.error?.contains("too much") == true)
            #expect(inspection.tasks.map(\.status) == [.cancelled])
            #expect(service.requests.isEmpty)
            #expect(try await project.post(path).code == "Orra:NotHeld")
        }
    }

    @Test("a yes over a restart, and never to a service that has changed since")
    func restartAndChange() async throws {
        var store = InMemoryStore()
        try await withTestHub(store) { hub in
            let project = try await hub.makeProject()
            let (_, held) = try await Self.hold(project)
            let (_, second) = try await Self.hold(project)
            await hub.stop()
            store = InMemoryStore(store.snapshot())
            try await hub.start(store)
            let service = try await FakeService.connect(
                try await project.register("refund", more: ["approval": "required"]), project)
            #expect(try await project.post("/orchestrations/\(Self.id(held))/approve").status == 202)
            try await service.answer(try await service.request(), ["text": "done"])
            try await project.wait(OrchestrationID(Self.id(held)), for: .completed)

            let changed = TestProject.object(["text": ["type": "string"], "more": ["type": "string"]])
            try await project.register("refund", input: changed, more: ["approval": "required"])
            let answer = try await project.post("/orchestrations/\(Self.id(second))/approve")
            #expect(answer.status == 409)
            #expect(answer.code == "Orra:PlanChanged")
        }
    }

    @Test("a project can ask for a yes to every new plan; a retry of one that was approved needs none")
    func everyPlan() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let service = try await FakeService.connect(
                try await project.register("echo", retry: TestProject.quickRetry(1)), project)
            #expect(try await project.put("/planning", ["approveNewPlans": true]).status == 200)
            let plan = TestProject.plan(("echo", ["text": "$task0.text"]))
            let held = try await project.post(
                "/orchestrations", TestProject.action("Say it", plan: plan, data: [("text", "a")]))
            #expect(held.json["pauseReason"] == "approval")
            #expect(try await project.post("/orchestrations/\(Self.id(held.json))/approve").status == 202)
            try await service.fail(try await service.request(), "no")
            try await project.wait(OrchestrationID(Self.id(held.json)), for: .failed)
            let retry = try await project.post("/orchestrations/\(Self.id(held.json))/retry")
            #expect(retry.json["status"] == "processing")
        }
    }

    // MARK: - Registrations in between

    /// What the call answers when the service `refund` is registered between its look at the services and the core's turn.
    private static func answer(
        _ project: TestProject, _ store: GatedStore, registering input: JSONValue, _ path: String
    ) async throws -> Answer {
        store.holdJournals(true)
        return try await withThrowingTaskGroup(of: Answer.self) { group in
            group.addTask { try await project.post(path) }
            try await until("the services were looked at") { store.waitingReaders == 1 }
            try await project.register("refund", input: input, more: ["approval": "required"])
            store.holdJournals(false)
            guard let answer = try await group.next() else { throw TimedOut(description: "no answer") }
            return answer
        }
    }

    private static let wider = TestProject.object(["text": ["type": "string"], "more": ["type": "string"]])

    @Test("a yes counts for nothing if a service of the plan changes while it is on its way")
    func changedMeanwhile() async throws {
        let store = GatedStore()
        try await withTestHub(store) { hub in
            let project = try await hub.makeProject()
            let (service, held) = try await Self.hold(project)
            let path = "/orchestrations/\(Self.id(held))/approve"
            let refused = try await Self.answer(project, store, registering: Self.wider, path)
            #expect(refused.status == 409)
            #expect(refused.code == "Orra:PlanChanged")
            #expect(service.requests.isEmpty)
            #expect(try await project.inspect(OrchestrationID(Self.id(held))).pauseReason == .approval)
            // One that registers anew as it was is the same.
            try await project.register("refund", more: ["approval": "required"])
            let approved = try await Self.answer(project, store, registering: TestProject.text, path)
            #expect(approved.status == 202)
            try await service.answer(try await service.request(), ["text": "done"])
            try await project.wait(OrchestrationID(Self.id(held)), for: .completed)
        }
    }

    @Test("a retry asks again if a service of the approved plan changes while it is on its way")
    func retriedMeanwhile() async throws {
        let store = GatedStore()
        try await withTestHub(store) { hub in
            let project = try await hub.makeProject()
            let (service, held) = try await Self.hold(project)
            let path = "/orchestrations/\(Self.id(held))"
            #expect(try await project.post("\(path)/approve").status == 202)
            try await service.abort(try await service.request(), ["why": "no"])
            try await project.wait(OrchestrationID(Self.id(held)), for: .aborted)
            let retry = try await Self.answer(project, store, registering: Self.wider, "\(path)/retry")
            #expect(retry.status == 202)
            #expect(retry.json["pauseReason"] == "approval")
            #expect(retry.json["planHash"] != held["planHash"])
        }
    }
}
