import OrraModel

/// Tells apart what in a plan comes from one action's values and what does not, so that the cache never hands one
/// action's value to another.
///
/// A constant becomes a reference when it is the value of exactly one parameter, and a slot when it is exactly one
/// literal of the action's text. All else that has to do with a value makes the plan one that is not kept: a constant
/// that contains a value, that is a part of one, that shares a word with one, or that is a number while values have
/// digits from which it may have been computed. Letter case does not matter. Too much is kept out rather than too
/// little: the price is a model's answer, not a wrong order.
struct ValueScreen {
    enum Verdict: Hashable {
        case free
        case parameter(String)
        case literal(Int, isNumber: Bool)
        /// The end of a sentence that starts with the place.
        case tainted(String)
    }

    private let literals: [LiftedText.Literal]
    private let parameters: JSONObject
    /// Texts of all scalar values, in small letters.
    private var texts: [String] = []
    /// Words of the values that the action's own text, which every taker of the plan shares, does not have.
    private var words: Set<String> = []
    private var hasDigits = false
    /// The lifted action, in small letters.
    private let spoken: String

    init(action: LiftedText, parameters: JSONObject) {
        literals = action.literals
        self.parameters = parameters
        spoken = action.text.lowercased()
        var texts: [String] = action.literals.map(\.value)
        for member in parameters.members { Self.collect(member.value, into: &texts) }
        self.texts = texts.map { $0.lowercased() }.filter { !$0.isEmpty }
        let shared = Set(Self.words(action.text))
        for text in self.texts { words.formUnion(Self.words(text)) }
        words.subtract(shared)
        hasDigits = self.texts.contains { $0.utf8.contains { (0x30...0x39).contains($0) } }
    }

    /// What becomes of the constant that the input `field` takes.
    func judge(_ value: JSONValue, field: String, schema: JSONSchema?) -> Verdict {
        let owners = parameters.members.filter { $0.value == value }.map(\.key)
        let others = parameters.members.filter { !owners.contains($0.key) && Self.mentions($0.value, value) }
        let slots = literals.indices.filter { Self.isSame(literals[$0].value, value) }
        // Equal by chance: a `true`, or a small number, may have nothing to do with the value that it equals.
        let isTelling = Self.isDistinctive(value)
        if owners.count == 1, others.isEmpty, slots.isEmpty, isTelling || Self.isSameName(owners[0], field) {
            return .parameter(owners[0])
        }
        if slots.count == 1, owners.isEmpty, others.isEmpty {
            return .literal(slots[0], isNumber: value.number != nil)
        }
        if !owners.isEmpty || !slots.isEmpty {
            return .tainted("is a value of the action: whether it is meant, and which one, can't be told")
        }
        var leaves: [String] = []
        Self.collect(value, into: &leaves)
        for leaf in leaves where !isFree(leaf) { return .tainted("has to do with a value of the action") }
        // The model saw the values, and the cache's key has their types only: a constant that neither the words nor the
        // schema know may follow from one of them.
        if !parameters.isEmpty || !literals.isEmpty, !Self.isFixed(value, schema), !isSpoken(leaves) {
            return .tainted("may follow from a value of the action")
        }
        if hasDigits, leaves.contains(where: { $0.utf8.contains { (0x30...0x39).contains($0) } }),
            !Self.isListed(value, schema)
        {
            return .tainted("is a number that may have been computed from a value of the action")
        }
        // A slot must not be mistaken for it.
        if leaves.contains(where: { $0.contains("⟦") }) { return .tainted("looks like a slot") }
        return .free
    }

    /// Whether a text has nothing to do with any value.
    func isFree(_ text: String) -> Bool {
        let lowered = text.lowercased()
        guard !lowered.isEmpty else { return true }
        for value in texts where lowered.contains(value) || value.contains(lowered) { return false }
        return !Self.words(lowered).contains(where: words.contains)
    }

    /// Whether nothing else is likely to be the same: `ORD-1042`, not `true`, `1` or `gold`.
    private static func isDistinctive(_ value: JSONValue) -> Bool {
        guard let text = value.string ?? value.number?.text else { return value.object != nil || value.array != nil }
        return text.count >= 8 || text.count >= 4 && text.utf8.contains { (0x30...0x39).contains($0) }
    }

    private static func isSameName(_ parameter: String, _ field: String) -> Bool {
        func plain(_ name: String) -> [UInt8] { name.lowercased().utf8.filter { $0 != 0x5F && $0 != 0x2D } }
        return plain(parameter) == plain(field)
    }

    /// Whether the schema allows nothing else, or says that it is the usual one.
    private static func isFixed(_ value: JSONValue, _ schema: JSONSchema?) -> Bool {
        guard let schema else { return false }
        return schema.value["const"] == value || schema.value["default"] == value
            || schema.value["enum"]?.array.map { $0 == [value] } ?? false
    }

    /// Whether the action's words, which every taker of the plan shares, say it.
    private func isSpoken(_ leaves: [String]) -> Bool {
        !leaves.isEmpty
            && leaves.allSatisfy { leaf in
                let words = leaf.lowercased()
                return words.count > 1 && spoken.contains(words)
            }
    }

    /// Whether `value` stands, as a text, within a parameter.
    private static func mentions(_ parameter: JSONValue, _ value: JSONValue) -> Bool {
        guard let text = value.string ?? value.number?.text, !text.isEmpty else { return false }
        var texts: [String] = []
        collect(parameter, into: &texts)
        return texts.contains { $0.lowercased() == text.lowercased() }
    }

    private static func isSame(_ literal: String, _ value: JSONValue) -> Bool {
        switch value {
        case .string(let text): literal == text
        case .number(let number): JSONNumber(text: literal) == number
        default: false
        }
    }

    /// Whether the schema itself names the value.
    private static func isListed(_ value: JSONValue, _ schema: JSONSchema?) -> Bool {
        guard let schema else { return false }
        return schema.value["enum"]?.array?.contains(value) ?? false || schema.value["const"] == value
            || schema.value["default"] == value
    }

    /// Texts and numbers within a value, names of members included.
    static func collect(_ value: JSONValue, into texts: inout [String]) {
        switch value {
        case .null, .bool: break
        case .number(let number): texts.append(number.text)
        case .string(let text): texts.append(text)
        case .array(let elements): for element in elements { collect(element, into: &texts) }
        case .object(let object):
            for member in object.members {
                texts.append(member.key)
                collect(member.value, into: &texts)
            }
        }
    }

    /// Runs of at least three letters and digits, in small letters.
    static func words(_ text: String) -> [String] {
        text.lowercased().split { !$0.isLetter && !$0.isNumber }.filter { $0.count >= 3 }.map(String.init)
    }
}
