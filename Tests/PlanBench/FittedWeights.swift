import OrraPlanner

/// The weights that ``LeaveOneOut`` fits, each with where the search starts and how far it steps at first.
///
/// The start knows nothing of the product's values: what counts as a share or a threshold is 0.5, a bonus 0.1, a
/// sign for or against an edge 1, and what the confidence weighs 0.
enum FittedWeights {
    typealias Path = WritableKeyPath<PlannerWeights, Double>

    struct Coordinate {
        var path: Path
        var start: Double
        var step: Double
    }

    static var all: [Coordinate] {
        shares.map { Coordinate(path: $0, start: 0.5, step: 0.25) }
            + bonuses.map { Coordinate(path: $0, start: 0.1, step: 0.1) }
            + penalties.map { Coordinate(path: $0, start: -0.1, step: 0.1) }
            + signsFor.map { Coordinate(path: $0, start: 1, step: 1) }
            + signsAgainst.map { Coordinate(path: $0, start: -1, step: 1) }
            + [Coordinate(path: \.evidence.descriptionCap, start: 2, step: 1)]
    }

    /// Where every search starts. What no public case can tell stays as it is here: nothing has examples, and a
    /// subordinate clause never takes a service.
    static var start: PlannerWeights {
        var weights = PlannerWeights()
        for coordinate in all { weights[keyPath: coordinate.path] = coordinate.start }
        weights.evidence.examples = 0.5
        weights.evidence.exampleShare = 0.5
        weights.confidence.features = weights.confidence.features.map { _ in 0 }
        weights.confidence.inserted = 0
        weights.confidence.namedInputs = 0
        return weights
    }

    private static var shares: [Path] {
        [
            \.evidence.description, \.evidence.inputNames, \.evidence.capitals, \.evidence.previous, \.evidence.context,
            \.evidence.coverage, \.evidence.usualCoverage, \.evidence.unknown, \.evidence.minor, \.evidence.floor,
            \.segmentation.plain, \.segmentation.further, \.segmentation.context, \.segmentation.parameter,
            \.segmentation.noVerb, \.segmentation.outputVerb, \.segmentation.second, \.segmentation.secondShare,
            \.segmentation.wholeText, \.segmentation.coherence, \.segmentation.flow,
        ]
    }

    private static var bonuses: [Path] {
        [
            \.ranking.outputFits, \.ranking.inputFits, \.ranking.converts, \.ranking.verbAgrees, \.ranking.verbLeads,
            \.ranking.supplied, \.ranking.literalFits, \.ranking.moreSpecific,
        ]
    }

    private static var penalties: [Path] {
        [\.ranking.outputMisses, \.ranking.inputMisses, \.ranking.inputUnavailable, \.ranking.verbDisagrees]
    }

    private static var signsFor: [Path] {
        [
            \.dependencies.outputWords, \.dependencies.nameWords, \.dependencies.wordsAndParticiple,
            \.dependencies.pronounBeside, \.dependencies.pronoun, \.dependencies.participleBeside,
            \.dependencies.beside, \.dependencies.sameField, \.dependencies.sameIdentifier,
            \.dependencies.wordsAndNoneGiven,
        ]
    }

    private static var signsAgainst: [Path] {
        [\.dependencies.allGiven, \.dependencies.noneGiven, \.dependencies.constant]
    }
}
