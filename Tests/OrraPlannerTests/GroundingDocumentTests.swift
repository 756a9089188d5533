import FoundationEssentials
import OrraModel
import Testing

@testable import OrraPlanner

@Suite("Examples of docs/grounding.md and docs/pddl.md")
struct GroundingDocumentTests {
    /// The fenced blocks of one language, in order.
    private func blocks(_ language: String, in page: String) throws -> [String] {
        var blocks: [String] = []
        var current: [Substring]?
        for line in try FixtureFile.text("../../docs/\(page)").split(separator: "\n", omittingEmptySubsequences: false)
        {
            if let lines = current {
                if line == "```" {
                    blocks.append(lines.joined(separator: "\n"))
                    current = nil
                } else {
                    current = lines + [line]
                }
            } else if line == "```\(language)" {
                current = []
            }
        }
        return blocks
    }

    private func error(_ body: () throws(PDDLError) -> Void) -> String? {
        do {
            try body()
            return nil
        } catch {
            return error.description
        }
    }

    @Test("each text of PDDL does what the page says")
    func pddl() throws {
        var domain: String?
        var problem: String?
        var (sound, broken) = (0, 0)
        for block in try blocks("pddl", in: "pddl.md") {
            let isBroken = block.hasPrefix("; ")
            let first = block.prefix { $0 != "\n" }.dropFirst(2)
            let found = error { () throws(PDDLError) in
                if block.contains("(define (domain") {
                    _ = try PDDL.Domain(block)
                    if !isBroken { domain = domain ?? block }
                } else if block.contains("(define (problem") {
                    _ = try PDDL.Problem(block, domain: try PDDL.Domain(domain ?? ""))
                    if !isBroken { problem = block }
                } else {
                    try PDDLValidator.validate(domain: domain ?? "", problem: problem ?? "", plan: block)
                }
            }
            #expect(found == (isBroken ? String(first) : nil))
            if isBroken { broken += 1 } else { sound += 1 }
        }
        #expect(sound == 5 && broken == 5)
    }

    @Test("the domain of a translated plan is as the page shows it")
    func translation() throws {
        let services = [
            GroundingSample.service("verify-customer", "Verifies"),
            GroundingSample.service("refund-service", "Refunds"),
        ]
        let plan = GroundingSample.plan("verify-customer", "refund-service<1", catalogue: services)
        let grounding = Grounding(
            name: "g", domain: "d", version: "1", useCases: [],
            constraints: ["(requires verify-customer before refund-service)"])
        let translation = try PlanTranslation(plan, catalogue: services, grounding: grounding)
        let shown = try PDDL.Domain(try #require(try blocks("pddl", in: "pddl.md").last))
        #expect(shown.actions == [translation.domain.actions[1]])
        #expect(translation.violation() == nil)
    }

    @Test("each constraint of the page is checked")
    func constraints() throws {
        let lines = try blocks("pddl", in: "grounding.md").flatMap { $0.split(separator: "\n") }
        #expect(lines.count == 8)
        for line in lines { #expect(try PlanConstraint.parse(String(line)) != nil, "\(line)") }
    }

    @Test("a plan that breaks the order is refused in the words of the page")
    func order() throws {
        let constraint = try #require(try PlanConstraint.parse("(requires verify-customer before refund-service)"))
        let broken = GroundingSample.plan("verify-customer", "refund-service")
        let sentence = try #require(constraint.violation(in: broken, names: GroundingSample.name))
        let page = try FixtureFile.text("../../docs/grounding.md").split(whereSeparator: \.isWhitespace)
        #expect(page.joined(separator: " ").contains("`\(sentence)`"), "\(sentence)")
        let kept = GroundingSample.plan("verify-customer", "refund-service<1")
        #expect(constraint.violation(in: kept, names: GroundingSample.name) == nil)
    }

    @Test("the limits of the page are those of the system")
    func limits() throws {
        let page = try FixtureFile.text("../../docs/grounding.md")
        for row in [
            "| `name` | unique in the project, with its version | \(Limits.groundingNameCharacters.upperBound) characters",
            "| `domain` | what it is about | \(Limits.groundingDomainCharacters.upperBound) characters |",
            "| `version` | one name may have several | \(Limits.groundingVersionCharacters.upperBound) characters",
            "| `useCases` | at least one | \(Limits.useCasesPerGrounding) |",
            "| \(Limits.parameters), each \(grouped(Limits.exampleBytes)) bytes |",
            "| \(Limits.capabilitiesPerUseCase) of \(Limits.capabilityCharacters.upperBound) characters |",
            "wants to have in the end | \(grouped(Limits.intentCharacters)) characters |",
            "| \(Limits.constraintsPerGrounding) of \(grouped(Limits.constraintCharacters.upperBound)) characters |",
        ] { #expect(page.contains(row), "\(row)") }
    }

    private func grouped(_ number: Int) -> String {
        let rest = "\(number % 1_000)"
        return number < 1_000
            ? rest : "\(number / 1_000)," + String(repeating: "0", count: 3 - rest.count) + rest
    }

    @Test("names are changed for PDDL as its page says")
    func names() throws {
        let page = try FixtureFile.text("../../docs/pddl.md")
        for (name, written) in [("payment.v2", "payment-v2"), ("orderId", "order-id"), ("2fa", "x-2fa")] {
            var names = PDDLNames()
            #expect(names.name(name) == PDDL.Name(written))
            #expect(page.contains("`\(name)` is `\(written)`"))
        }
    }

    @Test("the grounding of the page is sound")
    func grounding() async throws {
        let text = try #require(try blocks("json", in: "grounding.md").first)
        let grounding = try JSONDecoder().decode(Grounding.self, from: Data(text.utf8))
        #expect(GroundingValidator.faults(of: grounding).isEmpty)
        let report = try await GroundingReport(grounding, action: "Refund order ORD7", parameterNames: ["orderId"])
        #expect(report.match?.useCase == 0)
        #expect(report.constraints.map(\.isChecked) == [false, true, true])
        var slip = grounding
        slip.useCases[0].action = "Refund order {orderID}"
        let page = try FixtureFile.text("../../docs/grounding.md")
        #expect(page.contains("`\(try #require(GroundingValidator.faults(of: slip).first))`"))
    }

    @Test("thresholds are those of the page")
    func thresholds() throws {
        let page = try FixtureFile.text("../../docs/grounding.md")
        let cache = try FixtureFile.text("../../docs/plan-cache.md")
        // The lexical ones are held with their figures: GroundingThresholdTests.
        for (row, thresholds) in [("`all-minilm`", EmbedderThresholds.miniLM), ("any other", .unmeasured)] {
            func text(_ value: Double) -> String { value == 0.9 ? "0.90" : "\(value)" }
            #expect(page.contains("| \(row) | \(text(thresholds.grounding)) |"))
            #expect(cache.contains("| \(row) | \(text(thresholds.cache)) |"))
        }
    }
}
