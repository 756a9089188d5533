import OrraModel
import Testing

@testable import OrraPlanner

@Suite("PlanningPipeline with a model")
struct PipelineModelTests {
    private let action = "Charge the customer for the order"
    private let parameters: JSONObject = ["orderId": "ORD1", "customerId": "C1", "amount": 12.5]
    private let good = wire(
        (
            "payment-service",
            ["orderId": "$task0.orderId", "customerId": "$task0.customerId", "amount": "$task0.amount"]
        ))
    private let bad = wire(("payment-service", ["orderId": "$task0.orderId", "customerId": "$task0.nobody"]))

    @Test("A model's plan is validated, runs, and every stage leaves its entry in order")
    func plan() async throws {
        let model = TestModel(answers: [good])
        let outcome = await TestPipeline(model).plan(action, parameters)
        #expect(outcome.runs)
        #expect(outcome.origin == .model)
        #expect(outcome.confidence == nil)
        #expect(
            outcome.journal == [
                "parameters passed", "cache miss", "model passed", "validation passed", "policy passed",
            ])
        #expect(outcome.stages.allSatisfy { $0.microseconds == 10 })
        #expect(outcome.stages[0].summary == "3 parameters: orderId (string), customerId (string), amount (number)")
        #expect(outcome.stages[2].usage?.microcost == 5)
        #expect(outcome.stages[2].steps?.first?.bindings.first?.reason == "a parameter of the action")
        #expect(outcome.values(of: 1) == parameters)
        #expect(!outcome.stages.contains { $0.summary.contains("ORD1") })
    }

    @Test("The model is told exactly what was wrong, twice at most")
    func feedback() async {
        let model = TestModel(answers: [bad, "no plan at all", good])
        let outcome = await TestPipeline(model).plan(action, parameters)
        #expect(outcome.runs)
        #expect(model.calls == 3)
        #expect(
            outcome.journal == [
                "parameters passed", "cache miss", "model passed", "validation refused", "model failed", "model passed",
                "validation passed", "policy passed",
            ])
        let errors = [
            PlanError.unknownParameter(task: TaskID(1), field: "customerId", parameter: "nobody").description,
            PlanError.missingInput(task: TaskID(1), field: "amount", service: "payment-service").description,
        ]
        let told = model.requests[1].messages.map(\.text).joined()
        for error in errors { #expect(told.contains(error), "\(error)") }
        #expect(outcome.stages[3].summary == errors.joined(separator: "; "))
    }

    @Test("Three wrong answers end it, and a confident offline plan stands in")
    func gives() async {
        let model = TestModel(answers: [bad])
        let outcome = await TestPipeline(model).plan("Zebra quilting", parameters)
        #expect(model.calls == Limits.modelAnswersPerPlan)
        #expect(outcome.refusal?.kind == .plannerUnavailable)
        #expect(outcome.refusal?.reason.contains("still wrong after 3 answers") == true)
        #expect(outcome.refusal?.reason.contains("'nobody'") == true)
        let offline = await TestPipeline(TestModel(answers: [bad])).plan(
            action, parameters, settings: .init(runThreshold: 0))
        #expect(offline.origin == .offline)
        #expect(offline.runs)
    }

    @Test("What the model holds for impossible is refused with its reason")
    func refuses() async {
        let model = TestModel(answers: [#"{"tasks":[],"refusal":"no service prints"}"#])
        let outcome = await TestPipeline(model).plan(action, parameters)
        #expect(outcome.refusal == PlanningRefusal(.notActionable, "no service prints"))
        #expect(outcome.journal == ["parameters passed", "cache miss", "model refused", "policy refused"])
    }

    @Test("Without the model a confident offline plan runs, and the journal says who made it")
    func unreachable() async {
        let model = TestModel(fault: .unreachable, "connection refused")
        let settings = PlanningSettings(runThreshold: 0)
        let outcome = await TestPipeline(model).plan(action, parameters, settings: settings)
        #expect(outcome.runs)
        #expect(outcome.origin == .offline)
        #expect(
            outcome.journal == [
                "parameters passed", "cache miss", "model failed", "offline passed", "validation passed",
                "policy passed",
            ])
    }

    @Test("Without the model an unsure offline plan is refused with both reasons, and shown")
    func unavailable() async {
        let model = TestModel(fault: .circuitOpen, "too many faults in a row")
        let settings = PlanningSettings(runThreshold: 1.1, draftThreshold: 0)
        let outcome = await TestPipeline(model).plan(action, parameters, settings: settings)
        #expect(outcome.refusal?.kind == .plannerUnavailable)
        #expect(outcome.refusal?.reason.contains("too many faults in a row") == true)
        #expect(outcome.refusal?.reason.contains("not sure enough") == true)
        #expect(outcome.refusal?.draft != nil)
    }

    @Test("A spent budget is refused, and nothing stands in")
    func budget() async {
        let model = TestModel(fault: .budgetSpent, "the budget of this month is spent")
        let outcome = await TestPipeline(model).plan(action, parameters, settings: .init(runThreshold: 0))
        #expect(outcome.refusal?.kind == .budgetSpent)
        #expect(outcome.journal.last == "policy refused")
    }

    @Test("Offline first: a sure plan asks no model, an unsure one is confirmed or replaced by it")
    func offlineFirst() async {
        let model = TestModel(answers: [good])
        let sure = await TestPipeline(model).plan(
            action, parameters, settings: .init(runThreshold: 0, order: .offline))
        #expect(sure.origin == .offline)
        #expect(model.calls == 0)
        let unsure = await TestPipeline(model).plan(
            action, parameters, settings: .init(runThreshold: 1.1, order: .offline))
        #expect(unsure.origin == .model)
        #expect(unsure.runs)
        #expect(model.calls == 1)
        #expect(
            unsure.journal == [
                "parameters passed", "offline passed", "validation passed", "cache miss", "model passed",
                "validation passed", "policy passed",
            ])
        // The draft was shown to the model.
        #expect(
            model.requests[0].messages.contains { $0.text.contains("payment-service") && $0.text.contains("task1") })
    }

    @Test("Offline first without an answer of the model: the draft waits for a person, or is refused")
    func offlineFirstFails() async {
        let model = TestModel(fault: .timedOut, "no answer within 60s")
        let held = await TestPipeline(model).plan(
            action, parameters, settings: .init(runThreshold: 1.1, draftThreshold: 0, order: .offline))
        #expect(held.hold == .confirmation)
        #expect(held.origin == .offline)
        let refused = await TestPipeline(model).plan(
            action, parameters, settings: .init(runThreshold: 1.1, draftThreshold: 1.1, order: .offline))
        #expect(refused.refusal?.kind == .plannerUnavailable)
    }

    @Test("Of a large catalogue only what the action can mean is in the prompt")
    func retrieval() async {
        let fillers = (0..<60).map {
            Sample.service("filler-\($0)-svc", "Paints fence number \($0)", in: ["colour"], out: ["done"])
        }.enumerated().map { number, service in
            var service = service
            service.id = ServiceID("s_filler\(number)")
            return service
        }
        let model = TestModel(answers: [good])
        let outcome = await TestPipeline(model).plan(action, parameters, Sample.shop + fillers)
        #expect(outcome.runs)
        let stage = outcome.stage(.retrieval)
        #expect(stage?.result == .passed)
        #expect(stage?.considered?.contains { $0.service == "payment-service" } == true)
        let prompt = model.requests[0].messages.map(\.text).joined()
        #expect(prompt.contains("payment-service"))
        #expect(fillers.filter { prompt.contains($0.name) }.count < 60)
    }

    @Test("The same request gives the same outcome")
    func deterministic() async {
        let one = await TestPipeline(TestModel(answers: [bad, good])).plan(action, parameters)
        let other = await TestPipeline(TestModel(answers: [bad, good])).plan(action, parameters)
        #expect(one == other)
    }
}
