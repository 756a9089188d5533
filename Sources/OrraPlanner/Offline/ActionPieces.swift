/// Cuts an action's text at punctuation and at the words that join demands.
struct ActionPieces: IteratorProtocol {
    struct Piece {
        var words: [String]
        /// The joining word before it, in lower case; empty for the first one and after punctuation.
        var opening: String
        /// Whether it goes on where another piece of the same sentence stopped.
        var isWithinSentence: Bool
    }

    enum Token: Hashable {
        case word(String)
        case comma
        case fullStop

        var word: String? { if case .word(let text) = self { text } else { nil } }
    }

    private static let joints: Set = [
        "and", "then", "plus", "before", "after", "afterwards", "also", "but", "or", "once", "finally", "while",
        "ensuring",
        "followed", "following",
    ]
    /// Joints that are words of the piece which they open.
    private static let kept: Set = ["ensuring"]

    let tokens: [Token]
    private var index = 0
    private var isWithinSentence = false

    init(_ text: String) { tokens = Self.tokens(text) }

    mutating func next() -> Piece? {
        var words: [String] = []
        var opening = ""
        while index < tokens.count {
            let token = tokens[index]
            guard case .word(let word) = token, !Self.joints.contains(word.lowercased()) else {
                if !words.isEmpty { break }
                index += 1
                switch token {
                case .fullStop: isWithinSentence = false
                case .comma: break
                case .word(let joint):
                    opening = joint.lowercased()
                    if Self.kept.contains(opening) { words.append(joint) }
                }
                continue
            }
            words.append(word)
            index += 1
        }
        guard !words.isEmpty else { return nil }
        defer { isWithinSentence = true }
        return Piece(words: words, opening: opening, isWithinSentence: isWithinSentence)
    }

    /// Values in the text are for parameters, not for choosing services: numbers, ids, addresses, file names.
    static func isLiteral(_ word: String) -> Bool {
        word.contains { $0.isNumber || $0 == "@" || $0 == "/" || $0 == "\\" || $0 == "=" }
            || word.dropFirst().dropLast().contains { $0 == "." || $0 == ":" }
    }

    private static func tokens(_ text: String) -> [Token] {
        var tokens: [Token] = []
        for line in text.split(whereSeparator: \.isNewline) {
            for raw in unquoted(String(line)).split(whereSeparator: \.isWhitespace) {
                let trailing = raw.reversed().prefix { !$0.isLetter && !$0.isNumber }
                let word = raw.dropLast(trailing.count).drop { !$0.isLetter && !$0.isNumber }
                if !word.isEmpty { tokens.append(.word(String(word))) }
                if trailing.contains(where: { ".;!?".contains($0) }) {
                    tokens.append(.fullStop)
                } else if trailing.contains(where: { ",:–—".contains($0) }) || word.isEmpty && raw == "-" {
                    tokens.append(.comma)
                }
            }
            tokens.append(.fullStop)
        }
        return tokens
    }

    private static let maximumQuotedCharacters = 2_000

    /// Without what stands in quotation marks. A single one opens only at the start of a word and closes only at the
    /// end of one: it is an apostrophe elsewhere.
    private static func unquoted(_ line: String) -> String {
        let pairs: [Character: Character] = ["\"": "\"", "“": "”", "„": "“", "«": "»", "'": "'", "‘": "’"]
        let characters = Array(line)
        func isLetter(_ index: Int) -> Bool { characters.indices.contains(index) && characters[index].isLetter }
        var result = ""
        var index = 0
        while index < characters.count {
            let character = characters[index]
            if let close = pairs[character], !isLetter(index - 1),
                let end = characters[(index + 1)...].prefix(maximumQuotedCharacters).firstIndex(
                    of: close, notBefore: isLetter)
            {
                result += " "
                index = end + 1
            } else {
                result.append(character)
                index += 1
            }
        }
        return result
    }
}

extension ArraySlice<Character> {
    /// The first place of a character behind which `isInside` does not see a letter.
    fileprivate func firstIndex(of character: Character, notBefore isInside: (Int) -> Bool) -> Int? {
        indices.first { self[$0] == character && !isInside($0 + 1) }
    }
}
