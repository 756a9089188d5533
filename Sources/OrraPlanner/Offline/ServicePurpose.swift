/// What a service says of itself that a general verb ("process the order") does not ask for: that it takes something
/// back or ends it, only looks, or serves people who ask.
struct ServicePurpose: Sendable {
    /// The words by which it says that it takes something back or ends it.
    private(set) var asides: [Int] = []
    /// The words by which it says that it looks, or serves people who ask.
    private(set) var services: [Int] = []
    /// Of all these words.
    private(set) var traits: Traits = []
    /// Whether it may do other things as well, so that leaving it out may be wrong too.
    private(set) var isUnclear = false

    /// Does what comes next.
    var isPlain: Bool { asides.isEmpty && services.isEmpty }

    private static let aside: Traits = [.undo, .end]
    private static let unasked: Traits = [.undo, .end, .inquiry, .assist, .hold]
    /// What follows them is no longer what the service is about.
    private static let closers = Lexicon.set(
        "when if unless until without before after in by while because so not never on at with from as")
    /// "Pays the money back".
    private static let returning = Lexicon.set(
        "pay pays give gives take takes hand hands send sends bring brings put puts roll rolls transfer transfers ship "
            + "ships")

    init(name: String, description: String, _ vocabulary: inout Vocabulary) {
        let names = WordSplitter.words(name)
        for word in names { note(vocabulary.add(word: word).stem, .undo, vocabulary) }
        let sentence = description.prefix { $0 != "." && $0 != ";" }
        let words = WordSplitter.words(sentence)
        guard let first = words.first else { return }
        let lead = vocabulary.add(word: first).stem
        let isVerb = vocabulary.traits[lead].contains(.verb) || !vocabulary.traits[lead].isDisjoint(with: Self.unasked)
        if isVerb { note(lead, Self.unasked, vocabulary) }
        let isLookUp = !services.isEmpty
        var isFurther = false
        for (place, word) in words.enumerated().dropFirst() {
            if word == "back", words[..<place].contains(where: Self.returning.contains) {
                add(vocabulary.add(word: word).stem, .undo)
            }
            if Self.closers.contains(word) { break }
            if word == "and" || word == "or" { isFurther = true }
            let stem = vocabulary.add(word: word).stem
            let isEnd = vocabulary.traits[stem].contains(.end) && place + 1 < words.count && words[place + 1] == "of"
            if isLookUp, words[place - 1] == "and", vocabulary.traits[stem].contains(.verb),
                vocabulary.traits[stem].isDisjoint(with: Self.unasked.union(.output))
            {
                // "Finds the best delivery and arranges it".
                isUnclear = true
            }
            if services.isEmpty, vocabulary.traits[stem].contains(.assist) {
                isUnclear = true
                add(stem, .assist)
            }
            let isCredit = word == "credit" && place + 1 < words.count && words[place + 1].hasPrefix("note")
            guard vocabulary.traits[stem].contains(.undo) || isEnd || isCredit else { continue }
            if asides.isEmpty { isUnclear = isFurther }
            add(stem, isEnd ? .end : .undo)
        }
        if services.isEmpty || traits.contains(.hold), let last = names.last {
            note(vocabulary.add(word: last).stem, [.inquiry, .knowledge], vocabulary)
        }
        if services.isEmpty, !isVerb {
            for word in words.prefix(4) { note(vocabulary.add(word: word).stem, .knowledge, vocabulary) }
        }
        if services.isEmpty, isVerb, !first.hasSuffix("s"), words.count > 1 {
            // "Order status", or to update the status.
            note(vocabulary.add(word: words[1]).stem, .knowledge, vocabulary)
            if !services.isEmpty { isUnclear = true }
        }
        if traits == .hold { isUnclear = true }
    }

    private mutating func note(_ stem: Int, _ wanted: Traits, _ vocabulary: Vocabulary) {
        let found = vocabulary.traits[stem].intersection(wanted)
        if !found.isEmpty { add(stem, found) }
    }

    private mutating func add(_ stem: Int, _ found: Traits) {
        if found.isDisjoint(with: Self.aside) { services.append(stem) } else { asides.append(stem) }
        traits.formUnion(found)
    }
}
