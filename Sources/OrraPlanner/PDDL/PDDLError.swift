/// Why a text is no PDDL, or a plan does not solve its problem. Says where, and what would be right.
public struct PDDLError: Error, Sendable, Hashable {
    /// Which of the texts the position lies in.
    public enum File: String, Sendable, CaseIterable {
        case domain, problem, plan, constraint
    }

    public var file: File
    public var position: PDDL.Position
    public var reason: String

    public init(_ file: File, _ position: PDDL.Position, _ reason: String) {
        self.file = file
        self.position = position
        self.reason = reason
    }

    /// From 1.
    public var line: Int { position.line }
    /// From 1, in characters.
    public var column: Int { position.column }
}

extension PDDLError: CustomStringConvertible {
    public var description: String { "\(file.rawValue), line \(line), column \(column): \(reason)" }
}

extension PDDLError {
    /// Names in messages come from the text: never at any length.
    static func clipped(_ name: String, to count: Int = 64) -> String {
        name.count > count ? "\(name.prefix(count))…" : name
    }
}
