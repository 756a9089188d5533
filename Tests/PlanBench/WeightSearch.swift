import OrraPlanner

/// Looks for better weights, one at a time: a step up, a step down, on while it helps; then with half the steps.
/// The same every time.
struct WeightSearch {
    let coordinates: [FittedWeights.Coordinate]
    var rounds = 4
    /// How often weights are tried at the most.
    var budget = 1_000
    /// What is gained by less, about half a case of a small catalogue, is chance.
    var leastGain = 0.002

    private static let mostSteps = 3

    /// The best weights found from `start` on, by a score of which more is better.
    func best(from start: PlannerWeights, score: (PlannerWeights) -> Double) -> PlannerWeights {
        var best = start
        var bestScore = score(start)
        var tries = 1
        var scale = 1.0
        for _ in 0..<rounds {
            for coordinate in coordinates {
                for direction in [scale, -scale] {
                    var hasGained = false
                    for _ in 0..<Self.mostSteps {
                        guard tries < budget else { return best }
                        var next = best
                        next[keyPath: coordinate.path] += direction * coordinate.step
                        tries += 1
                        let nextScore = score(next)
                        guard nextScore > bestScore + leastGain else { break }
                        (best, bestScore, hasGained) = (next, nextScore, true)
                    }
                    if hasGained { break }
                }
            }
            scale /= 2
        }
        return best
    }
}
