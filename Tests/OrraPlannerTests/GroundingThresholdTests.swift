import EmbedderFigures
import OrraModel
import Testing

@testable import OrraPlanner

@Suite("Thresholds of the lexical embedder")
struct GroundingThresholdTests {
    private let lexical = LexicalEmbedder()

    private func findings(_ part: GroundingCases.Part) async throws -> [MatchFigures.Finding] {
        try await MatchFigures.findings(
            in: try GroundingCases.load()[part], embedder: lexical, threshold: EmbedderThresholds.lexical.grounding)
    }

    @Test("there are enough cases of each kind, and each use case is one")
    func size() throws {
        let cases = try GroundingCases.load()
        #expect(cases.cases.count >= 40)
        for part in GroundingCases.Part.allCases {
            #expect(cases[part].count >= 20)
            #expect(Set(cases[part].map(\.domain)).count == 5)
        }
        for entry in cases.cases {
            let kinds = entry.actions.map(\.kind)
            #expect(kinds.filter { $0 == .near }.count >= 3 && kinds.filter { $0 == .reworded }.count >= 5)
            #expect(kinds.filter { !$0.isMeant }.count >= 5 && kinds.contains(.verb))
            let grounding = Grounding(name: "g", domain: "d", version: "1", useCases: [entry.useCase])
            #expect(GroundingValidator.faults(of: grounding).isEmpty, "\(entry.useCase.action)")
        }
    }

    @Test("the threshold of groundings follows the rule, and is as good as docs/grounding.md says")
    func groundings() async throws {
        let threshold = EmbedderThresholds.lexical.grounding
        let dev = try await findings(.dev)
        #expect(MatchFigures.threshold(for: dev) == threshold)
        let figures = MatchFigures(try await findings(.heldOut), threshold: threshold)
        print(
            "lexical, groundings at \(threshold): dev \(MatchFigures(dev, threshold: threshold)); held out \(figures)")
        #expect(figures.precision >= 0.94 && figures.near >= 0.85 && figures.reworded >= 0.05, "\(figures.wrong)")
        let row = try figuresRow("lexical-1", in: "grounding.md")
        #expect(row == [threshold, figures.precision, figures.near, figures.reworded].map(hundredths), "\(figures)")
    }

    @Test("the threshold of the cache follows the rule, and no action gets the plan of another")
    func cache() async throws {
        let threshold = EmbedderThresholds.lexical.cache
        let cases = try GroundingCases.load()
        #expect(cases.cachePairs.values.allSatisfy { $0.count >= 12 })
        let dev = try await CacheFigures.pairs(in: cases, .dev, embedder: lexical)
        #expect(CacheFigures.threshold(for: dev) == threshold, "\(CacheFigures.highest(of: dev))")
        let pairs = try await CacheFigures.pairs(in: cases, .heldOut, embedder: lexical)
        let held = CacheFigures(pairs, threshold: threshold)
        let highest = CacheFigures.highest(of: pairs)
        #expect(held.recall < 0.01 && pairs.count { !$0.isSame } == 37_363)
        print("lexical, cache at \(threshold): recall \(held.recall), highest \(highest), \(pairs.count) pairs")
        #expect(held.wrong.isEmpty, "\(held.wrong)")
        let row = try figuresRow("lexical-1", in: "plan-cache.md")
        #expect(row == [threshold, highest].map(hundredths))
    }

    @Test("capabilities are covered by the services that have them, and by no others")
    func capabilities() throws {
        let cases = try CapabilityPair.all().map {
            (
                name: "\($0.capability) | \($0.service.name)",
                similarity: CapabilityCoverage.share(of: $0.capability, in: $0.service), isMatch: $0.isCovered
            )
        }
        let score = GroundingScore(cases, threshold: CapabilityCoverage.threshold)
        #expect(score.precision >= 0.9 && score.recall >= 0.9, "\(score)")
    }

    private func hundredths(_ value: Double) -> Double { (value * 100).rounded() / 100 }

    /// The numbers of a page's row on an embedder.
    private func figuresRow(_ embedder: String, in page: String) throws -> [Double] {
        let rows = try FixtureFile.text("../../docs/\(page)").split(separator: "\n")
        let row = try #require(rows.first { $0.hasPrefix("| `\(embedder)`") }, "\(page)")
        return row.split(separator: "|").dropFirst().compactMap {
            Double($0.split(separator: " ").first ?? "")
        }
    }
}
