import OrraModel

/// Values that stand in an action's text, with the words around each: what an input may be bound to.
struct TextValues {
    struct Value {
        /// `nil` for a name without quotation marks, such as `New York`.
        var kind: LiftedText.Kind?
        var text: String
        var chunk: Int
        /// Stems before it, the nearest last, and after it.
        var before: [Int]
        var after: [Int]
        /// Whether the last word before it is more than the verb of the part.
        var hasNoun: Bool
    }

    /// What a value has to score to be bound.
    static let threshold = 0.55

    private(set) var values: [Value] = []
    private let reading: ActionReading
    private let ranking: Ranking

    /// Whether any value is of a kind that some inputs are made for: a code, an address.
    var hasDistinctive: Bool { !distinctive.isEmpty }
    private let distinctive: LiteralKinds

    init(_ ranking: Ranking) {
        self.ranking = ranking
        reading = ranking.reading
        distinctive = reading.text.lifted.literals.reduce(into: []) { kinds, literal in
            if literal.kind != .quote, literal.kind != .number { kinds.insert(LiteralKinds(literal.kind)) }
        }
        for (number, chunk) in reading.chunks.enumerated() { collect(number, chunk.range) }
    }

    private mutating func collect(_ chunk: Int, _ range: Range<Int>) {
        let text = reading.text
        var place = range.lowerBound
        while place < range.upperBound {
            var end = place + 1
            if case .mark(let number) = text.tokens[place].kind {
                let literal = text.lifted.literals[number]
                add(literal.kind, literal.value, chunk, place..<end, range)
            } else if isName(place), place > range.lowerBound || isInsideSentence(place) {
                while end < range.upperBound, isName(end) || isLink(end), end - place < 8 { end += 1 }
                while !isName(end - 1) { end -= 1 }
                add(nil, text.text(place..<end), chunk, place..<end, range)
            }
            place = end
        }
    }

    private func isName(_ place: Int) -> Bool {
        let token = reading.text.tokens[place]
        return token.kind == .word && token.isCapital && !token.cues.contains(.lead) && !token.cues.contains(.time)
    }

    private func isLink(_ place: Int) -> Bool {
        reading.text.isWord(place, "of") || reading.text.isWord(place, "the") || reading.text.isWord(place, "de")
    }

    private func isInsideSentence(_ place: Int) -> Bool {
        guard place > 0 else { return false }
        return reading.text.tokens[place - 1].kind != .stop
    }

    private mutating func add(
        _ kind: LiftedText.Kind?, _ value: String, _ chunk: Int, _ place: Range<Int>, _ range: Range<Int>
    ) {
        func stems(_ range: Range<Int>) -> [Int] {
            reading.text.tokens[range].compactMap { $0.kind == .word && $0.isContent ? $0.stem : nil }
        }
        let before = stems(max(range.lowerBound, place.lowerBound - 8)..<place.lowerBound)
        let after = stems(place.upperBound..<min(range.upperBound, place.upperBound + 3))
        values.append(
            Value(
                kind: kind, text: value, chunk: chunk, before: Array(before.suffix(4)), after: Array(after.prefix(2)),
                hasNoun: before.count > 1 || before.first.map { $0 != reading.chunks[chunk].verb } ?? false))
    }

    // MARK: - Fit

    /// How well a value fits a field, and the value in the field's type; `nil` if it can't stand there.
    func fit(
        _ value: Value, _ field: ServiceField, _ profile: ServiceProfile, atLeast threshold: Double = 0
    ) -> (score: Double, value: JSONValue)? {
        var score = field.suitability.of(value.kind)
        guard score > 0, value.kind != .code || isOfField(value, field, profile) else { return nil }
        var near = 0.0
        for (distance, stem) in value.before.reversed().enumerated()
        where field.stems.contains(where: { ranking.isSameWord(stem, $0) }) {
            near = max(near, Double(4 - distance) / 4)
        }
        // Nearness makes up for little where the kind is not the field's.
        score += score < 0.5 ? 0.4 * near : near
        if value.after.contains(where: { stem in field.stems.contains { ranking.isSameWord(stem, $0) } }) {
            score += 0.6
        }
        if value.before.contains(where: { stem in field.description.contains { ranking.isSameWord(stem, $0) } }) {
            score += 0.25
        }
        if !field.values.isEmpty { score += 0.8 }
        guard score >= threshold, let typed = Self.typed(value, field), PlanReference.isHarmless(typed),
            field.schema.validate(typed).isEmpty
        else { return nil }
        return (score, typed)
    }

    /// Whether the noun before a code is the field's: `ORD-1042` of "track order ORD-1042" is no tracking number.
    private func isOfField(_ value: Value, _ field: ServiceField, _ profile: ServiceProfile) -> Bool {
        guard value.hasNoun, let noun = value.before.last else { return true }
        func isNamed(_ words: [Int]) -> Bool { words.contains { ranking.isSameWord(noun, $0) } }
        return field.stems.isEmpty || field.key == "id" || isNamed(field.stems) || isNamed(field.description)
            || isNamed(field.entity)
            // "Parcel 1Z999" is what a service for parcels takes, if that takes nothing else.
            || profile.inputs.count(where: \.isRequired) == 1 && isNamed(profile.name)
    }

    /// The value in a type that the field takes, never a guess: a number must be one, and a listed value listed.
    private static func typed(_ value: Value, _ field: ServiceField) -> JSONValue? {
        if !field.values.isEmpty {
            let lower = value.text.lowercased()
            if let listed = field.values.first(where: { $0.string?.lowercased() == lower }) { return listed }
        }
        let types = field.types
        if types.contains("number") || types.contains("integer") {
            if value.kind == .number {
                let digits = String(
                    decoding: value.text.utf8.filter { LiteralScanner.isDigit($0) || $0 == 0x2E }, as: UTF8.self)
                if let number = JSONNumber(text: digits) { return .number(number) }
            }
        }
        guard types.isEmpty || types.contains("string") else {
            if types.contains("array"), let item = field.item, let element = typed(value, item) {
                return .array([element])
            }
            return nil
        }
        return .string(value.text)
    }
}

extension TextValues {
    /// Whether the text holds a value that is made for such a field: a code, an address.
    func mayGive(_ field: ServiceField, of profile: ServiceProfile) -> Bool {
        let kinds = field.suitability.madeFor.intersection(distinctive)
        guard !kinds.isEmpty else { return false }
        return values.contains { value in
            guard let kind = value.kind, kinds.contains(LiteralKinds(kind)) else { return false }
            return fit(value, field, profile, atLeast: 0.9) != nil
        }
    }
}

extension PlanReference {
    /// Whether a value stays a constant in a plan: a text that looks like a reference would become one.
    static func isHarmless(_ value: JSONValue) -> Bool { !isNested(in: value) }
}
