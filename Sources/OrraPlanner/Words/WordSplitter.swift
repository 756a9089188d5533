/// Cuts names and texts into lower-case words.
enum WordSplitter {
    /// `payment-service`, `orderId`, `HTTPServer` and `sales_report` become two words each; digits end a word and are
    /// dropped.
    static func words(_ text: some StringProtocol) -> [String] {
        var words: [String] = []
        var word = ""
        let characters = Array(text)
        for (index, character) in characters.enumerated() {
            guard character.isLetter || (character == "'" || character == "’") && !word.isEmpty else {
                if !word.isEmpty { words.append(word) }
                word = ""
                continue
            }
            if startsWord(characters, at: index), !word.isEmpty {
                words.append(word)
                word = ""
            }
            word += character == "’" ? "'" : character.lowercased()
        }
        if !word.isEmpty { words.append(word) }
        return words
    }

    /// A capital after a small letter, and the last of several capitals before a small one.
    private static func startsWord(_ characters: [Character], at index: Int) -> Bool {
        guard index > 0, characters[index].isUppercase else { return false }
        if characters[index - 1].isLowercase { return true }
        return index + 1 < characters.count && characters[index + 1].isLowercase && characters[index - 1].isUppercase
    }

    /// The stems of the words that say something, in order, each once.
    static func stems(_ text: some StringProtocol) -> [String] {
        var seen: Set<String> = []
        return words(text).filter { $0.count > 1 && !Lexicon.stopWords.contains($0) }
            .map(Stemmer.stem).filter { seen.insert($0).inserted }
    }
}
