import AsyncHTTPClient
import NIOHTTP1
import OrraModel
import OrraProtocol
import OrraStore
import Testing

@testable import OrraHub

@Suite("Planning with a language model", .timeLimit(.minutes(3)))
struct ModelPlanningTests {
    static let text = "Take the money for it"

    static func registerPayment(_ project: TestProject) async throws -> ServiceID {
        try await project.register(
            "payment", input: TestProject.object(["orderId": ["type": "string"]], required: ["orderId"]),
            description: "Charges a card")
    }

    static func plan(_ service: ServiceID, _ order: JSONValue = "$task0.orderId") -> JSONValue {
        [
            "tasks": [
                [
                    "id": "task1", "service": .string(service.rawValue), "input": ["orderId": order],
                    "reason": "the order is to be paid",
                ]
            ]
        ]
    }

    static func submit(_ project: TestProject, _ order: String, _ text: String = text) async throws -> Answer {
        try await project.post(
            "/orchestrations", TestProject.action(text, data: [("orderId", .string(order))]))
    }

    static func withModel(
        _ script: [ScriptedModel.Step] = [], store: any Store = InMemoryStore(),
        planning: PlanningSettings = PlanningSettings(), price: Int? = nil,
        _ body: (TestHub, ScriptedModel) async throws -> Void
    ) async throws {
        try await ScriptedModel.run(script) { model in
            let configuration = ModelConfiguration(
                name: "scripted", baseURL: model.baseURL, key: "sk-secret", timeout: .seconds(90),
                promptPrice: price, completionPrice: price)
            try await withTestHub(store, planning: planning, model: configuration) { hub in
                try await body(hub, model)
            }
        }
    }

    @Test("200 actions of the same words at once: one question to the model, and each plan has its own values")
    func concurrentMisses() async throws {
        try await Self.withModel { hub, model in
            let project = try await hub.makeProject()
            let payment = try await Self.registerPayment(project)
            model.then(.held(.plan(Self.plan(payment))))
            // As many connections as actions.
            var connections = HTTPClient.Configuration()
            connections.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
            let client = HTTPClient(configuration: connections)
            hub.spawn {
                try? await Task.sleep(for: .seconds(600))
                try? await client.shutdown()
            }
            let wrong = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let body = TestProject.action(Self.text, data: [("orderId", .string("ORD\(number)"))])
                        let answer = try await hub.call(
                            .POST, "/orchestrations", key: project.key, body: RawJSON(body).bytes, client: client)
                        let values = answer.json["taskZero"] ?? .null
                        return answer.status != 202 || values != ["orderId": .string("ORD\(number)")]
                    }
                }
                try await until("all but one wait for the one question") {
                    try await project.get("/orchestrations").json["pending"]?.array?.count == 200
                }
                model.release()
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(wrong == 0)
            #expect(model.questions.count == 1)
            let cached = try #require(try await project.get("/plans").json["cached"]?.array?.first)
            #expect(!cached.text.contains("ORD"))
            #expect(cached["uses"]?.number?.text == "199")
        }
    }

    @Test("the cache outlives the hub, a plan of it can be shown, and removed")
    func cacheOverRestart() async throws {
        var store = InMemoryStore()
        try await Self.withModel(store: store) { hub, model in
            let project = try await hub.makeProject()
            model.then(.plan(Self.plan(try await Self.registerPayment(project))))
            #expect(try await Self.submit(project, "A-1").json["planner"] == "model")
            await hub.stop()
            store = InMemoryStore(store.snapshot())
            try await hub.start(store)
            let second = try await Self.submit(project, "B-2")
            #expect(second.json["planner"] == "cache")
            #expect(second.json["taskZero"] == ["orderId": "B-2"])
            #expect(model.questions.count == 1)
            let id = try #require(try await project.get("/plans").json["cached"]?.array?.first?["id"]?.string)
            #expect(try await project.get("/plans/\(id)").json["plan"]?["tasks"]?.array?.count == 1)
            #expect(try await project.delete("/plans/\(id)").status == 204)
            #expect(try await Self.submit(project, "C-3").json["planner"] == "model")
            #expect(model.questions.count == 2)
        }
    }

    @Test("a wrong plan goes back with what is wrong, and the journal tells the whole story")
    func feedback() async throws {
        try await Self.withModel { hub, model in
            let project = try await hub.makeProject()
            let payment = try await Self.registerPayment(project)
            let cyclic: JSONValue = [
                "tasks": [
                    ["id": "task1", "service": .string(payment.rawValue), "input": ["orderId": "$task2.text"]],
                    ["id": "task2", "service": .string(payment.rawValue), "input": ["orderId": "$task1.text"]],
                ]
            ]
            model.then(
                .plan(Self.plan(ServiceID("s_unknown"))), .plan(cyclic), .thinking("hm", Self.plan(payment).text))
            let answer = try await Self.submit(project, "A-1")
            #expect(answer.json["planner"] == "model")
            #expect(model.questions.count == 3)
            let last = try #require(model.questions.last)
            #expect(last.messages.map(\.text).joined().contains("is not registered"))
            #expect(last.messages.map(\.text).joined().contains("cyclic"))
            let inspection = try await project.inspect(OrchestrationID(ApprovalTests.id(answer.json)))
            let stages = inspection.planning ?? []
            #expect(stages.filter { $0.stage == .validation && $0.result != .passed }.count == 2)
            #expect(stages.contains { $0.stage == .model && $0.usage?.model == "scripted" })
        }
    }

    @Test("a model out of reach: the offline plan runs if it is sure, else nothing is accepted, and no key is told")
    func unreachable() async throws {
        try await Self.withModel([.status(401, body: "the key sk-secret is wrong")]) { hub, _ in
            let project = try await hub.makeProject()
            _ = try await project.register(
                "payment", input: TestProject.object(["orderId": ["type": "string"]], required: ["orderId"]),
                description: "Processes the payment of an order")
            let sure = try await Self.submit(project, "A-1", "Process the payment of the order")
            #expect(sure.status == 202)
            #expect(sure.json["planner"] == "offline")
            let unsure = try await Self.submit(project, "A-1", "Water the plants")
            #expect(unsure.status == 503)
            #expect(unsure.code == "Orra:PlannerUnavailable")
            #expect(!unsure.message.contains("sk-secret"))
            #expect(try await project.get("/orchestrations").json["paused"]?.array?.count == 1)
        }
    }

    @Test("a project's budget refuses the next question once it is spent, over a restart")
    func budget() async throws {
        var store = InMemoryStore()
        try await Self.withModel(
            store: store, planning: PlanningSettings(modelBudget: 1), price: 1_000_000_000
        ) { hub, model in
            let project = try await hub.makeProject()
            model.then(.plan(Self.plan(try await Self.registerPayment(project))))
            #expect(try await Self.submit(project, "A-1").status == 202)
            for text in ["Take the cash for it all", "Have them pay up"] {
                let refused = try await Self.submit(project, "A-1", text)
                #expect(refused.status == 429)
                #expect(refused.code == "Orra:PlanningBudgetSpent")
                await hub.stop()
                store = InMemoryStore(store.snapshot())
                try await hub.start(store)
            }
            #expect(model.questions.count == 1)
            let usage = try await project.get("/planning").json["usage"]
            #expect(usage?["microcost"]?.number.flatMap { Int($0.text) } ?? 0 > 1)
        }
    }

    @Test("a budget that nothing would be counted against is refused, and says which prices are missing")
    func budgetWithoutPrices() async throws {
        try await Self.withModel { hub, model in
            let project = try await hub.makeProject()
            let refused = try await project.put("/planning", ["modelBudget": 5_000_000])
            #expect(refused.status == 400)
            #expect(refused.param == "modelBudget")
            #expect(refused.message.contains("set LLM_PROMPT_PRICE and LLM_COMPLETION_PRICE where the hub runs"))
            #expect(try await project.get("/planning").json["own"] == [:])
            // 0 binds without prices.
            #expect(try await project.put("/planning", ["modelBudget": 0]).status == 200)
            _ = try await Self.registerPayment(project)
            #expect(try await Self.submit(project, "A-1").code == "Orra:PlanningBudgetSpent")
            #expect(model.questions.isEmpty)
        }
        try await Self.withModel(price: 1) { hub, _ in
            let project = try await hub.makeProject()
            #expect(try await project.put("/planning", ["modelBudget": 5_000_000]).status == 200)
        }
    }

    @Test("embeddings count as spent in the project that asked for them")
    func embeddings() async throws {
        try await ScriptedModel.run { model in
            let configuration = ModelConfiguration(
                name: "scripted", baseURL: model.baseURL,
                embeddings: .init(name: "vectors", baseURL: model.baseURL, price: 2_000_000))
            try await withTestHub(model: configuration) { hub in
                let project = try await hub.makeProject()
                let other = try await hub.makeProject("other")
                #expect(try await project.post("/groundings", PlanningRouteTests.grounding).status == 201)
                let action: JSONValue = ["content": "Write a poem"]
                let tested = try await project.post(
                    "/groundings/test", ["grounding": PlanningRouteTests.grounding, "action": action])
                #expect(tested.status == 200)
                let usage = try await project.get("/planning").json["usage"]
                let count = model.requests.count
                #expect(count == 2)
                #expect(usage?["promptTokens"]?.integer == 40 * count)
                #expect(usage?["microcost"]?.integer == 80 * count)
                #expect(try await other.get("/planning").json["usage"]?["promptTokens"] == 0)
            }
        }
    }

    @Test("a plan whose service changes while it is made is made anew; one whose service registers as it was is not")
    func registeredMeanwhile() async throws {
        for changes in [true, false] {
            try await Self.withModel { hub, model in
                let project = try await hub.makeProject()
                let payment = try await Self.registerPayment(project)
                model.then(.held(.plan(Self.plan(payment))), .plan(Self.plan(payment)))
                let answer = try await withThrowingTaskGroup(of: Answer.self) { group in
                    group.addTask { try await Self.submit(project, "A-1") }
                    try await until("the model is asked") { model.questions.count == 1 }
                    _ = try await project.register(
                        "payment", input: TestProject.object(["orderId": ["type": "string"]], required: ["orderId"]),
                        description: "Charges a card", more: changes ? ["approval": "required"] : [:])
                    model.release()
                    return try await group.next()
                }
                #expect(answer?.status == 202)
                #expect(answer?.json["pauseReason"]?.string == (changes ? "approval" : "service_away"))
                #expect(answer?.json["planner"]?.string == "model" || changes)
                #expect(model.questions.count == 1 || changes)
            }
        }
    }
}
