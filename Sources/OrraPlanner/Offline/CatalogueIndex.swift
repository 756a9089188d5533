import OrraModel

/// The words of a catalogue: which services know a word, and how much a word tells.
struct CatalogueIndex {
    /// What the planner knows of one service.
    struct Entry {
        var service: Service
        var name: [String]
        var description: [String]
        /// What the description says first, if it is a verb: `charge` of "Charges the customer".
        var leadVerb: String?
    }

    /// How strongly a word of the action means a word of the catalogue.
    enum Strength {
        static let same = 1.0
        static let prefix = 0.8
        static let synonym = 0.6
    }

    /// In the order of names and kinds, so that the order of registration decides nothing.
    let entries: [Entry]
    private var postings: [String: [(entry: Int, factor: Double)]] = [:]
    private var vocabularyByPrefix: [Substring: [String]] = [:]
    private var vocabularyByGroup: [Int: [String]] = [:]
    private let rarestWeight: Double

    init(_ catalogue: [Service]) {
        entries =
            catalogue
            .sorted { ($0.name, $0.kind.rawValue, $0.id) < ($1.name, $1.kind.rawValue, $1.id) }
            .map(Self.entry)
        rarestWeight = Self.rarity(documents: entries.count, having: 0)
        for (number, entry) in entries.enumerated() { add(entry, number) }
        for word in postings.keys.sorted() {
            vocabularyByPrefix[word.prefix(4), default: []].append(word)
            for group in Lexicon.synonymGroups[word] ?? [] { vocabularyByGroup[group, default: []].append(word) }
        }
    }

    private static func entry(_ service: Service) -> Entry {
        let first = WordSplitter.words(service.description).first.map(Stemmer.stem)
        let isVerb = first.map {
            Lexicon.specificVerbs.contains($0) || Lexicon.lightVerbs.contains($0) || Lexicon.wholeVerbs.contains($0)
                || Lexicon.undoVerbs.contains($0)
        }
        return Entry(
            service: service, name: WordSplitter.stems(service.name),
            description: WordSplitter.stems(service.description),
            leadVerb: isVerb == true ? first : nil)
    }

    private mutating func add(_ entry: Entry, _ number: Int) {
        var factors: [String: Double] = [:]
        var order: [String] = []
        func note(_ words: [String], _ factor: Double) {
            for word in words {
                if factors[word] == nil { order.append(word) }
                factors[word] = max(factors[word] ?? 0, factor)
            }
        }
        note(entry.name, 1)
        note(entry.description, 1)
        for example in entry.service.examples.prefix(32) { note(WordSplitter.stems(example), 1) }
        for word in order { postings[word, default: []].append((number, factors[word] ?? 0)) }
    }

    private static func rarity(documents: Int, having count: Int) -> Double {
        // The probabilistic idf of BM25, never negative.
        let all = Double(documents)
        let some = Double(count)
        return (1 + (all - some + 0.5) / (some + 0.5)).logarithm + 0.1
    }

    /// Between 0.4 for a word that every service has and nearly 1 for a word of one among many; 1 for an unknown word.
    func weight(_ word: String) -> Double {
        guard let count = postings[word]?.count else { return 1 }
        return 0.4 + 0.6 * Self.rarity(documents: entries.count, having: count) / rarestWeight
    }

    /// The catalogue's words that `stem` may mean.
    func similar(_ stem: String) -> [(word: String, strength: Double)] {
        var found: [(word: String, strength: Double)] = []
        var seen: Set<String> = []
        func add(_ word: String, _ strength: Double) {
            if seen.insert(word).inserted { found.append((word, strength)) }
        }
        if postings[stem] != nil { add(stem, Strength.same) }
        for word in vocabularyByPrefix[stem.prefix(4)] ?? [] where Self.isRelated(stem, word) {
            add(word, Strength.prefix)
        }
        for group in Lexicon.synonymGroups[stem] ?? [] {
            for word in vocabularyByGroup[group] ?? [] { add(word, Strength.synonym) }
        }
        return found
    }

    /// Services that have a word, with the weight of the place where they have it.
    func services(having word: String) -> [(entry: Int, factor: Double)] { postings[word] ?? [] }

    /// A long common beginning: `fraudul` and `fraud`, `optim` and `optimal`.
    static func isRelated(_ left: String, _ right: String) -> Bool {
        let common = zip(left.utf8, right.utf8).prefix { $0 == $1 }.count
        let shorter = min(left.utf8.count, right.utf8.count)
        let longer = max(left.utf8.count, right.utf8.count)
        return shorter >= 5 && (common == shorter && longer - shorter <= 4 || common >= 5 && common * 10 >= longer * 8)
    }

    /// Whether two stems mean about the same.
    static func strength(_ left: String, _ right: String) -> Double {
        if left == right { return Strength.same }
        if isRelated(left, right) { return Strength.prefix }
        let groups = Lexicon.synonymGroups[left] ?? []
        return (Lexicon.synonymGroups[right] ?? []).contains(where: groups.contains) ? Strength.synonym : 0
    }
}

extension Double {
    /// The natural logarithm of a number of at least 1, by halving and a series: the standard library has none.
    fileprivate var logarithm: Double {
        var value = self
        var result = 0.0
        while value > 1.5 {
            value /= 2
            result += 0.693_147_180_559_945_3
        }
        // ln x = 2 (z + z³/3 + z⁵/5 + …) with z = (x-1)/(x+1), here at most 0.2.
        let ratio = (value - 1) / (value + 1)
        var power = ratio
        for odd in stride(from: 1.0, through: 15, by: 2) {
            result += 2 * power / odd
            power *= ratio * ratio
        }
        return result
    }
}
