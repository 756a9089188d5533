import OrraPlanner
import Testing

@Suite("PDDL from anywhere")
struct PDDLFuzzTests {
    private struct Seeded: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }

    private static let tokens =
        "( ( ( ) ) ) define domain problem :requirements :strips :typing :adl :types :constants :predicates :action "
        + ":parameters :precondition :effect :domain :objects :init :goal and or not imply forall exists when either = - "
        + "?x ?y a b p q object 0: 1.5: ; requires before at-most-once never-together used \n"

    private static let domain = try? PDDL.Domain(PDDLSample.domain)
    private static let problem = domain.flatMap { try? PDDL.Problem(PDDLSample.problem, domain: $0) }

    /// Reads a text in every way. Whatever it is: no crash, and errors with a place in it.
    private func read(_ text: String) {
        var errors: [PDDLError] = []
        do { _ = try PDDL.Domain(text) } catch { errors.append(error) }
        if let domain = Self.domain {
            do { _ = try PDDL.Problem(text, domain: domain) } catch { errors.append(error) }
        }
        do { _ = try PDDL.Schedule(text) } catch { errors.append(error) }
        do { _ = try PlanConstraint.parse(text) } catch { errors.append(error) }
        do {
            if let domain = Self.domain, let problem = Self.problem {
                try PDDLValidator.validate(domain: domain, problem: problem, plan: try PDDL.Schedule(text))
            }
        } catch {
            errors.append(error)
        }
        let lines = text.utf8.count { $0 == 0x0A } + 1
        for error in errors {
            #expect(error.line >= 1 && error.column >= 1, "\(error)")
            #expect(error.file == .problem || error.line <= lines, "\(error)")
            #expect(!error.reason.isEmpty && error.reason.count < 2_000)
        }
    }

    @Test("random bytes are refused", arguments: 0..<8)
    func bytes(seed: UInt64) {
        var generator = Seeded(state: seed)
        for _ in 0..<200 {
            let count = Int.random(in: 0..<300, using: &generator)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            read(String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test("random words are read or refused", arguments: 0..<8)
    func words(seed: UInt64) {
        var generator = Seeded(state: seed + 100)
        let tokens = Self.tokens.split(separator: " ").map(String.init)
        for _ in 0..<150 {
            let count = Int.random(in: 0..<80, using: &generator)
            read((0..<count).compactMap { _ in tokens.randomElement(using: &generator) }.joined(separator: " "))
        }
    }

    @Test("domains, problems and plans with a few words changed are read or refused", arguments: 0..<8)
    func mutations(seed: UInt64) throws {
        var generator = Seeded(state: seed + 200)
        let tokens = Self.tokens.split(separator: " ").map(String.init)
        for original in [PDDLSample.domain, PDDLSample.problem, PDDLSample.plan] {
            let spaced = original.replacing("(", with: " ( ").replacing(")", with: " ) ")
            for _ in 0..<40 {
                var words = spaced.split(separator: " ").map(String.init)
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    let index = Int.random(in: 0..<words.count, using: &generator)
                    switch Int.random(in: 0..<4, using: &generator) {
                    case 0: words.remove(at: index)
                    case 1: words.insert(words[Int.random(in: 0..<words.count, using: &generator)], at: index)
                    case 2: words.swapAt(index, Int.random(in: 0..<words.count, using: &generator))
                    default: words[index] = tokens.randomElement(using: &generator) ?? "("
                    }
                }
                let text = words.joined(separator: " ")
                read(text)
                // What is still a domain comes through the writer.
                if let domain = try? PDDL.Domain(text) { #expect(try PDDL.Domain(domain.description) == domain) }
            }
        }
    }

    @Test(
        "much of anything is answered in one pass, a mebibyte too",
        arguments: [
            ("(", 1), (")", 1), ("(a) ", 1), ("a", 1), ("()", 16), ("a ", 16), (";", 16), ("\n", 16), ("?", 16),
            ("- ", 16), ("0: (a)", 16), ("é", 16),
        ])
    func large(unit: String, share: Int) {
        let text = String(repeating: unit, count: PDDL.textBytes / unit.utf8.count / share)
        for error in [
            PDDLSample.error(domain: text), PDDLSample.error(problem: text), PDDLSample.error(plan: text),
        ] {
            #expect(error.map { $0.line >= 1 && $0.column >= 1 && $0.reason.count < 2_000 } ?? true)
        }
        #expect(PDDLSample.error(domain: text) != nil)
    }

    @Test("a large domain of many names is checked without comparing each with each")
    func manyNames() throws {
        let types = (0..<20_000).map { "t\($0)" }.joined(separator: " ")
        let chain = (1..<1_000).map { "c\($0) - c\($0 - 1)" }.joined(separator: " ")
        _ = try PDDL.Domain("(define (domain d) (:requirements :typing) (:types \(types)))")
        let domain = try PDDL.Domain("(define (domain d) (:requirements :typing) (:types \(chain) c0))")
        #expect(domain.types.count == 1_000)
    }
}
