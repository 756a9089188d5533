/// What an action asks for, part by part: cut at sentences, commas and the words that join demands.
struct ActionReading {
    /// What stands between two parts of a sentence.
    enum Separator { case none, comma, and, commaAnd, or, colon, but, other }

    struct Chunk {
        /// Of the action's tokens.
        var range: Range<Int>
        var stems: [Int] = []
        var marks: [Int] = []
        var sentence: Int
        var separator: Separator
        /// Tells how things are and asks for nothing.
        var isContext = false
        /// "After the meeting", "If it rains".
        var isSubordinate = false
        /// Only gives a value for the part before: "with 3 guests".
        var isParameter = false
        /// Starts with a verb, or says that something is wanted.
        var asks = false
        /// The stem of the verb that it starts with.
        var verb: Int?
        /// Has to be done before what stands before it.
        var isFirst = false
        /// The media that the words speak of, as what goes in and what comes out.
        var input: Medium = []
        var output: Medium = []
    }

    static let maximumChunks = 256

    private(set) var text: ActionText
    private(set) var chunks: [Chunk] = []
    private var contextIsOpen = false
    private var isFirstOfSentence = true

    init(_ lifted: LiftedText, index: CatalogueIndex) {
        text = ActionText(lifted, index: index)
        let question = text.stem("question", index.vocabulary)
        var start = 0
        var sentence = 0
        while start < text.tokens.count, chunks.count < Self.maximumChunks {
            let stop = text.tokens[start...].firstIndex { $0.kind == .stop } ?? text.tokens.count
            if stop > start {
                contextIsOpen = false
                isFirstOfSentence = true
                cut(start..<stop, sentence: sentence, question: question)
                sentence += 1
            }
            start = stop + 1
        }
    }

    // MARK: - Cutting

    private mutating func cut(_ range: Range<Int>, sentence: Int, question: Int) {
        var start = range.lowerBound
        var separator = Separator.none
        var place = start
        while place < range.upperBound {
            guard let (length, found) = cut(at: place, in: range) else {
                place += 1
                continue
            }
            add(start..<place, sentence: sentence, separator: separator, question: question)
            place += length
            start = place
            separator = found
        }
        add(start..<range.upperBound, sentence: sentence, separator: separator, question: question)
    }

    /// How many tokens divide at `place`, and what they are.
    private func cut(at place: Int, in range: Range<Int>) -> (length: Int, Separator)? {
        let token = text.tokens[place]
        let hasComma = token.kind == .comma
        let joint = hasComma ? place + 1 : place
        if joint > range.lowerBound, joint < range.upperBound, let length = jointLength(joint),
            joint + length < range.upperBound, isWordOrMark(joint + length)
        {
            var next = joint + length
            if next < range.upperBound, text.tokens[next].cues.contains(.afterJoint) { next += 1 }
            return (next - place, next > joint + 1 ? .other : separator(joint, hasComma: hasComma))
        }
        if hasComma {
            var next = place + 1
            while next < range.upperBound, ["and", "then", "finally"].contains(where: { text.isWord(next, $0) }) {
                next += 1
            }
            return (next - place, next == place + 1 ? .comma : .other)
        }
        if token.kind == .colon { return (1, .colon) }
        guard let length = dividerLength(place) else { return nil }
        let next = place + length
        return (next < range.upperBound && text.tokens[next].kind == .comma ? length + 1 : length, .other)
    }

    private func isWordOrMark(_ place: Int) -> Bool {
        switch text.tokens[place].kind {
        case .word, .mark: true
        default: false
        }
    }

    private func jointLength(_ place: Int) -> Int? {
        let pairs: [(StaticString, StaticString)] = [
            ("after", "that"), ("followed", "by"), ("as", "well"), ("along", "with"), ("so", "that"), ("to", "then"),
        ]
        for pair in pairs where text.isWord(place, pair.0) && text.isWord(place + 1, pair.1) {
            return pair.0.utf8CodeUnitCount == 2 && text.isWord(place, "as") ? 3 : 2
        }
        return text.tokens[place].cues.contains(.joint) ? 1 : nil
    }

    private func dividerLength(_ place: Int) -> Int? {
        if text.isWord(place, "after"), text.isWord(place + 1, "that") { return 2 }
        return text.tokens[place].cues.contains(.divider) ? 1 : nil
    }

    private func separator(_ joint: Int, hasComma: Bool) -> Separator {
        if text.isWord(joint, "and") { return hasComma ? .commaAnd : .and }
        if text.isWord(joint, "or") { return .or }
        return text.isWord(joint, "but") ? .but : .other
    }

    /// "Water the plants": a word that is no known verb, but stands where one does.
    private func isImperative(_ first: Int, _ core: Range<Int>) -> Bool {
        guard core.contains(first + 1), text.tokens[first].kind == .word, text.tokens[first].isContent else {
            return false
        }
        let next = text.tokens[first + 1]
        guard next.kind == .word, next.cues.contains(.article) || next.cues.contains(.valueSubject) else {
            return false
        }
        let word = text.word(text.tokens[first]).lowercased()
        return !["ing", "ed", "s", "ly"].contains(where: word.hasSuffix)
            && !(text.tokens[first].cues.contains(.weak) || text.tokens[first].cues.contains(.time))
    }

    // MARK: - One part

    private mutating func add(_ range: Range<Int>, sentence: Int, separator: Separator, question: Int) {
        guard !range.isEmpty, chunks.count < Self.maximumChunks else { return }
        var chunk = Chunk(range: range, sentence: sentence, separator: separator)
        for token in text.tokens[range] {
            if case .mark(let number) = token.kind { chunk.marks.append(number) }
            if token.kind == .word, token.isContent { chunk.stems.append(token.stem) }
        }
        guard !chunk.stems.isEmpty || !chunk.marks.isEmpty else { return }
        let asksQuestion = chunk.marks.contains { text.lifted.literals[$0].kind == .question }
        if chunk.stems.isEmpty, let last = chunks.last, last.sentence == sentence {
            chunks[chunks.count - 1].marks += chunk.marks
            chunks[chunks.count - 1].range = last.range.lowerBound..<range.upperBound
            if asksQuestion { chunks[chunks.count - 1].stems.append(question) }
            return
        }
        let hasWords = !chunk.stems.isEmpty
        if asksQuestion { chunk.stems.append(question) }
        let cues = ChunkCues(text: text, range: range)
        let core = cues.core
        if let first = core.first(where: { text.tokens[$0].kind != .other }), text.tokens[first].kind == .word,
            text.stems[text.tokens[first].stem].traits.contains(.verb),
            first == range.lowerBound || !text.tokens[first - 1].cues.contains(.article)
        {
            chunk.verb = text.tokens[first].stem
        } else if let first = core.first, isImperative(first, core) {
            chunk.verb = text.tokens[first].stem
        }
        let wants = cues.wants
        chunk.asks = chunk.verb != nil || wants
        chunk.isSubordinate = isFirstOfSentence && cues.isSubordinate
        chunk.isContext =
            cues.isStatement && !wants || chunk.isSubordinate || isFirstOfSentence && cues.givesValue && !wants
            || !hasWords && !asksQuestion || cues.announces
        if !isFirstOfSentence, contextIsOpen, !chunk.asks { chunk.isContext = true }
        chunk.isParameter =
            !chunk.marks.isEmpty && !chunk.asks && !isFirstOfSentence && cues.isValuePhrase
            && [.comma, .and, .commaAnd, .or, .colon].contains(separator)
        chunk.isFirst = cues.opensOrder || separator == .but && cues.hasFirst
        (chunk.input, chunk.output) = cues.media
        contextIsOpen = chunk.isContext
        isFirstOfSentence = false
        chunks.append(chunk)
    }
}
