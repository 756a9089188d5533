/// The words, marks and stops of an action whose values were lifted out.
struct ActionText {
    struct Token {
        enum Kind: Equatable {
            case word
            /// The number of a literal.
            case mark(Int)
            case comma
            case colon
            /// Ends a sentence.
            case stop
            case other
        }

        var kind: Kind
        /// Bytes of the lifted text.
        var range: Range<Int>
        var cues: Cues = []
        var medium: Medium = []
        /// The number of the stem within the action.
        var stem = -1
        var isCapital = false
        /// One letter, or a mere `s`: no word to match.
        var isContent = false
    }

    /// A distinct stem of the action.
    struct Stem {
        var text: String
        var traits: Traits
        /// Words of the catalogue that it may mean.
        var related: [Vocabulary.Related]
        var isKnown: Bool
        var vocabularyNumber: Int?
        /// Says only when or how: "last", "new".
        var isMinor: Bool
    }

    static let maximumTokens = 4_096

    let lifted: LiftedText
    private(set) var tokens: [Token] = []
    private(set) var stems: [Stem] = []
    private let bytes: [UInt8]
    private var stemNumbers: [String: Int] = [:]

    init(_ lifted: LiftedText, index: CatalogueIndex) {
        self.lifted = lifted
        bytes = Array(lifted.text.utf8)
        var place = 0
        while place < bytes.count, tokens.count < Self.maximumTokens {
            let byte = bytes[place]
            if LiteralScanner.isSpace(byte) {
                if byte == 0x0A { append(.stop, place..<(place + 1)) }
                place += 1
            } else if let (number, next) = mark(at: place) {
                append(.mark(number), place..<next)
                place = next
            } else if let length = letters(at: place) {
                place = word(from: place, length, index: index)
            } else {
                place = punctuation(at: place)
            }
        }
    }

    func text(_ range: Range<Int>) -> String {
        guard let first = tokens[range].first, let last = tokens[range].last else { return "" }
        return String(decoding: bytes[first.range.lowerBound..<last.range.upperBound], as: UTF8.self)
    }

    /// With the values in place of their marks.
    func original(_ range: Range<Int>) -> String {
        var text = ""
        var end: Int?
        for token in tokens[range] {
            if let end, token.range.lowerBound > end, !text.hasSuffix(" ") { text += " " }
            if case .mark(let number) = token.kind {
                let literal = lifted.literals[number]
                text += literal.kind == .quote || literal.kind == .question ? "'\(literal.value)'" : literal.value
            } else {
                text += String(decoding: bytes[token.range], as: UTF8.self)
            }
            end = token.range.upperBound
        }
        return String(text.prefix(200))
    }

    func word(_ token: Token) -> String { String(decoding: bytes[token.range], as: UTF8.self) }

    func isWord(_ number: Int, _ word: StaticString) -> Bool {
        guard tokens.indices.contains(number), tokens[number].kind == .word,
            tokens[number].range.count == word.utf8CodeUnitCount
        else { return false }
        return tokens[number].range.enumerated().allSatisfy { bytes[$1] | 0x20 == word.utf8Start[$0] }
    }

    // MARK: - Cutting

    private mutating func append(_ kind: Token.Kind, _ range: Range<Int>) {
        tokens.append(Token(kind: kind, range: range))
    }

    private func mark(at place: Int) -> (number: Int, next: Int)? {
        guard bytes[place] == 0xE2, place + 4 < bytes.count, bytes[place + 1] == 0x9F, bytes[place + 2] == 0xA6 else {
            return nil
        }
        var number = 0
        var next = place + 3
        while next < bytes.count, LiteralScanner.isDigit(bytes[next]), number < 100_000 {
            number = number * 10 + Int(bytes[next] - 0x30)
            next += 1
        }
        guard next + 2 < bytes.count, number < lifted.literals.count else { return nil }
        return (number, next + 3)
    }

    /// The length of the letter at `place`: general punctuation and symbols, of U+2000 to U+2FFF, are none.
    private func letters(at place: Int) -> Int? {
        let byte = bytes[place]
        if byte < 0x80 { return LiteralScanner.isLetter(byte) ? 1 : nil }
        if byte == 0xE2 || byte == 0xC2 { return nil }
        return byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
    }

    private func apostrophe(at place: Int) -> Int? {
        guard place < bytes.count else { return nil }
        let length =
            bytes[place] == 0x27
            ? 1 : place + 2 < bytes.count && bytes[place..<(place + 3)].elementsEqual([0xE2, 0x80, 0x99]) ? 3 : 0
        guard length > 0, place + length < bytes.count, LiteralScanner.isLetter(bytes[place + length]) else {
            return nil
        }
        return length
    }

    private mutating func word(from start: Int, _ length: Int, index: CatalogueIndex) -> Int {
        var place = start + length
        var text: [UInt8] = [UInt8](bytes[start..<min(place, bytes.count)])
        var hasApostrophe = false
        while place < bytes.count {
            if let length = letters(at: place) {
                // `orderId`: a capital after a small letter starts another word.
                if bytes[place] >= 0x41, bytes[place] <= 0x5A, bytes[place - 1] >= 0x61, bytes[place - 1] <= 0x7A {
                    break
                }
                text += bytes[place..<min(place + length, bytes.count)]
                place += length
            } else if !hasApostrophe, let length = apostrophe(at: place) {
                text.append(0x27)
                hasApostrophe = true
                place += length
            } else {
                break
            }
        }
        place = min(place, bytes.count)
        let isCapital = text[0] >= 0x41 && text[0] <= 0x5A
        var isASCII = true
        for number in text.indices {
            if text[number] >= 0x41, text[number] <= 0x5A { text[number] |= 0x20 }
            if text[number] >= 0x80 { isASCII = false }
        }
        var word = String(decoding: text.prefix(64), as: UTF8.self)
        if !isASCII { word = word.lowercased() }
        var token = Token(kind: .word, range: start..<place)
        token.isCapital = isCapital
        describe(&token, word, index.vocabulary)
        tokens.append(token)
        return place
    }

    private mutating func describe(_ token: inout Token, _ word: String, _ vocabulary: Vocabulary) {
        let entry = vocabulary.words[word]
        token.cues = entry?.cues ?? []
        token.medium = entry?.medium ?? []
        token.isContent = word.utf8.count > 1 && !token.cues.contains(.stop)
        let stem: String
        if let entry {
            stem = vocabulary.stems[entry.stem]
        } else {
            let bare = Vocabulary.withoutPossessive(word)
            if let bareEntry = vocabulary.words[bare] {
                token.isContent = token.isContent && bare.utf8.count > 1 && !bareEntry.cues.contains(.stop)
                token.medium = bareEntry.medium
                token.cues.formUnion(bareEntry.cues.intersection([.time, .weak]))
                stem = vocabulary.stems[bareEntry.stem]
            } else {
                stem = Stemmer.stem(bare)
            }
        }
        if let known = stemNumbers[stem] {
            token.stem = known
            return
        }
        token.stem = stems.count
        stemNumbers[stem] = stems.count
        let isMinor = token.cues.contains(.time) || token.cues.contains(.weak)
        if let number = vocabulary.number(ofStem: stem) {
            let related = vocabulary.related(number)
            stems.append(
                Stem(
                    text: stem, traits: vocabulary.traits[number], related: related, isKnown: !related.isEmpty,
                    vocabularyNumber: number, isMinor: isMinor))
        } else {
            let near = vocabulary.near(stem)
            stems.append(
                Stem(
                    text: stem, traits: [], related: near, isKnown: !near.isEmpty, vocabularyNumber: nil,
                    isMinor: isMinor))
        }
    }

    /// The number of a stem that the text need not have.
    mutating func stem(_ word: String, _ vocabulary: Vocabulary) -> Int {
        var token = Token(kind: .word, range: 0..<0)
        describe(&token, word, vocabulary)
        return token.stem
    }

    private mutating func punctuation(at place: Int) -> Int {
        let byte = bytes[place]
        let length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
        let next = min(place + length, bytes.count)
        let isBeforeSpace = next == bytes.count || LiteralScanner.isSpace(bytes[next])
        switch byte {
        case 0x2C: append(.comma, place..<next)
        case 0x3A where isBeforeSpace: append(.colon, place..<next)
        case 0x2E, 0x21, 0x3F, 0x3B:
            let isAbbreviation =
                byte == 0x2E && tokens.last?.cues.contains(.abbreviation) == true
                && tokens.last?.range.upperBound == place
            append(isBeforeSpace && !isAbbreviation ? .stop : .other, place..<next)
        default: append(.other, place..<next)
        }
        return next
    }
}
