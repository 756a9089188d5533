import OrraModel

/// Chooses the services that an action's words ask for.
struct ServiceSelection {
    struct Pick: Hashable {
        var entry: Int
        /// Where the task stands among the others, unless data flow says otherwise.
        var rank: Double
        var score: Double
        /// The part of the action that it covers, and by which words.
        var part: String
        var words: [String]
    }

    /// Share of a part's weight that one service has to cover.
    static let threshold = 0.5
    /// A service that knows a part's nouns but nothing like its verb does something else.
    static let foreignVerbFactor = 0.6
    static let maximumServicesOfOnePart = 16
    static let maximumChunks = 256

    private let index: CatalogueIndex
    private let chunks: [ActionReading.Chunk]
    /// The best coverage of any part by each service: who is likelier to be meant as a mere supplier.
    private(set) var relevance: [Double]

    init(_ action: String, index: CatalogueIndex) throws(Refusal) {
        self.index = index
        let reading = ActionReading(action, catalogueVerbs: Set(index.entries.compactMap(\.leadVerb)))
        let demands = reading.chunks.filter { !$0.isBackground && Self.asksForSomething($0) }
        chunks = Array(
            (demands.isEmpty ? reading.chunks.filter(Self.asksForSomething) : demands).prefix(Self.maximumChunks))
        relevance = Array(repeating: 0, count: index.entries.count)
        guard !chunks.isEmpty else { throw .nothingAsked }
    }

    private static func asksForSomething(_ chunk: ActionReading.Chunk) -> Bool {
        chunk.verb == .specific || chunk.objects.contains { !Lexicon.weakWords.contains($0.stem) }
    }

    mutating func picks() throws(Refusal) -> [Pick] {
        var found: [[Pick]?] = []
        for number in chunks.indices { found.append(try picks(number)) }
        for number in chunks.indices where found[number] == nil {
            if let pick = joined(number) {
                found[number] = [pick]
                // What the pair covers, its verbless half need not cover alone.
                if number + 1 < chunks.count, chunks[number + 1].verb == .none, found[number + 1] == nil {
                    found[number + 1] = []
                }
            } else {
                throw refusal(number)
            }
        }
        var best: [Int: Pick] = [:]
        for pick in found.flatMap({ $0 ?? [] }) where best[pick.entry] == nil { best[pick.entry] = pick }
        return best.values.sorted { ($0.rank, -$0.score, $0.entry) < ($1.rank, -$1.score, $1.entry) }
    }

    // MARK: - One part

    /// `nil` if nothing covers it.
    private mutating func picks(_ number: Int) throws(Refusal) -> [Pick]? {
        let chunk = chunks[number]
        if chunk.verb == .whole, let all = try everything(about: chunk) { return all }
        let ranking = ranking(chunk.words, chunk, context: context(number))
        guard let first = ranking.first(where: { $0.coverage >= Self.threshold }) else { return nil }
        let rivals = ranking.filter { $0.coverage >= Self.threshold && first.score - $0.score < 0.01 }
        if rivals.count > 1, chunk.verb != .specific {
            throw .ambiguous(part: chunk.text, candidates: rivals.prefix(4).map { name($0.entry) })
        }
        return [pick(first, chunk, part: chunk.text)]
    }

    /// A part without a service of its own, read together with the part before, or the verbless one after it.
    private mutating func joined(_ number: Int) -> Pick? {
        var pairs: [(Int, Int)] = []
        if chunks[number].verb == .none, number > 0 { pairs.append((number - 1, number)) }
        if number + 1 < chunks.count, chunks[number + 1].verb == .none { pairs.append((number, number + 1)) }
        for (left, right) in pairs {
            let words = chunks[left].words + chunks[right].words.filter { !chunks[left].words.contains($0) }
            let ranking = ranking(words, chunks[left], context: [])
            guard let first = ranking.first(where: { $0.coverage >= Self.threshold }) else { continue }
            return pick(first, chunks[left], part: "\(chunks[left].text), \(chunks[right].text)")
        }
        return nil
    }

    /// All services that a general verb's object concerns; those that only look at it or take something back stay out
    /// unless the text names that.
    private mutating func everything(about chunk: ActionReading.Chunk) throws(Refusal) -> [Pick]? {
        guard let head = chunk.head, chunk.objects.contains(where: { $0.stem == head }) else { return nil }
        let ranking = ranking(chunk.objects, nil, head: head, context: [])
        let concerned = ranking.filter { candidate in
            guard candidate.strengths[head, default: 0] >= CatalogueIndex.Strength.synonym else { return false }
            guard let verb = index.entries[candidate.entry].leadVerb,
                let kind = [Lexicon.undoVerbs, Lexicon.inquiryVerbs].first(where: { $0.contains(verb) })
            else { return true }
            return chunk.objects.contains { kind.contains($0.stem) || CatalogueIndex.strength($0.stem, verb) > 0 }
        }
        guard !concerned.isEmpty else { return nil }
        let weights = chunk.objects.map { weight($0, verb: nil, head: head) }
        let covered = zip(chunk.objects, weights).reduce(0.0) { sum, word in
            sum + word.1 * (concerned.map { $0.strengths[word.0.stem, default: 0] }.max() ?? 0)
        }
        guard covered >= Self.threshold * weights.reduce(0, +) else { return nil }
        guard concerned.count <= Self.maximumServicesOfOnePart else {
            throw .tooGeneral(part: chunk.text, count: concerned.count)
        }
        return concerned.map { pick($0, chunk, part: chunk.text) }
    }

    /// Objects of the next part, for one that is only a verb: "charge and notify the customer".
    private func context(_ number: Int) -> [ActionReading.Chunk.Word] {
        guard chunks[number].objects.isEmpty, number + 1 < chunks.count else { return [] }
        return chunks[number + 1].objects
    }

    // MARK: - Scores

    private struct Candidate {
        var entry: Int
        var coverage: Double
        var score: Double
        /// By the stem of the action's word.
        var strengths: [String: Double]
    }

    /// How much of a part a word is: little for what only narrows it, most for a verb or a head noun nobody knows.
    private func weight(
        _ word: ActionReading.Chunk.Word, verb: ActionReading.Chunk.Verb?, head: String?
    ) -> Double {
        if verb == .light || verb == .whole { return 0.3 }
        if Lexicon.weakWords.contains(word.stem) { return 0.2 }
        let known = index.similar(word.stem).map { index.weight($0.word) }.max()
        if verb == .specific { return max(known ?? 1, 0.7) }
        return known ?? (word.isName || word.isDetail ? 0.3 : head == nil || word.stem == head ? 1 : 0.6)
    }

    private mutating func ranking(
        _ words: [ActionReading.Chunk.Word], _ chunk: ActionReading.Chunk, context: [ActionReading.Chunk.Word]
    ) -> [Candidate] {
        ranking(words, chunk.verb == .none ? nil : chunk.verb, head: chunk.head, context: context)
    }

    /// Services that share a word with these, best first. `verb` says what the first word is, if it is one.
    private mutating func ranking(
        _ words: [ActionReading.Chunk.Word], _ verb: ActionReading.Chunk.Verb?, head: String?,
        context: [ActionReading.Chunk.Word]
    ) -> [Candidate] {
        var strengths: [Int: [String: Double]] = [:]
        for word in words {
            for (known, strength) in index.similar(word.stem) {
                for (entry, factor) in index.services(having: known) {
                    strengths[entry, default: [:]][word.stem] = max(
                        strengths[entry]?[word.stem] ?? 0, strength * factor)
                }
            }
        }
        let weights = words.enumerated().map { weight($1, verb: $0 == 0 ? verb : nil, head: head) }
        let total = max(weights.reduce(0, +), 0.01)
        var candidates: [Candidate] = []
        for (entry, found) in strengths.sorted(by: { $0.key < $1.key }) {
            var coverage = zip(words, weights).reduce(0.0) { $0 + $1.1 * found[$1.0.stem, default: 0] } / total
            if verb == .specific, let first = words.first, found[first.stem] == nil {
                coverage *= Self.foreignVerbFactor
            }
            relevance[entry] = max(relevance[entry], coverage)
            candidates.append(
                Candidate(
                    entry: entry, coverage: coverage, score: coverage + preference(entry, words, verb, context),
                    strengths: found))
        }
        return candidates.sorted { ($1.score, $0.entry) < ($0.score, $1.entry) }
    }

    /// What speaks for one of several services that cover a part.
    private func preference(
        _ entry: Int, _ words: [ActionReading.Chunk.Word], _ verb: ActionReading.Chunk.Verb?,
        _ context: [ActionReading.Chunk.Word]
    ) -> Double {
        let entry = index.entries[entry]
        func share(_ stems: [String], of words: [ActionReading.Chunk.Word]) -> Double {
            let weights = stems.map(index.weight)
            let covered = zip(stems, weights).reduce(0.0) { sum, stem in
                sum + stem.1 * (words.map { CatalogueIndex.strength($0.stem, stem.0) }.max() ?? 0)
            }
            return covered / max(weights.reduce(0, +), 0.01)
        }
        var result = 0.2 * share(entry.name, of: words) + 0.1 * share(entry.description, of: words)
        if !context.isEmpty { result += 0.1 * share(entry.name + entry.description, of: context) }
        guard let lead = entry.leadVerb else { return result }
        let agrees = words.contains { CatalogueIndex.strength($0.stem, lead) > 0 }
        if verb != nil, let first = words.first {
            let strength = CatalogueIndex.strength(first.stem, lead)
            result += 0.15 * strength + (strength == CatalogueIndex.Strength.same ? 0.05 : 0)
        }
        if Lexicon.undoVerbs.contains(lead), !agrees { result -= 0.3 }
        return result
    }

    // MARK: - Words about it

    private func name(_ entry: Int) -> String { index.entries[entry].service.name }

    private func pick(_ candidate: Candidate, _ chunk: ActionReading.Chunk, part: String) -> Pick {
        let words = chunk.words.filter { candidate.strengths[$0.stem, default: 0] > 0 }.map(\.text)
        return Pick(entry: candidate.entry, rank: chunk.rank, score: candidate.score, part: part, words: words)
    }

    private mutating func refusal(_ number: Int) -> Refusal {
        let chunk = chunks[number]
        let nearest = ranking(chunk.words, chunk, context: []).prefix(3).map { name($0.entry) }
        let unknown = chunk.words.filter { index.similar($0.stem).isEmpty }.prefix(8).map(\.text)
        return .uncovered(part: String(chunk.text.prefix(200)), unknown: Array(unknown), nearest: Array(nearest))
    }
}
