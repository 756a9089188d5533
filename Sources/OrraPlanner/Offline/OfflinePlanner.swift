public import OrraModel

/// Plans without a language model: by the words of names, descriptions and examples, and by the fields of schemas.
///
/// 1. Values are lifted out of the text, and the text is cut into parts.
/// 2. Each part takes the service that its words speak for most, so that the sum over all parts is greatest. A general
///    verb ("process the order") takes every service that its object concerns.
/// 3. Services that are missing are brought in: a converter between media, the source of a required id, and what
///    services declare to require.
/// 4. Inputs are bound: to parameters by name, to values in the text by type and nearness, to outputs of other tasks.
///    What nothing gives is refused, with service and field.
///
/// The same request gives the same plan, in whatever order the services registered.
public struct OfflinePlanner: Sendable {
    public let index: CatalogueIndex
    private let weights: PlannerWeights

    public init(index: CatalogueIndex) { self.init(index: index, weights: PlannerWeights()) }

    package init(index: CatalogueIndex, weights: PlannerWeights) {
        self.index = index
        self.weights = weights
    }

    public func plan(action: String, parameters: JSONObject) -> OfflinePlan {
        guard !index.services.isEmpty else { return OfflinePlan(refusal: Refusal.emptyCatalogue.description) }
        let lifted = LiftedText(String(action.prefix(Limits.actionCharacters.upperBound)))
        let named = NamedParameters(parameters, index)
        let ranking = Ranking(
            ActionReading(lifted, index: index), index: index, parameters: named, weights: weights)
        var picks = Segmentation(index, weights.segmentation).picks(ranking)
        let example = WholeExample(index, ranking)
        var isUnclear = false
        var leftOut: Set<Int> = []
        if !index.isTyped, !parameters.isEmpty, GeneralDemand.isIn(ranking.reading) {
            var demand = GeneralDemand(index, ranking, named)
            picks = demand.expand(picks)
            isUnclear = demand.isUnclear
            leftOut = demand.leftOut
        } else if let example {
            let chunks = 0..<ranking.reading.chunks.count
            picks = [Segmentation.Pick(service: example.service, score: 1, gain: 1, range: chunks)]
        }
        let confidence = Confidence(index, picks, ranking, leftOut: leftOut)
        let chosen = picks.count
        if !picks.isEmpty {
            let missing = MissingProducers(index, ranking.reading, named)
            picks = missing.complete(picks, ranking)
        }
        let dependencies = Dependencies(index, picks, ranking).all()
        let outline = PlanOutline(
            index: index, parameters: named, picks: picks, dependencies: dependencies, confidence: confidence,
            hasInserted: picks.count > chosen, isUnclear: isUnclear, example: example)
        return outline.plan(ranking)
    }
}
