/// Porter's second stemmer for English (Porter2): `orders`, `ordered` and `ordering` all become `order`.
///
/// The algorithm is that of <https://snowballstem.org/algorithms/english/stemmer.html>, as of Snowball 3.1. The regions
/// R1 and R2 of that description are the text from ``r1`` and ``r2`` on.
struct Stemmer {
    private var word: [UInt8]
    private var r1 = 0
    private var r2 = 0

    /// The stem of a lower-case word. A word with other letters than a to z comes back as it is.
    static func stem(_ word: String) -> String {
        if let stem = irregular[word] { return stem }
        let bytes = Array(word.utf8)
        guard bytes.count > 2, bytes.allSatisfy({ (0x61...0x7A).contains($0) || $0 == apostrophe }) else { return word }
        var stemmer = Stemmer(bytes)
        stemmer.run()
        for index in stemmer.word.indices where stemmer.word[index] == UInt8(ascii: "Y") {
            stemmer.word[index] = UInt8(ascii: "y")
        }
        return String(decoding: stemmer.word, as: UTF8.self)
    }

    private static let apostrophe = UInt8(ascii: "'")

    private static let irregular: [String: String] = [
        "skis": "ski", "skies": "sky", "sky": "sky", "idly": "idl", "gently": "gentl", "ugly": "ugli", "early": "earli",
        "only": "onli", "singly": "singl", "news": "news", "howe": "howe", "atlas": "atlas", "cosmos": "cosmos",
        "bias": "bias", "andes": "andes",
    ]

    /// Words that share their first letters with unrelated ones: their R1 starts later than the rule says.
    private static let longPrefixes: [StaticString] = [
        "arsen", "commun", "emerg", "gener", "inter", "later", "organ", "past", "univers",
    ]

    /// Marks each `y` that is a consonant, at the start or after a vowel, by writing it in upper case.
    private init(_ bytes: [UInt8]) {
        word = bytes.first == Self.apostrophe ? Array(bytes.dropFirst()) : bytes
        for index in word.indices where word[index] == UInt8(ascii: "y") {
            if index == 0 || isVowel(index - 1) { word[index] = UInt8(ascii: "Y") }
        }
        r1 = Self.longPrefixes.first(where: starts)?.utf8CodeUnitCount ?? regionStart(after: 0)
        r2 = regionStart(after: r1)
    }

    /// Behind the first consonant that follows a vowel.
    private func regionStart(after start: Int) -> Int {
        var index = start
        while index < word.count, !isVowel(index) { index += 1 }
        while index < word.count, isVowel(index) { index += 1 }
        return min(index + 1, word.count)
    }

    private mutating func run() {
        dropPossessive()
        dropPlural()
        dropPastOrProgressive()
        replaceFinalY()
        replaceDoubleSuffix()
        replaceSuffix()
        dropSuffix()
        dropFinalLetter()
    }

    // MARK: - Looking

    private func isVowel(_ index: Int) -> Bool {
        switch word[index] {
        case UInt8(ascii: "a"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "o"), UInt8(ascii: "u"),
            UInt8(ascii: "y"):
            true
        default: false
        }
    }

    private func has(_ text: StaticString, at start: Int) -> Bool {
        for offset in 0..<text.utf8CodeUnitCount where word[start + offset] != text.utf8Start[offset] { return false }
        return true
    }

    private func starts(with prefix: StaticString) -> Bool {
        word.count >= prefix.utf8CodeUnitCount && has(prefix, at: 0)
    }

    private func ends(_ suffix: StaticString, before end: Int? = nil) -> Bool {
        let start = (end ?? word.count) - suffix.utf8CodeUnitCount
        return start >= 0 && has(suffix, at: start)
    }

    /// Whether the word up to `end` is just `text`.
    private func isWhole(_ text: StaticString, before end: Int) -> Bool {
        end == text.utf8CodeUnitCount && ends(text, before: end)
    }

    private func longest(_ suffixes: [StaticString]) -> StaticString? {
        var found: StaticString?
        for suffix in suffixes where suffix.utf8CodeUnitCount > found?.utf8CodeUnitCount ?? 0 && ends(suffix) {
            found = suffix
        }
        return found
    }

    private mutating func replace(_ suffix: StaticString, by text: String = "") {
        word.removeLast(suffix.utf8CodeUnitCount)
        word += text.utf8
    }

    /// A syllable such as `hop`, `bed`, or `at` at the start of the word: it keeps or gets an `e`.
    private func endsInShortSyllable(_ end: Int) -> Bool {
        if ends("past", before: end) { return true }
        if end == 2 { return isVowel(0) && !isVowel(1) }
        guard end > 2, !isVowel(end - 1), !"wxY".utf8.contains(word[end - 1]) else { return false }
        return isVowel(end - 2) && !isVowel(end - 3)
    }

    // MARK: - Steps

    private mutating func dropPossessive() {
        if let suffix = longest(["'s'", "'s", "'"]) { replace(suffix) }
    }

    private mutating func dropPlural() {
        if ends("sses") { return replace("sses", by: "ss") }
        for suffix: StaticString in ["ied", "ies"] where ends(suffix) {
            return replace(suffix, by: word.count > 4 ? "i" : "ie")
        }
        guard ends("s"), !ends("us"), !ends("ss"), word.count > 2 else { return }
        if word.indices.dropLast(2).contains(where: isVowel) { replace("s") }
    }

    private mutating func dropPastOrProgressive() {
        guard let suffix = longest(["eed", "eedly", "ed", "edly", "ing", "ingly"]) else { return }
        let rest = word.count - suffix.utf8CodeUnitCount
        if ends("eed") || ends("eedly") {
            let isKept = isWhole("succ", before: rest) || isWhole("proc", before: rest) || isWhole("exc", before: rest)
            if rest >= r1, !isKept { replace(suffix, by: "ee") }
            return
        }
        if ends("ing") {
            // dying, lying, tying; evening, canning, inning, earring, herring, outing.
            if rest == 2, ends("y", before: rest), !isVowel(0) { return replace("ying", by: "ie") }
            let words: [StaticString] = ["even", "cann", "inn", "earr", "herr", "out"]
            if words.contains(where: { isWhole($0, before: rest) }) { return }
        }
        guard (0..<rest).contains(where: isVowel) else { return }
        replace(suffix)
        repairEnd()
    }

    /// Gives back the `e` that a suffix took, or takes the letter that it doubled.
    private mutating func repairEnd() {
        if ends("at") || ends("bl") || ends("iz") { return word.append(UInt8(ascii: "e")) }
        let count = word.count
        if count > 1, word[count - 1] == word[count - 2], "bdfgmnprt".utf8.contains(word[count - 1]) {
            // add, egg, off.
            if !(count == 3 && "aeo".utf8.contains(word[0])) { word.removeLast() }
        } else if count == r1, endsInShortSyllable(count) {
            word.append(UInt8(ascii: "e"))
        }
    }

    private mutating func replaceFinalY() {
        guard word.count > 2, ends("y") || ends("Y"), !isVowel(word.count - 2) else { return }
        word[word.count - 1] = UInt8(ascii: "i")
    }

    private static let doubleSuffixes: [(suffix: StaticString, text: String)] = [
        ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("abli", "able"), ("entli", "ent"),
        ("izer", "ize"), ("ization", "ize"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"), ("aliti", "al"),
        ("alli", "al"), ("fulness", "ful"), ("fulli", "ful"), ("ousli", "ous"), ("ousness", "ous"),
        ("iveness", "ive"), ("iviti", "ive"), ("biliti", "ble"), ("bli", "ble"), ("ogist", "og"), ("ogi", "og"),
        ("lessli", "less"), ("li", ""),
    ]

    private static let suffixes: [(suffix: StaticString, text: String)] = [
        ("ational", "ate"), ("tional", "tion"), ("alize", "al"), ("icate", "ic"), ("iciti", "ic"), ("ical", "ic"),
        ("ful", ""), ("ness", ""), ("ative", ""),
    ]

    private func longest(
        _ table: [(suffix: StaticString, text: String)]
    ) -> (suffix: StaticString, text: String, start: Int)? {
        var found: (suffix: StaticString, text: String)?
        for entry in table
        where entry.suffix.utf8CodeUnitCount > found?.suffix.utf8CodeUnitCount ?? 0 && ends(entry.suffix) {
            found = entry
        }
        guard let found, case let start = word.count - found.suffix.utf8CodeUnitCount, start >= r1 else { return nil }
        return (found.suffix, found.text, start)
    }

    private mutating func replaceDoubleSuffix() {
        guard let (suffix, text, start) = longest(Self.doubleSuffixes) else { return }
        if text.isEmpty, !(start > 0 && "cdeghkmnrt".utf8.contains(word[start - 1])) { return }
        if suffix.utf8CodeUnitCount == 3, ends("ogi"), !ends("l", before: start) { return }
        replace(suffix, by: text)
    }

    private mutating func replaceSuffix() {
        guard let (suffix, text, start) = longest(Self.suffixes) else { return }
        if ends("ative"), start < r2 { return }
        replace(suffix, by: text)
    }

    private mutating func dropSuffix() {
        let suffixes: [StaticString] = [
            "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ism", "ate", "iti", "ous",
            "ive", "ize", "ion",
        ]
        guard let suffix = longest(suffixes), case let start = word.count - suffix.utf8CodeUnitCount, start >= r2
        else { return }
        if ends("ion"), !(ends("s", before: start) || ends("t", before: start)) { return }
        replace(suffix)
    }

    private mutating func dropFinalLetter() {
        let start = word.count - 1
        if ends("e"), start >= r2 || start >= r1 && !endsInShortSyllable(start) { return replace("e") }
        if ends("ll"), start >= r2 { replace("l") }
    }
}
