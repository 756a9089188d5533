import OrraModel

/// JSON with the members of every object in the order of their names: equal values have equal bytes, as digests need
/// it. Numbers keep their text.
enum CanonicalJSON {
    static func bytes(_ value: JSONValue) -> [UInt8] { RawJSON(sorted(value)).bytes }

    static func sorted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements): return .array(elements.map(sorted))
        case .object(let object):
            // Of a name that came twice, the last one counts.
            let members = Dictionary(object.members.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
            let names = members.keys.sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
            return .object(JSONObject(names.map { .init(key: $0, value: sorted(members[$0] ?? .null)) }))
        default: return value
        }
    }
}
