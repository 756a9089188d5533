import OrraModel

/// "Process the new order": a general verb asks for everything that its object concerns and the parameters can feed.
struct GeneralDemand {
    static let maximumServices = 16
    /// Share of the object's words that the services together have to know.
    static let coverage = 0.5

    private let index: CatalogueIndex
    private let ranking: Ranking
    private let supply: Supply

    init(_ index: CatalogueIndex, _ ranking: Ranking, _ parameters: NamedParameters) {
        self.index = index
        self.ranking = ranking
        supply = Supply(index, parameters)
    }

    /// Whether some part has a general verb at all.
    static func isIn(_ reading: ActionReading) -> Bool {
        reading.chunks.contains { chunk in
            chunk.verb.map { reading.text.stems[$0].traits.contains(.whole) } ?? false && !chunk.isContext
        }
    }

    /// The picks, with those of a general demand replaced by all that it concerns.
    func expand(_ picks: [Segmentation.Pick]) -> [Segmentation.Pick] {
        let chunks = ranking.reading.chunks
        var result = picks
        var isOpen = false
        var sentence = -1
        for (place, chunk) in chunks.enumerated() {
            let isGeneral = chunk.verb.map { ranking.reading.text.stems[$0].traits.contains(.whole) } ?? false
            isOpen = !chunk.isContext && (isGeneral || isOpen && !chunk.asks && chunk.sentence == sentence)
            sentence = chunk.sentence
            guard isOpen, let services = services(place) else { continue }
            result.removeAll { $0.range == place..<(place + 1) }
            for (service, score) in services where !result.contains(where: { $0.service == service }) {
                result.append(
                    Segmentation.Pick(
                        service: service, score: score, gain: score, range: place..<(place + 1), origin: .concerns))
            }
        }
        return result.enumerated().sorted {
            ($0.element.range.lowerBound, $0.offset) < ($1.element.range.lowerBound, $1.offset)
        }.map(\.element)
    }

    private func services(_ place: Int) -> [(service: Int, score: Double)]? {
        let objects = Objects(ranking.reading, ranking.reading.chunks[place])
        guard let head = objects.head else { return nil }
        var weights: [Int: Double] = [:]
        for stem in objects.stems { weights[stem] = objects.weak.contains(stem) ? 0.2 : 1 }
        let total = weights.values.reduce(0, +)
        var found: [(service: Int, score: Double)] = []
        var covered: Set<Int> = []
        for service in index.profiles.indices where supply.level[service] != nil {
            guard concerns(service, head), isMeant(service, objects.stems) else { continue }
            let known = objects.stems.filter { concerns(service, $0) }
            covered.formUnion(known)
            found.append((service, known.reduce(0) { $0 + (weights[$1] ?? 0) } / total))
        }
        guard !found.isEmpty, found.count <= Self.maximumServices else { return nil }
        let share = objects.stems.filter(covered.contains).reduce(0) { $0 + (weights[$1] ?? 0) } / total
        guard share >= Self.coverage else { return nil }
        return found.sorted { ($1.score, $0.service) < ($0.score, $1.service) }
    }

    private func concerns(_ service: Int, _ stem: Int) -> Bool {
        let profile = index.profiles[service]
        return ranking.reading.text.stems[stem].related.contains { related in
            profile.name.contains(related.stem) || profile.description.contains(related.stem)
                || profile.examples.contains { $0.contains(related.stem) }
        }
    }

    /// Not one that only looks, or takes something back, unless the text names that.
    private func isMeant(_ service: Int, _ stems: [Int]) -> Bool {
        guard let verb = index.profiles[service].leadVerb else { return true }
        for trait: Traits in [.undo, .inquiry] where index.vocabulary.traits[verb].contains(trait) {
            return stems.contains { stem in
                ranking.means(stem, verb) || ranking.reading.text.stems[stem].traits.contains(trait)
            }
        }
        return true
    }
}

/// What the verb of a part is about.
struct Objects {
    /// Without the verb.
    private(set) var stems: [Int] = []
    private(set) var weak: Set<Int> = []
    /// The last noun before a preposition.
    private(set) var head: Int?

    init(_ reading: ActionReading, _ chunk: ActionReading.Chunk) {
        var isOpen = true
        var isBehindVerb = chunk.verb == nil
        for token in reading.text.tokens[chunk.range] where token.kind == .word {
            if !isBehindVerb {
                isBehindVerb = token.stem == chunk.verb
                continue
            }
            // "Process the refund ensuring that …".
            if head != nil, reading.text.word(token).hasSuffix("ing") { isOpen = false }
            if token.cues.contains(.away) || token.cues.contains(.toward), head != nil { isOpen = false }
            guard token.isContent, !token.cues.contains(.time), !stems.contains(token.stem) else { continue }
            stems.append(token.stem)
            if token.cues.contains(.weak) { weak.insert(token.stem) } else if isOpen { head = token.stem }
        }
    }
}
