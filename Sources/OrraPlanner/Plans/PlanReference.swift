import OrraModel

/// `$task1.total`: the field of an earlier task's output that an input takes.
///
/// All behind the first dot is the field's name, further dots included.
struct PlanReference: Hashable {
    var source: TaskID
    var field: String

    enum Reading: Hashable {
        case reference(PlanReference)
        /// Starts as a reference does and is none: `$task1`, `$task01.total`.
        case malformed
        case constant
    }

    static func read(_ text: String) -> Reading {
        let prefix = "$task"
        guard text.hasPrefix(prefix), let digit = text.dropFirst(prefix.count).utf8.first, (0x30...0x39).contains(digit)
        else { return .constant }
        let parts = text.dropFirst().split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty, let source = TaskID(parts[0]) else { return .malformed }
        return .reference(PlanReference(source: source, field: String(parts[1])))
    }

    /// Whether a reference hides inside an array or an object, where it would stay a plain text.
    static func isNested(in value: JSONValue) -> Bool {
        switch value {
        case .string(let text): read(text) != .constant
        case .array(let elements): elements.contains(where: isNested)
        case .object(let object): object.members.contains { isNested(in: $0.value) }
        case .null, .bool, .number: false
        }
    }
}
