import NIOHTTP1
import OrraModel
import OrraProtocol
import Testing

@Suite("POST /plans", .timeLimit(.minutes(2)))
struct PlanPreviewTests {
    static func body(_ plan: JSONValue?, data: [(String, JSONValue)] = [], _ text: String = "Buy") -> JSONValue {
        TestProject.action(text, plan: plan, data: data)
    }

    static func task(_ number: Int, _ service: String, certain: Bool? = nil) -> JSONValue {
        var members: JSONObject = ["taskId": .string("task\(number)"), "serviceName": .string(service)]
        if let certain { members["certain"] = .bool(certain) }
        return .object(members)
    }

    @Test("each point of failure tells what would be undone, what maybe, and what can't be; and nothing is kept")
    func failurePoints() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            for (name, revertible) in [("stock", true), ("card", true), ("mail", false), ("ship", false)] {
                try await project.register(name, revertible: revertible)
            }
            // stock ─► card ─► ship, and stock ─► mail beside them.
            let plan = TestProject.plan(
                ("stock", ["text": "$task0.text"]), ("card", ["text": "$task1.text"]),
                ("mail", ["text": "$task1.text"]),
                ("ship", ["text": "$task2.text"]))
            let answer = try await project.post("/plans", Self.body(plan, data: [("text", "a")]))
            #expect(answer.status == 200)
            let points = answer.json["failurePoints"]?.array ?? []
            #expect(points.map { $0["taskId"]?.string } == ["task1", "task2", "task3", "task4"])
            #expect(points.map { $0["serviceName"]?.string } == ["stock", "card", "mail", "ship"])
            let (stock, card) = (Self.task(1, "stock"), Self.task(2, "card"))
            #expect(points.map { $0["undone"] } == [[], [stock], [stock], [card, stock]])
            #expect(points.map { $0["maybeUndone"] } == [[], [], [card], []])
            let (mail, ship) = (Self.task(3, "mail", certain: false), Self.task(4, "ship", certain: false))
            #expect(points.map { $0["cannotUndo"] } == [[], [mail], [ship], [mail]])
            #expect(try await project.get("/orchestrations").json == [:])

            // The plan is as it can be submitted, and then runs as it stands here.
            let shown = try #require(answer.json["plan"])
            let submitted = try await project.post("/orchestrations", Self.body(shown, data: [("text", "a")]))
            #expect(submitted.status == 202)
            #expect(submitted.json["plan"] == shown)
        }
    }

    @Test("what can't be undone and has certainly been done says so")
    func certain() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            try await project.register("mail")
            let answer = try await project.post(
                "/plans", Self.body(TestProject.plan(("mail", ["text": "a"]), ("mail", ["text": "$task1.text"]))))
            let points = answer.json["failurePoints"]?.array ?? []
            #expect(points.map { $0["cannotUndo"] } == [[], [Self.task(1, "mail", certain: true)]])
        }
    }

    @Test("without a plan the planner makes one, as it does for an action")
    func planned() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            try await project.register(
                "payment", input: TestProject.object(["orderId": ["type": "string"]], required: ["orderId"]),
                description: "Processes the payment of an order", revertible: true)
            let (text, data) = ("Process the payment of the order", [("orderId", "O1" as JSONValue)])
            let answer = try await project.post("/plans", Self.body(nil, data: data, text))
            #expect(answer.status == 200)
            #expect(answer.json["failurePoints"]?.array?.count == 1)
            let submitted = try await project.post("/orchestrations", TestProject.action(text, data: data))
            #expect(submitted.json["plan"] == answer.json["plan"])
            // Clients write members as they like.
            let spelt = try await project.post(
                "/plans",
                ["Action": ["Content": .string(text)], "DATA": [["Field": "orderId", "Value": "O1"]]])
            // Only how long it took differs.
            #expect(spelt.json["plan"] == answer.json["plan"])
            #expect(spelt.json["failurePoints"] == answer.json["failurePoints"])
            #expect(spelt.json["verdict"] == "run")
        }
    }

    @Test("what is not actionable, or wrong, is told as for an action; and nothing is kept")
    func errors() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let other = try await hub.makeProject("other")
            try await project.register("echo")
            try await other.register("theirs")
            let moon = try await project.post("/plans", Self.body(nil, "Fly to the moon"))
            #expect(moon.status == 400)
            #expect(moon.code == "Orra:ActionNotActionable")
            let final = try await project.post(
                "/plans", Self.body(["tasks": [["id": "final", "input": ["error": "why not"]]]]))
            #expect(final.code == "Orra:ActionNotActionable")
            #expect(final.message.contains("why not"))
            let invalid: [JSONValue] = [
                TestProject.plan(("unknown", [:])), TestProject.plan(("theirs", ["text": "a"])),
                TestProject.plan(("echo", ["text": "$task9.text"])), ["tasks": []], 5,
            ]
            for plan in invalid {
                let answer = try await project.post("/plans", Self.body(plan))
                #expect(answer.status == 400, "\(plan.text)")
                #expect(answer.code == "Orra:InvalidPlan")
                #expect(answer.param == "plan")
            }
            for (body, param) in [
                ([:], "action"), (["action": [:]], "action.content"), (Self.body(nil, ""), "action.content"),
            ]
                as [(JSONValue, String)]
            {
                let answer = try await project.post("/plans", body)
                #expect(answer.status == 400)
                #expect(answer.param == param)
            }
            #expect(try await hub.call(.POST, "/plans", key: project.key, body: Array("{".utf8)).status == 400)
            #expect(try await hub.call(.POST, "/plans", Self.body(DeliveryTests.say)).status == 401)
            #expect(try await project.get("/orchestrations").json == [:])
        }
    }

    @Test("a plan that is given or pinned, and wrong, is explained where that is asked for")
    func explainedErrors() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            try await project.register("echo")
            let wrong = TestProject.plan(("echo", ["text": "$task9.text", "more": 1]))
            let given = try await project.post("/plans", TestProject.action(plan: wrong, more: ["explain": true]))
            #expect(given.status == 200)
            #expect(given.json["verdict"] == "refused")
            #expect(given.json["planner"] == "given")
            #expect(given.json["reason"]?.string?.contains("task9, which the plan does not have") == true)
            #expect(given.json["reason"]?.string?.contains("task1.input.more") == true)
            #expect(
                given.json["stages"]?.array?.map { "\($0["stage"]?.string ?? "") \($0["result"]?.string ?? "")" }
                    == ["parameters passed", "given passed", "validation refused"])
            let parameters = try await project.post(
                "/plans", TestProject.action(plan: ["tasks": []], more: ["explain": true]))
            #expect(parameters.json["verdict"] == "refused")

            let id = try await project.submit(plan: TestProject.plan(("echo", ["text": "a"])))
            _ = try await project.post("/plans/pins", ["name": "say", "from": .string(id.rawValue)])
            let body: JSONValue = ["pinned": "say", "explain": true]
            #expect(try await project.post("/plans", body).json["verdict"] == "run")
            try await project.register("echo", input: TestProject.object(["sound": ["type": "string"]]))
            let pinned = try await project.post("/plans", body)
            #expect(pinned.status == 200)
            #expect(pinned.json["verdict"] == "refused")
            #expect(pinned.json["planner"] == "pinned")
            #expect(pinned.json["reason"]?.string?.contains("the input schema has changed") == true)
            #expect(pinned.json["stages"]?.array?.last?["stage"] == "pinned")
            // Without, and to run, it is an error as before.
            let plain = try await project.post("/plans", ["pinned": "say"])
            #expect(plain.status == 400 && plain.code == "Orra:InvalidPlan")
            #expect(try await project.post("/orchestrations", ["pinned": "say"]).code == "Orra:InvalidPlan")
            #expect(try await project.post("/plans", ["pinned": "other", "explain": true]).status == 404)
        }
    }
}
