/// Numbers and tables as people read them.
enum Text {
    /// Three digits that count: `0.123`, `4.56`, `78.9`, `1,234`.
    static func plain(_ value: Double) -> String {
        guard value.isFinite else { return "-" }
        switch abs(value) {
        case ..<1: return fixed(value, 3)
        case ..<10: return fixed(value, 2)
        case ..<100: return fixed(value, 1)
        default: return grouped(Int(value.rounded()))
        }
    }

    static func fixed(_ value: Double, _ decimals: Int) -> String {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        var digits = String(Int((abs(value) * scale).rounded()))
        while digits.count <= decimals { digits = "0" + digits }
        let sign = value < 0 ? "-" : ""
        return decimals == 0 ? sign + digits : "\(sign)\(digits.dropLast(decimals)).\(digits.suffix(decimals))"
    }

    static func grouped(_ value: Int) -> String {
        var rest = String(abs(value))
        var groups: [String] = []
        while rest.count > 3 {
            groups.insert(String(rest.suffix(3)), at: 0)
            rest = String(rest.dropLast(3))
        }
        return (value < 0 ? "-" : "") + ([rest] + groups).joined(separator: ",")
    }

    /// Of microseconds.
    static func time(_ microseconds: Double?) -> String {
        guard let microseconds else { return "-" }
        if microseconds < 1_000 { return "\(plain(microseconds)) µs" }
        return microseconds < 10_000_000 ? "\(plain(microseconds / 1_000)) ms" : "\(plain(microseconds / 1e6)) s"
    }

    static func rate(_ perSecond: Double?) -> String { perSecond.map { "\(plain($0))/s" } ?? "-" }
    static func times(_ ratio: Double?) -> String { ratio.map { "\(plain($0)) ×" } ?? "-" }
    static func percent(_ share: Double?) -> String { share.map { "\(plain($0 * 100)) %" } ?? "-" }
    static func mebibytes(_ bytes: Int) -> String { "\(plain(Double(bytes) / 1_048_576)) MiB" }

    static func markdown(_ header: [String], _ rows: [[String]]) -> String {
        let lines = [header, header.map { _ in "---" }] + rows
        return lines.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
    }

    /// In columns, for a terminal.
    static func columns(_ rows: [[String]]) -> String {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            let cells = row.enumerated().map { index, cell in
                index == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[index] - cell.count)
            }
            return "  " + cells.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
