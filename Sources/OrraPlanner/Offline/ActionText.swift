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
    /// By number of a stem in the vocabulary: its number here, or -1.
    private var known: [Int32]
    /// Of stems that the vocabulary lacks.
    private var unknown: [String: Int] = [:]
    /// The word that is read at present, in lower case.
    private var spelling: [UInt8] = []

    init(_ lifted: LiftedText, index: CatalogueIndex) {
        self.lifted = lifted
        bytes = Array(lifted.text.utf8)
        known = Array(repeating: -1, count: index.vocabulary.count)
        tokens.reserveCapacity(min(bytes.count / 4, Self.maximumTokens))
        stems.reserveCapacity(min(bytes.count / 8, Self.maximumTokens))
        spelling.reserveCapacity(32)
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
        var text: [UInt8] = []
        var end: Int?
        for token in tokens[range] {
            if let end, token.range.lowerBound > end, text.last != 0x20 { text.append(0x20) }
            if case .mark(let number) = token.kind {
                let literal = lifted.literals[number]
                let isQuoted = literal.kind == .quote || literal.kind == .question
                if isQuoted { text.append(0x27) }
                text += literal.value.utf8
                if isQuoted { text.append(0x27) }
            } else {
                text += bytes[token.range]
            }
            end = token.range.upperBound
        }
        let original = String(decoding: text, as: UTF8.self)
        return text.count <= 200 ? original : String(original.prefix(200))
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
        let isCurved =
            bytes[place] == 0xE2 && place + 2 < bytes.count && bytes[place + 1] == 0x80 && bytes[place + 2] == 0x99
        let length = bytes[place] == 0x27 ? 1 : isCurved ? 3 : 0
        guard length > 0, place + length < bytes.count, LiteralScanner.isLetter(bytes[place + length]) else {
            return nil
        }
        return length
    }

    private mutating func word(from start: Int, _ length: Int, index: CatalogueIndex) -> Int {
        var place = min(start + length, bytes.count)
        spelling.removeAll(keepingCapacity: true)
        for byte in bytes[start..<place] { spelling.append(byte) }
        var hasApostrophe = false
        while place < bytes.count {
            if let length = letters(at: place) {
                // `orderId`: a capital after a small letter starts another word.
                if bytes[place] >= 0x41, bytes[place] <= 0x5A, bytes[place - 1] >= 0x61, bytes[place - 1] <= 0x7A {
                    break
                }
                let next = min(place + length, bytes.count)
                while place < next {
                    spelling.append(bytes[place])
                    place += 1
                }
            } else if !hasApostrophe, let length = apostrophe(at: place) {
                spelling.append(0x27)
                hasApostrophe = true
                place += length
            } else {
                break
            }
        }
        var token = Token(kind: .word, range: start..<place)
        token.isCapital = spelling[0] >= 0x41 && spelling[0] <= 0x5A
        var isASCII = true
        for number in spelling.indices {
            if spelling[number] >= 0x41, spelling[number] <= 0x5A { spelling[number] |= 0x20 }
            if spelling[number] >= 0x80 { isASCII = false }
        }
        let word = String(decoding: spelling.prefix(64), as: UTF8.self)
        describe(&token, isASCII ? word : word.lowercased(), index.vocabulary)
        tokens.append(token)
        return place
    }

    private mutating func describe(_ token: inout Token, _ word: String, _ vocabulary: Vocabulary) {
        token.isContent = word.utf8.count > 1
        if let entry = vocabulary.words[word] {
            token.cues = entry.cues
            token.medium = entry.medium
            token.isContent = token.isContent && !token.cues.contains(.stop)
            token.stem = number(of: entry.stem, token, vocabulary)
            return
        }
        let bare = Vocabulary.withoutPossessive(word)
        if bare.utf8.count < word.utf8.count, let entry = vocabulary.words[bare] {
            token.isContent = token.isContent && bare.utf8.count > 1 && !entry.cues.contains(.stop)
            token.medium = entry.medium
            token.cues = entry.cues.intersection([.time, .weak])
            token.stem = number(of: entry.stem, token, vocabulary)
            return
        }
        let stem = Stemmer.stem(bare)
        if let known = vocabulary.number(ofStem: stem) {
            token.stem = number(of: known, token, vocabulary)
        } else if let known = unknown[stem] {
            token.stem = known
        } else {
            unknown[stem] = stems.count
            token.stem = add(stem, vocabulary.near(stem), token, nil, [])
        }
    }

    private mutating func number(of stem: Int, _ token: Token, _ vocabulary: Vocabulary) -> Int {
        if known[stem] < 0 {
            known[stem] = Int32(
                add(vocabulary.stems[stem], vocabulary.related(stem), token, stem, vocabulary.traits[stem]))
        }
        return Int(known[stem])
    }

    private mutating func add(
        _ text: String, _ related: [Vocabulary.Related], _ token: Token, _ number: Int?, _ traits: Traits
    ) -> Int {
        stems.append(
            Stem(
                text: text, traits: traits, related: related, isKnown: !related.isEmpty, vocabularyNumber: number,
                isMinor: token.cues.contains(.time) || token.cues.contains(.weak)))
        return stems.count - 1
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
