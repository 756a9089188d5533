import Testing

@testable import OrraTestKit

@Suite("Shrinker")
struct ShrinkerTests {
    @Test("a failing run is cut down to what it takes to fail")
    func smallest() async throws {
        let scenario = Scenario(seed: 3)
        #expect(scenario.actions.count > 10)
        var runs = 0
        // As if it took a submission and the last action to fail.
        let last = try #require(scenario.actions.last)
        let smallest = try await Shrinker.smallest(scenario, budget: 400) { candidate in
            runs += 1
            let submits = candidate.actions.contains { if case .submit = $0.kind { true } else { false } }
            return submits && candidate.actions.contains { $0.at == last.at }
        }
        #expect(smallest.actions.count == 2)
        #expect(smallest.network.dropped == 0)
        #expect(smallest.handlers.errors == 0)
        #expect(runs < 400)
    }

    @Test("the search ends when its budget is used up")
    func budget() async throws {
        var runs = 0
        _ = try await Shrinker.smallest(Scenario(seed: 3), budget: 5) { _ in
            runs += 1
            return false
        }
        #expect(runs == 5)
    }

    @Test("the report of a run names its seed and tells what happened")
    func text() async throws {
        let report = try await Shrinker.shrink(Scenario(seed: 4))
        #expect(report.text.hasPrefix("seed 4: sound, after"))
        #expect(report.text.contains("hub: starts, run 1"))
        #expect(report.text.contains("* submit"))
    }
}
