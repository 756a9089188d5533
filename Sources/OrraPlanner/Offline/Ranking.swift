/// Which services fit a run of an action's parts, the best first. Keeps what it found out for all stages of planning.
final class Ranking {
    struct Candidate {
        var score: Double
        var service: Int
    }

    static let kept = 8

    let reading: ActionReading
    let weights: PlannerWeights
    /// Stems of what the speaker tells without asking.
    let context: [Int]
    /// Media that the speaker brings along.
    let given: Medium
    private let parameters: NamedParameters
    private let index: CatalogueIndex
    private var evidence: Evidence
    private var memory: [Int: [Candidate]] = [:]
    private lazy var scoresOfAll = evidence.scores(
        Array(ServiceProfile.unique(reading.chunks.flatMap(\.stems)).prefix(512)), of: reading.text)
    private lazy var relevances: [Double] = {
        var relevances = Array(repeating: 0.0, count: index.services.count)
        for (service, score) in scoresOfAll { relevances[service] = score }
        return relevances
    }()

    init(_ reading: ActionReading, index: CatalogueIndex, parameters: NamedParameters, weights: PlannerWeights) {
        self.reading = reading
        self.weights = weights
        self.parameters = parameters
        self.index = index
        evidence = Evidence(index, weights.evidence)
        let stated = reading.chunks.filter { $0.isContext && !$0.isSubordinate }
        context = Array(ServiceProfile.unique(stated.flatMap(\.stems)).prefix(128))
        given = index.isTyped ? Self.given(reading, stated) : []
    }

    private static func given(_ reading: ActionReading, _ stated: [ActionReading.Chunk]) -> Medium {
        var media: Medium = []
        for literal in reading.text.lifted.literals { if let medium = literal.kind.medium { media.insert(medium) } }
        for chunk in stated {
            for token in reading.text.tokens[chunk.range] where token.kind == .word {
                let word = reading.text.word(token).lowercased()
                for (medium, words) in Lexicon.givenMedia where words.contains(word) { media.insert(medium) }
            }
        }
        return media
    }

    /// What the chunks from `start` to `end` mean. `memory` keeps it for spans of up to three chunks.
    func candidates(_ start: Int, _ end: Int) -> [Candidate] {
        let key = start << 2 | (end - start)
        if let known = memory[key] { return known }
        let found = rank(start, end)
        memory[key] = found
        return found
    }

    /// What ``candidates(_:_:)`` found before.
    func known(_ range: Range<Int>) -> [Candidate] { memory[range.lowerBound << 2 | range.count] ?? [] }

    /// The weight of a stem in the part that holds it.
    func weight(_ stem: Int) -> Double { evidence.weight(of: stem, reading.text) }

    /// How strongly the whole text, whatever its parts, speaks for a service.
    func relevance(of service: Int) -> Double { relevances[service] }

    private func rank(_ start: Int, _ end: Int) -> [Candidate] {
        let chunks = reading.chunks
        let own = chunks[start..<end].flatMap(\.stems)
        guard !own.isEmpty else { return [] }
        let first = chunks[start]
        var previous: [Int] = []
        if start > 0, !first.asks, chunks[start - 1].sentence == first.sentence, !chunks[start - 1].isContext {
            previous = chunks[start - 1].stems
        }
        var found = evidence.scores(
            own, previous: previous, context: first.isContext ? [] : context, of: reading.text)
        if index.isTyped { found = typed(found, start, end) }
        if !index.isTyped { favourInputs(&found, chunks[start..<end]) }
        if let verb = first.verb { agree(verb, &found) }
        var best = Self.best(found)
        prefersMoreSpecific(&best, own, start, end)
        return best
    }

    /// The best few, in order; of equals the one with the lower number.
    static func best(_ found: [(service: Int, score: Double)]) -> [Candidate] {
        var best: [Candidate] = []
        for (service, score) in found {
            if best.count == kept, let last = best.last, (last.score, service) > (score, last.service) { continue }
            let place = best.firstIndex { ($0.score, service) < (score, $0.service) } ?? best.count
            best.insert(Candidate(score: score, service: service), at: place)
            if best.count > kept { best.removeLast() }
        }
        return best
    }

    // MARK: - Media

    private func media(_ start: Int, _ end: Int) -> (input: Medium, output: Medium) {
        var input: Medium = []
        var output: Medium = []
        for chunk in reading.chunks[start..<end] {
            input.formUnion(chunk.input)
            output.formUnion(chunk.output)
        }
        return (input, output)
    }

    /// What was given, or asked for by an earlier part.
    private func available(before start: Int) -> Medium {
        reading.chunks[..<start].reduce(given) { $0.union($1.output) }
    }

    private func typed(_ found: [(service: Int, score: Double)], _ start: Int, _ end: Int) -> [(
        service: Int, score: Double
    )] {
        let (input, output) = media(start, end)
        var found = found
        if let verb = reading.chunks[start].verb, reading.text.stems[verb].traits.contains(.conversion),
            !output.isEmpty
        {
            let source = !input.isEmpty ? input : !given.isEmpty ? given : .text
            var places = Array(repeating: -1, count: index.services.count)
            for (place, candidate) in found.enumerated() { places[candidate.service] = place }
            for (number, profile) in index.profiles.enumerated()
            where !profile.outputMedia.isDisjoint(with: output) && !profile.inputMedia.isDisjoint(with: source) {
                if places[number] < 0 {
                    found.append((number, weights.ranking.converts))
                } else {
                    found[places[number]].score += weights.ranking.converts
                }
            }
        }
        let before = available(before: start)
        for place in found.indices {
            let profile = index.profiles[found[place].service]
            found[place].score += fit(profile, input, output)
            if !before.isEmpty, !profile.inputMedia.isEmpty, profile.inputMedia.isDisjoint(with: before.union(input)) {
                found[place].score += weights.ranking.inputUnavailable
            }
        }
        return found
    }

    private func fit(_ profile: ServiceProfile, _ input: Medium, _ output: Medium) -> Double {
        var score = 0.0
        if !output.isEmpty {
            score +=
                profile.outputMedia.isDisjoint(with: output) ? weights.ranking.outputMisses : weights.ranking.outputFits
        }
        if !input.isEmpty {
            if !profile.inputMedia.isDisjoint(with: input) {
                score += weights.ranking.inputFits
            } else if !(output.isEmpty && !profile.outputMedia.isDisjoint(with: input)) {
                score += weights.ranking.inputMisses
            }
        }
        return score
    }

    /// The one service that the whole text speaks for, when no part does.
    func candidatesOfAll() -> [Candidate] {
        var found = scoresOfAll
        if index.isTyped {
            let (input, output) = media(0, reading.chunks.count)
            for place in found.indices {
                let profile = index.profiles[found[place].service]
                found[place].score += fit(profile, input, output)
                if !given.isEmpty, profile.inputMedia.isDisjoint(with: given) {
                    found[place].score += weights.ranking.inputUnavailable
                }
            }
        }
        return Self.best(found)
    }

    // MARK: - Inputs

    private func favourInputs(_ found: inout [(service: Int, score: Double)], _ chunks: ArraySlice<ActionReading.Chunk>)
    {
        var kinds: LiteralKinds = []
        for chunk in chunks {
            for number in chunk.marks { kinds.insert(LiteralKinds(reading.text.lifted.literals[number].kind)) }
        }
        guard !parameters.isEmpty || !kinds.isEmpty else { return }
        for place in found.indices {
            let profile = index.profiles[found[place].service]
            if !kinds.isDisjoint(with: profile.takes) { found[place].score += weights.ranking.literalFits }
            guard !parameters.isEmpty else { continue }
            let required = profile.inputs.lazy.filter(\.isRequired)
            if !required.isEmpty, required.allSatisfy({ parameters.gives($0) }) {
                found[place].score += weights.ranking.supplied
            }
        }
    }

    // MARK: - Words

    /// Whether the action's stem may mean the catalogue's.
    func means(_ stem: Int, _ other: Int) -> Bool {
        reading.text.stems[stem].related.contains { $0.stem == other }
    }

    /// Whether it is the same word in another form.
    func isSameWord(_ stem: Int, _ other: Int) -> Bool {
        reading.text.stems[stem].related.contains { $0.stem == other && $0.isSameWord }
    }

    private func agree(_ verb: Int, _ found: inout [(service: Int, score: Double)]) {
        guard !reading.text.stems[verb].traits.contains(.output) else { return }
        for place in found.indices {
            let profile = index.profiles[found[place].service]
            let verbs = profile.verbs
            if let first = profile.firstName, first == reading.text.stems[verb].vocabularyNumber {
                found[place].score += weights.ranking.verbLeads
            }
            guard !verbs.isEmpty else { continue }
            if verbs.contains(where: { means(verb, $0) }) {
                found[place].score += weights.ranking.verbAgrees
            } else if !profile.description.contains(where: { isSameWord(verb, $0) }) {
                found[place].score += weights.ranking.verbDisagrees
            }
        }
    }

    /// Document Question Answering over Question Answering, if the request speaks of a document.
    private func prefersMoreSpecific(_ best: inout [Candidate], _ own: [Int], _ start: Int, _ end: Int) {
        guard let top = best.first, best.count > 1 else { return }
        let core = index.profiles[top.service].nameWithoutMedia
        guard !core.isEmpty else { return }
        let available = index.isTyped ? available(before: start) : []
        var isChanged = false
        for place in best.indices.dropFirst() {
            let name = index.profiles[best[place].service].nameWithoutMedia
            guard name.count > core.count, core.allSatisfy(name.contains) else { continue }
            let isAsked = name.allSatisfy { word in
                core.contains(word) || own.contains { means($0, word) } || context.contains { means($0, word) }
            }
            guard isAsked else { continue }
            if index.isTyped, !available.isEmpty,
                index.profiles[best[place].service].inputMedia.isDisjoint(
                    with: available.union(media(start, end).input))
            {
                continue
            }
            best[place].score = top.score + weights.ranking.moreSpecific
            isChanged = true
        }
        if isChanged { best.sort { ($1.score, $0.service) < ($0.score, $1.service) } }
    }
}
