/// Looks for the shortest run that still breaks the same rule.
public enum Shrinker {
    /// A failing scenario, run again as small as it gets within `budget` runs, with its trace. A sound one: its run.
    public static func shrink(_ scenario: Scenario, budget: Int = 400) async throws -> SimulationReport {
        guard let rule = try await Simulation.run(scenario).violation?.rule else {
            return try await Simulation.run(scenario, tracing: true)
        }
        let smallest = try await smallest(scenario, budget: budget) { candidate in
            try await Simulation.run(candidate).violation?.rule == rule
        }
        return try await Simulation.run(smallest, tracing: true)
    }

    /// Kinds of faults go first, then actions: half of them, a quarter, … down to one.
    static func smallest(
        _ scenario: Scenario, budget: Int, where fails: (Scenario) async throws -> Bool
    ) async throws -> Scenario {
        var smallest = scenario
        var left = budget
        for fault in Scenario.Fault.allCases where left > 0 {
            let candidate = smallest.without(fault)
            left -= 1
            if try await fails(candidate) { smallest = candidate }
        }
        var chunk = max(smallest.actions.count / 2, 1)
        while left > 0 {
            var start = 0
            var hasShrunk = false
            while start < smallest.actions.count, left > 0 {
                var candidate = smallest
                candidate.actions.removeSubrange(start..<min(start + chunk, candidate.actions.count))
                left -= 1
                if try await fails(candidate) {
                    smallest = candidate
                    hasShrunk = true
                } else {
                    start += chunk
                }
            }
            if chunk == 1, !hasShrunk { break }
            if !hasShrunk { chunk = max(chunk / 2, 1) }
        }
        return smallest
    }
}

extension SimulationReport {
    /// For people: the seed, the rule that was broken, and what happened.
    public var text: String {
        let head = "seed \(seed): \(fault ?? "sound"), after \(steps) steps and \(commits) commits"
        return ([head] + trace).joined(separator: "\n")
    }
}
