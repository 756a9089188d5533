/// Cuts names and texts into lower-case words.
enum WordSplitter {
    /// `payment-service`, `orderId`, `HTTPServer` and `sales_report` become two words each; digits end a word and are
    /// dropped.
    static func words(_ text: some StringProtocol) -> [String] {
        var words: [String] = []
        var word = ""
        func isLetter(_ scalar: Unicode.Scalar) -> Bool {
            scalar.isASCII ? isCapital(scalar) || isSmall(scalar) : scalar.properties.isAlphabetic
        }
        func isCapital(_ scalar: Unicode.Scalar) -> Bool { scalar >= "A" && scalar <= "Z" }
        func isSmall(_ scalar: Unicode.Scalar) -> Bool { scalar >= "a" && scalar <= "z" }
        let scalars = Array(text.unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            let isApostrophe = scalar == "'" || scalar == "’"
            guard isLetter(scalar) || isApostrophe && !word.isEmpty else {
                if !word.isEmpty { words.append(word) }
                word = ""
                continue
            }
            if index > 0, isCapital(scalar), !word.isEmpty {
                // A capital after a small letter, and the last of several capitals before a small one.
                let startsWord =
                    isSmall(scalars[index - 1])
                    || isCapital(scalars[index - 1]) && index + 1 < scalars.count && isSmall(scalars[index + 1])
                if startsWord {
                    words.append(word)
                    word = ""
                }
            }
            word += isApostrophe ? "'" : scalar.properties.lowercaseMapping
        }
        if !word.isEmpty { words.append(word) }
        return words.map {
            $0.hasSuffix("'s") ? String($0.dropLast(2)) : $0.hasSuffix("'") ? String($0.dropLast()) : $0
        }
    }

    /// The stems of the words that say something, in order, each once.
    static func stems(_ text: some StringProtocol) -> [String] {
        var seen: Set<String> = []
        return words(text).filter { $0.utf8.count > 1 && !Lexicon.stopWords.contains($0) }
            .map(Stemmer.stem).filter { seen.insert($0).inserted }
    }
}

extension Lexicon {
    /// Stem → the groups that it belongs to, in ascending order.
    static let synonymGroups: [String: [Int]] = {
        var table: [String: [Int]] = [:]
        for (number, line) in groups.split(separator: "\n").enumerated() {
            for word in line.split(separator: " ") {
                let stem = Stemmer.stem(String(word))
                if table[stem]?.last != number { table[stem, default: []].append(number) }
            }
        }
        return table
    }()
}
