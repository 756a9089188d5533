import OrraPlanner

/// Fits the confidence to plans of which it is known whether they are right: logistic regression, by gradient ascent.
struct ConfidenceFit {
    struct Example {
        /// ``OfflinePlan/signals``.
        var signals: [Double]
        var isRight: Bool
    }

    /// Holds the weights back where there are few examples: as if each had been 0 once.
    var ridge = 1.0
    var rounds = 4_000

    func weights(_ examples: [Example]) -> PlannerWeights.Confidence {
        var fitted = PlannerWeights().confidence
        let count = fitted.features.count
        var weights = Array(repeating: 0.0, count: count + 2)
        var speed = weights
        let known = examples.filter { $0.signals.count == weights.count }
        for _ in 0..<(known.isEmpty ? 0 : rounds) {
            var gradient = weights.map { -ridge * $0 }
            for example in known {
                let logit = zip(weights, example.signals).reduce(0) { $0 + $1.0 * $1.1 }
                let error = (example.isRight ? 1 : 0) - Mathematics.probability(logit)
                for place in gradient.indices { gradient[place] += error * example.signals[place] }
            }
            for place in weights.indices {
                speed[place] = 0.9 * speed[place] + 0.2 * gradient[place] / Double(known.count)
                weights[place] += speed[place]
            }
        }
        fitted.features = Array(weights[..<count])
        fitted.inserted = weights[count]
        fitted.namedInputs = weights[count + 1]
        return fitted
    }
}
