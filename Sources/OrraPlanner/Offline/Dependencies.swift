/// Which task uses the result of which.
struct Dependencies {
    private let index: CatalogueIndex
    private let reading: ActionReading
    private let picks: [Segmentation.Pick]
    private let ranking: Ranking

    init(_ index: CatalogueIndex, _ picks: [Segmentation.Pick], _ ranking: Ranking) {
        self.index = index
        self.picks = picks
        self.ranking = ranking
        reading = ranking.reading
    }

    /// For each task, the numbers of those before it that it uses, in ascending order.
    func all() -> [[Int]] {
        var dependencies = picks.indices.map { place -> [Int] in
            guard place > 0 else { return [] }
            if !index.hasOutputs { return [place - 1] }
            return index.isTyped ? media(place) : fields(place)
        }
        for (place, pick) in picks.enumerated() {
            for requirement in index.requirements[pick.service] {
                guard let source = picks.firstIndex(where: { $0.service == requirement }), source < place,
                    !dependencies[place].contains(source)
                else { continue }
                dependencies[place].append(source)
                dependencies[place].sort()
            }
        }
        return dependencies
    }

    // MARK: - Media

    /// The latest task before whose output fits an input.
    private func media(_ place: Int) -> [Int] {
        let inputs = index.profiles[picks[place].service].inputs.map(\.medium)
        let source = (0..<place).last { other in
            index.profiles[picks[other].service].outputs.contains { inputs.contains($0.medium) }
        }
        return source.map { [$0] } ?? []
    }

    // MARK: - Fields and words

    private func fields(_ place: Int) -> [Int] {
        let span = span(of: place)
        var found = (0..<place).filter { isEdge(place, $0, span) }
        for field in index.profiles[picks[place].service].inputs where field.isRequired {
            let suppliers = Suppliers(index).family(giving: field, to: picks[place].service)
            let sources = (0..<place).filter { suppliers.contains(picks[$0].service) }
            if let last = sources.last, !sources.contains(where: found.contains) { found.append(last) }
        }
        guard !span.namesIdentifier else { return found.sorted() }
        for field in index.profiles[picks[place].service].inputs where field.isRequired && field.isIdentifier {
            let suppliers = Suppliers(index).services(giving: field, to: picks[place].service)
            let sources = (0..<place).filter { suppliers.contains(picks[$0].service) }
            let origins = sources.filter { other in
                !index.profiles[picks[other].service].inputs.contains {
                    $0.isRequired && $0.keyNumber == field.keyNumber
                }
            }
            let candidates = origins.isEmpty ? sources : origins
            if let last = candidates.last, !candidates.contains(where: found.contains) { found.append(last) }
        }
        return found.sorted()
    }

    /// The words from a task's part to the next task's.
    private struct Span {
        var stems: [Int] = []
        var literals = 0
        var hasPronoun = false
        var hasParticiple = false
        /// In the task's own part.
        var namesIdentifier = false
    }

    private func span(of place: Int) -> Span {
        let range = picks[place].range
        var span = Span()
        for chunk in reading.chunks[range] {
            if reading.text.tokens[chunk.range].contains(where: { $0.cues.contains(.identifier) }) {
                span.namesIdentifier = true
            }
        }
        guard !range.isEmpty else { return span }
        let next = picks.map(\.range.lowerBound).filter { $0 > range.lowerBound }.min() ?? reading.chunks.count
        for chunk in reading.chunks[range.lowerBound..<max(next, range.lowerBound + 1)] {
            span.stems += chunk.stems
            span.literals += chunk.marks.count
            for token in reading.text.tokens[chunk.range] {
                if token.cues.contains(.pronoun) { span.hasPronoun = true }
                if token.cues.contains(.participle) { span.hasParticiple = true }
            }
        }
        span.stems = ServiceProfile.unique(span.stems)
        return span
    }

    private func isEdge(_ place: Int, _ other: Int, _ span: Span) -> Bool {
        let target = index.profiles[picks[place].service]
        let source = index.profiles[picks[other].service]
        func hits(_ words: [Int]) -> Int {
            span.stems.count { stem in
                words.contains { ranking.isSameWord(stem, $0) && !target.name.contains($0) }
            }
        }
        let outputHits = hits(source.outputNames)
        let nameHits = hits(source.name.filter { !index.vocabulary.traits[$0].contains(.verb) })
        let new = source.outputs.filter { output in
            !source.inputs.contains { $0.keyNumber == output.keyNumber }
        }
        let fed = target.inputs.filter { field in
            new.contains { output in
                output.keyNumber == field.keyNumber
                    || field.isIdentifier && output.key.utf8.count >= 4 && field.key.hasSuffix(output.key)
            }
        }
        let isBeside = other == place - 1
        let hasHit = outputHits > 0 || nameHits > 0
        let required = target.inputs.count { $0.isRequired }
        let weights = ranking.weights.dependencies
        var sum = weights.constant
        sum += weights.outputWords * Double(min(outputHits, 2)) / 2
        sum += weights.nameWords * Double(min(nameHits, 2)) / 2
        if hasHit, span.hasParticiple { sum += weights.wordsAndParticiple }
        if span.hasPronoun { sum += weights.pronoun + (isBeside ? weights.pronounBeside : 0) }
        if isBeside { sum += weights.beside + (span.hasParticiple ? weights.participleBeside : 0) }
        if !fed.isEmpty { sum += weights.sameField }
        if fed.contains(where: \.isIdentifier) { sum += weights.sameIdentifier }
        if required > 0, span.literals >= required { sum += weights.allGiven }
        if span.literals == 0 { sum += weights.noneGiven + (hasHit ? weights.wordsAndNoneGiven : 0) }
        return sum > 0
    }
}
