import NIOHTTP1
import OrraModel
import OrraProtocol
import OrraStore
import Testing

@testable import OrraHub

@Suite("Groundings, settings and kept plans", .timeLimit(.minutes(2)))
struct PlanningRouteTests {
    static let grounding: JSONValue = [
        "name": "orders", "domain": "e-commerce", "version": "1.0",
        "useCases": [
            [
                "action": "Process the payment of the order {orderId}", "params": ["orderId": "O1"],
                "capabilities": ["Process a payment"], "intent": "The order is paid",
            ]
        ],
        "constraints": [],
    ]

    static func registerPayment(_ project: TestProject, more: JSONObject = [:]) async throws -> ServiceID {
        try await project.register(
            "payment", input: TestProject.object(["orderId": ["type": "string"]], required: ["orderId"]),
            description: "Processes the payment of an order", more: more)
    }

    static let text = "Process the payment of the order"
    static let data: [(String, JSONValue)] = [("orderId", "O1")]

    @Test("a grounding is applied once per version, listed, in force over a restart, and removed")
    func groundings() async throws {
        var store = InMemoryStore()
        try await withTestHub(store) { hub in
            let project = try await hub.makeProject()
            let other = try await hub.makeProject("other")
            _ = try await Self.registerPayment(project)
            #expect(try await project.get("/groundings").json == [])
            #expect(try await project.post("/groundings", Self.grounding).status == 201)
            let again = try await project.post("/groundings", Self.grounding)
            #expect(again.status == 409)
            #expect(again.kind == "invalid operation")
            #expect(again.param == "version")
            #expect(again.message.contains("already has a grounding spec with name orders and version 1.0"))
            #expect(try await project.get("/groundings").json.array?.count == 1)
            #expect(try await other.get("/groundings").json == [])

            let matched = try await project.post("/orchestrations", TestProject.action(Self.text, data: Self.data))
            #expect(matched.status == 202)
            #expect(matched.json["groundingHit"]?["name"] == "orders")
            let moon = try await project.post(
                "/orchestrations", TestProject.action("Water the plants", data: Self.data))
            #expect(moon.code == "Orra:ActionNotActionable")

            await hub.stop()
            store = InMemoryStore(store.snapshot())
            try await hub.start(store)
            #expect(try await project.get("/groundings").json.array?.count == 1)
            #expect(try await project.delete("/groundings/orders").status == 204)
            #expect(try await project.delete("/groundings/orders").code == "Orra:UnknownGrounding")
            #expect(try await project.post("/groundings", Self.grounding).status == 201)
            #expect(try await project.delete("/groundings").status == 204)
            #expect(try await project.get("/groundings").json == [])
        }
    }

    @Test("a grounding that is none is answered with the place of its fault")
    func badGroundings() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            var nameless = Self.grounding
            if case .object(var members) = nameless {
                members["name"] = ""
                nameless = .object(members)
            }
            let answer = try await project.post("/groundings", nameless)
            #expect(answer.status == 400)
            #expect(answer.code == "Orra:InvalidGrounding")
            #expect(answer.param == "name")
            #expect(try await project.post("/groundings", ["name": "x"]).code == "Orra:InvalidRequest")
            #expect(try await project.get("/groundings").json == [])
        }
    }

    @Test("a grounding is tried on an action before it is in force")
    func testing() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let answer = try await project.post(
                "/groundings/test",
                ["grounding": Self.grounding, "action": ["content": .string(Self.text)], "data": []])
            #expect(answer.status == 200)
            #expect(answer.json["match"]?["useCase"] == "Process the payment of the order {orderId}")
            #expect(answer.json["errors"] == [])
            #expect(try await project.get("/groundings").json == [])
        }
    }

    @Test("settings are the project's over the hub's, checked, and kept over a restart")
    func settings() async throws {
        var store = InMemoryStore()
        try await withTestHub(store) { hub in
            let project = try await hub.makeProject()
            let standard = try await project.get("/planning").json
            #expect(standard["settings"]?["outputCheck"] == "warn")
            #expect(standard["own"] == [:])
            #expect(standard["embedder"] == "lexical-1")
            let set = try await project.put("/planning", ["outputCheck": "enforce", "runThreshold": 0.9])
            #expect(set.status == 200)
            #expect(set.json["settings"]?["outputCheck"] == "enforce")
            #expect(set.json["settings"]?["draftThreshold"] == 0.3)
            for (body, param) in [
                (["runThreshold": 1.5], "runThreshold"), (["draftThreshold": 0.8], "draftThreshold"),
                (["outputCheck": "maybe"], "outputCheck"), (["modelBudget": -1], "modelBudget"),
            ] as [(JSONValue, String)] {
                let answer = try await project.put("/planning", body)
                #expect(answer.status == 400)
                #expect(answer.param == param)
            }
            await hub.stop()
            store = InMemoryStore(store.snapshot())
            try await hub.start(store)
            #expect(try await project.get("/planning").json["own"]?["outputCheck"] == "enforce")
        }
    }

    @Test("an output that breaks its schema is taken with a warning, fails its task where that is enforced")
    func outputChecks() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let service = try await FakeService.connect(try await project.register("echo"), project)
            let plan = TestProject.plan(("echo", ["text": "a"]))
            func run(_ number: Int) async throws -> OrchestrationID {
                let id = try await project.submit(plan: plan)
                try await service.answer(try await service.request(number), ["text": 5])
                return id
            }
            let warned = try await project.wait(try await run(0), for: .completed)
            #expect(warned.tasks.first?.warnings?.first?.path == "text")
            _ = try await project.put("/planning", ["outputCheck": "off"])
            #expect(try await project.wait(try await run(1), for: .completed).tasks.first?.warnings == nil)
            _ = try await project.put("/planning", ["outputCheck": "enforce"])
            #expect(try await project.wait(try await run(2), for: .failed).error?.contains("breaks the schema") == true)
        }
    }

    @Test("the explanation names planner, confidence, services and bindings; a refusal is explained as well")
    func explain() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            _ = try await Self.registerPayment(project)
            var body = TestProject.action(Self.text, data: Self.data, more: ["explain": true])
            let answer = try await project.post("/plans", body)
            #expect(answer.json["verdict"] == "run")
            #expect(answer.json["planner"] == "offline")
            #expect((answer.json["confidence"]?.number.flatMap { Double($0.text) } ?? 0) >= 0.7)
            let stages = answer.json["stages"]?.array ?? []
            #expect(stages.contains { $0["stage"]?.string == "offline" })
            #expect(stages.contains { $0["considered"]?.array?.isEmpty == false })
            #expect(stages.contains { $0["steps"]?.array?.isEmpty == false })

            body = TestProject.action("Fly to the moon", more: ["explain": true])
            let refused = try await project.post("/plans", body)
            #expect(refused.status == 200)
            #expect(refused.json["verdict"] == "refused")
            #expect(refused.json["reason"]?.string?.isEmpty == false)

            let id = try await project.submit(Self.text, data: Self.data)
            let inspection = try await project.inspect(id)
            #expect(inspection.planner == .offline)
            #expect(inspection.planning?.map(\.stage).contains(.validation) == true)
        }
    }

    @Test("a plan is pinned from an orchestration, run by name with other values, exported, imported, and removed")
    func pins() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let other = try await hub.makeProject("other")
            let service = try await FakeService.connect(try await Self.registerPayment(project), project)
            let id = try await project.submit(Self.text, data: Self.data)
            let pin = try await project.post("/plans/pins", ["name": "pay", "from": .string(id.rawValue)])
            #expect(pin.status == 201)
            #expect(!pin.json.text.contains("O1"))
            let run = try await project.post(
                "/orchestrations", ["pinned": "pay", "data": [["field": "orderId", "value": "O2"]]])
            #expect(run.status == 202)
            #expect(run.json["planner"] == "pinned")
            #expect(run.json["action"]?["content"]?.string == Self.text)
            #expect(try await service.request(1).input == ["orderId": "O2"])
            #expect(try await project.get("/plans").json["pinned"]?.array?.count == 1)

            let document = try await project.get("/plans/pins/pay").json
            #expect(!document.text.contains("s_"))
            let refused = try await other.post("/plans/pins", ["name": "pay", "document": document])
            #expect(refused.status == 409)
            #expect(refused.code == "Orra:PlanChanged")
            #expect(refused.message.contains("payment"))
            _ = try await Self.registerPayment(other)
            #expect(try await other.post("/plans/pins", ["name": "pay", "document": document]).status == 201)
            let theirs = try await other.post(
                "/orchestrations", ["pinned": "pay", "data": [["field": "orderId", "value": "O3"]]])
            #expect(theirs.status == 202)
            let missing = try await other.post("/orchestrations", ["pinned": "pay"])
            #expect(missing.status == 400)
            #expect(missing.message.contains("orderId"))

            #expect(try await project.delete("/plans/pay").status == 204)
            #expect(try await project.get("/plans/pay").code == "Orra:UnknownPlan")
            let unknown = try await project.post("/orchestrations", ["pinned": "pay"])
            #expect(unknown.status == 404)
        }
    }
}
