/// Divides an action into the parts that one service each does, so that the evidence over all is greatest.
struct Segmentation {
    struct Pick {
        var service: Int
        var score: Double
        /// Above what was needed.
        var gain: Double
        /// The chunks that it covers; empty for a service that was brought in.
        var range: Range<Int>
        var origin = Origin.covers

        enum Origin: Hashable {
            case covers
            /// One of all that a general verb's object concerns.
            case concerns
            case gives(field: String, to: Int)
            case isRequired(by: Int)
        }

        var isInserted: Bool {
            switch origin {
            case .covers, .concerns: false
            default: true
            }
        }
    }

    static let maximumSpan = 3

    private let index: CatalogueIndex
    private let weights: PlannerWeights.Segmentation

    init(_ index: CatalogueIndex, _ weights: PlannerWeights.Segmentation) {
        self.index = index
        self.weights = weights
    }

    func picks(_ ranking: Ranking) -> [Pick] {
        var segments = best(ranking)
        if !index.isTyped { favourCoherence(&segments, ranking) }
        var picks = withoutRepetition(segments, ranking)
        let chunks = ranking.reading.chunks
        picks =
            picks.filter { chunks[$0.range.lowerBound].isFirst }
            + picks.filter { !chunks[$0.range.lowerBound].isFirst }
        if picks.isEmpty, !chunks.isEmpty, let first = ranking.candidatesOfAll().first,
            first.score > weights.plain * weights.wholeText
        {
            picks.append(
                Pick(
                    service: first.service, score: first.score, gain: first.score - weights.plain,
                    range: 0..<chunks.count))
        }
        return picks
    }

    private func threshold(_ range: Range<Int>, _ reading: ActionReading) -> Double {
        let chunk = reading.chunks[range.lowerBound]
        var threshold = weights.plain + weights.further * Double(range.count - 1)
        if chunk.isSubordinate {
            threshold += weights.subordinate
        } else if chunk.isParameter {
            threshold += weights.parameter
        } else if chunk.isContext {
            threshold += weights.context
        }
        if !chunk.asks, chunk.separator != .none { threshold += weights.noVerb }
        if let verb = chunk.verb, reading.text.stems[verb].traits.contains(.output) {
            threshold += weights.outputVerb
        }
        return threshold
    }

    /// Dynamic programming over the chunks: the best gain up to each, and the span that ends there.
    private func best(_ ranking: Ranking) -> [Pick] {
        let chunks = ranking.reading.chunks
        var gains = [0.0]
        var spans: [(start: Int, pick: Pick?)] = [(0, nil)]
        for end in chunks.indices.map({ $0 + 1 }) {
            var gain = gains[end - 1]
            var span: (start: Int, pick: Pick?) = (end - 1, nil)
            for start in max(0, end - Self.maximumSpan)..<end {
                guard chunks[start].sentence == chunks[end - 1].sentence else { continue }
                // A new verb starts a new part.
                guard !chunks[(start + 1)..<end].contains(where: { $0.asks && !$0.isContext }) else { continue }
                guard let first = ranking.candidates(start, end).first else { continue }
                let over = first.score - threshold(start..<end, ranking.reading)
                if gains[start] + over > gain {
                    gain = gains[start] + over
                    span = (
                        start, Pick(service: first.service, score: first.score, gain: over, range: start..<end)
                    )
                }
            }
            gains.append(gain)
            spans.append(span)
        }
        var picks: [Pick] = []
        var end = chunks.count
        while end > 0 {
            if let pick = spans[end].pick { picks.append(pick) }
            end = spans[end].start
        }
        return picks.reversed()
    }

    /// A part leans to a service that shares a rare name word with the one before, and takes what that gives.
    private func favourCoherence(_ segments: inout [Pick], _ ranking: Ranking) {
        var previous: Int?
        let chosen = Set(segments.map(\.service))
        for place in segments.indices {
            defer { previous = segments[place].service }
            guard let previous else { continue }
            let neighbours = index.profiles[previous].name
            var best = segments[place]
            var bestScore = -Double.infinity
            for candidate in ranking.candidates(best.range.lowerBound, best.range.upperBound) {
                var score = candidate.score
                if candidate.service != previous {
                    let shared = index.profiles[candidate.service].name.reduce(0.0) { sum, stem in
                        neighbours.contains(stem) && !index.vocabulary.traits[stem].contains(.verb)
                            ? sum + index.rarity[stem] : sum
                    }
                    score += weights.coherence * min(1, shared / index.rarestWeight)
                    score += weights.flow * flow(from: previous, to: candidate.service)
                }
                if score > bestScore {
                    bestScore = score
                    best.service = candidate.service
                }
            }
            guard best.service != segments[place].service, best.service != previous, !chosen.contains(best.service)
            else {
                continue
            }
            best.score = bestScore
            segments[place] = best
        }
    }

    /// The share of a service's required inputs that another one's outputs give by name.
    private func flow(from source: Int, to target: Int) -> Double {
        let required = index.profiles[target].inputs.filter(\.isRequired)
        guard !required.isEmpty else { return 0 }
        let given = required.count { field in
            index.profiles[source].outputs.contains { $0.keyNumber == field.keyNumber }
        }
        return Double(given) / Double(required.count)
    }

    /// A service is used once: by the part that it fits best.
    private func withoutRepetition(_ segments: [Pick], _ ranking: Ranking) -> [Pick] {
        var used: Set<Int> = []
        var picks: [Pick] = []
        let order = segments.indices.sorted { (segments[$1].score, $0) < (segments[$0].score, $1) }
        for place in order {
            var pick = segments[place]
            let threshold = threshold(pick.range, ranking.reading)
            if used.contains(pick.service) {
                let verb = ranking.reading.chunks[pick.range.lowerBound].verb
                let other = ranking.candidates(pick.range.lowerBound, pick.range.upperBound).dropFirst().first {
                    guard !used.contains($0.service) else { return false }
                    if $0.score > threshold + weights.second, $0.score >= weights.secondShare * pick.score {
                        return true
                    }
                    // "Publish the translation": what publishes, when the translator is taken.
                    let lead = index.profiles[$0.service].leadVerb
                    guard let verb, let lead, $0.score > threshold * 0.8 else { return false }
                    return ranking.isSameWord(verb, lead)
                }
                guard let other else { continue }
                pick.service = other.service
                pick.score = other.score
            }
            used.insert(pick.service)
            pick.gain = pick.score - threshold
            picks.append(pick)
        }
        return picks.sorted { $0.range.lowerBound < $1.range.lowerBound }
    }
}
