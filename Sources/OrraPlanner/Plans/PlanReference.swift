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
        /// Amid other text: `order $task1.id`.
        case composite
        case constant
    }

    static func read(_ text: String) -> Reading {
        let prefix = "$task"
        guard text.hasPrefix(prefix), let digit = text.dropFirst(prefix.count).utf8.first, (0x30...0x39).contains(digit)
        else { return holdsReference(text) ? .composite : .constant }
        guard !holdsReference(text.dropFirst(prefix.count)) else { return .composite }
        let parts = text.dropFirst().split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty, let source = TaskID(parts[0]) else { return .malformed }
        return .reference(PlanReference(source: source, field: String(parts[1])))
    }

    /// Whether `$task` and a digit stand somewhere in it.
    private static func holdsReference(_ text: some StringProtocol) -> Bool {
        var rest = Substring(text).utf8[...]
        let mark = Array("$task".utf8)
        while let start = rest.firstIndex(of: mark[0]) {
            rest = rest[start...]
            if rest.starts(with: mark), let next = rest.dropFirst(mark.count).first, (0x30...0x39).contains(next) {
                return true
            }
            rest = rest.dropFirst()
        }
        return false
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
