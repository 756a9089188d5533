import EmbedderFigures
import Foundation
import Logging
import OrraPlanner
import Testing

@testable import OrraHub

/// What thresholds fit a real embedding model: with `LLM_MODEL`, `EMBEDDINGS_MODEL` and `EMBEDDINGS_API_BASE_URL` set as
/// for `orra serve`,
///
///     swift test --filter EmbedderFigureTests
///
/// prints them with the figures on the cases that did not set them. docs/grounding.md holds those of the models that were
/// measured so.
@Suite("Figures of an embedding model")
struct EmbedderFigureTests {
    private static let environment = ProcessInfo.processInfo.environment

    @Test(
        "thresholds that follow the rules, and how good they are",
        .enabled(if: environment["EMBEDDINGS_API_BASE_URL"] != nil))
    func figures() async throws {
        let configuration = try #require(try ModelConfiguration.read(environment: Self.environment))
        let embedder = OpenAIEmbedder(
            configuration: configuration, client: ModelBench.client, ledger: TestLedger(), month: { "2026-11" },
            logger: Logger(label: "test"))
        let cases = try GroundingCases.load()
        // The words alone count from a share of the threshold on, so that each threshold has findings of its own.
        var best: (threshold: Double, f1: Double)?
        for step in 30...98 {
            let threshold = Double(step) / 100
            let figures = MatchFigures(
                try await MatchFigures.findings(in: cases[.dev], embedder: embedder, threshold: threshold),
                threshold: threshold)
            guard figures.precision >= 0.95, figures.recall > 0 else { continue }
            let f1 = 2 * figures.precision * figures.recall / (figures.precision + figures.recall)
            if f1 > best?.f1 ?? 0 { best = (threshold, f1) }
        }
        let threshold = try #require(best).threshold
        for part in GroundingCases.Part.allCases {
            let figures = MatchFigures(
                try await MatchFigures.findings(in: cases[part], embedder: embedder, threshold: threshold),
                threshold: threshold)
            print("\(embedder.name), groundings at \(threshold), \(part.rawValue): \(figures)")
        }
        let cache = CacheFigures.threshold(for: try await CacheFigures.pairs(in: cases, .dev, embedder: embedder))
        let pairs = try await CacheFigures.pairs(in: cases, .heldOut, embedder: embedder)
        let held = CacheFigures(pairs, threshold: cache)
        let highest = CacheFigures.highest(of: pairs)
        print("\(embedder.name), cache at \(cache): recall \(held.recall), highest \(highest), wrong: \(held.wrong)")
    }
}
