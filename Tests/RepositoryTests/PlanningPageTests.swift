import OrraModel
import Testing

/// Blocks and limits on the pages about planning. What a block says is tested beside what it is about.
@Suite("Pages about planning")
struct PlanningPageTests {
    /// How many blocks of a kind a page has, all of which a test reads: in `OrraPlannerTests` (`PlanDocumentationTests`,
    /// `GroundingDocumentTests`, `ProductPageTests`), `OrraHubTests` (`LanguageModelConfigurationTests`) and `OrraCLITests`
    /// (`GroundingCommandTests`, `DocumentOutputTests`, `DocumentCommandTests`, `VerifyPlansTests`).
    static let blocks: [String: [String: Int]] = [
        "docs/planning.md": ["json stage": 1, "json plan": 1, "text errors": 1],
        "docs/grounding.md": ["yaml": 1, "json": 1, "pddl": 3],
        "docs/pddl.md": ["pddl": 10],
        "docs/plan-cache.md": ["json model": 1, "json template": 1, "json pinned": 1, "text difference": 1],
        "docs/models.md": ["env": 7],
        "docs/planning-cases.md": ["json": 4, "text": 1, "bash": 2],
        "docs/cli.md": ["text": 12, "json": 2],
    ]

    @Test("no page has a block that no test reads", arguments: blocks.keys.sorted())
    func inventory(page: String) throws {
        var found: [String: Int] = [:]
        var isOpen = false
        for line in try Repository.text(page).split(separator: "\n") where line.hasPrefix("```") {
            isOpen.toggle()
            if isOpen { found[String(line.dropFirst(3)), default: 0] += 1 }
        }
        #expect(!isOpen)
        #expect(found == Self.blocks[page], "a new block needs a test that fails when it is wrong")
    }

    @Test("docs/core.md has the limits of planning")
    func limits() throws {
        let page = try Repository.text("docs/core.md")
        let rows = [
            "a plan | \(Limits.tasksPerPlan) tasks; \(mebibytes(Limits.planBytes)) for the tasks |",
            "cached plans | \(grouped(Limits.cachedPlansPerProject)) per project, for 24 h |",
            "pinned plans; versions of groundings | \(Limits.pinnedPlansPerProject) each per project |",
            "a grounding | \(Limits.groundingBytes / 1024) KiB, \(Limits.useCasesPerGrounding) use cases, "
                + "\(Limits.constraintsPerGrounding) constraints |",
            "name, domain and version of a grounding | \(Limits.groundingNameCharacters.upperBound), "
                + "\(Limits.groundingDomainCharacters.upperBound) and \(Limits.groundingVersionCharacters.upperBound) "
                + "characters |",
            "action, intent and each constraint of a grounding | \(grouped(Limits.useCaseActionCharacters.upperBound)) "
                + "characters |",
            "capabilities of a use case | \(Limits.capabilitiesPerUseCase), each "
                + "\(Limits.capabilityCharacters.upperBound) characters |",
            "example of a parameter in a grounding | \(grouped(Limits.exampleBytes)) bytes |",
            "faults of a grounding, and errors of a plan, told at once | \(Limits.listedGroundingFaults) and "
                + "\(Limits.listedPlanErrors) |",
            "a text of PDDL | \(mebibytes(Limits.pddlBytes)), \(Limits.pddlDepth) levels |",
            "looks at atoms to decide about a plan | \(grouped(Limits.pddlLooks)) |",
            "answers of a model to one action | \(Limits.modelAnswersPerPlan) |",
            "services in a model's prompt | \(Limits.servicesPerPrompt) of a larger catalogue |",
            "a model's prompt | \(Limits.promptBytes / 1024) KiB |",
            "a model's answer over HTTP | \(mebibytes(Limits.modelAnswerBytes)) |",
            "the plan in a model's answer | \(Limits.modelPlanBytes / 1024) KiB |",
            "requests for one answer of a model | \(Limits.modelRequests) |",
            "an embedding endpoint's answer | \(mebibytes(Limits.embeddingAnswerBytes)), "
                + "\(grouped(Limits.embeddingDimensions.upperBound)) numbers in a vector |",
            "text that an embedding model compares | \(grouped(Limits.embeddedCharacters)) characters |",
            "texts whose vectors are remembered | \(grouped(Limits.rememberedEmbeddings)) |",
        ]
        for row in rows { #expect(page.contains("\n| \(row)"), "\(row)") }
        #expect(Limits.useCaseActionCharacters.upperBound == Limits.intentCharacters)
        #expect(Limits.useCaseActionCharacters == Limits.constraintCharacters)
    }

    private func mebibytes(_ bytes: Int) -> String { "\(bytes / 1024 / 1024) MiB" }

    private func grouped(_ number: Int) -> String {
        let digits = Array("\(number)")
        return digits.enumerated().map { place, digit in
            place > 0 && (digits.count - place).isMultiple(of: 3) ? ",\(digit)" : "\(digit)"
        }.joined()
    }
}
