/// Stems by number: those of the lexicon first, then those of a catalogue.
struct Vocabulary: Sendable {
    struct Related: Hashable, Sendable {
        var stem: Int
        var strength: Double
        /// Whether the two share their letters, not only their meaning.
        var isSameWord: Bool
    }

    /// What is known of a word as it is written, in lower case.
    struct Word: Sendable {
        var stem: Int
        var cues: Cues
        var medium: Medium
    }

    static let sameStrength = 1.0
    static let prefixStrength = 0.6
    static let synonymStrength = 0.56

    private(set) var words: [String: Word] = [:]
    private(set) var stems: [String] = []
    private(set) var traits: [Traits] = []
    private var numbers: [String: Int] = [:]
    private var groups: [[Int]] = []
    private var byPrefix: [UInt64: [Int]] = [:]
    private var byGroup: [[Int]] = []
    /// Filled by ``relate()``.
    private var related: [[Related]] = []

    var count: Int { stems.count }

    /// The lexicon alone.
    static let english = Vocabulary()

    private init() {
        for (number, line) in Lexicon.groups.split(separator: "\n").enumerated() {
            byGroup.append([])
            for word in line.split(separator: " ") {
                for part in word.split(separator: "-") {
                    let stem = add(word: String(part)).stem
                    if groups[stem].last != number { groups[stem].append(number) }
                }
            }
        }
        let traits: [(Traits, Set<String>)] = [
            (.verb, Lexicon.verbs), (.output, Lexicon.outputVerbs), (.conversion, Lexicon.conversionVerbs),
            (.creation, Lexicon.creationVerbs), (.whole, Lexicon.wholeVerbs), (.undo, Lexicon.undoVerbs),
            (.inquiry, Lexicon.inquiryVerbs), (.light, Lexicon.lightVerbs), (.search, Lexicon.searchWords),
            (.question, ["question"]), (.end, Lexicon.endVerbs),
            (.assist, Lexicon.assistVerbs.union(Lexicon.assistNouns)),
            (.hold, Lexicon.holdVerbs), (.knowledge, Lexicon.inquiryNouns),
        ]
        for (trait, words) in traits {
            for word in words.sorted() { self.traits[add(word: word).stem].insert(trait) }
        }
        let media: [(Medium, Set<String>)] = [
            (.image, Lexicon.imageWords), (.audio, Lexicon.audioWords), (.video, Lexicon.videoWords),
            (.text, Lexicon.textWords), (.address, Lexicon.addressWords),
        ]
        for (medium, words) in media {
            for word in words.sorted() {
                self.traits[add(word: word).stem].insert(.medium)
                self.words[word]?.medium = medium
            }
        }
        for (cue, text) in Lexicon.cueWords + [(.stop, Lexicon.stopWords.sorted().joined(separator: " "))] {
            for word in text.split(whereSeparator: \.isWhitespace).map(String.init) {
                _ = add(word: word)
                self.words[word]?.cues.insert(cue)
            }
        }
    }

    // MARK: - Filling

    /// The word's entry, made if it is new.
    mutating func add(word: String) -> Word {
        if let known = words[word] { return known }
        let entry = Word(stem: add(stem: Stemmer.stem(Self.withoutPossessive(word))), cues: [], medium: [])
        words[word] = entry
        return entry
    }

    private mutating func add(stem: String) -> Int {
        if let number = numbers[stem] { return number }
        let number = stems.count
        numbers[stem] = number
        stems.append(stem)
        traits.append([])
        groups.append([])
        return number
    }

    static func withoutPossessive(_ word: String) -> String {
        let bytes = word.utf8
        guard bytes.last == UInt8(ascii: "s"), bytes.dropLast().last == UInt8(ascii: "'") else { return word }
        return String(word.dropLast(2))
    }

    /// Finds, for each stem, those that may stand for it. Only `known` stems, by number, are found.
    mutating func relate(known: [Bool]) {
        byPrefix = [:]
        byGroup = byGroup.map { _ in [] }
        for (number, stem) in stems.enumerated() where known[number] {
            if let key = Self.prefixKey(stem) { byPrefix[key, default: []].append(number) }
            for group in groups[number] { byGroup[group].append(number) }
        }
        related = stems.indices.map { number in
            var found = near(stems[number])
            if known[number] {
                found.insert(Related(stem: number, strength: Self.sameStrength, isSameWord: true), at: 0)
            }
            for group in groups[number] {
                for other in byGroup[group] where other != number && !found.contains(where: { $0.stem == other }) {
                    found.append(Related(stem: other, strength: Self.synonymStrength, isSameWord: false))
                }
            }
            return found
        }
    }

    // MARK: - Asking

    func number(ofStem stem: String) -> Int? { numbers[stem] }
    func related(_ stem: Int) -> [Related] { related[stem] }

    /// Known stems that share a long beginning with this one, which need not be known itself.
    func near(_ stem: String) -> [Related] {
        guard let key = Self.prefixKey(stem), let candidates = byPrefix[key] else { return [] }
        return candidates.filter { stems[$0] != stem && Self.isNear(stem, stems[$0]) }
            .map { Related(stem: $0, strength: Self.prefixStrength, isSameWord: true) }
    }

    /// At least five letters, and one the beginning of the other or most letters in common: `fraudul` and `fraud`.
    static func isNear(_ left: String, _ right: String) -> Bool {
        let shorter = min(left.utf8.count, right.utf8.count)
        guard shorter >= 5 else { return false }
        let common = zip(left.utf8, right.utf8).prefix { $0 == $1 }.count
        return common == shorter || common >= 5 && common * 10 >= 7 * max(left.utf8.count, right.utf8.count)
    }

    /// The first five bytes in one number.
    private static func prefixKey(_ stem: String) -> UInt64? {
        guard stem.utf8.count >= 5 else { return nil }
        return stem.utf8.prefix(5).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
