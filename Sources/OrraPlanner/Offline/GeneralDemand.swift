import OrraModel

/// "Process the new order": a general verb asks for everything that its object concerns and the parameters can feed.
struct GeneralDemand {
    static let maximumServices = 16
    /// Share of the object's words that the services together have to know.
    static let coverage = 0.5

    private let index: CatalogueIndex
    private let ranking: Ranking
    private let supply: Supply
    private let parameters: NamedParameters
    /// Whether what is left out may be meant, or what is taken may not, so that a person has to look.
    private(set) var isUnclear = false
    /// What concerns an object and is not meant all the same: no rival of what is.
    private(set) var leftOut: Set<Int> = []

    init(_ index: CatalogueIndex, _ ranking: Ranking, _ parameters: NamedParameters) {
        self.index = index
        self.ranking = ranking
        self.parameters = parameters
        supply = Supply(index, parameters)
    }

    /// Whether some part has a general verb at all.
    static func isIn(_ reading: ActionReading) -> Bool {
        reading.chunks.contains { chunk in
            chunk.verb.map { reading.text.stems[$0].traits.contains(.whole) } ?? false && !chunk.isContext
        }
    }

    /// The picks, with those of a general demand replaced by all that it concerns.
    mutating func expand(_ picks: [Segmentation.Pick]) -> [Segmentation.Pick] {
        let chunks = ranking.reading.chunks
        var result = picks
        var isOpen = false
        var sentence = -1
        for (place, chunk) in chunks.enumerated() {
            let isGeneral = chunk.verb.map { ranking.reading.text.stems[$0].traits.contains(.whole) } ?? false
            isOpen = !chunk.isContext && (isGeneral || isOpen && !chunk.asks && chunk.sentence == sentence)
            sentence = chunk.sentence
            guard isOpen, let services = services(place) else { continue }
            let others = result.filter { $0.range != place..<(place + 1) }.map(\.service)
            if isDoubtful(services.map(\.service), beside: others, place) { isUnclear = true }
            result.removeAll { $0.range == place..<(place + 1) }
            for (service, score) in services where !result.contains(where: { $0.service == service }) {
                result.append(
                    Segmentation.Pick(
                        service: service, score: score, gain: score, range: place..<(place + 1), origin: .concerns))
            }
        }
        for service in leftOut where index.profiles[service].purpose.isUnclear {
            if !result.contains(where: { $0.service == service }) { isUnclear = true }
        }
        return result.enumerated().sorted {
            ($0.element.range.lowerBound, $0.offset) < ($1.element.range.lowerBound, $1.offset)
        }.map(\.element)
    }

    private mutating func services(_ place: Int) -> [(service: Int, score: Double)]? {
        let objects = Objects(ranking.reading, ranking.reading.chunks[place])
        guard let head = objects.head else { return nil }
        var weights: [Int: Double] = [:]
        for stem in objects.stems { weights[stem] = objects.weak.contains(stem) ? 0.2 : 1 }
        let total = weights.values.reduce(0, +)
        var found: [(service: Int, score: Double)] = []
        var covered: Set<Int> = []
        for service in index.profiles.indices where supply.level[service] != nil && concerns(service, head) {
            guard isMeant(service, objects.stems) else {
                leftOut.insert(service)
                continue
            }
            let known = objects.stems.filter { concerns(service, $0) }
            covered.formUnion(known)
            found.append((service, known.reduce(0) { $0 + (weights[$1] ?? 0) } / total))
        }
        let strong = objects.stems.filter { !objects.weak.contains($0) }
        if strong.count > 1 {
            // "Process the order payment", where there is a service of that name.
            let named = found.filter { isNamed($0.service, strong) }
            if !named.isEmpty {
                for (service, _) in found where !isNamed(service, strong) { leftOut.insert(service) }
                let scores = ranking.candidates(place, place + 1)
                found = named.map { service, score in
                    (service, max(score, scores.first { $0.service == service }?.score ?? 0))
                }
            }
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

    private func isNamed(_ service: Int, _ stems: [Int]) -> Bool {
        let name = index.profiles[service].name
        return stems.allSatisfy { stem in name.contains { ranking.isSameWord(stem, $0) } }
    }

    /// Not one that takes something back, only looks, or serves who asks, unless the text names that.
    private func isMeant(_ service: Int, _ stems: [Int]) -> Bool {
        let purpose = index.profiles[service].purpose
        return isNamed(purpose.asides, purpose.traits.intersection([.undo, .end]), stems)
            && isNamed(purpose.services, purpose.traits.intersection([.inquiry]), stems)
    }

    private func isNamed(_ words: [Int], _ traits: Traits, _ stems: [Int]) -> Bool {
        words.isEmpty
            || stems.contains { stem in
                !ranking.reading.text.stems[stem].traits.isDisjoint(with: traits)
                    || words.contains { ranking.means(stem, $0) }
            }
    }

    // MARK: - Doubt

    /// Whether two services seem to do the same, or one waits for what only a look-up gives that nobody asked for.
    private func isDoubtful(_ services: [Int], beside others: [Int], _ place: Int) -> Bool {
        let stems = Objects(ranking.reading, ranking.reading.chunks[place]).stems
        let all = services + others.filter { !services.contains($0) }
        for (number, service) in services.enumerated() {
            if all[(number + 1)...].contains(where: { doesTheSame(service, $0, stems) }) { return true }
            for field in index.profiles[service].inputs where field.isRequired && !parameters.gives(field) {
                let producers = supply.producers(of: field).map(\.service).filter { supply.level[$0] != nil }
                if !producers.isEmpty, !producers.contains(where: all.contains),
                    producers.allSatisfy({ !index.profiles[$0].purpose.isPlain })
                {
                    return true
                }
            }
        }
        return false
    }

    /// Words of names that say nothing of what is done.
    private static let kinds: Set = ["agent", "bot", "worker", "handler", "manag", "processor", "desk", "engin"]

    /// Whether two names share a word beside the object's, and neither service takes what the other gives.
    private func doesTheSame(_ one: Int, _ other: Int, _ stems: [Int]) -> Bool {
        let (left, right) = (index.profiles[one], index.profiles[other])
        let isShared = left.name.contains { word in
            right.name.contains(word) && !Self.kinds.contains(index.vocabulary.stems[word])
                && !stems.contains { ranking.isSameWord($0, word) }
        }
        return isShared && !feeds(left, right) && !feeds(right, left)
    }

    private func feeds(_ source: ServiceProfile, _ target: ServiceProfile) -> Bool {
        target.inputs.contains { field in
            field.isRequired && !parameters.gives(field) && source.output(feeding: field) != nil
        }
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
