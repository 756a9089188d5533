import OrraModel
import Testing

@testable import OrraPlanner

@Suite("PlanningPipeline")
struct PipelineTests {
    private let action = "Charge the customer for the order"
    private let parameters: JSONObject = ["orderId": "ORD1", "customerId": "C1", "amount": 12.5]
    private let good = wire(
        (
            "payment-service",
            ["orderId": "$task0.orderId", "customerId": "$task0.customerId", "amount": "$task0.amount"]
        ))

    private func grounding(
        _ action: String, capabilities: [String] = [], constraints: [String] = []
    ) -> Grounding {
        Grounding(
            name: "shop", domain: "shop", version: "1.0",
            useCases: [.init(action: action, capabilities: capabilities)], constraints: constraints)
    }

    // MARK: - Parameters

    @Test("Actions and parameters out of bounds are refused at once")
    func bounds() async {
        let test = TestPipeline()
        for action in ["", String(repeating: "x", count: Limits.actionCharacters.upperBound + 1)] {
            let outcome = await test.plan(action)
            #expect(outcome.refusal?.kind == .invalid)
            #expect(outcome.journal == ["parameters refused"])
        }
        let members = (0...Limits.parameters).map { JSONObject.Member(key: "p\($0)", value: 1) }
        #expect(await test.plan("x", JSONObject(members)).refusal?.reason.contains("at most 256") == true)
        #expect(await test.plan("x", ["": 1]).refusal?.reason.contains("a name of 1 to") == true)
        let twice = JSONObject([.init(key: "a", value: 1), .init(key: "a", value: 2)])
        #expect(await test.plan("x", twice).refusal?.reason == "the parameter 'a' is given twice")
        let large: JSONObject = ["a": .string(String(repeating: "x", count: Limits.payloadBytes))]
        #expect(await test.plan("x", large).refusal?.reason.contains("bytes") == true)
    }

    @Test("Parameters that no task takes are reported")
    func unused() async {
        var more = parameters
        more["colour"] = "red"
        let outcome = await TestPipeline(TestModel(answers: [good])).plan(action, more)
        #expect(outcome.runs)
        #expect(outcome.stage(.validation)?.unused == ["colour"])
    }

    // MARK: - Policy

    @Test("Thresholds decide whether an offline plan runs, waits or is refused")
    func thresholds() async {
        let test = TestPipeline()
        let runs = await test.plan(action, parameters, settings: .init(runThreshold: 0))
        #expect(runs.runs)
        #expect(runs.origin == .offline)
        let confidence = runs.confidence ?? -1
        #expect((0...1).contains(confidence))
        #expect(
            runs.journal == ["parameters passed", "offline passed", "validation passed", "policy passed"])
        // The threshold itself runs.
        #expect(await test.plan(action, parameters, settings: .init(runThreshold: confidence)).runs)
        let held = await test.plan(
            action, parameters, settings: .init(runThreshold: confidence + 0.001, draftThreshold: confidence))
        #expect(held.hold == .confirmation)
        let refused = await test.plan(
            action, parameters,
            settings: .init(runThreshold: confidence + 0.002, draftThreshold: confidence + 0.001))
        #expect(refused.refusal?.kind == .notActionable)
        #expect(refused.refusal?.draft == held.plan)
        #expect(refused.refusal?.reason.contains("nearest: ") == true)
    }

    @Test("An action that nothing covers is not actionable")
    func notActionable() async {
        let outcome = await TestPipeline().plan("Quilt the zebra", parameters)
        #expect(outcome.refusal?.kind == .notActionable)
        #expect(outcome.journal.last == "policy refused")
        let empty = await TestPipeline().plan(action, parameters, [])
        #expect(empty.refusal?.reason.contains("no service is registered") == true)
    }

    @Test("A service or a project that asks for approval gets it before a confirmation")
    func approval() async {
        var guarded = Sample.shop
        guarded[0].approval = true
        let sensitive = await TestPipeline().plan(
            action, parameters, guarded, settings: .init(runThreshold: 1.1, draftThreshold: 0))
        #expect(sensitive.hold == .approval)
        #expect(sensitive.stages.last?.summary.contains("payment-service") == true)
        let careful = await TestPipeline(TestModel(answers: [good])).plan(
            action, parameters, settings: .init(approveNewPlans: true))
        #expect(careful.hold == .approval)
        // One from the cache is as new as the one before.
        let test = TestPipeline(TestModel(answers: [good]))
        _ = await test.plan(action, parameters)
        let cached = await test.plan(action, parameters, settings: .init(approveNewPlans: true))
        #expect(cached.origin == .cache)
        #expect(cached.hold == .approval)
    }

    // MARK: - Given plans

    @Test("A given plan is checked, and nobody is asked")
    func given() async throws {
        let model = TestModel(answers: [good])
        let pipeline = TestPipeline(model).pipeline
        let request = PlanningRequest(action: action, parameters: parameters, catalogue: Sample.shop)
        let outcome = await pipeline.check(given: try JSONValue(parsing: good), request)
        #expect(outcome.runs)
        #expect(outcome.origin == .given)
        #expect(outcome.journal == ["parameters passed", "given passed", "validation passed", "policy passed"])
        let wrong = await pipeline.check(given: ["tasks": []], request)
        #expect(wrong.refusal == PlanningRefusal(.invalid, PlanError.noTasks.description))
        let final = await pipeline.check(
            given: ["tasks": [["id": "final", "input": ["error": "no printer"]]]], request)
        #expect(final.refusal == PlanningRefusal(.notActionable, "no printer"))
        #expect(model.calls == 0)
    }

    @Test("A given plan must keep the constraints in force")
    func givenConstraints() async throws {
        let pipeline = TestPipeline().pipeline
        let request = PlanningRequest(
            action: "whatever", parameters: parameters, catalogue: Sample.shop,
            groundings: [grounding("Sell flowers", constraints: ["(requires inventory-tool before payment-service)"])])
        let outcome = await pipeline.check(given: try JSONValue(parsing: good), request)
        #expect(outcome.refusal?.kind == .invalid)
        #expect(outcome.refusal?.reason.contains("task1 (payment-service) needs inventory-tool before it") == true)
        #expect(outcome.refusal?.reason.contains("(requires inventory-tool before payment-service)") == true)
    }

    // MARK: - Grounding

    @Test("Strict: an action without a use case is refused, and told which were nearest")
    func strict() async {
        let model = TestModel(answers: [good])
        let outcome = await TestPipeline(model).plan(
            "Water the plants", parameters, groundings: [grounding("Handle an inquiry about {orderId}")])
        #expect(outcome.refusal?.kind == .notActionable)
        #expect(outcome.refusal?.reason.contains("nearest: 'Handle an inquiry about {orderId}' (0.") == true)
        #expect(outcome.journal == ["parameters passed", "grounding refused"])
        #expect(outcome.stages[1].considered?.count == 1)
        #expect(model.calls == 0)
    }

    @Test("Advise: it goes on, and the journal says so")
    func advise() async {
        let outcome = await TestPipeline(TestModel(answers: [good])).plan(
            "Water the plants", parameters, groundings: [grounding("Handle an inquiry about {orderId}")],
            settings: .init(grounding: .advise))
        #expect(outcome.runs)
        #expect(outcome.groundingHit == nil)
        #expect(outcome.stage(.grounding)?.result == .miss)
        #expect(outcome.stage(.grounding)?.summary.contains("planned all the same") == true)
    }

    @Test("A match is told, and the model hears use case and constraints")
    func match() async {
        let model = TestModel(answers: [good])
        let outcome = await TestPipeline(model).plan(
            action, parameters,
            groundings: [grounding(action, capabilities: ["Charge the customer"], constraints: ["Be kind to people"])])
        #expect(outcome.runs)
        #expect(outcome.groundingHit?.name == "shop")
        #expect(outcome.stage(.grounding)?.result == .hit)
        let prompt = model.requests[0].messages.map(\.text).joined()
        #expect(prompt.contains("Be kind to people"))
        #expect(prompt.contains("Charge the customer"))
    }

    @Test("Capabilities that the plan does not cover are named, to the model and to the operator")
    func coverage() async {
        let model = TestModel(answers: [good])
        let groundings = [grounding(action, capabilities: ["Charge the customer", "Translate poetry"])]
        let outcome = await TestPipeline(model).plan(action, parameters, groundings: groundings)
        #expect(outcome.refusal?.kind == .plannerUnavailable)
        #expect(outcome.refusal?.reason.contains("'Translate poetry'") == true)
        #expect(outcome.refusal?.reason.contains("'Charge the customer'") == false)
        #expect(model.calls == Limits.modelAnswersPerPlan)
        #expect(model.requests[1].messages.map(\.text).joined().contains("'Translate poetry'"))
        let offline = await TestPipeline().plan(
            action, parameters, groundings: groundings, settings: .init(runThreshold: 0))
        #expect(offline.refusal?.kind == .notActionable)
        #expect(offline.refusal?.reason.contains("'Translate poetry'") == true)
    }

    @Test("An embedder that fails is an outage where a match is needed, and a note where it is not")
    func embedderFails() async {
        let groundings = [grounding(action)]
        func outcome(_ mode: PlanningSettings.GroundingMode) async -> PlanningOutcome {
            await TestPipeline(TestModel(answers: [good]), embedder: TestEmbedder(fault: "connection refused")).plan(
                action, parameters, groundings: groundings, settings: .init(grounding: mode))
        }
        #expect(await outcome(.strict).refusal?.kind == .plannerUnavailable)
        #expect(await outcome(.advise).runs)
        #expect(await outcome(.advise).stage(.grounding)?.result == .failed)
    }

    @Test("Groundings divide the cache")
    func groundedCache() async {
        let model = TestModel(answers: [good])
        let test = TestPipeline(model)
        _ = await test.plan(action, parameters)
        _ = await test.plan(action, parameters, groundings: [grounding(action)])
        #expect(model.calls == 2)
        #expect(await test.plan(action, parameters, groundings: [grounding(action)]).origin == .cache)
    }

    // MARK: - Indexes

    @Test("Constraints are read once for each version of the groundings, for plans of every source")
    func rules() async throws {
        let test = TestPipeline(TestModel(answers: [good]))
        let wire = try JSONValue(parsing: good)
        func check(_ constraint: String) async -> PlanningOutcome {
            // As the hub does: the list is a new one each time.
            let groundings = [grounding(action, constraints: ["Be kind", constraint])]
            _ = await test.plan(action, parameters, groundings: groundings)
            return await test.pipeline.check(
                given: wire,
                PlanningRequest(
                    action: action, parameters: parameters, catalogue: Sample.shop, project: ProjectID("p_1"),
                    groundings: groundings))
        }
        for _ in 0..<3 { #expect(await check("(at-most-once payment-service)").runs) }
        let project = await test.pipeline.indexes.index(of: ProjectID("p_1"))
        #expect(await project.readings == 1)
        #expect(await check("(requires inventory-tool before payment-service)").refusal?.kind == .invalid)
        #expect(await project.readings == 2)
    }

    @Test("A catalogue is indexed once for each version, and projects are bounded")
    func indexes() async {
        let test = TestPipeline()
        for _ in 0..<3 { _ = await test.plan(action, parameters) }
        let project = await test.pipeline.indexes.index(of: ProjectID("p_1"))
        #expect(await project.builds == 1)
        var catalogue = Sample.shop
        catalogue[0].version = 2
        _ = await test.plan(action, parameters, catalogue)
        #expect(await project.builds == 2)
        for number in 0..<100 { _ = await test.pipeline.indexes.index(of: ProjectID("p_\(number)x")) }
        #expect(await test.pipeline.indexes.count == Limits.projectsInMemory)
        #expect(await test.pipeline.indexes.index(of: ProjectID("p_1")) !== project)
    }
}
