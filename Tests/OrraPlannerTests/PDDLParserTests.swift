import OrraPlanner
import Testing

@Suite("Reading PDDL")
struct PDDLParserTests {
    typealias Sample = PDDLSample

    @Test("a domain and a problem are read whole, in lower case")
    func reading() throws {
        let domain = try PDDL.Domain(Sample.domain.uppercased())
        #expect(domain.name == "parcels")
        #expect(domain.requirements.count == 8)
        #expect(domain.types.map(\.name.text) == ["depot", "movable", "van", "parcel", "fragile"])
        #expect(domain.types.map { $0.types.map(\.text) } == [[], [], ["movable"], ["movable"], ["parcel"]])
        #expect(domain.actions.map(\.name.text) == ["load", "wrap", "drive"])
        #expect(
            domain.actions[0].effect
                == .and([
                    .add(PDDL.Atom("in", ["?parcel", "?van"])), .delete(PDDL.Atom("at", ["?parcel", "?place"])),
                ]))
        let problem = try PDDL.Problem(Sample.problem, domain: domain)
        #expect(problem.objects.count == 5 && problem.initial.count == 5)
        #expect(problem.initial.last == PDDL.Problem.Fact(PDDL.Atom("heavy", ["box"]), holds: false))
    }

    @Test("names know where they stand")
    func positions() throws {
        let domain = try PDDL.Domain(Sample.domain)
        #expect(domain.name.position == PDDL.Position(line: 2, column: 17))
        #expect(domain.actions[1].name.position == PDDL.Position(line: 13, column: 12))
    }

    @Test("what is written is read as the same again")
    func roundTrip() throws {
        let domain = try PDDL.Domain(Sample.domain)
        #expect(try PDDL.Domain(domain.description) == domain)
        let problem = try PDDL.Problem(Sample.problem, domain: domain)
        #expect(try PDDL.Problem(problem.description, domain: domain) == problem)
        for plan in [Sample.plan, "", "0: (load box red north)\n0: (wrap glass north)\n1.5: (drive red north home)"] {
            let schedule = try PDDL.Schedule(plan)
            #expect(try PDDL.Schedule(schedule.description) == schedule)
        }
    }

    @Test("types that stand for several, and names without a type, come through the writer")
    func typedLists() throws {
        for (types, predicates) in [
            ("a b - object c - (either a b) d", "(p ?x - (either a b) ?y) (q ?x ?y - a)"),
            ("a - b b - object c", "(p ?x ?y - a ?z) (q)"),
        ] {
            let text = Sample.domain(
                types: types, predicates: predicates, parameters: "", precondition: "()", effect: "()")
            let domain = try PDDL.Domain(text)
            #expect(try PDDL.Domain(domain.description) == domain)
        }
    }

    @Test("plans have steps in a row, or time stamps")
    func plans() throws {
        let schedule = try PDDL.Schedule("; cost 2\n0: (A b)\n0 : (c)".replacing("0 :", with: "0:"))
        #expect(schedule.steps.map(\.time) == [0, 0])
        #expect(schedule.steps.map(\.action.text) == ["a", "c"])
        #expect(try PDDL.Schedule("(a b) (c)").steps.map(\.time) == [nil, nil])
    }

    struct Broken: CustomTestStringConvertible {
        var text: String
        var line: Int
        var column: Int
        var says: String
        var testDescription: String { says }
    }

    static let brokenTexts = [
        Broken(text: "", line: 1, column: 1, says: "the text is empty"),
        Broken(text: "\n\n  (define", line: 3, column: 3, says: "this '(' is never closed"),
        Broken(text: "(define (domain a)))", line: 1, column: 20, says: "this ')' closes nothing"),
        Broken(text: "(define (domain a)) (b)", line: 1, column: 21, says: "nothing may follow the domain's last ')'"),
        Broken(text: "(domain a)", line: 1, column: 1, says: "a domain starts with (define (domain NAME)"),
        Broken(text: "(define (domain 9a))", line: 1, column: 17, says: "'9a' is no name of a domain"),
        Broken(text: "(define (domain a)\n (:predicates (p ä)))", line: 2, column: 18, says: "unexpected character"),
        Broken(
            text: "; é\n(define (domain a)\n (:predicate (p)))", line: 3, column: 2, says: "':predicate' is no section"),
        Broken(text: "(define (domain a) (:functions (f)))", line: 1, column: 20, says: "numeric fluents"),
        Broken(text: "(define (domain a) (:durative-action x))", line: 1, column: 20, says: "durative actions"),
        Broken(text: "(define (domain a) (:requirements :time))", line: 1, column: 35, says: "the requirement :time"),
        Broken(text: "(define (domain a) (:requirements strips))", line: 1, column: 35, says: "with ':' in front"),
        Broken(
            text: "(define (domain a) (:predicates (p)) (:types t))", line: 1, column: 38,
            says: "(:types …) must stand before (:predicates …)"),
        Broken(
            text: "(define (domain a) (:predicates) (:predicates))", line: 1, column: 34,
            says: "a second (:predicates …)"),
        Broken(text: "(define (domain a) (:action x :effect (p)))", line: 1, column: 29, says: "no :parameters"),
        Broken(
            text: "(define (domain a) (:action x :parameters () :effect (p) :precondition (p)))", line: 1, column: 58,
            says: ":precondition must stand before :effect"),
        Broken(
            text: "(define (domain a) (:action x :parameters (y)))", line: 1, column: 44, says: "a variable such as"),
        Broken(text: "(define (domain a) (:action x :parameters))", line: 1, column: 31, says: "nothing behind it"),
        Broken(text: "(define (domain a) (:types b -c))", line: 1, column: 30, says: "put a space behind the '-'"),
        Broken(text: "(define (domain a) (:types - c))", line: 1, column: 28, says: "nothing stands in front"),
        Broken(text: "(define (domain a) (:types b -))", line: 1, column: 30, says: "no type stands behind"),
        Broken(text: "(define (domain a) (:types b - (c d)))", line: 1, column: 32, says: "(either type type)"),
        Broken(text: "(define (domain a) (:predicates (and)))", line: 1, column: 34, says: "a meaning of its own"),
    ]

    @Test("a broken text is refused at the place where it breaks", arguments: brokenTexts)
    func broken(_ broken: Broken) throws {
        let error = try #require(Sample.error(domain: broken.text))
        #expect(error.reason.contains(broken.says), "\(error)")
        #expect(error.position == PDDL.Position(line: broken.line, column: broken.column), "\(error)")
        #expect(error.description.hasPrefix("domain, line \(broken.line), column \(broken.column): "))
    }

    @Test(
        "conditions and effects that are malformed are refused with what would be right",
        arguments: [
            ("(not (clean ?cup) (clean ?cup))", "()", "'not' takes one condition"),
            ("(imply (clean ?cup))", "()", "'imply' takes two conditions"),
            ("(= ?cup)", "()", "'=' compares two objects"),
            ("(forall (clean ?cup))", "()", "write (forall (?variable - type)"),
            ("(when (clean ?cup) (clean ?cup))", "()", "write (imply … …)"),
            ("(< 1 2)", "()", "numeric fluents"), ("(preference p (clean ?cup))", "()", "preferences"),
            ("clean", "()", "expected a condition"), ("()", "clean", "expected an effect"),
            ("()", "(or (clean ?cup))", "an effect must be certain"),
            ("()", "(increase (total-cost) 1)", "numeric fluents"),
            ("()", "(= ?cup ?shelf)", "'=' may stand in conditions only"),
            ("()", "(when (clean ?cup) (forall (?c - cup) (clean ?c)))", "within 'when'"),
            ("()", "(not (not (clean ?cup)))", "'not' has a meaning of its own"),
            ("()", "(when (clean ?cup))", "write (when condition effect)"),
        ])
    func malformed(precondition: String, effect: String, says: String) throws {
        let text = Sample.domain(requirements: ":adl", precondition: precondition, effect: effect)
        let error = try #require(Sample.error(domain: text))
        #expect(error.reason.contains(says), "\(error)")
        #expect(error.line == (effect == "()" ? 8 : 9), "\(error)")
    }

    @Test(
        "plans that are malformed are refused",
        arguments: [
            ("(a b", 1, 1, "never closed"), ("a", 1, 1, "expected a step"), ("(a)\n()", 2, 1, "a step is written as"),
            ("(a (b))", 1, 4, "found a list"), ("0: 1: (a)", 1, 4, "two time stamps"), ("0:", 1, 1, "without a step"),
            ("1: (a)\n0: (b)", 2, 4, "sort the steps"), ("0: (a)\n(b)", 2, 1, "give all steps a time stamp"),
            ("0: (a) [1.0]", 1, 8, "durations"), ("(a ?b)", 1, 4, "no name of an object"),
            ("1.2.3: (a)", 1, 1, "expected a step"),
        ])
    func malformedPlan(text: String, line: Int, column: Int, says: String) throws {
        let error = try #require(Sample.error { () throws(PDDLError) in _ = try PDDL.Schedule(text) })
        #expect(error.reason.contains(says), "\(error)")
        #expect(error.position == PDDL.Position(line: line, column: column), "\(error)")
        #expect(error.file == .plan)
    }

    @Test("texts beyond the limits are refused")
    func limits() throws {
        let deep = String(repeating: "(", count: PDDL.depth + 1)
        #expect(try #require(Sample.error(domain: deep)).reason.contains("more than 64 parentheses"))
        let long = String(repeating: " ", count: PDDL.textBytes + 1)
        #expect(try #require(Sample.error(domain: long)).reason.contains("at most 1048576"))
    }
}
