import OrraPlanner
import Testing

@Suite("Running PDDL plans")
struct PDDLValidatorTests {
    typealias Sample = PDDLSample

    @Test("a plan that reaches the goal is valid")
    func valid() { #expect(Sample.error(plan: Sample.plan) == nil) }

    @Test(
        "the first step that can't run is told, with what it lacks",
        arguments: [
            ("(drive red south home)", 1, "step 1, (drive red south home), can't run: its precondition (at red south)"),
            ("(load box red north)\n(load box red north)", 2, "step 2, (load box red north), can't run"),
            ("(drive red north south)", 1, "(or (not (closed south)) (= south home)) does not hold"),
            ("(drive red north north)", 1, "(not (= north north)) does not hold"),
            (
                "(load glass red north)\n(drive red north home)", 2,
                "(imply (in glass red) (wrapped glass)) does not hold"
            ),
        ])
    func preconditions(plan: String, line: Int, says: String) throws {
        let error = try #require(Sample.error(plan: plan))
        #expect(error.reason.contains(says), "\(error)")
        #expect(error.line == line && error.column == 1 && error.file == .plan)
    }

    @Test("a goal that stays open is told")
    func goal() throws {
        let error = try #require(Sample.error(plan: "(drive red north home)"))
        #expect(error.reason == "the goal is not reached: (at box home) does not hold in the end")
        #expect(error.file == .problem && error.line == 4)
    }

    @Test(
        "steps that do not fit the domain are refused",
        arguments: [
            ("(loat box red north)", 1, "the domain has no action 'loat': do you mean 'load'?"),
            ("(load box red)", 1, "load takes 3 arguments, but has 2 here: write (load ?parcel ?van ?place)"),
            ("(load crate red north)", 7, "the problem has no object 'crate'"),
            ("(load red red north)", 7, "'red' is of type van, but load takes parcel here"),
            ("(wrap box north)", 7, "'box' is of type parcel, but wrap takes fragile here"),
        ])
    func steps(plan: String, column: Int, says: String) throws {
        let error = try #require(Sample.error(plan: plan))
        #expect(error.reason.contains(says), "\(error)")
        #expect(error.column == column)
    }

    @Test("conditional effects and effects for all change what they say, and nothing else")
    func effects() {
        let goal = { (goal: String) in
            Sample.problem.replacing("(and (at box home) (exists (?van - van) (at ?van home)))", with: goal)
        }
        let plan = "(wrap glass north)\n(load glass red north)\n(drive red north home)"
        #expect(
            Sample.error(
                plan: plan,
                problem: goal("(and (at glass home) (not (in glass red)) (at box north) (not (at red north)))")) == nil)
        #expect(Sample.error(plan: plan, problem: goal("(at box home)")) != nil)
    }

    @Test("steps at the same time must not touch what another needs")
    func parallel() throws {
        let rest = "1: (drive red north home)"
        #expect(Sample.error(plan: "0: (load box red north)\n0: (wrap glass north)\n\(rest)") == nil)
        let error = try #require(Sample.error(plan: "0: (load box red north)\n0: (drive red north home)"))
        #expect(error.reason.contains("steps 1 and 2 can't run at the same time: one changes (at box home)") == false)
        #expect(error.reason.contains("steps 1 and 2 can't run at the same time"), "\(error)")
        #expect(error.line == 2)
        let early = try #require(Sample.error(plan: "0: (wrap glass north)\n0: (load glass red south)"))
        #expect(early.reason.contains("step 2, (load glass red south), can't run"))
    }

    @Test("what is deleted and added at once holds afterwards")
    func deleteThenAdd() {
        let domain = """
            (define (domain d) (:predicates (p))
              (:action turn :parameters () :effect (and (p) (not (p)))))
            """
        let problem = "(define (problem q) (:domain d) (:init) (:goal (p)))"
        #expect(Sample.error(plan: "(turn)", problem: problem, domain: domain) == nil)
    }

    @Test("quantifiers over too many objects end in an error, not in a long wait")
    func budget() throws {
        let domain = """
            (define (domain d) (:requirements :universal-preconditions :disjunctive-preconditions) (:predicates (p ?x))
              (:action a :parameters () :precondition (forall (?a ?b ?c ?d ?e) (imply (p ?a) (p ?b))) :effect ()))
            """
        let objects = (0..<200).map { "o\($0)" }.joined(separator: " ")
        let problem = "(define (problem q) (:domain d) (:objects \(objects)) (:init) (:goal (and)))"
        let read = try PDDL.Domain(domain)
        let error = try #require(
            Sample.error { () throws(PDDLError) in
                try PDDLValidator.validate(
                    domain: read, problem: try PDDL.Problem(problem, domain: read), plan: try PDDL.Schedule("(a)"),
                    budget: 20_000)
            })
        #expect(error.reason.contains("more than 20000 looks"), "\(error)")
        #expect(error.file == .plan)
    }
}
