import OrraModel

/// An action's parameters with their names read: what planning asks of them again and again.
struct NamedParameters {
    struct Parameter {
        let name: String
        /// The number of the key that it shares with fields of the catalogue; `nil` if no field has it.
        let key: Int?
        /// Stems of the name's words.
        let words: [String]
        let value: JSONValue
    }

    private let parameters: [Parameter]
    /// By number of a key; empty without parameters.
    private let isGiven: [Bool]

    init(_ parameters: JSONObject, _ index: CatalogueIndex) {
        self.parameters = parameters.members.map { member in
            Parameter(
                name: member.key, key: index.fields.keys.number(of: ServiceField.key(member.key)),
                words: WordSplitter.words(member.key).map(Stemmer.stem), value: parameters[member.key] ?? member.value)
        }
        var isGiven: [Bool] = []
        if !parameters.isEmpty {
            isGiven = Array(repeating: false, count: index.fields.keys.count)
            for key in self.parameters.compactMap(\.key) { isGiven[key] = true }
        }
        self.isGiven = isGiven
    }

    var isEmpty: Bool { parameters.isEmpty }
    var names: [String] { parameters.map(\.name) }
    /// Numbers of the keys that parameters have in common with fields.
    var keys: Set<Int> { Set(parameters.compactMap(\.key)) }

    /// Whether a parameter has the field's name, as far as letters and digits go.
    func gives(_ field: ServiceField) -> Bool { !isGiven.isEmpty && isGiven[field.keyNumber] }

    /// The parameter of this very name; else the first of the same letters.
    func named(as field: ServiceField) -> Parameter? {
        guard gives(field) else { return nil }
        var found: Parameter?
        for parameter in parameters where parameter.key == field.keyNumber {
            if parameter.name == field.name { return parameter }
            if found == nil, !field.key.isEmpty { found = parameter }
        }
        return found
    }

    /// Those that share all words of the shorter name with the field (`order` and `orderId`, `email` and
    /// `customerEmail`), and that no input of the service is named after.
    func similar(to field: ServiceField, of profile: ServiceProfile) -> [Parameter] {
        parameters.filter { parameter in
            Self.shareWords(parameter.words, field.nameWords)
                && !profile.inputs.contains { $0.keyNumber == parameter.key }
        }
    }

    private static let generic: Set = ["id", "name", "type", "number", "date", "key", "code", "valu"]

    private static func shareWords(_ left: [String], _ right: [String]) -> Bool {
        let (shorter, longer) = left.count <= right.count ? (left, right) : (right, left)
        guard shorter.allSatisfy(longer.contains) else { return false }
        return shorter.contains { !generic.contains($0) }
    }
}
