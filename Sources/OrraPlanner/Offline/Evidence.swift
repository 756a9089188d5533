/// How strongly words of an action speak for each service.
struct Evidence {
    /// The exponent by which a description's length counts.
    static let descriptionNorm = 0.42

    private let index: CatalogueIndex
    private let weights: PlannerWeights.Evidence
    private var strengths: [Double]
    private var touchedStems: [Int] = []
    private var sums: [Sums]
    private(set) var touched: [Int] = []

    private struct Sums {
        var name = 0.0
        var description = 0.0
        var inputNames = 0.0
        var capital = 0.0
        var example = 0.0
        /// The weight of the part's own words that the service knows.
        var covered = 0.0
        /// The word that was counted last.
        var coveredStem = -1
        var isTouched = false
        /// Whether a word of the part itself, not only of what is around it, speaks for the service.
        var isOwn = false
    }

    init(_ index: CatalogueIndex, _ weights: PlannerWeights.Evidence = .init()) {
        self.index = index
        self.weights = weights
        strengths = Array(repeating: 0, count: index.vocabulary.count)
        sums = Array(repeating: Sums(), count: index.services.count)
    }

    /// Services that a part's own words speak for, with the strength of that, in no particular order.
    mutating func scores(
        _ own: [Int], previous: [Int] = [], context: [Int] = [], of text: ActionText
    ) -> [(service: Int, score: Double)] {
        note(own, weight: 1, text, isOwn: true)
        note(previous, weight: weights.previous, text, isOwn: false)
        note(context, weight: weights.context, text, isOwn: false)
        if !index.examplePostings.isEmpty { noteExamples(own, text) }
        let total = noteCoverage(own, text)
        for stem in touchedStems {
            let strength = strengths[stem]
            strengths[stem] = 0
            let weight = index.rarity[stem] * strength
            for posting in index.postings[stem] {
                let service = Int(posting.service)
                touch(service)
                switch posting.place {
                case .name: sums[service].name += weight
                case .description: sums[service].description += weight
                case .inputName: sums[service].inputNames += strength
                case .capital:
                    sums[service].capital = max(sums[service].capital, index.capitalRarity[stem] * strength)
                }
            }
        }
        touchedStems.removeAll(keepingCapacity: true)
        var found: [(service: Int, score: Double)] = []
        found.reserveCapacity(touched.count)
        for service in touched {
            if sums[service].isOwn { found.append((service, score(service, of: total))) }
            sums[service] = Sums()
        }
        touched.removeAll(keepingCapacity: true)
        return found
    }

    private func score(_ service: Int, of total: Double) -> Double {
        let sum = sums[service]
        let profile = index.profiles[service]
        var score = sum.name / index.nameWeights[service]
        score += weights.description * min(sum.description * index.descriptionFactors[service], weights.descriptionCap)
        if !profile.inputNames.isEmpty {
            score += weights.inputNames * sum.inputNames / Double(profile.inputNames.count)
        }
        if total > 0 { score += weights.coverage * (sum.covered / total - weights.usualCoverage) }
        score += weights.capitals * sum.capital / index.rarestWeight + weights.examples * sum.example
        return index.isTyped || total == 0 ? score : max(score, weights.floor * sum.covered / total)
    }

    private mutating func touch(_ service: Int) {
        guard !sums[service].isTouched else { return }
        sums[service].isTouched = true
        touched.append(service)
    }

    private mutating func note(_ stems: [Int], weight: Double, _ text: ActionText, isOwn: Bool) {
        for stem in stems {
            for related in text.stems[stem].related {
                if strengths[related.stem] == 0 { touchedStems.append(related.stem) }
                strengths[related.stem] = max(strengths[related.stem], related.strength * weight)
                guard isOwn else { continue }
                for posting in index.postings[related.stem] where posting.place != .inputName {
                    touch(Int(posting.service))
                    sums[Int(posting.service)].isOwn = true
                }
            }
        }
    }

    /// Adds up, for each service, the weight of the words that its name, description or examples know. Returns the
    /// weight of all.
    private mutating func noteCoverage(_ own: [Int], _ text: ActionText) -> Double {
        var total = 0.0
        for stem in ServiceProfile.unique(own) {
            let weight = weight(of: stem, text)
            total += weight
            for related in text.stems[stem].related {
                for posting in index.postings[related.stem]
                where posting.place == .name || posting.place == .description {
                    cover(Int(posting.service), stem, weight * related.strength)
                }
                guard !index.examplePostings.isEmpty, related.isSameWord else { continue }
                for posting in index.examplePostings[related.stem] ?? [] {
                    cover(posting.service, stem, weight * related.strength)
                }
            }
        }
        return total
    }

    /// The strongest relation comes first, and only that counts.
    private mutating func cover(_ service: Int, _ stem: Int, _ weight: Double) {
        guard sums[service].coveredStem != stem else { return }
        touch(service)
        sums[service].coveredStem = stem
        sums[service].covered += weight
    }

    /// How much of a part a word is.
    func weight(of stem: Int, _ text: ActionText) -> Double {
        var weight = 0.0
        for related in text.stems[stem].related where !index.postings[related.stem].isEmpty {
            weight = max(weight, index.rarity[related.stem])
        }
        if weight == 0 { weight = index.rarestWeight * (text.stems[stem].isMinor ? weights.minor : weights.unknown) }
        let isMedium = index.isTyped && text.stems[stem].traits.contains(.medium)
        return isMedium ? weight * WordStatistics.mediumFactor : weight
    }

    /// The part of these words' weight that the example of a service covers best.
    private mutating func noteExamples(_ own: [Int], _ text: ActionText) {
        var total = 0.0
        var covered: [Int: Double] = [:]
        for stem in ServiceProfile.unique(own) {
            let number = text.stems[stem].vocabularyNumber
            let isWord = number.map { !index.postings[$0].isEmpty } ?? false
            let weight = isWord ? index.rarity[number ?? 0] : index.rarestWeight * 0.5
            total += weight
            for posting in number.flatMap({ index.examplePostings[$0] }) ?? [] {
                covered[posting.service << 8 | posting.example, default: 0] += weight
            }
        }
        guard total > 0 else { return }
        for key in covered.keys.sorted() {
            let share = (covered[key] ?? 0) / total
            touch(key >> 8)
            sums[key >> 8].example = max(sums[key >> 8].example, share)
            if share > weights.exampleShare { sums[key >> 8].isOwn = true }
        }
    }
}
