import OrraModel

/// Whether a plan that was made for one action may serve another whose words differ. An embedder says that the two are
/// alike; this says that the plan would still hold the right values.
///
/// What came from the first action's words must stand in the second one's behind the same word: `to Berlin` is not
/// `from Berlin`. What came from nowhere may have been read out of the words, so that such a plan serves its own words
/// only. And neither may have a negation or a condition that the other lacks.
enum SimilarAction {
    static func admits(_ template: PlanTemplate, madeFor old: String, for new: LiftedText) -> Bool {
        guard template.kinds == new.literals.map(\.kind.rawValue) else { return false }
        let before = tokens(old)
        let after = tokens(new.text)
        guard before.filter(turns.contains) == after.filter(turns.contains) else { return false }
        // "From the inbox to the archive" has the words of the way back.
        let stems = (WordSplitter.stems(old), WordSplitter.stems(new.text))
        guard stems.0.filter(Set(stems.1).contains) == stems.1.filter(Set(stems.0).contains) else { return false }
        for number in new.literals.indices {
            let mark = "⟦\(number)⟧"
            guard neighbours(of: [mark], in: before) == neighbours(of: [mark], in: after) else { return false }
        }
        return template.constants.allSatisfy { constant in
            var texts: [String] = []
            ValueScreen.collect(constant, into: &texts)
            guard !texts.isEmpty else { return false }
            return texts.allSatisfy { text in
                let words = tokens(text)
                let places = neighbours(of: words, in: before)
                return places.count == 1 && places == neighbours(of: words, in: after)
            }
        }
    }

    /// The words before each place where `words` stand in a row; the empty word at the start.
    private static func neighbours(of words: [String], in tokens: [String]) -> [String] {
        guard !words.isEmpty, words.count <= tokens.count else { return [] }
        return (0...(tokens.count - words.count))
            .filter { tokens[$0..<($0 + words.count)].elementsEqual(words) }
            .map { $0 == 0 ? "" : tokens[$0 - 1] }
    }

    private static func tokens(_ text: String) -> [String] {
        text.lowercased().split { !$0.isLetter && !$0.isNumber && !"⟦⟧'’".contains($0) }.map(String.init)
    }

    /// Words that turn the meaning of a sentence of otherwise the same words.
    private static let turns: Set<String> = [
        "not", "no", "never", "none", "without", "except", "only", "unless", "if", "but", "instead", "before", "after",
        "until", "don't", "dont", "don’t", "doesn't", "won't", "isn't", "cannot", "can't", "either", "or", "all", "any",
        "every", "first", "last", "un", "undo", "cancel", "stop", "keep", "up", "down", "on", "off", "in", "out",
        "over",
        "under", "above", "below", "into", "onto", "more", "less", "most", "least", "new", "old", "other", "same",
    ]
}
