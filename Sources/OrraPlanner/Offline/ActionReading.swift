/// What an action asks for, piece by piece.
struct ActionReading {
    /// A piece of the action between commas, "and", "then" and the like.
    struct Chunk {
        struct Word: Hashable {
            var text: String
            var stem: String
            /// A capital within a sentence: more likely a value, such as a city, than something to do.
            var isName: Bool
            /// Behind a preposition that follows the noun in question: `secret` in "encrypt the file with the secret".
            var isDetail = false
        }

        /// How the piece's first word wants its object treated.
        enum Verb: Hashable {
            /// Everything that is done with it.
            case whole
            /// Whatever service is about it.
            case light
            /// This very thing.
            case specific
            case none
        }

        /// As it was written.
        var text: String
        var words: [Word] = []
        var verb = Verb.none
        /// What the verb is about: the last noun before a preposition.
        var head: String?
        /// Tells how things are and asks for nothing.
        var isBackground = false
        /// Where its tasks stand among those of the others, unless data flow says otherwise.
        var rank: Double

        /// Without the verb.
        var objects: [Word] { verb == .none ? words : Array(words.dropFirst()) }
    }

    private(set) var chunks: [Chunk] = []
    private let catalogueVerbs: Set<String>

    /// - Parameter catalogueVerbs: stems that descriptions start with, which are verbs too.
    init(_ action: String, catalogueVerbs: Set<String>) {
        self.catalogueVerbs = catalogueVerbs
        var pieces = ActionPieces(action)
        let words = pieces.tokens.compactMap { $0.word }
        let capitals = words.filter { $0.first?.isUppercase == true }.count
        let usesTitleCase = capitals * 2 > words.count
        while let piece = pieces.next() { add(piece, marksNames: !usesTitleCase) }
    }

    private mutating func add(_ piece: ActionPieces.Piece, marksNames: Bool) {
        var chunk = Chunk(text: piece.words.joined(separator: " "), rank: Double(chunks.count))
        var mayEndHead = false
        var headIsOpen = true
        for (index, raw) in piece.words.enumerated() where !ActionPieces.isLiteral(raw) {
            for part in WordSplitter.words(raw) {
                let lower = part.hasSuffix("'s") ? String(part.dropLast(2)) : part
                if Lexicon.prepositions.contains(lower), mayEndHead { headIsOpen = false }
                guard lower.count > 1, !Lexicon.stopWords.contains(lower), !Lexicon.timeWords.contains(lower) else {
                    continue
                }
                let stem = Stemmer.stem(lower)
                let isName = marksNames && index > 0 && raw.first?.isUppercase == true
                if chunk.words.isEmpty { chunk.verb = isName ? .none : verb(stem) }
                if !chunk.words.contains(where: { $0.stem == stem }) {
                    chunk.words.append(.init(text: lower, stem: stem, isName: isName, isDetail: !headIsOpen))
                }
                let isVerb = chunk.words.count == 1 && chunk.verb != .none
                guard headIsOpen, !isVerb, !Lexicon.weakWords.contains(stem) else { continue }
                chunk.head = stem
                mayEndHead = true
            }
        }
        guard !chunk.words.isEmpty else { return }
        chunk.isBackground = Self.isBackground(piece.words.map { $0.lowercased() })
        switch piece.opening {
        case "after", "once", "following": if piece.isWithinSentence { chunk.rank -= 1.5 }
        default: break
        }
        inheritVerb(&chunk, piece)
        chunks.append(chunk)
    }

    private func verb(_ stem: String) -> Chunk.Verb {
        if Lexicon.wholeVerbs.contains(stem) { return .whole }
        if Lexicon.lightVerbs.contains(stem) { return .light }
        if Lexicon.specificVerbs.contains(stem) || Lexicon.undoVerbs.contains(stem) || catalogueVerbs.contains(stem) {
            return .specific
        }
        return .none
    }

    /// "Process the order, payment and delivery" processes all three.
    private func inheritVerb(_ chunk: inout Chunk, _ piece: ActionPieces.Piece) {
        guard chunk.verb == .none, piece.isWithinSentence, let previous = chunks.last, previous.verb == .whole,
            let verb = previous.words.first, !chunk.isBackground
        else { return }
        chunk.words.insert(verb, at: 0)
        chunk.verb = .whole
    }

    /// "I have a photo", "The customer is angry".
    private static func isBackground(_ words: [String]) -> Bool {
        let subjects: Set = [
            "i", "we", "my", "our", "the", "this", "these", "it", "its", "there", "here", "they", "he", "she",
        ]
        let states: Set = [
            "is", "are", "was", "were", "has", "have", "had", "contains", "contain", "am", "i've", "it's", "got",
            "received", "wrote",
            "recorded", "took", "found", "bought", "made", "own", "attached",
        ]
        let wishes: Set = [
            "want", "need", "needs", "wants", "like", "please", "must", "should", "can", "could", "to", "wish",
        ]
        guard let first = words.first, subjects.contains(first) || states.contains(first) else { return false }
        return words.contains(where: states.contains) && !words.contains(where: wishes.contains)
    }
}
