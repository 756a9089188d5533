public import OrraModel

/// An embedder without a model: stems, synonyms and pairs of neighbours, hashed into 1,024 numbers.
///
/// Deterministic, and the same on every machine. Values are left out before: `Refund order ORD1` and
/// `Refund order {orderId}` have the same vector. It knows words, not meanings: docs/grounding.md says how far that goes.
public struct LexicalEmbedder: Embedder {
    public static let name = "lexical-1"
    public static let dimension = 1_024
    /// Characters of a text that count.
    static let characters = 16_384

    public init() {}

    public var name: String { Self.name }

    public func embed(_ texts: [String], for project: ProjectID?) async throws(EmbeddingFault) -> [[Float]] {
        texts.map(Self.vector)
    }

    public static func vector(_ text: String) -> [Float] {
        var vector = [Float](repeating: 0, count: dimension)
        func add(_ feature: String, _ weight: Float) {
            let hash = hash(feature)
            vector[Int(hash % UInt64(dimension))] += hash >> 63 == 0 ? weight : -weight
        }
        let stems = ValueText.stems(String(text.prefix(characters)))
        for (index, stem) in stems.enumerated() {
            let weight = self.weight(of: stem, isFirst: index == 0)
            let groups = Lexicon.synonymGroups[stem] ?? []
            // Half of a word's say is its meaning: words of one group are alike, the same word is more so.
            add(stem, weight * (groups.isEmpty ? 1 : 0.7))
            let share = weight * 0.7 / Float(max(1, groups.count)).squareRoot()
            for group in groups { add("#\(group)", share) }
            if index > 0 { add("\(stems[index - 1]) \(stem)", 0.3) }
        }
        // An action and its opposite share all other words.
        if ValueText.isNegated(text) { add("#not", 1.5 * max(1, length(vector))) }
        let length = length(vector)
        return length > 0 ? vector.map { $0 / length } : vector
    }

    private static func length(_ vector: [Float]) -> Float { vector.reduce(0) { $0 + $1 * $1 }.squareRoot() }

    private static func weight(of stem: String, isFirst: Bool) -> Float {
        // An action starts with what is to be done: that counts most. Words that stand in any action count little.
        if paleStems.contains(stem) { return 0.35 }
        return isFirst ? 1.15 : 1
    }

    private static let paleStems = Set(
        """
        handle process manage deal perform carry make take get give set put do new request case thing detail details
        information info data customer client question status existing full complete
        """.split(whereSeparator: \.isWhitespace).map { Stemmer.stem(String($0)) })

    /// FNV-1a, 64 bits, with its bits mixed once more.
    private static func hash(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash ^= hash >> 33
        hash = hash &* 0xFF51_AFD7_ED55_8CCD
        return hash ^ (hash >> 33)
    }
}

/// Leaves out of a text what differs from one action to the next.
enum ValueText {
    /// The stems of the words that are left, `summarise` as `summarize`.
    static func stems(_ text: String) -> [String] {
        WordSplitter.stems(lifted(text)).map { $0.count > 6 && $0.hasSuffix("is") ? String($0.dropLast(2)) : $0 }
    }

    /// Whether something is not to be done, or was not.
    static func isNegated(_ text: String) -> Bool {
        WordSplitter.words(text).contains { ["not", "never", "cannot"].contains($0) || $0.hasSuffix("n't") }
    }

    /// Without placeholders in braces, quoted texts, addresses, and words with digits.
    static func lifted(_ text: String) -> String {
        var kept = ""
        var closing: Character?
        var previous: Character = " "
        for character in text {
            if let open = closing {
                if character == open { closing = nil }
            } else if character == "{" {
                closing = "}"
            } else if let quote = quotes[character], quote != "'" || !previous.isLetter {
                closing = quote
            } else {
                kept.append(character)
            }
            if closing != nil, !kept.hasSuffix(" ") { kept.append(" ") }
            previous = character
        }
        // A quote that never closes is an apostrophe or a slip: keep all.
        if closing != nil { kept = text }
        return kept.split(whereSeparator: \.isWhitespace)
            .filter { word in
                !word.contains { $0.isNumber || $0 == "@" || $0 == "{" || $0 == "}" } && !word.contains("://")
            }
            .joined(separator: " ")
    }

    /// With an `X` in place of each placeholder and each value, for a model to compare: `Refund order X`.
    static func marked(_ text: String) -> String {
        replacing(LiftedText(replacing(text, "{", "}")).text, "⟦", "⟧").split(whereSeparator: \.isWhitespace)
            .joined(separator: " ")
    }

    private static func replacing(_ text: String, _ open: Character, _ close: Character) -> String {
        var kept = ""
        var isInside = false
        for character in text {
            if isInside {
                isInside = character != close
            } else if character == open {
                isInside = true
                kept.append("X")
            } else {
                kept.append(character)
            }
        }
        // A brace that never closes is a slip: keep all.
        return isInside ? text : kept
    }

    private static let quotes: [Character: Character] = ["\"": "\"", "“": "”", "„": "“", "«": "»", "`": "`", "'": "'"]
}
