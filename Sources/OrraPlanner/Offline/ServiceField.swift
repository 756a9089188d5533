import OrraModel

/// An input or output of a service, as planning sees it.
final class ServiceField: Sendable {
    let name: String
    /// Letters and digits in lower case: `order_id`, `orderId` and `OrderID` are one.
    let key: String
    /// The number of the key in the catalogue.
    let keyNumber: Int
    /// What the name says.
    let stems: [Int]
    /// Stems of all words of the name, in order.
    let nameWords: [String]
    /// What the description says.
    let description: [Int]
    let types: [String]
    let schema: JSONSchema
    let isRequired: Bool
    /// Names a thing by a value that only another service or the caller can know: `movie_id`, `token`.
    let isIdentifier: Bool
    /// `movie` of `movie_id`.
    let entity: [Int]
    let medium: Medium?
    let format: String?
    /// Of its `enum`.
    let values: [JSONValue]
    let suitability: FieldSuitability

    init(
        name: String, key: String, keyNumber: Int, stems: [Int], nameWords: [String], description: [Int],
        types: [String], schema: JSONSchema, isRequired: Bool, isIdentifier: Bool, entity: [Int], medium: Medium?,
        format: String?, values: [JSONValue]
    ) {
        self.name = name
        self.key = key
        self.keyNumber = keyNumber
        self.stems = stems
        self.nameWords = nameWords
        self.description = description
        self.types = types
        self.schema = schema
        self.isRequired = isRequired
        self.isIdentifier = isIdentifier
        self.entity = entity
        self.medium = medium
        self.format = format
        self.values = values
        suitability = FieldSuitability(
            key: key, types: types, format: format, medium: medium, isIdentifier: isIdentifier)
    }

    /// As an element of this field's array; `nil` if the elements are not plain values.
    var item: ServiceField? {
        guard let items = schema.items else { return nil }
        let types = items.types
        guard !types.isEmpty, !types.contains("array"), !types.contains("object") else { return nil }
        return ServiceField(
            name: name, key: key, keyNumber: keyNumber, stems: stems, nameWords: nameWords, description: description,
            types: types, schema: items, isRequired: isRequired, isIdentifier: isIdentifier, entity: entity,
            medium: medium, format: format, values: items.value["enum"]?.array ?? [])
    }

    static func key(_ name: String) -> String {
        String(
            decoding: name.utf8.compactMap { byte -> UInt8? in
                byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : LiteralScanner.isWord(byte) && byte != 0x5F ? byte : nil
            }, as: UTF8.self)
    }

    /// Whether a value of one type may stand for the other. A schema that names no type takes and gives anything.
    static func isCompatible(_ output: [String], with input: [String]) -> Bool {
        output.isEmpty || input.isEmpty
            || output.contains { input.contains($0) || $0 == "integer" && input.contains("number") }
    }

    /// The kind of value in a text that it is made for.
    var literalKind: LiftedText.Kind? {
        if format == "email" || key.hasSuffix("email") { return .mail }
        if format == "uri" || key.hasSuffix("url") { return .address }
        if key.hasSuffix("channel") || key.hasSuffix("tag") { return .tag }
        return key.hasSuffix("phone") || key.hasSuffix("phonenumber") ? .phone : nil
    }
}

extension ServiceField {
    static func fields(
        _ schema: JSONSchema, _ vocabulary: inout Vocabulary, _ keys: inout FieldKeys
    ) -> [ServiceField] {
        let required = schema.required
        let properties = schema.properties
        let known = Set(properties.map(\.name))
        // A required field may lack a schema of its own; it has to be bound all the same.
        let bare = required.filter { !known.contains($0) }.map { (name: $0, schema: JSONSchema(.bool(true))) }
        let names = Set(required)
        return (properties + bare).map { name, schema in
            let format = schema.value["format"]?.string
            let entity = Self.entity(name)
            let key = key(name)
            return ServiceField(
                name: name, key: key, keyNumber: keys.add(key), stems: ServiceProfile.stems(name, &vocabulary),
                nameWords: WordSplitter.words(name).map(Stemmer.stem),
                description: ServiceProfile.stems(schema.value["description"]?.string ?? "", &vocabulary),
                types: schema.types, schema: schema, isRequired: names.contains(name), isIdentifier: isIdentifier(name),
                entity: entity.map { ServiceProfile.stems($0, &vocabulary) } ?? [],
                medium: Medium.declared(type: schema.value["contentMediaType"]?.string, format: format),
                format: format, values: schema.value["enum"]?.array ?? [])
        }
    }

    /// Ends in `id`, `key`, `token`, `code` or the like as a word of its own, or so that only a capital divides it.
    static func isIdentifier(_ name: String) -> Bool {
        let endings = ["id", "ids", "key", "token", "code", "uuid", "handle", "slug"]
        let lower = name.lowercased()
        return endings.contains { lower.hasSuffix($0) && !(lower.hasSuffix("paid") || lower.hasSuffix("valid")) }
    }

    private static func entity(_ name: String) -> String? {
        let lower = name.lowercased()
        for ending in ["_ids", "_id", "ids", "id"] where lower.hasSuffix(ending) {
            let rest = name.dropLast(ending.count)
            return rest.count > 2 ? String(rest) : nil
        }
        return nil
    }
}
