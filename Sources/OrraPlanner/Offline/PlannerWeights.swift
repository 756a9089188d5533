/// The numbers by which the offline planner weighs what speaks for a service, for an edge, and for a plan as a whole.
///
/// The defaults are the product's. Another set is for measuring only: how good are weights on catalogues that they
/// were not chosen with?
package struct PlannerWeights: Sendable, Hashable {
    package var evidence = Evidence()
    package var ranking = Ranking()
    package var segmentation = Segmentation()
    package var dependencies = Dependencies()
    package var confidence = Confidence()

    package init() {}

    /// How strongly words speak for a service.
    package struct Evidence: Sendable, Hashable {
        package var description = 0.45
        package var descriptionCap = 2.43
        package var inputNames = 0.19
        package var capitals = 0.47
        package var examples = 0.6
        package var exampleShare = 0.25
        package var previous = 0.3
        package var context = 0.29
        /// For the share of the part's own words that the service knows, above or below what is usual.
        package var coverage = 0.4
        package var usualCoverage = 0.42
        /// Of a word that no service knows, as a share of the weight of the rarest.
        package var unknown = 0.6
        /// Of a word that only says when or how, such as "last" or "new", if no service knows it.
        package var minor = 0.12
        /// What a service is worth at the least that knows all words of a part.
        package var floor = 0.9
    }

    /// What else speaks for or against a service.
    package struct Ranking: Sendable, Hashable {
        package var outputFits = 0.21
        package var outputMisses = -0.28
        package var inputFits = 0.10
        package var inputMisses = -0.07
        package var inputUnavailable = -0.22
        package var converts = 0.52
        package var verbAgrees = 0.14
        package var verbDisagrees = -0.13
        /// The name starts with the very verb.
        package var verbLeads = 0.05
        /// All required inputs are parameters of the action.
        package var supplied = 0.1
        /// The part holds a value that an input is made for.
        package var literalFits = 0.15
        package var moreSpecific = 0.01
    }

    /// What a service needs at the least to be given a part of the action.
    package struct Segmentation: Sendable, Hashable {
        package var plain = 0.52
        package var further = 0.01
        package var context = 1.33
        package var parameter = 0.70
        package var subordinate = 9.0
        package var noVerb = 0.45
        package var outputVerb = 0.16
        /// For the service that takes over when another part has the best one.
        package var second = 0.22
        package var secondShare = 0.66
        package var wholeText = 0.85
        package var coherence = 0.47
        package var flow = 0.4
    }

    /// Of a logistic model over pairs of tasks; an edge where the sum is above 0.
    package struct Dependencies: Sendable, Hashable {
        package var outputWords = 2.76
        package var nameWords = 1.081
        package var wordsAndParticiple = 0.373
        package var pronounBeside = 1.386
        package var pronoun = -0.145
        package var participleBeside = 0.473
        package var beside = 1.352
        package var sameField = 2.155
        package var sameIdentifier = 1.192
        package var allGiven = -1.487
        package var noneGiven = -0.297
        package var wordsAndNoneGiven = 0.577
        package var constant = -2.125
    }

    /// Of a logistic model over plans: the logit that a plan is exactly what was meant.
    package struct Confidence: Sendable, Hashable {
        /// In the order in which `Confidence` notes its features.
        package var features = [
            -3.417, 0.602, 0.367, 1.427, 0.96, -0.122, 0.042, -0.76, 0.21, 1.323,
            -0.808, -0.461, 0.0, 0.278, 0.188, -0.234, -0.488,
        ]
        /// For services that were brought in.
        package var inserted = -0.585
        /// Parameters that name the very inputs speak for a plan; a part that nothing does speaks against it.
        package var namedInputs = 1.5
    }
}
