/// The one service that has the whole action, or nearly, among its examples.
struct WholeExample {
    let service: Int
    /// Share of the words of action and example, by weight, that both have.
    let likeness: Double

    /// From which on an example is as good as the action itself.
    static let threshold = 0.85
    /// By how much it must be nearer than any other service's.
    static let lead = 0.1
    /// What the confidence is worth at the least, at full likeness.
    static let trust = 0.82

    init?(_ index: CatalogueIndex, _ ranking: Ranking) {
        let reading = ranking.reading
        guard !index.isTyped, !index.examplePostings.isEmpty else { return nil }
        // An example says what is wanted, not what is not.
        guard !reading.text.tokens.contains(where: { $0.cues.contains(.negation) }) else { return nil }
        let stems = ServiceProfile.unique(Array(reading.chunks.flatMap(\.stems).prefix(64)))
        var total = 0.0
        var shared: [Int: Double] = [:]
        for stem in stems {
            let weight = ranking.weight(stem)
            total += weight
            var seen: Set<Int> = []
            for related in reading.text.stems[stem].related where related.isSameWord {
                for posting in index.examplePostings[related.stem] ?? [] {
                    let key = posting.service << 8 | posting.example
                    if seen.insert(key).inserted { shared[key, default: 0] += weight * related.strength }
                }
            }
        }
        var best: [Int: Double] = [:]
        for (key, weight) in shared where weight >= Self.threshold * total {
            let (service, example) = (key >> 8, key & 255)
            let foreign = index.profiles[service].examples[example].reduce(0.0) { sum, word in
                stems.contains { ranking.isSameWord($0, word) } ? sum : sum + index.rarity[word]
            }
            best[service] = max(best[service] ?? 0, weight / (total + foreign))
        }
        let order = best.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        guard let first = order.first, first.value >= Self.threshold,
            order.dropFirst().allSatisfy({ $0.value < first.value - Self.lead })
        else { return nil }
        service = first.key
        likeness = first.value
    }
}
