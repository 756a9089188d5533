import OrraPlanner
import Testing

@Suite("What PDDL means")
struct PDDLCheckerTests {
    typealias Sample = PDDLSample

    struct Wrong: CustomTestStringConvertible {
        var domain: String
        var line: Int
        var says: String
        var testDescription: String { says }

        init(_ domain: String, _ line: Int, _ says: String) {
            (self.domain, self.line, self.says) = (domain, line, says)
        }
    }

    static let wrong = [
        Wrong(Sample.domain(types: "cup shelf cup"), 3, "the type 'cup' is declared twice, first in line 3"),
        Wrong(Sample.domain(types: "cup - shelf shelf - cup"), 3, "stands above itself"),
        Wrong(Sample.domain(types: "object cup shelf"), 3, "the type 'object' is there already"),
        Wrong(Sample.domain(types: "cup shelf - board"), 3, "the type 'board' is not declared: add it to (:types …)"),
        Wrong(Sample.domain(constants: "mug - cop"), 4, "the type 'cop' is not declared: do you mean 'cup'?"),
        Wrong(Sample.domain(constants: "mug - cup mug - cup"), 4, "the constant 'mug' is declared twice"),
        Wrong(Sample.domain(predicates: "(on ?c - cup ?s - shelf) (on ?c)"), 5, "the predicate 'on' is declared twice"),
        Wrong(Sample.domain(predicates: "(on ?c - cup ?c - shelf)"), 5, "the variable '?c' is declared twice"),
        Wrong(Sample.domain(parameters: "?cup - mug"), 7, "the type 'mug' is not declared"),
        Wrong(
            Sample.domain(precondition: "(onn ?cup ?shelf)"), 8,
            "the predicate 'onn' is not declared: do you mean 'on'?"),
        Wrong(Sample.domain(precondition: "(broken ?cup)"), 8, "'broken' is not declared: add it to (:predicates …)"),
        Wrong(
            Sample.domain(precondition: "(on ?cup)"), 8,
            "on takes 2 arguments, but has 1 here: write (on ?cup - cup ?shelf - shelf)"),
        Wrong(Sample.domain(precondition: "(on ?shelf ?cup)"), 8, "'?shelf' is of type shelf, but on takes cup here"),
        Wrong(
            Sample.domain(precondition: "(clean ?cub)"), 8, "the variable '?cub' is not declared: do you mean '?cup'?"),
        Wrong(
            Sample.domain(precondition: "(clean mug)"), 8, "the object 'mug' is not declared: add it to (:constants …)"),
        Wrong(
            Sample.domain(precondition: "(not (clean ?cup))"), 8, "a negated condition needs :negative-preconditions"),
        Wrong(Sample.domain(precondition: "(or (clean ?cup))"), 8, "'or' needs :disjunctive-preconditions"),
        Wrong(
            Sample.domain(precondition: "(imply (clean ?cup) (clean ?cup))"), 8,
            "'imply' needs :disjunctive-preconditions"),
        Wrong(Sample.domain(precondition: "(= ?cup ?cup)"), 8, "'=' needs :equality"),
        Wrong(Sample.domain(precondition: "(forall (?c - cup) (clean ?c))"), 8, "needs :universal-preconditions"),
        Wrong(Sample.domain(precondition: "(exists (?c - cup) (clean ?c))"), 8, "needs :existential-preconditions"),
        Wrong(
            Sample.domain(requirements: ":typing :negative-preconditions", precondition: "(not (and (clean ?cup)))"), 8,
            "'not' before more than an atom needs :disjunctive-preconditions"),
        Wrong(Sample.domain(effect: "(when (clean ?cup) (clean ?cup))"), 9, "'when' needs :conditional-effects"),
        Wrong(
            Sample.domain(effect: "(forall (?c - cup) (clean ?c))"), 9,
            "'forall' in an effect needs :conditional-effects"),
        Wrong(Sample.domain(effect: "(not (dirty ?cup))"), 9, "the predicate 'dirty' is not declared"),
        Wrong(
            Sample.domain(requirements: ":strips"), 3, "a section of types needs :typing: add it to (:requirements …)"),
    ]

    @Test("a domain whose names do not fit is refused", arguments: wrong)
    func domains(_ wrong: Wrong) throws {
        let error = try #require(Sample.error(domain: wrong.domain))
        #expect(error.reason.contains(wrong.says), "\(error)")
        #expect(error.line == wrong.line && error.column >= 1, "\(error)")
        #expect(error.file == .domain)
    }

    @Test(
        "a domain that uses what it asks for is accepted",
        arguments: [
            Sample.domain(), Sample.domain(constants: "mug - cup", precondition: "(clean mug)"),
            Sample.domain(requirements: ":adl", precondition: "(not (or (clean ?cup) (= ?cup ?cup)))"),
            Sample.domain(
                requirements: ":typing :quantified-preconditions",
                precondition: "(and (forall (?c - cup) (clean ?c)) (exists (?c - cup) (clean ?c)))"),
            Sample.domain(types: "mug - cup cup shelf", parameters: "?cup - mug ?shelf - shelf"),
            Sample.domain(
                types: "cup shelf mug", predicates: "(on ?thing - (either cup mug) ?shelf - shelf) (clean ?thing)"),
            Sample.domain(precondition: "()", effect: "()"), Sample.domain(precondition: "(and)", effect: "(and)"),
        ])
    func goodDomains(text: String) throws {
        #expect(Sample.error(domain: text) == nil)
        let domain = try PDDL.Domain(text)
        #expect(try PDDL.Domain(domain.description) == domain)
    }

    @Test("a value of a wider type does not fit a narrower one, whichever of several it is")
    func widerTypes() throws {
        let wide = Sample.domain(types: "mug - cup cup shelf", predicates: "(on ?c - mug ?s - shelf) (clean ?c)")
        #expect(
            try #require(Sample.error(domain: wide)).reason.contains("'?cup' is of type cup, but on takes mug here"))
        let either = Sample.domain(parameters: "?cup - (either cup shelf) ?shelf - shelf")
        #expect(
            try #require(Sample.error(domain: either)).reason.contains(
                "is of type (either cup shelf), but on takes cup"))
        let untyped = Sample.domain(parameters: "?cup ?shelf - shelf", precondition: "()")
        #expect(Sample.error(domain: untyped) == nil || Sample.error(domain: untyped)?.line == 9)
    }

    private func problem(
        domain: String = "kitchen", objects: String = "mug - cup top - shelf", initial: String = "(on mug top)",
        goal: String = "(clean mug)"
    ) -> String {
        "(define (problem p)\n(:domain \(domain))\n(:objects \(objects))\n(:init \(initial))\n(:goal \(goal)))"
    }

    @Test("a problem whose names do not fit its domain is refused")
    func problems() throws {
        let cases: [(String, Int, String)] = [
            (problem(domain: "bath"), 2, "the problem is of the domain 'bath', but the domain's name is 'kitchen'"),
            (problem(objects: "mug - cup mug - cup"), 3, "the object 'mug' is declared twice"),
            (problem(objects: "mug - pot"), 3, "the type 'pot' is not declared"),
            (problem(objects: "jar - cup"), 3, "'jar' is a constant of the domain"),
            (problem(initial: "(on mug)"), 4, "on takes 2 arguments"),
            (problem(initial: "(on top mug)"), 4, "'top' is of type shelf, but on takes cup here"),
            (problem(initial: "(on mug desk)"), 4, "the object 'desk' is not declared: add it to (:objects …)"),
            (problem(initial: "(= (cost) 1)"), 4, "numeric fluents are not supported"),
            (problem(initial: "(clean mug) (not (clean mug))"), 4, "(clean mug) is said to hold and not to hold"),
            (problem(goal: "(not (clean mug))"), 5, "needs :negative-preconditions"),
            (problem(goal: "(clean mug) (clean mug)"), 5, "a goal is one condition"),
            (problem(goal: "(clean ?mug)"), 5, "the variable '?mug' is not declared"),
            ("(define (problem p) (:domain kitchen) (:init))", 1, "no section (:goal …)"),
            ("(define (problem p) (:domain kitchen) (:init) (:goal (clean jar)) (:metric x))", 1, "metrics"),
        ]
        let domain = Sample.domain(constants: "jar - cup")
        for (text, line, says) in cases {
            let error = try #require(Sample.error(problem: text, domain: domain), "\(says)")
            #expect(error.reason.contains(says), "\(error)")
            #expect(error.line == line && error.file == .problem, "\(error)")
        }
        #expect(Sample.error(problem: problem(), domain: domain) == nil)
    }
}
