import OrraModel
import Testing

@testable import OrraPlanner

@Suite("Constraints of plans")
struct GroundingConstraintTests {
    typealias Sample = GroundingSample

    private func violation(_ text: String, _ plan: Plan) throws -> String? {
        let constraint = try #require(try PlanConstraint.parse(text), "\(text) is prose")
        return constraint.violation(in: plan, names: Sample.name)
    }

    @Test("the rules are read in parentheses and without")
    func reading() throws {
        for text in [
            "(requires verify-customer before refund-service)", "requires verify-customer before refund-service",
        ] {
            let constraint = try #require(try PlanConstraint.parse(text))
            #expect(constraint.rule == .requires("verify-customer", before: "refund-service"))
            #expect(constraint.services == ["verify-customer", "refund-service"] && constraint.text == text)
        }
        #expect(try PlanConstraint.parse(" ( AT-MOST-ONCE 2fa.check ) ; once")?.rule == .atMostOnce("2fa.check"))
        #expect(try PlanConstraint.parse("never-together a1b c2d")?.rule == .neverTogether("a1b", "c2d"))
        let condition = try #require(
            try PlanConstraint.parse("(imply (used notify.v2) (before refund-service notify.v2))"))
        #expect(condition.services == ["notify.v2", "refund-service"])
    }

    @Test(
        "prose is prose",
        arguments: [
            "", "Verify the customer before a refund", "requires a manager's yes before any refund",
            "Requires approval before refunds.", "requires A-service before b-service",
            "(Optional) verify (if needed) it",
            "(see §4) is for people", "at-most-once per day please", "never-together",
        ])
    func prose(text: String) throws { #expect(try PlanConstraint.parse(text) == nil) }

    @Test(
        "a malformed constraint is refused at its place",
        arguments: [
            ("(requires a-one b-two)", 1, "write (requires A before B)"),
            ("(requires a-one after b-two)", 1, "write (requires A before B)"),
            ("(requires a-one before a-one)", 24, "the same service twice"),
            ("(require a-one before b-two)", 2, "'require' is no constraint: do you mean 'requires'?"),
            ("(at-most-once)", 1, "write (at-most-once A)"),
            ("(never-together a-one)", 1, "write (never-together A B)"),
            ("(requires a-one before b-two", 1, "never closed"),
            ("(at-most-once a_b)", 15, "expected a service's name"),
            ("(at-most-once (a-one))", 15, "found a list"),
            ("(at-most-once a-one) (at-most-once b-two)", 22, "nothing may"),
            ("(always verify)", 2, "prose stands without parentheses"),
            ("(imply (used a-one) (done b-two))", 21, "the predicate 'done' is not declared"),
            ("(imply (used a-one))", 1, "'imply' takes two"), ("(used ?x)", 7, "the variable '?x' is not declared"),
            ("(used a-one b-two)", 1, "used takes 1 argument"),
            ("(forall (?x - tool) (used ?x))", 15, "the type 'tool' is not declared"),
            ("(before a1 b-two)", 9, "must have 3 to 63 characters"),
        ])
    func malformed(text: String, column: Int, says: String) throws {
        let error = try #require(PDDLSample.error { () throws(PDDLError) in _ = try PlanConstraint.parse(text) })
        #expect(error.reason.contains(says), "\(error)")
        #expect(error.position == PDDL.Position(line: 1, column: column) && error.file == .constraint, "\(error)")
    }

    static let requires = "(requires verify-customer before refund-service)"

    @Test("what must run before something runs before it, directly or through others")
    func order() throws {
        for plan in [
            Sample.plan("verify-customer", "refund-service<1"), Sample.plan("order-lookup"),
            Sample.plan("verify-customer", "order-lookup<1", "refund-service<2"),
            Sample.plan("refund-service<2", "verify-customer"),
            Sample.plan("verify-customer", "verify-customer", "refund-service<2"),
        ] { #expect(try violation(Self.requires, plan) == nil) }
    }

    @Test("a plan that breaks an order is told how, and what would be right")
    func brokenOrder() throws {
        let cases: [(Plan, String)] = [
            (
                Sample.plan("order-lookup", "refund-service<1"),
                "task2 (refund-service) needs verify-customer before it, but the plan has no task of verify-customer: add "
                    + "one, and let task2 take an input from it"
            ),
            (
                Sample.plan("verify-customer", "refund-service"),
                "task2 (refund-service) must run after verify-customer, but takes nothing from task1, so that both run at "
                    + "the same time: bind an input of task2 to an output of task1, or of a task that follows it"
            ),
            (
                Sample.plan("refund-service", "verify-customer<1"),
                "task2 (verify-customer) runs after task1 (refund-service), but must run before it: turn the flow of data "
                    + "between them round"
            ),
        ]
        for (plan, reason) in cases { #expect(try violation(Self.requires, plan) == reason) }
        let second = Sample.plan("verify-customer", "refund-service<1", "refund-service")
        #expect(try violation(Self.requires, second)?.hasPrefix("task3 (refund-service) must run after") == true)
    }

    @Test("at most once, and never together")
    func counts() throws {
        let twice = Sample.plan("refund-service", "refund-service", "notify.v2<1")
        #expect(
            try violation("(at-most-once refund-service)", twice)
                == "refund-service may run at most once, but runs in task1 and task2: leave one task of it")
        #expect(try violation("(at-most-once notify.v2)", twice) == nil)
        #expect(
            try violation("(never-together notify.v2 refund-service)", twice)
                == "notify.v2 and refund-service must not be in one plan, but are, as task3 and task1: leave one of them out"
        )
        #expect(try violation("(never-together notify.v2 order-lookup)", twice) == nil)
    }

    @Test("conditions over the plan's services")
    func conditions() throws {
        let plan = Sample.plan("verify-customer", "refund-service<1", "notify.v2")
        for text in [
            "(imply (used refund-service) (used notify.v2))", "(before verify-customer refund-service)",
            "(not (before verify-customer notify.v2))", "(not (used order-lookup))",
            "(or (used order-lookup) (used notify.v2))",
            "(forall (?s) (imply (before ?s refund-service) (= ?s verify-customer)))",
            "(exists (?s - service) (before ?s refund-service))",
        ] { #expect(try violation(text, plan) == nil, "\(text)") }
        #expect(
            try violation("(imply (used refund-service) (used order-lookup))", plan)
                == "(imply (used refund-service) (used order-lookup)) does not hold: the plan uses verify-customer, "
                + "refund-service, notify.v2")
        #expect(
            try violation("(forall (?s - service) (or (= ?s verify-customer) (before verify-customer ?s)))", plan)?
                .hasPrefix("(or (= notify.v2 verify-customer) (before verify-customer notify.v2)) does not hold")
                == true)
    }

    @Test("a condition with too many quantifiers ends")
    func budget() throws {
        let plan = Sample.plan("verify-customer", "refund-service<1", "notify.v2", "order-lookup")
        let variables = (0..<20).map { "?v\($0)" }.joined(separator: " ")
        let reason = try violation("(forall (\(variables)) (used ?v0))", plan)
        #expect(reason?.contains("takes too long") == true)
    }

    @Test("all rules together take no more steps than a plan may, and a plan that is not wholly checked is refused")
    func totalBudget() throws {
        let plan = Sample.plan("verify-customer", "refund-service<1", "notify.v2", "order-lookup")
        func rules(_ constraints: [String]) -> PlanRules {
            PlanRules([
                Grounding(
                    name: "g", domain: "d", version: "1", useCases: [.init(action: "x")], constraints: constraints)
            ])
        }
        // 4 services: 1 for the rule, 1 for the quantifier, 4 for what it ranges over, 4 for the atoms.
        let each = Array(repeating: "(forall (?s - service) (used ?s))", count: 100)
        let kept = rules(each).violations(in: plan, atMost: 16, steps: 1_001, names: Sample.name)
        #expect(kept == [])
        let spent = rules(each).violations(in: plan, atMost: 16, steps: 1_000, names: Sample.name)
        #expect(spent.count == 1)
        #expect(spent.first?.contains("99 of 100 were checked in 1000 steps") == true)
        // One that takes too long by itself leaves the others their steps.
        let variables = (0..<20).map { "?v\($0)" }.joined(separator: " ")
        let long = "(forall (\(variables)) (used ?v0))"
        let found = rules([long, "(at-most-once notify.v2)", "(never-together notify.v2 order-lookup)", "prose"])
            .violations(in: plan, atMost: 16, names: Sample.name)
        #expect(found.count == 2)
        #expect(found.first?.contains("takes too long to check: use fewer quantifiers") == true)
        #expect(found.last?.contains("must not be in one plan") == true)
        // As many as can be come to an end.
        let many = rules(Array(repeating: long, count: 100))
            .violations(in: plan, atMost: 200, names: Sample.name)
        #expect(many.count == 10)
        #expect(many.last?.contains("of 100 were checked in 1000000 steps") == true)
        #expect(rules(each).violations(in: plan, atMost: 0, names: Sample.name) == [])
    }

    @Test("a plan whose action is cancelled while it is checked does not pass")
    func cancelled() async {
        let plan = Sample.plan("verify-customer")
        let rules = PlanRules([
            Grounding(
                name: "g", domain: "d", version: "1", useCases: [.init(action: "x")],
                constraints: ["(used order-lookup)"])
        ])
        let found = await withTaskGroup(of: [String].self) { group in
            group.cancelAll()
            group.addTask { rules.violations(in: plan, atMost: 16, names: Sample.name) }
            return await group.next()
        }
        #expect(found == ["the action was cancelled while its plan was checked"])
    }

    @Test("order between services of several tasks holds if it holds for each task of the second")
    func severalTasks() throws {
        let plan = Sample.plan("verify-customer", "refund-service<1", "refund-service")
        #expect(try violation("(before verify-customer refund-service)", plan) != nil)
        let chained = Sample.plan("verify-customer", "refund-service<1", "refund-service<2")
        #expect(try violation("(before verify-customer refund-service)", chained) == nil)
        #expect(try violation("(not (before refund-service refund-service))", chained) == nil)
        #expect(try violation("(not (before refund-service verify-customer))", chained) == nil)
    }
}
