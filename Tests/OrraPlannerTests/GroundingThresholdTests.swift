import OrraModel
import Testing

@testable import OrraPlanner

@Suite("Thresholds of the lexical embedder")
struct GroundingThresholdTests {
    private func cases(
        _ isIncluded: (GroundingPair) -> Bool
    ) async throws -> [(name: String, similarity: Double, isMatch: Bool)] {
        var cases: [(name: String, similarity: Double, isMatch: Bool)] = []
        for pair in try GroundingPair.all() where isIncluded(pair) {
            let params = Dictionary(pair.parameters.map { ($0, JSONValue.string("?")) }) { first, _ in first }
            let grounding = Grounding(
                name: "g", domain: "d", version: "1",
                useCases: [Grounding.UseCase(action: pair.useCase, params: params)])
            let matches = try await GroundingMatcher.match(
                action: pair.action, parameterNames: pair.parameters, groundings: [grounding],
                embedder: LexicalEmbedder())
            let similarity = try #require(matches.considered.first?.similarity)
            cases.append(("\(pair.useCase) | \(pair.action)", similarity, pair.isMatch))
        }
        return cases
    }

    @Test("there are enough cases of each kind")
    func size() throws {
        let pairs = try GroundingPair.all()
        #expect(pairs.count >= 100)
        for isCheck in [true, false] {
            for isMatch in [true, false] {
                #expect(pairs.filter { $0.isCheck == isCheck && $0.isMatch == isMatch }.count >= 15)
            }
        }
    }

    @Test("actions match the use cases that they mean, and others do not, as docs/grounding.md says")
    func groundings() async throws {
        let threshold = EmbedderThresholds.lexical.grounding
        let calibration = GroundingScore(try await cases { !$0.isCheck }, threshold: threshold)
        #expect(calibration.precision >= 0.95 && calibration.recall >= 0.85, "\(calibration)")
        let check = GroundingScore(try await cases(\.isCheck), threshold: threshold)
        #expect(check.precision >= 0.8 && check.recall >= 0.6, "\(check)")
        let page = try FixtureFile.text("../../docs/grounding.md")
        for (name, score) in [("for setting", calibration), ("for checking", check)] {
            let row = try #require(page.split(separator: "\n").first { $0.hasPrefix("| \(name) |") })
            let figures = row.split(separator: " ").compactMap { Double($0) }
            #expect(figures.count == 2 && abs(figures[0] - score.precision) < 0.02, "\(row) \(score)")
            #expect(figures.count == 2 && abs(figures[1] - score.recall) < 0.02, "\(row) \(score)")
        }
    }

    @Test("what counts as the same action for the cache is the same action")
    func cache() async throws {
        let score = GroundingScore(try await cases { _ in true }, threshold: EmbedderThresholds.lexical.cache)
        #expect(score.precision == 1, "\(score)")
        #expect(score.recall >= 0.15, "\(score)")
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
}
