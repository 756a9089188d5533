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
        let lexical = EmbedderThresholds.lexical
        #expect(page.contains("| `lexical-1`, built in | \(lexical.grounding) | \(lexical.cache) |"))
        #expect(
            page.contains("| a model's | \(EmbedderThresholds.model.grounding) | \(EmbedderThresholds.model.cache) |"))
    }
}
