/// The signs by which a part of an action tells a demand from a statement, and input from output.
struct ChunkCues {
    let text: ActionText
    let range: Range<Int>
    /// Behind "please", "I would like to" and the like.
    let core: Range<Int>

    init(text: ActionText, range: Range<Int>) {
        self.text = text
        self.range = range
        var start = range.lowerBound
        while start < range.upperBound {
            let token = text.tokens[start]
            guard token.kind == .other || token.kind == .word && token.cues.contains(.lead) else { break }
            // A lead word at the end is the demand itself: "help".
            guard start + 1 < range.upperBound else { break }
            if text.isWord(start, "help"), Self.isObject(start + 1, text) { break }
            start += 1
        }
        core = start..<range.upperBound
    }

    /// "Help the customer" asks for help; "help me book" does not.
    private static func isObject(_ place: Int, _ text: ActionText) -> Bool {
        let token = text.tokens[place]
        guard token.kind == .word else { return false }
        return token.cues.contains(.article)
            || token.isContent && !token.cues.contains(.lead) && !text.stems[token.stem].traits.contains(.verb)
    }

    private func has(_ place: Int, _ cue: Cues) -> Bool {
        range.contains(place) && text.tokens[place].cues.contains(cue)
    }

    private func isWord(_ place: Int, _ words: StaticString...) -> Bool {
        range.contains(place) && words.contains { text.isWord(place, $0) }
    }

    var wants: Bool {
        range.contains { place in
            if has(place, .want) { return true }
            guard range.contains(place + 1) else { return false }
            if isWord(place, "can", "could", "would"), isWord(place + 1, "you") { return true }
            if isWord(place, "have", "going", "plan", "able", "look", "looking"), isWord(place + 1, "to") {
                return true
            }
            return isWord(place, "look", "looking") && isWord(place + 1, "for")
        }
    }

    var isSubordinate: Bool {
        let first = range.lowerBound
        if isWord(first, "as"), isWord(first + 1, "soon") { return true }
        if isWord(first, "in"), isWord(first + 1, "case") { return true }
        return has(first, .subordinate) && !isWord(first + 1, "that")
    }

    /// "I have a photo", "The customer is angry", "Here is the text".
    var isStatement: Bool {
        var place = range.lowerBound
        if has(place, .greeting) { place += 1 }
        while true {
            if states(at: place) { return true }
            guard has(place, .opener) else { return false }
            place += 1
        }
    }

    private func states(at place: Int) -> Bool {
        if isWord(place, "i've", "i'm") { return !isFollowedByWish(place) }
        if isWord(place, "i"), has(place + 1, .ownState) { return !isFollowedByWish(place + 1) }
        if isWord(place, "we"), isWord(place + 1, "have") { return true }
        if isWord(place, "here's", "there's") { return true }
        if isWord(place, "here", "there"), isWord(place + 1, "is", "are") { return true }
        guard has(place, .subject) else { return false }
        return within(40, of: place + 1) { text.tokens[$0].cues.contains(.state) }
    }

    private func isFollowedByWish(_ place: Int) -> Bool { isWord(place + 1, "to", "want", "need") }

    private func within(_ bytes: Int, of place: Int, _ condition: (Int) -> Bool) -> Bool {
        guard range.contains(place) else { return false }
        let limit = text.tokens[place].range.lowerBound + bytes
        return (place..<range.upperBound).prefix { text.tokens[$0].range.lowerBound <= limit }.contains(
            where: condition)
    }

    /// "The amount should be …".
    var givesValue: Bool {
        let first = range.lowerBound
        guard has(first, .valueSubject), range.contains(first + 1) else { return false }
        let limit = text.tokens[first].range.upperBound + 60
        for place in (first + 1)..<range.upperBound {
            guard text.tokens[place].kind == .word, text.tokens[place].range.lowerBound <= limit else { return false }
            if has(place, .valueVerb) || isWord(place, "can") && isWord(place + 1, "be") { return true }
        }
        return false
    }

    /// "I will provide the file".
    var announces: Bool {
        let first = range.lowerBound
        var next: Int
        if isWord(first, "i'll") {
            next = first + 1
        } else if isWord(first, "i"), isWord(first + 1, "will", "can") {
            next = first + 2
        } else if isWord(first, "i"), isWord(first + 1, "am"), isWord(first + 2, "going") {
            next = first + 4
        } else {
            return false
        }
        if isWord(next, "also") { next += 1 }
        return isWord(next, "provide", "give", "attach", "supply")
    }

    /// Few words and then a value: "with the title ⟦0⟧".
    var isValuePhrase: Bool {
        var place = range.lowerBound
        while has(place, .function) || isWord(place, "with") { place += 1 }
        guard range.contains(place) else { return false }
        let limit = text.tokens[place].range.lowerBound + 40
        for next in place..<range.upperBound {
            if case .mark = text.tokens[next].kind { return text.tokens[next].range.lowerBound <= limit }
            guard text.tokens[next].kind == .word else { return false }
        }
        return false
    }

    var opensOrder: Bool {
        let first = range.lowerBound
        return has(first, .ordering) || isWord(first, "before") && isWord(first + 1, "that")
    }

    var hasFirst: Bool { range.contains { isWord($0, "first") } }

    // MARK: - Media

    /// What goes in and what is asked for, by prepositions and the verb's object: "turn the text into a video".
    var media: (input: Medium, output: Medium) {
        var input: Medium = []
        var output: Medium = []
        var mode = 0
        var creates = false
        var distance = 9
        for place in core {
            let token = text.tokens[place]
            switch token.kind {
            case .mark(let number):
                note(medium(of: text.lifted.literals[number].kind), mode, creates, &distance, &input, &output)
            case .word where !token.medium.isEmpty:
                note(token.medium, mode, creates, &distance, &input, &output)
            case .word:
                let traits = text.stems[token.stem].traits
                if token.cues.contains(.toward) {
                    (mode, distance) = (1, 0)
                } else if token.cues.contains(.away) {
                    (mode, distance) = (2, 0)
                } else if traits.contains(.creation) {
                    (mode, creates, distance) = (3, true, 0)
                } else if traits.contains(.verb) {
                    (mode, creates, distance) = (3, false, 0)
                } else {
                    distance += 1
                }
            default: break
            }
        }
        return (input, output)
    }

    private func note(
        _ medium: Medium?, _ mode: Int, _ creates: Bool, _ distance: inout Int, _ input: inout Medium,
        _ output: inout Medium
    ) {
        guard let medium else { return }
        if mode == 1 && distance <= 3 || mode == 3 && creates && distance <= 4 {
            output.insert(medium)
        } else {
            input.insert(medium)
        }
        distance += 1
    }

    private func medium(of kind: LiftedText.Kind) -> Medium? { kind.medium }
}

extension LiftedText.Kind {
    var medium: Medium? {
        switch self {
        case .image: .image
        case .audio: .audio
        case .video: .video
        case .document, .quote, .question: .text
        case .address: .address
        default: nil
        }
    }
}
