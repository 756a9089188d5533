/// The keywords of one type each.
extension SchemaValidator {
    mutating func apply(_ keywords: JSONObject, to number: JSONNumber, at path: String) {
        let value = number.double
        if let bound = keywords["minimum"]?.number {
            // OpenAPI 3.0 and draft 4 say "exclusiveMinimum": true beside the bound.
            let isExclusive = keywords["exclusiveMinimum"] == .bool(true)
            if isExclusive ? value <= bound.double : value < bound.double {
                report(path, isExclusive ? "must be more than \(bound.text)" : "must be at least \(bound.text)")
            }
        }
        if let bound = keywords["maximum"]?.number {
            let isExclusive = keywords["exclusiveMaximum"] == .bool(true)
            if isExclusive ? value >= bound.double : value > bound.double {
                report(path, isExclusive ? "must be less than \(bound.text)" : "must be at most \(bound.text)")
            }
        }
        if let bound = keywords["exclusiveMinimum"]?.number, value <= bound.double {
            report(path, "must be more than \(bound.text)")
        }
        if let bound = keywords["exclusiveMaximum"]?.number, value >= bound.double {
            report(path, "must be less than \(bound.text)")
        }
        if let divisor = keywords["multipleOf"]?.number, divisor.double > 0 {
            // Binary fractions are not exact: 0.3 counts as a multiple of 0.1.
            let quotient = value / divisor.double
            if abs(quotient - quotient.rounded()) > 1e-9 * max(1, abs(quotient)) {
                report(path, "must be a multiple of \(divisor.text)")
            }
        }
    }

    mutating func applyLength(_ keywords: JSONObject, to value: JSONNode, at path: String) {
        guard keywords["minLength"] != nil || keywords["maxLength"] != nil, let string = value.string else { return }
        applyCount(keywords, "minLength", "maxLength", string.unicodeScalars.count, "characters", at: path)
    }

    mutating func apply(_ keywords: JSONObject, to elements: [JSONNode], at path: String) {
        applyCount(keywords, "minItems", "maxItems", elements.count, "items", at: path)
        if keywords["uniqueItems"] == .bool(true), Set(elements.map(\.value)).count < elements.count {
            report(path, "must not hold the same item twice")
        }
        // Draft 2020-12 says `prefixItems`, earlier drafts an array in `items`, for the first elements one by one.
        let first = keywords["prefixItems"]?.array ?? keywords["items"]?.array ?? []
        for (index, schema) in first.enumerated() where index < elements.count {
            apply(schema, to: elements[index], at: SchemaPhrase.element(path, index))
        }
        guard let rest = keywords["items"], rest.array == nil else { return }
        for index in elements.indices.dropFirst(first.count) {
            guard isOpen else { return }
            apply(rest, to: elements[index], at: SchemaPhrase.element(path, index))
        }
    }

    mutating func apply(_ keywords: JSONObject, to object: [(name: String, value: JSONNode)], at path: String) {
        // A lookup in an object walks its members; a table keeps large objects from costing their square.
        let members = Dictionary(object.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        applyCount(keywords, "minProperties", "maxProperties", members.count, "members", at: path)
        for name in (keywords["required"]?.array ?? []).compactMap(\.string) where members[name] == nil {
            report(SchemaPhrase.member(path, name), "is missing")
        }
        let properties = keywords["properties"]?.object?.members ?? []
        for property in properties {
            guard isOpen else { return }
            guard let value = members[property.key] else { continue }
            apply(property.value, to: value, at: SchemaPhrase.member(path, property.key))
        }
        // With `patternProperties`, which is not understood here, nobody can say which members are additional.
        guard let additional = keywords["additionalProperties"], keywords["patternProperties"] == nil else { return }
        let known = Set(properties.map(\.key))
        for member in object where !known.contains(member.name) {
            guard isOpen else { return }
            let path = SchemaPhrase.member(path, member.name)
            if additional == .bool(false) {
                report(path, "is not a member that the schema knows")
            } else {
                apply(additional, to: member.value, at: path)
            }
        }
    }

    private mutating func applyCount(
        _ keywords: JSONObject, _ minimum: String, _ maximum: String, _ count: Int, _ what: String, at path: String
    ) {
        if let bound = keywords[minimum]?.integer, count < bound {
            report(path, "must have at least \(bound) \(what), but has \(count)")
        }
        if let bound = keywords[maximum]?.integer, count > bound {
            report(path, "must have at most \(bound) \(what), but has \(count)")
        }
    }
}
