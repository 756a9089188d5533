import OrraModel
import OrraPlanner
import Testing

@Suite("Plans as PDDL")
struct PDDLTranslationTests {
    typealias Sample = GroundingSample

    private func grounding(_ constraints: [String], capabilities: [String] = []) -> Grounding {
        Grounding(
            name: "g", domain: "d", version: "1",
            useCases: [Grounding.UseCase(action: "Refund order {orderId}", capabilities: capabilities)],
            constraints: constraints)
    }

    static let constraints = [
        "(requires verify-customer before refund-service)", "(at-most-once refund-service)",
        "(never-together refund-service order-lookup)", "(imply (used refund-service) (used notify.v2))",
        "(forall (?s - service) (imply (before ?s notify.v2) (used verify-customer)))",
        "(or (not (used notify.v2)) (exists (?s) (before ?s notify.v2)))", "Be kind.",
    ]

    static let plans: [Plan] = [
        Sample.plan("verify-customer"), Sample.plan("verify-customer", "refund-service<1"),
        Sample.plan("verify-customer", "refund-service<1", "notify.v2<2"), Sample.plan("refund-service"),
        Sample.plan("verify-customer", "refund-service", "notify.v2<1"), Sample.plan("order-lookup"),
        Sample.plan("verify-customer", "refund-service<1", "refund-service<1", "notify.v2<2<3"),
        Sample.plan("verify-customer", "refund-service<1", "order-lookup<1"), Sample.plan("notify.v2"),
        Sample.plan("refund-service", "verify-customer<1", "notify.v2<2"), Sample.plan("order-lookup", "notify.v2<1"),
        Sample.plan("verify-customer", "order-lookup<1", "refund-service<2", "notify.v2<3"),
    ]

    @Test("a translated plan keeps a constraint exactly if the plan itself does", arguments: plans.indices)
    func sameVerdict(index: Int) throws {
        let plan = Self.plans[index]
        for text in Self.constraints {
            let direct = try PlanConstraint.parse(text)?.violation(in: plan, names: Sample.name)
            let translation = try PlanTranslation(plan, catalogue: Sample.catalogue, grounding: grounding([text]))
            #expect((translation.violation() == nil) == (direct == nil), "\(text): \(direct ?? "kept")")
        }
        let all = try PlanTranslation(plan, catalogue: Sample.catalogue, grounding: grounding(Self.constraints))
        let isKept = try Self.constraints.allSatisfy {
            try PlanConstraint.parse($0)?.violation(in: plan, names: Sample.name) == nil
        }
        #expect((all.violation() == nil) == isKept)
    }

    @Test("what is written is PDDL that is read as the same", arguments: plans.indices)
    func readable(index: Int) throws {
        let translation = try PlanTranslation(
            Self.plans[index], catalogue: Sample.catalogue,
            grounding: grounding(Self.constraints, capabilities: ["Refund a payment"]), useCase: 0)
        let domain = try PDDL.Domain(translation.domain.description)
        #expect(domain == translation.domain)
        #expect(try PDDL.Problem(translation.problem.description, domain: domain) == translation.problem)
        #expect(try PDDL.Schedule(translation.schedule.description) == translation.schedule)
    }

    @Test("services become actions, data and tasks objects, and the plan steps")
    func shape() throws {
        let translation = try PlanTranslation(
            Sample.plan("verify-customer", "notify.v2<1"), catalogue: Sample.catalogue)
        #expect(translation.domain.actions.map(\.name.text) == ["run-verify-customer", "run-notify-v2"])
        #expect(translation.schedule.description == "(run-verify-customer task1)\n(run-notify-v2 task2)\n")
        #expect(
            translation.problem.objects.map(\.name.text)
                == ["task1", "task2", "task0-order-id", "task2-sent", "task1-verified"])
        #expect(translation.violation() == nil)
    }

    @Test("a step out of order, and one whose data nobody gives, are found")
    func dataFlow() throws {
        var translation = try PlanTranslation(
            Sample.plan("verify-customer", "refund-service<1"), catalogue: Sample.catalogue)
        translation.schedule.steps.swapAt(0, 1)
        let error = try #require(translation.violation())
        #expect(error.reason.contains("step 1, (run-refund-service task2), can't run"), "\(error)")
        #expect(error.reason.contains("(imply (takes task2 task1-verified) (known task1-verified))"), "\(error)")
        translation.schedule.steps.removeFirst()
        let open = try #require(translation.violation())
        #expect(open.reason.contains("the goal is not reached: (done task2)"), "\(open)")
    }

    @Test("what a service requires must run before it, as a constraint would say")
    func requires() throws {
        let strict = Sample.service("pay-out", "Pays", requires: ["verify-customer"])
        let catalogue = Sample.catalogue + [strict]
        let good = Sample.plan("verify-customer", "pay-out<1", catalogue: catalogue)
        #expect(try PlanTranslation(good, catalogue: catalogue).violation() == nil)
        for plan in [
            Sample.plan("pay-out", catalogue: catalogue),
            Sample.plan("verify-customer", "pay-out", catalogue: catalogue),
        ] {
            #expect(try PlanTranslation(plan, catalogue: catalogue).violation()?.reason.contains("can't run") == true)
        }
    }

    @Test("capabilities are goals: one that no service has is named")
    func capabilities() throws {
        let grounding = grounding([], capabilities: ["Verify the customer", "Refund a payment"])
        let good = Sample.plan("verify-customer", "refund-service<1")
        #expect(
            try PlanTranslation(good, catalogue: Sample.catalogue, grounding: grounding, useCase: 0).violation() == nil)
        let poor = try PlanTranslation(
            Sample.plan("verify-customer"), catalogue: Sample.catalogue, grounding: grounding, useCase: 0)
        #expect(try #require(poor.violation()).reason.contains("(covered refund-a-payment)"))
    }

    @Test("names that PDDL does not allow, and names that become alike, are told apart")
    func names() throws {
        let services = ["2fa-check", "task", "pay.out", "pay-out"].map {
            Sample.service($0, out: ["Ergebnis-Größe", "ok"])
        }
        let plan = Sample.plan("2fa-check", "task<1", "pay.out<2", "pay-out<3", catalogue: services)
        let translation = try PlanTranslation(plan, catalogue: services)
        #expect(
            translation.domain.actions.map(\.name.text) == [
                "run-2fa-check", "run-task", "run-pay-out", "run-pay-out-2",
            ])
        #expect(
            translation.domain.constants.map(\.name.text) == ["x-2fa-check", "task-2", "pay-out", "pay-out-2"])
        #expect(translation.violation() == nil)
        let domain = try PDDL.Domain(translation.domain.description)
        #expect(try PDDL.Problem(translation.problem.description, domain: domain) == translation.problem)
    }

    @Test("a malformed constraint is thrown")
    func malformed() {
        let error = PDDLSample.error { () throws(PDDLError) in
            _ = try PlanTranslation(
                Sample.plan("verify-customer"), catalogue: Sample.catalogue, grounding: grounding(["(at-most-once)"]))
        }
        #expect(error?.file == .constraint)
    }

    @Test("a plan of as many tasks as there may be is translated and run")
    func large() throws {
        var texts = ["verify-customer"]
        for index in 1..<Limits.tasksPerPlan { texts.append("verify-customer<\(index)") }
        let plan = texts.enumerated().reduce(into: Plan(parameters: RawJSON(["orderId": "1"]), tasks: [])) {
            plan, item in
            var input = [Plan.Input(field: "in", source: .zero, sourceField: "orderId")]
            if item.offset > 0 {
                input.append(Plan.Input(field: "on", source: TaskID(item.offset), sourceField: "verified"))
            }
            plan.tasks.append(Plan.Task(id: TaskID(item.offset + 1), service: Sample.verify.id, input: input))
        }
        let translation = try PlanTranslation(plan, catalogue: Sample.catalogue)
        #expect(translation.schedule.steps.count == Limits.tasksPerPlan)
        #expect(translation.violation() == nil)
    }
}
