/// How far a plan can be trusted: how strong and how clear each choice is, and how much of the request is explained.
struct Confidence {
    /// Chunks with a demand that no task covers.
    let unused: [Int]
    let features: [Double]
    private let weights: PlannerWeights.Confidence
    /// Those of them that ask by a verb that says what has to happen, not by a mere "get" or "make".
    let demands: [Int]
    /// Chunks whose verb takes something back, while the service that was chosen for them does nothing of the kind.
    let foreign: [Int]
    /// Chunks whose verb says what has to happen, and which the service that was chosen knows nothing of.
    let unknownVerbs: [Int]
    /// A part without a verb that two services fit equally.
    let tie: (range: Range<Int>, services: [Int])?

    /// - Parameters:
    ///   - picks: those that the text speaks for.
    ///   - leftOut: what a general demand concerns and does not mean.
    init(_ index: CatalogueIndex, _ picks: [Segmentation.Pick], _ ranking: Ranking, leftOut: Set<Int> = []) {
        weights = ranking.weights.confidence
        let reading = ranking.reading
        var scores: [Double] = []
        var leads: [Double] = []
        var names: [Double] = []
        for pick in picks {
            let candidates =
                pick.range.count <= Segmentation.maximumSpan
                ? ranking.candidates(pick.range.lowerBound, pick.range.upperBound) : []
            let rivals = picks.filter { $0.range == pick.range }.map(\.service)
            let isGeneral = pick.origin == .concerns
            let second = candidates.first { candidate in
                !rivals.contains(candidate.service) && !(isGeneral && leftOut.contains(candidate.service))
            }
            let rival = second?.score ?? 0
            scores.append(min(pick.score, 2))
            leads.append(max(-0.5, min(pick.score - rival, 1)))
            let profile = index.profiles[pick.service]
            let stems = reading.chunks[pick.range].flatMap(\.stems)
            let covered = profile.name.filter { word in stems.contains { ranking.means($0, word) } }
            names.append(covered.reduce(0) { $0 + index.rarity[$1] } / index.nameWeights[pick.service])
        }
        let demands = reading.chunks.indices.filter { reading.chunks[$0].asks && !reading.chunks[$0].isContext }
        unused = demands.filter { chunk in !picks.contains { $0.range.contains(chunk) } }
        self.demands = unused.filter { chunk in
            guard let verb = reading.chunks[chunk].verb else { return false }
            let traits = reading.text.stems[verb].traits
            return !traits.contains(.light) && !traits.contains(.output)
        }
        let verbs = picks.compactMap { pick -> (chunk: Int, traits: Traits)? in
            guard let chunk = pick.range.first, let verb = reading.chunks[chunk].verb, pick.origin == .covers,
                index.profiles[pick.service].knowledge(of: reading.text.stems[verb]) == 0
            else { return nil }
            return (chunk, reading.text.stems[verb].traits)
        }
        tie =
            picks.lazy.compactMap { pick -> (range: Range<Int>, services: [Int])? in
                guard pick.origin == .covers, pick.range.count == 1, let chunk = pick.range.first,
                    !reading.chunks[chunk].asks
                else { return nil }
                let candidates = ranking.known(pick.range)
                let equals = candidates.filter { candidates[0].score - $0.score < 1e-6 }.map(\.service)
                guard equals.contains(pick.service) else { return nil }
                let others = picks.map(\.service)
                let rivals = equals.filter { $0 == pick.service || !others.contains($0) }
                return rivals.count > 1 ? (pick.range, rivals.sorted()) : nil
            }.first
        foreign = verbs.filter { $0.traits.contains(.undo) }.map(\.chunk)
        unknownVerbs = verbs.filter { $0.traits.isDisjoint(with: [.light, .output, .whole]) }.map(\.chunk)
        let words = demands.flatMap { reading.chunks[$0].stems }.filter { stem in
            reading.text.stems[stem].isKnown || !reading.text.stems[stem].isMinor
        }
        let known = words.count { stem in
            reading.text.stems[stem].related.contains { !index.postings[$0.stem].isEmpty }
        }
        let count = Double(max(picks.count, 1))
        let least = [scores.min() ?? 0, scores.reduce(0, +) / count, leads.min() ?? 0, leads.reduce(0, +) / count]
        let named = [names.min() ?? 0, names.reduce(0, +) / count]
        let left = Double(unused.count) / Double(max(1, demands.count))
        let share = Double(known) / Double(max(1, words.count))
        let onlyStates = !reading.chunks.isEmpty && reading.chunks.allSatisfy(\.isContext)
        let rest: [Double] = [
            left, unused.isEmpty ? 1 : 0, share, Double(min(picks.count, 6)) / 6, picks.count == 1 ? 1 : 0,
            onlyStates ? 1 : 0,
        ]
        features = [1] + least + named + rest + Self.coverage(index, picks, ranking)
    }

    /// How much of the words of the picks' parts their services know, in all and at the least; and how much is left
    /// over, in parts and in words.
    private static func coverage(
        _ index: CatalogueIndex, _ picks: [Segmentation.Pick], _ ranking: Ranking
    ) -> [Double] {
        let reading = ranking.reading
        var covered = 0.0
        var total = 0.0
        var least = picks.isEmpty ? 0.0 : 1.0
        var isCovered = Array(repeating: false, count: reading.chunks.count)
        for pick in picks {
            let profile = index.profiles[pick.service]
            var part = 0.0
            var whole = 0.0
            for chunk in pick.range {
                isCovered[chunk] = true
                for stem in reading.chunks[chunk].stems {
                    let weight = ranking.weight(stem)
                    whole += weight
                    part += weight * profile.knowledge(of: reading.text.stems[stem])
                }
            }
            covered += part
            total += whole
            least = min(least, whole > 0 ? part / whole : 0)
        }
        let demands = reading.chunks.indices.filter {
            !reading.chunks[$0].isContext && !reading.chunks[$0].stems.isEmpty
        }
        let rest = demands.filter { !isCovered[$0] && !reading.chunks[$0].isParameter }
        func weight(_ chunks: [Int]) -> Double {
            chunks.reduce(0) { $0 + reading.chunks[$1].stems.reduce(0) { $0 + ranking.weight($1) } }
        }
        let all = weight(demands)
        return [
            total > 0 ? covered / total : 0, least, Double(rest.count) / Double(max(1, demands.count)),
            all > 0 ? weight(rest) / all : 0,
        ]
    }

    /// What was found out of a plan's inputs, as far as that tells something.
    struct Inputs {
        /// Fed by name, from parameters and outputs.
        var named = 0
        var count = 0
    }

    func probability(hasInserted: Bool, _ inputs: Inputs) -> Double {
        let logit = zip(weights.features, features).reduce(hasInserted ? weights.inserted : 0) { $0 + $1.0 * $1.1 }
        return Mathematics.probability(
            logit + weights.namedInputs * Double(inputs.named) / Double(max(1, inputs.count)))
    }

    /// The features and what ``probability(hasInserted:_:)`` adds to them, in the order of the weights.
    func signals(hasInserted: Bool, _ inputs: Inputs) -> [Double] {
        features + [hasInserted ? 1 : 0, Double(inputs.named) / Double(max(1, inputs.count))]
    }
}
