import OrraModel
import OrraPlanner

/// Fits all of the planner's weights to cases: first what decides the graphs, then the confidence.
///
/// It knows no cases but those that it is given.
final class WeightFit {
    typealias Planning = ([CasePack.Case], PlannerWeights) -> [CasePack.Answer]

    private let plan: Planning
    private let search = WeightSearch(coordinates: FittedWeights.all)
    /// By the ids of the cases.
    private var known: [Set<String>: PlannerWeights] = [:]

    init(plan: @escaping Planning) { self.plan = plan }

    func weights(for cases: [CasePack.Case]) -> PlannerWeights {
        var weights = graphWeights(cases)
        weights.confidence = ConfidenceFit().weights(examples(cases))
        return weights
    }

    /// Plans that are as likely right as those for a new catalogue: each catalogue's by weights without its cases. By
    /// weights that were fitted to the case itself too many would be right, and the confidence would be too high.
    private func examples(_ cases: [CasePack.Case]) -> [ConfidenceFit.Example] {
        let byCatalogue = Dictionary(grouping: cases, by: \.catalogue)
        return byCatalogue.keys.sorted().flatMap { name in
            let weights = graphWeights(cases.filter { $0.catalogue != name })
            return plan(byCatalogue[name] ?? [], weights).map {
                ConfidenceFit.Example(signals: $0.plan.signals, isRight: $0.isExact)
            }
        }
    }

    private func graphWeights(_ cases: [CasePack.Case]) -> PlannerWeights {
        let actionable = cases.filter(\.isActionable)
        let key = Set(actionable.map(\.id))
        if let weights = known[key] { return weights }
        let weights = search.best(from: FittedWeights.start) { Self.goodness(plan(actionable, $0)) }
        known[key] = weights
        return weights
    }

    /// The mean over catalogues of node F1 and edge F1, so that a large one counts no more than a small one.
    static func goodness(_ answers: [CasePack.Answer]) -> Double {
        let byCatalogue = Dictionary(grouping: answers, by: \.item.catalogue)
        let scores = byCatalogue.values.map { answers in
            let score = Report.score(answers)
            return score.edges.expected == 0 ? score.nodes.f1 : (score.nodes.f1 + score.edges.f1) / 2
        }
        // In order, so that the sum is the same every time.
        return scores.sorted().reduce(0, +) / Double(max(1, scores.count))
    }
}
