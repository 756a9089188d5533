public import OrraModel

/// Whether what one schema describes can ever fit another: the output that a plan takes, and the input that it feeds.
///
/// Finds definite mismatches only, where no value of the output's schema could fit the input's, arrays without elements
/// aside: the validator of a plan must not refuse what would have run. What a schema leaves open fits. Looks through objects, arrays, `$ref`, `allOf`
/// and alternatives, of which one that fits is enough.
public enum SchemaCompatibility {
    /// The first place where nothing fits; `nil` if something may. The path lies within the value: `items[].price`,
    /// empty for the value itself.
    ///
    /// Texts may become numbers and booleans, as ``JSONSchema/coercing(_:)`` makes them of a task's inputs, unless the
    /// output's own schema says that they never are such texts.
    public static func mismatch(from output: JSONSchema, to input: JSONSchema) -> SchemaViolation? {
        var comparison = SchemaComparison(output: output, input: input)
        return comparison.mismatch(output.value, input.value, at: "", depth: 0)
    }
}

private struct SchemaComparison {
    /// Pairs of schemas that one comparison looks at. Beyond it nothing more is said against the two.
    static let maximumPairs = 20_000

    let output: SchemaSide
    let input: SchemaSide
    private var pairs = 0

    init(output: JSONSchema, input: JSONSchema) {
        self.output = SchemaSide(output)
        self.input = SchemaSide(input)
    }

    mutating func mismatch(_ given: JSONValue, _ wanted: JSONValue, at path: String, depth: Int) -> SchemaViolation? {
        pairs += 1
        guard pairs <= Self.maximumPairs, depth < Limits.schemaDepth else { return nil }
        if wanted == .bool(false) { return SchemaViolation(path: path, reason: "is not allowed") }
        if let branches = output.branches(of: given) {
            return mismatch(branches, given, wanted, path) { comparison, branch in
                comparison.mismatch(branch, wanted, at: path, depth: depth + 1)
            } ?? plain(given, wanted, at: path, depth: depth)
        }
        if let branches = input.branches(of: wanted) {
            return mismatch(branches, given, wanted, path) { comparison, branch in
                comparison.mismatch(given, branch, at: path, depth: depth + 1)
            } ?? plain(given, wanted, at: path, depth: depth)
        }
        return plain(given, wanted, at: path, depth: depth)
    }

    /// Of several branches one that fits is enough. Says what is wrong with the only one, or with all.
    private mutating func mismatch(
        _ branches: [JSONValue], _ given: JSONValue, _ wanted: JSONValue, _ path: String,
        _ compare: (inout SchemaComparison, JSONValue) -> SchemaViolation?
    ) -> SchemaViolation? {
        var faults: [SchemaViolation] = []
        for branch in branches {
            guard let fault = compare(&self, branch) else { return nil }
            faults.append(fault)
        }
        guard faults.count > 1, Set(faults).count > 1 else { return faults.first }
        let offered = output.alternativeTypes(of: given)
        let accepted = input.alternativeTypes(of: wanted)
        if !offered.isEmpty, !accepted.isEmpty, SchemaSide.common(offered, accepted).isEmpty {
            return SchemaViolation(
                path: path, reason: "must be \(Self.alternatives(accepted)), but is \(Self.alternatives(offered))")
        }
        return SchemaViolation(path: path, reason: "fits none of the schema's \(faults.count) alternatives")
    }

    private mutating func plain(
        _ given: JSONValue, _ wanted: JSONValue, at path: String, depth: Int
    ) -> SchemaViolation? {
        let givenParts = output.parts(of: given)
        let wantedParts = input.parts(of: wanted)
        let givenTypes = SchemaSide.types(givenParts)
        let wantedTypes = SchemaSide.types(wantedParts)
        let isCoerced = path.isEmpty && givenTypes.contains("string") && SchemaSide.isScalar(wantedTypes)
        let common = SchemaSide.common(givenTypes, wantedTypes)
        guard !common.isEmpty || isCoerced else {
            return SchemaViolation(
                path: path,
                reason: "must be \(Self.alternatives(wantedTypes)), but is \(Self.alternatives(givenTypes))")
        }
        if let fault = values(givenParts, wantedParts, wantedTypes, isCoerced: isCoerced, at: path) { return fault }
        // Further keywords tell of one type each: with another one open, a value of that one may fit.
        guard common.count == 1 else { return nil }
        switch common.first {
        case "string": return format(givenParts, wantedParts, at: path)
        case "array": return items(givenParts, wantedParts, at: path, depth: depth)
        case "object": return members(givenParts, wantedParts, at: path, depth: depth)
        default: return nil
        }
    }

    // MARK: - Keywords

    private func values(
        _ given: [JSONValue], _ wanted: [JSONValue], _ wantedTypes: [String], isCoerced: Bool, at path: String
    ) -> SchemaViolation? {
        let offered = SchemaSide.values(given)
        let accepted = SchemaSide.values(wanted)
        guard var offered else {
            guard isCoerced, !SchemaSide.types(wanted).contains("string"), let format = SchemaSide.format(given),
                SchemaFormat.isNeverScalar(format)
            else { return nil }
            return SchemaViolation(
                path: path, reason: "must be \(Self.alternatives(wantedTypes)), but is a text of the format '\(format)'"
            )
        }
        if isCoerced {
            let schema = JSONSchema(["properties": ["v": ["type": .array(wantedTypes.map(JSONValue.string))]]])
            offered = offered.map { schema.coercing(["v": $0])["v"] ?? $0 }
        }
        guard
            !offered.contains(where: { value in
                (accepted?.contains(value) ?? true)
                    && (wantedTypes.isEmpty || !SchemaSide.common([value.typeName], wantedTypes).isEmpty)
            })
        else { return nil }
        return SchemaViolation(
            path: path, reason: "never has a value that is allowed here, by the values that both schemas list")
    }

    private func format(_ given: [JSONValue], _ wanted: [JSONValue], at path: String) -> SchemaViolation? {
        guard let offered = SchemaSide.format(given), let accepted = SchemaSide.format(wanted),
            SchemaFormat.exclude(offered, accepted)
        else { return nil }
        return SchemaViolation(
            path: path, reason: "must be a text of the format '\(accepted)', but has the format '\(offered)'")
    }

    private mutating func items(
        _ given: [JSONValue], _ wanted: [JSONValue], at path: String, depth: Int
    ) -> SchemaViolation? {
        let offered = given.lazy.compactMap { $0["items"] }.first
        let accepted = wanted.lazy.compactMap { $0["items"] }.first
        guard let offered, let accepted, offered.array == nil, accepted.array == nil,
            let fault = mismatch(offered, accepted, at: path + "[]", depth: depth + 1)
        else { return nil }
        return fault
    }

    private mutating func members(
        _ given: [JSONValue], _ wanted: [JSONValue], at path: String, depth: Int
    ) -> SchemaViolation? {
        let required = wanted.flatMap { $0["required"]?.array ?? [] }.compactMap(\.string)
        for name in Self.unique(required) {
            let place = path.isEmpty ? name : "\(path).\(name)"
            guard let offered = SchemaSide.property(name, given) else {
                guard SchemaSide.isClosed(given) else { continue }
                return SchemaViolation(path: place, reason: "is missing")
            }
            guard let accepted = SchemaSide.property(name, wanted) else { continue }
            if let fault = mismatch(offered, accepted, at: place, depth: depth + 1) { return fault }
        }
        // What may be left out can only be in the way where it must be there.
        for name in Self.unique(given.flatMap { $0["required"]?.array ?? [] }.compactMap(\.string))
        where !required.contains(name) {
            guard let offered = SchemaSide.property(name, given) else { continue }
            let place = path.isEmpty ? name : "\(path).\(name)"
            if let accepted = SchemaSide.property(name, wanted) {
                if let fault = mismatch(offered, accepted, at: place, depth: depth + 1) { return fault }
            } else if SchemaSide.isClosed(wanted) {
                return SchemaViolation(path: place, reason: "is not a member that the schema knows")
            }
        }
        return nil
    }

    private static func unique(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }

    private static func alternatives(_ types: [String]) -> String {
        let phrases = types.map { type in
            switch type {
            case "null": "null"
            case "integer", "object", "array": "an \(type)"
            default: "a \(type)"
            }
        }
        guard let last = phrases.last, phrases.count > 1 else { return phrases.first ?? "anything" }
        return phrases.dropLast().joined(separator: ", ") + " or " + last
    }
}
