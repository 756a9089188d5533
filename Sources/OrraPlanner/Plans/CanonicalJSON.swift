import OrraModel

/// JSON with the members of every object in the order of their names: equal values have equal bytes, as digests need
/// it. Numbers keep their text.
enum CanonicalJSON {
    static func bytes(_ value: JSONValue) -> [UInt8] {
        var writer = JSONWriter()
        write(value, to: &writer)
        return writer.bytes
    }

    static func sorted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements): .array(elements.map(sorted))
        case .object(let object):
            .object(JSONObject(sorted(object.members).map { .init(key: $0.key, value: sorted($0.value)) }))
        default: value
        }
    }

    private static func write(_ value: JSONValue, to writer: inout JSONWriter) {
        switch value {
        case .array(let elements): writer.array { for element in elements { write(element, to: &$0) } }
        case .object(let object):
            writer.object {
                for member in sorted(object.members) {
                    $0.key(member.key)
                    write(member.value, to: &$0)
                }
            }
        default: writer.value(value)
        }
    }

    /// By scalars, whose order is that of their UTF-8. Of a name that came twice, the last one counts.
    private static func sorted(_ members: [JSONObject.Member]) -> [JSONObject.Member] {
        let isSorted = zip(members, members.dropFirst()).allSatisfy { precedes($0.key, $1.key) }
        // Names beyond ASCII can be equal though their scalars differ.
        if isSorted, members.allSatisfy({ $0.key.utf8.allSatisfy { $0 < 0x80 } }) { return members }
        let values = Dictionary(members.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
        return values.map { JSONObject.Member(key: $0.key, value: $0.value) }.sorted { precedes($0.key, $1.key) }
    }

    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}
