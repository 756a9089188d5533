/// Brings in the services that nothing in the text names, but without which another one can't run.
struct MissingProducers {
    private let index: CatalogueIndex
    private let reading: ActionReading
    private let parameters: NamedParameters

    init(_ index: CatalogueIndex, _ reading: ActionReading, _ parameters: NamedParameters) {
        self.index = index
        self.reading = reading
        self.parameters = parameters
    }

    typealias Pick = Segmentation.Pick

    func complete(_ picks: [Pick], _ ranking: Ranking) -> [Pick] {
        let completed =
            index.isTyped
            ? bridged(picks, ranking)
            : index.hasOutputs ? withSelections(withIdentifiers(picks, ranking), ranking) : picks
        return withRequirements(completed)
    }

    // MARK: - Media

    /// One converting service where nothing given and nothing made fits an input.
    private func bridged(_ picks: [Pick], _ ranking: Ranking) -> [Pick] {
        guard !ranking.given.isEmpty else { return picks }
        var have = ranking.given
        var used = Set(picks.map(\.service))
        var result: [Pick] = []
        for pick in picks {
            let wanted = index.profiles[pick.service].inputMedia
            if !wanted.isEmpty, wanted.isDisjoint(with: have),
                let (service, score) = bridge(from: have, to: wanted, except: used, ranking)
            {
                result.append(inserted(service, max(score, 0.3), before: pick, .gives(field: "", to: pick.service)))
                used.insert(service)
                have.formUnion(index.profiles[service].outputMedia)
            }
            result.append(pick)
            have.formUnion(index.profiles[pick.service].outputMedia)
        }
        return result
    }

    private func bridge(
        from have: Medium, to wanted: Medium, except used: Set<Int>, _ ranking: Ranking
    ) -> (service: Int, score: Double)? {
        var best: (service: Int, score: Double)?
        var count = 0
        for (number, profile) in index.profiles.enumerated() where !used.contains(number) {
            guard !profile.inputMedia.isEmpty, profile.inputMedia.isSubset(of: have),
                !profile.outputMedia.isDisjoint(with: wanted), profile.outputMedia.isDisjoint(with: profile.inputMedia)
            else { continue }
            count += 1
            let score = ranking.relevance(of: number)
            if score > best?.score ?? -1 { best = (number, score) }
        }
        guard let best, best.score > 0.15 || count == 1 else { return nil }
        return best
    }

    private func inserted(_ service: Int, _ score: Double, before pick: Pick, _ origin: Pick.Origin) -> Pick {
        let place = pick.range.lowerBound
        return Pick(service: service, score: score, gain: 0, range: place..<place, origin: origin)
    }

    // MARK: - Identifiers

    /// The producer of a required identifier that nobody supplies.
    private func withIdentifiers(_ picks: [Pick], _ ranking: Ranking) -> [Pick] {
        var result: [Pick] = []
        var used = Set(picks.map(\.service))
        for (place, pick) in picks.enumerated() {
            for field in index.profiles[pick.service].inputs where field.isRequired && field.isIdentifier {
                guard !parameters.gives(field), !isGiven(field, pick) else { continue }
                let suppliers = Suppliers(index).services(giving: field, to: pick.service)
                    .filter { !takes($0, field) }
                guard !suppliers.isEmpty, !result.contains(where: { suppliers.contains($0.service) }),
                    !picks[place...].contains(where: { suppliers.contains($0.service) })
                else { continue }
                guard let (service, score) = best(suppliers, except: used, ranking) else { continue }
                result.append(
                    inserted(service, max(score, 0.4), before: pick, .gives(field: field.name, to: pick.service)))
                used.insert(service)
            }
            result.append(pick)
        }
        return result
    }

    private func takes(_ service: Int, _ field: ServiceField) -> Bool {
        index.profiles[service].inputs.contains { $0.isRequired && $0.keyNumber == field.keyNumber }
    }

    /// Whether the text says an identifier for this part.
    private func isGiven(_ field: ServiceField, _ pick: Pick) -> Bool {
        let text = reading.text
        let hasOwnCode = reading.chunks[pick.range].contains { chunk in
            chunk.marks.contains { text.lifted.literals[$0].kind == .code }
                && chunk.stems.contains { stem in
                    text.stems[stem].related.contains { $0.isSameWord && field.stems.contains($0.stem) }
                }
        }
        if hasOwnCode { return true }
        let tokens = reading.chunks[pick.range].flatMap { text.tokens[$0.range] }
        if tokens.contains(where: { $0.cues.contains(.identifier) }) { return true }
        let hasCode = text.lifted.literals.contains { literal in
            literal.kind == .code || literal.kind == .quote && Self.isCode(literal.value)
        }
        return hasCode && text.tokens.indices.contains { text.isWord($0, "id") }
    }

    private static func isCode(_ value: String) -> Bool {
        let bytes = value.utf8
        return bytes.count >= 4 && bytes.contains(where: LiteralScanner.isDigit)
            && bytes.contains(where: LiteralScanner.isLetter)
            && bytes.allSatisfy { LiteralScanner.isWord($0) || $0 == 0x2D }
    }

    private func best(
        _ suppliers: [Int], except used: Set<Int>, _ ranking: Ranking
    ) -> (service: Int, score: Double)? {
        func needsIdentifier(_ service: Int) -> Bool {
            index.profiles[service].inputs.contains { $0.isRequired && $0.isIdentifier }
        }
        let free = suppliers.filter { !needsIdentifier($0) }
        let candidates = (free.isEmpty ? suppliers : free).filter { !used.contains($0) }
        var best: (service: Int, score: Double)?
        for service in candidates {
            let searches = index.profiles[service].name.contains { index.vocabulary.traits[$0].contains(.search) }
            let score = ranking.relevance(of: service) + (searches ? 0.2 : 0)
            if score > best?.score ?? -1 { best = (service, score) }
        }
        guard let best, best.score > 0.2 || candidates.count == 1 else { return nil }
        return best
    }

    // MARK: - Selections

    /// The service that finds what another one of its family takes by name: the hotel to book, the song to play.
    private func withSelections(_ picks: [Pick], _ ranking: Ranking) -> [Pick] {
        var result: [Pick] = []
        var used = Set(picks.map(\.service))
        for pick in picks {
            for field in index.profiles[pick.service].inputs where field.isRequired && !parameters.gives(field) {
                let suppliers = Suppliers(index).family(giving: field, to: pick.service)
                guard !suppliers.isEmpty, !picks.contains(where: { suppliers.contains($0.service) }),
                    !hasQuotation(pick)
                else { continue }
                var best: (service: Int, score: Double)?
                for service in suppliers where !used.contains(service) {
                    let score = ranking.relevance(of: service)
                    if score > best?.score ?? -Double.infinity { best = (service, score) }
                }
                guard let best else { continue }
                let origin = Pick.Origin.gives(field: field.name, to: pick.service)
                result.append(inserted(best.service, max(best.score, 0.4), before: pick, origin))
                used.insert(best.service)
            }
            result.append(pick)
        }
        return result
    }

    private func hasQuotation(_ pick: Pick) -> Bool {
        let end = max(pick.range.upperBound, pick.range.lowerBound + 1)
        let marks = reading.chunks[pick.range.lowerBound..<min(end, reading.chunks.count)].flatMap(\.marks)
        return marks.contains { number in
            let kind = reading.text.lifted.literals[number].kind
            return kind == .quote || kind == .question
        }
    }

    // MARK: - Declared requirements

    /// What services declare to need, and what those declare, each before the one that needs it.
    private func withRequirements(_ picks: [Pick]) -> [Pick] {
        var result: [Pick] = []
        var used = Set(picks.map(\.service))
        for pick in picks {
            var waiting = [pick.service]
            var brought: [Pick] = []
            while let service = waiting.popLast() {
                for requirement in index.requirements[service] where used.insert(requirement).inserted {
                    brought.append(inserted(requirement, 0.5, before: pick, .isRequired(by: service)))
                    waiting.append(requirement)
                }
            }
            result += brought.reversed()
            result.append(pick)
        }
        return result
    }
}

/// Finds services by what they give.
struct Suppliers {
    private let index: CatalogueIndex

    init(_ index: CatalogueIndex) { self.index = index }

    /// Services whose output has the field's name, the end of it, or a plain `id` of the thing that it names
    /// (`movie_id` from the `id` of what a service for movies gives). In ascending order.
    func services(giving field: ServiceField, to service: Int) -> [Int] {
        var found: Set<Int> = Set(index.fields.producers(of: field))
        let key = Array(field.key.utf8)
        if key.count > 4 {
            for start in 1...(key.count - 4) {
                found.formUnion(index.fields.producers(ofKey: String(decoding: key[start...], as: UTF8.self)))
            }
        }
        if !field.entity.isEmpty {
            for producer in index.fields.producers(ofKey: "id") where isAbout(producer, field.entity) {
                found.insert(producer)
            }
        }
        found.remove(service)
        return found.sorted()
    }

    /// Least weight of the name words that two services of a family share, as a share of the rarest word's.
    static let familyShare = 0.3

    /// Services of the same family that give a field which they do not take themselves, and need less to run.
    func family(giving field: ServiceField, to service: Int) -> [Int] {
        guard !field.isIdentifier, field.types.contains("string") || field.types.contains("array") else { return [] }
        let target = index.profiles[service]
        let needs = target.inputs.count { $0.isRequired }
        let kin = target.name.filter { !index.vocabulary.traits[$0].contains(.verb) }
        return (index.fields.producers(of: field)).filter { other in
            let profile = index.profiles[other]
            guard other != service, profile.inputs.count(where: \.isRequired) < needs,
                !profile.inputs.contains(where: { $0.keyNumber == field.keyNumber })
            else { return false }
            let shared = profile.name.filter(kin.contains).reduce(0) { $0 + index.rarity[$1] }
            return shared >= Self.familyShare * index.rarestWeight
        }
    }

    private func isAbout(_ service: Int, _ stems: [Int]) -> Bool {
        let name = index.profiles[service].name
        return stems.allSatisfy { stem in
            name.contains { word in index.vocabulary.related(stem).contains { $0.stem == word } }
        }
    }
}
