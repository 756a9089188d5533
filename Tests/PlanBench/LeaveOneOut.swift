import OrraModel
import OrraPlanner

/// How good the planner is on a catalogue that its weights were not chosen with: each catalogue in turn is left out,
/// the weights are fitted to the cases of all others, and only the cases of the one left out are scored.
struct LeaveOneOut {
    /// What is left out together: by default the cases of one catalogue, else of all catalogues of a source.
    enum Unit: String { case catalogue, source }

    struct Fold {
        var name: String
        var answers: [CasePack.Answer]
    }

    let pack: CasePack
    let unit: Unit
    /// By catalogue: what it is left out with. Catalogues of impossible actions only, of which no graph is expected,
    /// go together.
    private let names: [String: String]
    private let fit: ([CasePack.Case]) -> PlannerWeights

    init(pack: CasePack, unit: Unit = .catalogue, fit: (([CasePack.Case]) -> PlannerWeights)? = nil) {
        self.pack = pack
        self.unit = unit
        let fitting = WeightFit { pack.plan($0, weights: $1) }
        self.fit = fit ?? fitting.weights
        names = Dictionary(
            pack.cases.filter(\.isActionable).map { ($0.catalogue, unit == .catalogue ? $0.catalogue : $0.source) },
            uniquingKeysWith: { first, _ in first })
    }

    /// What a case is left out with, whatever its own source: it tells of its catalogue.
    func name(_ item: CasePack.Case) -> String { names[item.catalogue] ?? "impossible actions only" }

    /// Every case once, planned by weights that saw no case of its unit.
    func folds() -> [Fold] {
        var order: [String] = []
        for item in pack.cases where !order.contains(name(item)) { order.append(name(item)) }
        return order.map { left in
            let weights = fit(pack.cases.filter { name($0) != left })
            return Fold(name: left, answers: pack.plan(pack.cases.filter { name($0) == left }, weights: weights))
        }
    }
}
