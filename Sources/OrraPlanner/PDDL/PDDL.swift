import OrraModel

/// The planning domain definition language, as far as plans and groundings need it: STRIPS, types, negative,
/// disjunctive and quantified conditions, equality, and conditional effects.
///
/// The grammar is that of PDDL 3.1 without numbers, time, preferences and derived predicates; see docs/pddl.md. Names
/// are case-insensitive and kept in lower case.
public enum PDDL {
    /// Bytes of a domain, a problem or a plan.
    public static let textBytes = Limits.pddlBytes
    /// Levels of parentheses.
    public static let depth = Limits.pddlDepth

    public struct Position: Sendable, Hashable, Comparable {
        /// From 1.
        public var line: Int
        /// From 1, in characters.
        public var column: Int

        public init(line: Int, column: Int) {
            self.line = line
            self.column = column
        }

        public static let start = Position(line: 1, column: 1)

        public static func < (left: Position, right: Position) -> Bool {
            (left.line, left.column) < (right.line, right.column)
        }
    }

    /// A name and where it stands. The place does not count when names are compared.
    public struct Name: Sendable, Hashable, ExpressibleByStringLiteral {
        public var text: String
        public var position: Position

        public init(_ text: String, at position: Position = .start) {
            self.text = text
            self.position = position
        }
        public init(stringLiteral text: String) { self.init(text) }

        public static func == (left: Name, right: Name) -> Bool { left.text == right.text }
        public func hash(into hasher: inout Hasher) { hasher.combine(text) }
    }

    /// What a domain may ask of a planner.
    public enum Requirement: String, Sendable, CaseIterable {
        case strips, typing, equality, adl
        case negativePreconditions = "negative-preconditions"
        case disjunctivePreconditions = "disjunctive-preconditions"
        case existentialPreconditions = "existential-preconditions"
        case universalPreconditions = "universal-preconditions"
        case quantifiedPreconditions = "quantified-preconditions"
        case conditionalEffects = "conditional-effects"

        /// It, and what it stands for.
        var all: [Requirement] {
            switch self {
            case .quantifiedPreconditions: [self, .existentialPreconditions, .universalPreconditions]
            case .adl: Self.allCases
            default: [self]
            }
        }
    }

    /// A name or a variable with its types: none for `object`, several for `(either …)`.
    public struct Typed: Sendable, Hashable {
        /// A variable's name starts with `?`.
        public var name: Name
        public var types: [Name]

        public init(_ name: Name, _ types: [Name] = []) {
            self.name = name
            self.types = types
        }
    }

    public struct Predicate: Sendable, Hashable {
        public var name: Name
        public var parameters: [Typed]

        public init(_ name: Name, _ parameters: [Typed] = []) {
            self.name = name
            self.parameters = parameters
        }
    }

    /// `(known ?datum)`. An argument that starts with `?` is a variable, others name objects.
    public struct Atom: Sendable, Hashable {
        public var predicate: Name
        public var arguments: [Name]

        public init(_ predicate: Name, _ arguments: [Name] = []) {
            self.predicate = predicate
            self.arguments = arguments
        }
    }

    public indirect enum Condition: Sendable, Hashable {
        case atom(Atom)
        case equal(Name, Name)
        case not(Condition)
        case and([Condition])
        case or([Condition])
        case imply(Condition, Condition)
        case forall([Typed], Condition)
        case exists([Typed], Condition)
    }

    public indirect enum Effect: Sendable, Hashable {
        case add(Atom)
        case delete(Atom)
        case and([Effect])
        case forall([Typed], Effect)
        case when(Condition, Effect)
    }

    public struct Action: Sendable, Hashable {
        public var name: Name
        public var parameters: [Typed]
        public var precondition: Condition
        public var effect: Effect

        public init(
            _ name: Name, _ parameters: [Typed] = [], precondition: Condition = .and([]), effect: Effect = .and([])
        ) {
            self.name = name
            self.parameters = parameters
            self.precondition = precondition
            self.effect = effect
        }
    }

    public struct Domain: Sendable, Hashable {
        public var name: Name
        public var requirements: [Requirement]
        public var types: [Typed]
        public var constants: [Typed]
        public var predicates: [Predicate]
        public var actions: [Action]

        public init(
            _ name: Name, requirements: [Requirement] = [], types: [Typed] = [], constants: [Typed] = [],
            predicates: [Predicate] = [], actions: [Action] = []
        ) {
            self.name = name
            self.requirements = requirements
            self.types = types
            self.constants = constants
            self.predicates = predicates
            self.actions = actions
        }

        /// Reads a domain and checks it.
        public init(_ text: String) throws(PDDLError) {
            self = try PDDLParser(.domain).domain(text)
            try PDDLChecker(self).check()
        }
    }

    public struct Problem: Sendable, Hashable {
        /// An atom that holds at the start, or is said not to.
        public struct Fact: Sendable, Hashable {
            public var atom: Atom
            public var holds: Bool

            public init(_ atom: Atom, holds: Bool = true) {
                self.atom = atom
                self.holds = holds
            }
        }

        public var name: Name
        public var domain: Name
        public var requirements: [Requirement]
        public var objects: [Typed]
        public var initial: [Fact]
        public var goal: Condition

        public init(
            _ name: Name, domain: Name, requirements: [Requirement] = [], objects: [Typed] = [], initial: [Fact] = [],
            goal: Condition
        ) {
            self.name = name
            self.domain = domain
            self.requirements = requirements
            self.objects = objects
            self.initial = initial
            self.goal = goal
        }

        /// Reads a problem and checks it against its domain, which must be a checked one.
        public init(_ text: String, domain: Domain) throws(PDDLError) {
            self = try PDDLParser(.problem).problem(text)
            try PDDLChecker(domain, self).check(problem: self)
        }
    }

    /// Steps, one after another, or by time stamps: those with the same one run side by side.
    public struct Schedule: Sendable, Hashable {
        public struct Step: Sendable, Hashable {
            /// `nil` in a plan without time stamps.
            public var time: Double?
            public var action: Name
            public var arguments: [Name]

            public init(_ action: Name, _ arguments: [Name] = [], time: Double? = nil) {
                self.time = time
                self.action = action
                self.arguments = arguments
            }
        }

        public var steps: [Step]

        public init(_ steps: [Step]) { self.steps = steps }

        /// Reads a plan. ``PDDLValidator`` checks it against a domain and a problem.
        public init(_ text: String) throws(PDDLError) { self = try PDDLParser(.plan).schedule(text) }
    }
}
