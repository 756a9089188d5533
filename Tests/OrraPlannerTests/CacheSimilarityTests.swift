import OrraModel
import Testing

@testable import OrraPlanner

@Suite("The plan cache")
struct CacheSimilarityTests {
    private let parameters: JSONObject = ["orderId": "ORD1", "customerId": "C1", "amount": 12.5]
    private let good = wire(
        (
            "payment-service",
            ["orderId": "$task0.orderId", "customerId": "$task0.customerId", "amount": "$task0.amount"]
        ))
    private let notes = [
        Sample.service("note-service", "Sends a note", in: ["text", "?to"], out: ["done"])
    ]

    private func embedder(_ vectors: [String: [Float]]) -> TestEmbedder { TestEmbedder(vectors: vectors) }

    @Test("The same words hit, whatever the values; other types of parameters do not")
    func exact() async {
        let model = TestModel(answers: [good])
        let test = TestPipeline(model)
        _ = await test.plan("Charge the customer", parameters)
        var other = parameters
        other["orderId"] = "ORD2"
        other["amount"] = 3
        let hit = await test.plan("Charge the customer", other)
        #expect(hit.origin == .cache)
        #expect(hit.values(of: 1) == other)
        #expect(hit.journal == ["parameters passed", "cache hit", "validation passed", "policy passed"])
        #expect(hit.stages[1].summary == "pl_1, made by test-model for the same words")
        other["amount"] = "3"
        #expect(await test.plan("Charge the customer", other).origin == .model)
        #expect(model.calls == 2)
    }

    @Test("Alike words hit from the embedder's threshold on, and not below")
    func threshold() async {
        let vectors: [String: [Float]] = [
            "Charge the customer": [1, 0, 0], "Bill the customer": [0.95, 0.312_249_9, 0],
        ]
        for (threshold, origin) in [(0.94, PlanOrigin.cache), (0.96, .model)] {
            let test = TestPipeline(
                TestModel(answers: [good]), embedder: embedder(vectors),
                thresholds: EmbedderThresholds(grounding: 0.5, cache: threshold))
            _ = await test.plan("Charge the customer", parameters)
            let outcome = await test.plan("Bill the customer", parameters)
            #expect(outcome.origin == origin)
            if origin == .cache { #expect(outcome.stages[1].summary.contains("similarity 0.95")) }
        }
    }

    @Test("Without an embedder's answer only the same words hit")
    func noEmbedder() async {
        let test = TestPipeline(TestModel(answers: [good]), embedder: TestEmbedder(fault: "down"))
        #expect(await test.plan("Charge the customer", parameters).origin == .model)
        #expect(await test.plan("Charge the customer", parameters).origin == .cache)
        #expect(await test.plan("Charge a customer", parameters).origin == .model)
    }

    @Test(
        "Alike words must have the same values in the same places",
        arguments: [
            ("Note to Berlin", "Note to Berlin please", "berlin", true),
            ("Note to Berlin", "Note from Berlin", "berlin", false),
            ("Note to Berlin", "Note to Paris", "berlin", false),
            ("Send it", "Do send it", "", true),
            ("Send it", "Do not send it", "", false), ("Scale it up", "Scale it down", "", false),
            ("Move notes from inbox to archive", "Move notes from archive to inbox", "", false),
            ("Refund the order of the customer", "Please refund order of the customer", "", true),
            ("Move ⟦0⟧ to ⟦1⟧", "Please move ⟦0⟧ to ⟦1⟧", "", true),
            ("Move ⟦0⟧ to ⟦1⟧", "Move to ⟦0⟧ from ⟦1⟧", "", false),
        ])
    func places(old: String, new: String, constant: String, isHit: Bool) throws {
        func text(_ words: String) -> String {
            words.replacing("⟦0⟧", with: "ORD11").replacing("⟦1⟧", with: "ORD22")
        }
        let constants: JSONObject = constant.isEmpty ? ["text": "$task0.t"] : ["text": .string(constant)]
        let plan = try PlanValidator.validate(
            ["tasks": [["id": "task1", "service": "note-service", "input": .object(constants)]]],
            parameters: ["t": "zzz"], catalogue: notes)
        let template = try PlanTemplate(
            plan, action: LiftedText(text(old)), parameters: ["t": "zzz"], catalogue: notes)
        let lifted = LiftedText(text(old)).text
        #expect(SimilarAction.admits(template, madeFor: lifted, for: LiftedText(text(new))) == isHit)
    }

    @Test("A changed catalogue finds no plan")
    func catalogueChanges() async {
        let model = TestModel(answers: [good])
        let test = TestPipeline(model)
        _ = await test.plan("Charge the customer", parameters)
        var catalogue = Sample.shop
        catalogue[0].version = 2
        catalogue[0].description += " at once"
        #expect(await test.plan("Charge the customer", parameters, catalogue).origin == .model)
        #expect(await test.plan("Charge the customer", parameters).origin == .cache)
    }

    @Test("A plan that no longer passes is dropped, and the model asked")
    func drops() async throws {
        let model = TestModel(answers: [good])
        let test = TestPipeline(model)
        _ = await test.plan("Charge the customer", parameters)
        var broken = try #require(await test.cached().first)
        broken.template = RawJSON([
            "tasks": [["id": "task1", "service": "payment-service", "input": ["orderId": "$task0.gone"]]],
            "literals": [],
        ])
        await test.memory.keep(broken)
        let outcome = await test.plan("Charge the customer", parameters)
        #expect(outcome.origin == .model)
        #expect(outcome.journal.prefix(3) == ["parameters passed", "cache failed", "cache miss"])
        #expect(outcome.stages[1].summary.contains("'gone'"))
        #expect(await test.cached().map(\.id) == [PlanID("pl_2")])
    }

    @Test("Plans expire, and the oldest go first when there are too many")
    func bounds() async {
        let clock = TestClock()
        let memory = MemoryPlans(plansPerProject: 2) { clock.now }
        let test = TestPipeline(TestModel(answers: [good]), embedder: TestEmbedder(fault: "down"), memory: memory)
        for action in ["Charge one", "Charge two ways", "Charge it all"] { _ = await test.plan(action, parameters) }
        let project = ProjectID("p_1")
        #expect(await memory.plans(of: project).map(\.action) == ["Charge it all", "Charge two ways"])
        clock.pass(Limits.cachedPlanLife - .milliseconds(1))
        #expect(await memory.plans(of: project).count == 2)
        clock.pass(.milliseconds(1))
        #expect(await memory.plans(of: project).isEmpty)
        let scope = "none"
        #expect(await memory.plans(of: project, scope: scope).isEmpty)
    }

    @Test("Offline plans are not cached")
    func offline() async {
        let test = TestPipeline()
        _ = await test.plan("Charge the customer", parameters, settings: .init(runThreshold: 0))
        #expect(await test.cached().isEmpty)
    }
}
