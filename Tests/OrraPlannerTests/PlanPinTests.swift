import OrraModel
import Testing

@testable import OrraPlanner

@Suite("PinnedPlan")
struct PlanPinTests {
    private let parameters: JSONObject = ["orderId": "ORD-77", "customerId": "CUST-9", "amount": 12.5]
    private let time = Timestamp(milliseconds: 5)

    private func plan(_ catalogue: [Service] = Sample.shop) throws -> Plan {
        try PlanValidator.validate(
            [
                "tasks": [
                    ["id": "task0", "input": ["unused": "x"]],
                    [
                        "id": "task1", "service": "inventory-tool",
                        "input": ["orderId": "$task0.orderId", "items": [["sku": "A-1"]]], "reason": "reserves ORD-77",
                    ],
                    [
                        "id": "task2", "service": "payment-service",
                        "input": [
                            "orderId": "$task0.orderId", "customerId": "$task0.customerId", "amount": "$task1.amount",
                        ],
                        "reason": "charges the customer",
                    ],
                ]
            ], parameters: parameters, catalogue: catalogue)
    }

    private func pin(_ catalogue: [Service] = Sample.shop) throws -> PinnedPlan {
        try PinnedPlan.make(
            name: "refund", action: "Charge it", plan: plan(catalogue), parameters: Set(parameters.keys),
            catalogue: catalogue, digest: testDigest, now: time)
    }

    private func request(_ parameters: JSONObject, _ catalogue: [Service] = Sample.shop) -> PlanningRequest {
        PlanningRequest(
            action: "", parameters: parameters, catalogue: catalogue, project: ProjectID("p_1"),
            settings: PlanningSettings(approveNewPlans: true))
    }

    @Test("It holds names in place of ids, constants, and no values of parameters")
    func document() throws {
        let pinned = try pin()
        #expect(
            pinned.plan.text
                == #"{"tasks":[{"id":"task0","input":{"items_task1":[{"sku":"A-1"}]}},"#
                + #"{"id":"task1","service":"inventory-tool","input":{"orderId":"$task0.orderId","#
                + #""items":"$task0.items_task1"}},{"id":"task2","service":"payment-service","input":{"#
                + #""orderId":"$task0.orderId","customerId":"$task0.customerId","amount":"$task1.amount"},"#
                + #""reason":"charges the customer"}]}"#)
        #expect(pinned.parameters == ["orderId": "string", "customerId": "string"])
        #expect(pinned.services.keys.sorted() == ["inventory-tool", "payment-service"])
        #expect(pinned.services["inventory-tool"]?.kind == .tool)
        #expect(pinned.hash(digest: testDigest) == pinned.planHash)
        #expect(pinned.differences(from: Sample.shop, digest: testDigest).isEmpty)
    }

    @Test("It runs with the parameters of another action, on a hub with other ids")
    func runs() async throws {
        let pinned = try pin()
        let elsewhere = Sample.shop.map { service in
            var service = service
            service.id = ServiceID("s_other\(service.name.count)\(service.kind.rawValue)")
            service.description = "Another description"
            return service
        }
        let outcome = await TestPipeline().pipeline.check(
            pinned: pinned, request(["orderId": "O2", "customerId": "C2", "more": 1], elsewhere))
        // A project that approves new plans approved this one when it was pinned.
        #expect(outcome.runs)
        #expect(outcome.origin == .pinned)
        #expect(outcome.journal == ["parameters passed", "pinned passed", "validation passed", "policy passed"])
        #expect(outcome.stages[2].unused == ["more"])
        #expect(outcome.values(of: 2) == ["orderId": "O2", "customerId": "C2"])
        #expect(outcome.values(of: 1)["items"] == [["sku": "A-1"]])
    }

    @Test("Missing parameters and those that would replace a constant are refused")
    func parametersFit() async throws {
        let pipeline = TestPipeline().pipeline
        let pinned = try pin()
        let missing = await pipeline.check(pinned: pinned, request(["orderId": "O2"]))
        #expect(missing.refusal?.kind == .invalid)
        #expect(missing.refusal?.reason.contains("takes 'customerId'") == true)
        let clash = await pipeline.check(
            pinned: pinned, request(["orderId": "O2", "customerId": "C2", "items_task1": []]))
        #expect(clash.refusal?.reason.contains("the name of a constant") == true)
        #expect(clash.journal.last == "pinned refused")
    }

    @Test("Services that no longer fit are refused with the difference in words")
    func differences() async throws {
        let pinned = try pin()
        var catalogue = Sample.shop
        catalogue[0].schema.input = Sample.schema(["orderId", "amount:number", "currency"])
        catalogue[1].schema.output = Sample.schema(["reservationId"])
        #expect(
            pinned.differences(from: catalogue, digest: testDigest) == [
                "inventory-tool: the output schema has changed since the plan was pinned; 'amount', which the plan takes, "
                    + "is gone",
                "payment-service: the input schema has changed since the plan was pinned; required 'currency' is new, "
                    + "'customerId' is gone",
            ])
        let outcome = await TestPipeline().pipeline.check(
            pinned: pinned, request(["orderId": "O2", "customerId": "C2"], catalogue))
        #expect(outcome.refusal?.kind == .invalid)
        #expect(outcome.refusal?.reason.contains("required 'currency' is new") == true)
        catalogue = Sample.shop
        catalogue[0].schema.input = Sample.schema(["orderId", "customerId", "amount:number", "?note"])
        #expect(
            pinned.differences(from: catalogue, digest: testDigest) == [
                "payment-service: the input schema has changed since the plan was pinned; the plan still fits it: look it "
                    + "over, and pin it again"
            ])
        #expect(
            pinned.differences(from: [Sample.payment], digest: testDigest) == [
                "inventory-tool: is not registered in this project, but the pinned plan uses it"
            ])
        catalogue = Sample.shop
        catalogue[1].kind = .agent
        #expect(
            pinned.differences(from: catalogue, digest: testDigest) == [
                "inventory-tool: was a tool when the plan was pinned, and is an agent now"
            ])
    }

    @Test("Words in a schema that only describe do not count, the same words as names of fields do")
    func annotations() throws {
        func service(_ description: JSONValue, title: JSONValue = ["type": "string"]) -> Service {
            var service = Sample.payment
            service.schema.input = JSONSchema([
                "type": "object",
                "properties": ["title": title, "a": ["type": "string", "description": description]],
            ])
            return service
        }
        let shape = PinnedPlan.Shape(service("one"), digest: testDigest)
        #expect(PinnedPlan.Shape(service("other"), digest: testDigest) == shape)
        #expect(PinnedPlan.Shape(service("one", title: ["type": "number"]), digest: testDigest) != shape)
    }

    @Test("A document that was edited is refused")
    func edited() throws {
        var pinned = try pin()
        pinned.plan = RawJSON(try JSONValue(parsing: pinned.plan.text.replacing("A-1", with: "A-2")))
        #expect(pinned.differences(from: Sample.shop, digest: testDigest).first?.hasPrefix("planHash does not") == true)
        pinned.planHash = pinned.hash(digest: testDigest)
        #expect(pinned.differences(from: Sample.shop, digest: testDigest).isEmpty)
        // A reason is no part of what runs.
        pinned.plan = RawJSON(try JSONValue(parsing: pinned.plan.text.replacing("charges the", with: "bills the")))
        #expect(pinned.differences(from: Sample.shop, digest: testDigest).isEmpty)
        pinned.services["payment-service"] = nil
        pinned.planHash = pinned.hash(digest: testDigest)
        #expect(
            pinned.differences(from: Sample.shop, digest: testDigest) == [
                "payment-service: the pinned plan uses it, but does not say what it looked like"
            ])
        pinned.plan = RawJSON(["tasks": 5])
        #expect(pinned.differences(from: Sample.shop, digest: testDigest).first?.contains("has no tasks") == true)
    }

    @Test("The hash is of tasks, values and shapes, not of ids and reasons")
    func hash() throws {
        func hash(_ plan: Plan, _ catalogue: [Service]) -> String {
            PlanHash.of(plan, catalogue: catalogue, digest: testDigest)
        }
        let plan = try plan()
        let one = hash(plan, Sample.shop)
        #expect(hash(plan, Sample.shop.reversed()) == one)
        var other = plan
        other.tasks[0].reason = "something else"
        #expect(hash(other, Sample.shop) == one)
        let elsewhere = Sample.shop.map { service in
            var service = service
            service.id = ServiceID("\(service.id)x")
            return service
        }
        #expect(hash(try self.plan(elsewhere), elsewhere) == one)
        other.parameters = RawJSON(["orderId": "ORD-78"])
        #expect(hash(other, Sample.shop) != one)
        var catalogue = Sample.shop
        catalogue[0].schema.input = Sample.schema(["orderId", "customerId", "amount:number", "?note"])
        #expect(hash(plan, catalogue) != one)
    }

    @Test("A plan of many tasks finds its services like one of few")
    func manyTasks() throws {
        let wire: JSONValue = [
            "tasks": .array(
                (1...40).map { number in
                    [
                        "id": .string("task\(number)"), "service": .string(Sample.payment.id.rawValue),
                        "input": ["orderId": "a", "customerId": "b", "amount": .number(JSONNumber(number))],
                    ]
                })
        ]
        let plan = try PlanValidator.validate(wire, parameters: [:], catalogue: Sample.shop)
        #expect(plan.tasks.count == 40)
        #expect(Set(plan.tasks.map(\.service)) == [Sample.payment.id])
        var one = plan
        one.tasks = [plan.tasks[0]]
        for plan in [plan, one] {
            var other = Sample.shop
            other[Sample.shop.firstIndex { $0.id == Sample.payment.id } ?? 0].kind = .agent
            #expect(
                PlanHash.of(plan, catalogue: Sample.shop, digest: testDigest)
                    != PlanHash.of(plan, catalogue: other, digest: testDigest))
        }
    }

    @Test("Canonical JSON is sorted by scalars, and the last of equal names counts")
    func canonical() throws {
        func canonical(_ text: String) throws -> String {
            let value = try JSONValue(parsing: Array(text.utf8))
            let bytes = String(decoding: CanonicalJSON.bytes(value), as: UTF8.self)
            #expect(RawJSON(CanonicalJSON.sorted(value)).text == bytes)
            return bytes
        }
        #expect(try canonical(#"{"b":[{"d":1,"c":2.50}],"a":null}"#) == #"{"a":null,"b":[{"c":2.50,"d":1}]}"#)
        #expect(try canonical(#"{"a":1,"b":2}"#) == #"{"a":1,"b":2}"#)
        // U+FFEE comes before U+1F600, though not in UTF-16.
        #expect(try canonical("{\"\u{1F600}\":4,\"\u{FFEE}\":5}") == "{\"\u{FFEE}\":5,\"\u{1F600}\":4}")
        let equal = try canonical("{\"\u{E9}\":1,\"e\u{301}\":3}")
        #expect(equal.hasSuffix(":3}") && !equal.contains(","), "two spellings of one name are one")
    }

    @Test("A cached plan is pinned with parameters in place of the values of the text")
    func cached() async throws {
        let model = TestModel(answers: [
            wire(
                ("payment-service", ["orderId": "ORD1234", "customerId": "$task0.who", "amount": 30]))
        ])
        let test = TestPipeline(model)
        _ = await test.plan("Charge 30 for ORD1234", ["who": "C1"])
        let cached = try #require(await test.cached().first)
        let pinned = try PinnedPlan.make(
            name: "charge", cached: cached, catalogue: Sample.shop, digest: testDigest, now: time)
        #expect(pinned.parameters == ["orderId": "string", "who": "string", "amount": "number"])
        #expect(!pinned.plan.text.contains("1234"))
        let outcome = await test.pipeline.check(
            pinned: pinned, request(["orderId": "O9", "who": "C9", "amount": 7]))
        #expect(outcome.values(of: 1) == ["orderId": "O9", "customerId": "C9", "amount": 7])
    }

    @Test("A name that two kinds of the plan share can't be pinned")
    func ambiguous() throws {
        var agent = Sample.payment
        agent.kind = .agent
        agent.id = ServiceID("s_agent")
        let catalogue = [Sample.payment, agent]
        let input: JSONObject = ["orderId": "a", "customerId": "b", "amount": 1]
        let plan = try PlanValidator.validate(
            [
                "tasks": [
                    ["id": "task1", "service": "s_agent", "input": .object(input)],
                    ["id": "task2", "service": .string(Sample.payment.id.rawValue), "input": .object(input)],
                ]
            ], parameters: [:], catalogue: catalogue)
        #expect(
            throws: PlanError.ambiguousService(
                task: TaskID(2), name: "payment-service", ids: [ServiceID("s_agent"), Sample.payment.id])
        ) {
            try PinnedPlan.make(
                name: "x", action: "y", plan: plan, parameters: [], catalogue: catalogue, digest: testDigest, now: time)
        }
    }
}
