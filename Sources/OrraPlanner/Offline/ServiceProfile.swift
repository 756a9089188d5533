import OrraModel

/// What the planner knows of one service, worked out once.
final class ServiceProfile: Sendable {
    let name: [Int]
    /// The name without what only says that the service works on pictures or sounds.
    let nameWithoutMedia: [Int]
    let description: [Int]
    let inputNames: [Int]
    let outputNames: [Int]
    /// Names and values in the inputs' descriptions: `Uber`, `Google`.
    let capitals: [Int]
    /// Verbs of the name, and the one that the description starts with.
    let verbs: [Int]
    /// The verb that the description starts with.
    let leadVerb: Int?
    /// The name's first word, whatever it is.
    let firstName: Int?
    /// Whether it does what nobody wants unless he says so.
    let purpose: ServicePurpose
    let examples: [[Int]]
    let inputs: [ServiceField]
    let outputs: [ServiceField]
    /// Kinds of values in a text that an input is made for.
    let takes: LiteralKinds
    /// Numbers of the keys of all outputs, also of those within objects and arrays.
    let leaves: [Int]
    let inputMedia: Medium
    let outputMedia: Medium

    /// Reads one service; words that are new go to the vocabulary, new keys to the keys.
    init(_ service: Service, _ vocabulary: inout Vocabulary, _ keys: inout FieldKeys) {
        name = Self.stems(service.name, &vocabulary)
        nameWithoutMedia = name.filter { !vocabulary.traits[$0].contains(.medium) }
        description = Self.stems(service.description, &vocabulary)
        var examples: [[Int]] = []
        for example in service.examples.prefix(32) {
            let stems = Self.stems(Self.withoutMarks(LiftedText(example).text), &vocabulary)
            if !stems.isEmpty { examples.append(stems) }
        }
        self.examples = examples
        var verbs = name.filter { vocabulary.traits[$0].contains(.verb) && !vocabulary.traits[$0].contains(.medium) }
        if let first = description.first, vocabulary.traits[first].contains(.verb), !verbs.contains(first) {
            verbs.append(first)
        }
        self.verbs = verbs
        firstName = WordSplitter.words(service.name).first.map { vocabulary.add(word: $0).stem }
        leadVerb = WordSplitter.words(service.description).first.flatMap { word in
            let stem = vocabulary.add(word: word).stem
            return vocabulary.traits[stem].contains(.verb) ? stem : nil
        }
        purpose = ServicePurpose(name: service.name, description: service.description, &vocabulary)
        inputs = ServiceField.fields(service.schema.input, &vocabulary, &keys)
        outputs = ServiceField.fields(service.schema.output, &vocabulary, &keys)
        inputNames = Self.unique(inputs.flatMap(\.stems))
        outputNames = Self.unique(outputs.flatMap(\.stems))
        capitals = Self.unique(service.schema.input.properties.flatMap { Self.capitals($0.schema, &vocabulary) })
        takes = inputs.filter(\.isRequired).compactMap(\.literalKind).reduce(into: []) { $0.insert(LiteralKinds($1)) }
        inputMedia = inputs.reduce(into: []) { if let medium = $1.medium { $0.insert(medium) } }
        outputMedia = outputs.reduce(into: []) { if let medium = $1.medium { $0.insert(medium) } }
        var leaves: [Int] = []
        Self.leaves(service.schema.output, depth: 0) { leaves.append(keys.add(ServiceField.key($0))) }
        self.leaves = Self.unique(leaves)
    }

    /// The output that can feed `input`: of the very name if there is one, else of the same letters.
    func output(feeding input: ServiceField) -> ServiceField? {
        var found: ServiceField?
        for output in outputs where output.keyNumber == input.keyNumber {
            guard ServiceField.isCompatible(output.types, with: input.types) else { continue }
            if output.name == input.name { return output }
            if found == nil { found = output }
        }
        return found
    }

    /// How well a word of an action is known here, between 0 and 1.
    func knowledge(of stem: ActionText.Stem) -> Double {
        stem.related.first { related in
            name.contains(related.stem) || description.contains(related.stem) || inputNames.contains(related.stem)
                || capitals.contains(related.stem) || examples.contains { $0.contains(related.stem) }
        }?.strength ?? 0
    }

    private static func withoutMarks(_ text: String) -> String {
        String(text.map { $0 == "⟦" || $0 == "⟧" ? " " : $0 })
    }

    static func unique(_ stems: [Int]) -> [Int] {
        guard stems.count > 24 else {
            return stems.enumerated().filter { !stems[..<$0.offset].contains($0.element) }.map(\.element)
        }
        var seen: Set<Int> = []
        return stems.filter { seen.insert($0).inserted }
    }

    static func stems(_ text: some StringProtocol, _ vocabulary: inout Vocabulary) -> [Int] {
        unique(
            WordSplitter.words(text).compactMap { word in
                guard word.utf8.count > 1, vocabulary.words[word]?.cues.contains(.stop) != true else { return nil }
                return vocabulary.add(word: word).stem
            })
    }

    /// Words with a capital inside a description, and capitalised values of an `enum`.
    private static func capitals(_ schema: JSONSchema, _ vocabulary: inout Vocabulary) -> [Int] {
        var found: [Int] = []
        let text = Array((schema.value["description"]?.string ?? "").utf8)
        var start = 2
        while start < text.count {
            guard text[start] >= 0x41, text[start] <= 0x5A, text[start - 1] == 0x20,
                text[start - 2] >= 0x61 && text[start - 2] <= 0x7A || text[start - 2] == 0x2C || text[start - 2] == 0x2E
            else {
                start += 1
                continue
            }
            var end = start
            while end < text.count, LiteralScanner.isLetter(text[end]) { end += 1 }
            if end - start > 1 { found += stems(String(decoding: text[start..<end], as: UTF8.self), &vocabulary) }
            start = end + 1
        }
        for value in schema.value["enum"]?.array ?? [] {
            guard let word = value.string, let first = word.utf8.first, first >= 0x41, first <= 0x5A else { continue }
            found += stems(word, &vocabulary)
        }
        return found
    }

    /// Names of an output's fields, also within arrays and objects.
    private static func leaves(_ schema: JSONSchema, depth: Int, _ note: (String) -> Void) {
        for (name, property) in schema.properties {
            note(name)
            if depth < 3 {
                leaves(property.types.contains("array") ? property.items ?? property : property, depth: depth + 1, note)
            }
        }
    }
}
