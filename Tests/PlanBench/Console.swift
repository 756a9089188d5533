import FoundationEssentials

/// The way out and in of a command.
enum Console {
    static func write(_ text: String) { print(text, terminator: "") }
    static func read(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }
    static func save(_ text: String, as path: String) throws { try Data(text.utf8).write(to: URL(filePath: path)) }

    /// With a fixed number of decimals, padded on the left.
    static func number(_ value: Double, _ decimals: Int, width: Int = 0) -> String {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int((abs(value) * scale).rounded())
        var digits = String(scaled)
        while digits.count <= decimals { digits = "0" + digits }
        let text = decimals == 0 ? digits : "\(digits.dropLast(decimals)).\(digits.suffix(decimals))"
        return right((value < 0 ? "-" : "") + text, width)
    }

    static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
