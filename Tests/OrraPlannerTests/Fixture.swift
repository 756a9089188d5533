import FoundationEssentials

/// Files beside the tests.
enum Fixture {
    /// The lines of a file, without empty ones and comments (`#`).
    static func lines(_ name: String, file: String = #filePath) throws -> [Substring] {
        let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let text = String(decoding: try Data(contentsOf: URL(filePath: "\(folder)/Fixtures/\(name)")), as: UTF8.self)
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    }
}
