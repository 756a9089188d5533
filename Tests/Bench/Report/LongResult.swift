/// What one long scenario found.
struct LongResult: Sendable, Hashable, Codable {
    /// One line of what is to be reached.
    struct Row: Sendable, Hashable, Codable {
        var what: String
        var goEngine: String
        var reach: String
        var here: String
        /// `nil` where nothing is to be reached.
        var isReached: Bool?
    }

    /// How something grows.
    struct Table: Sendable, Hashable, Codable {
        var title: String
        var header: [String]
        var rows: [[String]]
    }

    var title: String
    var machine: Machine
    var command: String
    var date: String
    /// Of the counts that the title names.
    var scale: Double
    /// Seconds that it took.
    var duration: Int
    var rows: [Row]
    var tables: [Table]
    var faults: [String]

    private var cells: [[String]] {
        rows.map { [$0.what, $0.goEngine, $0.reach, $0.here, $0.isReached.map { $0 ? "yes" : "no" } ?? ""] }
    }

    private static let header = ["what", "Go engine", "reach", "here", "reached"]

    var text: String {
        var parts: [String] = []
        if !rows.isEmpty { parts.append(Text.columns([Self.header] + cells)) }
        for table in tables { parts += ["  \(table.title)", Text.columns([table.header] + table.rows)] }
        return parts.joined(separator: "\n")
    }

    var markdown: String {
        var parts = ["### \(title)"]
        parts.append(
            "`\(command)`, \(date), \(duration) s, once. \(machine.summary.capitalizedFirst)."
                + (scale == 1 ? "" : " **Counts times \(Text.plain(scale)): only tried out.**"))
        if !rows.isEmpty { parts.append(Text.markdown(Self.header, cells)) }
        for table in tables { parts += [table.title + ":", Text.markdown(table.header, table.rows)] }
        parts += faults.map { "**Wrong:** \($0)." }
        return parts.joined(separator: "\n\n")
    }
}

/// Gathers what a long scenario finds.
struct Findings: Sendable {
    private(set) var rows: [LongResult.Row] = []
    private(set) var tables: [LongResult.Table] = []
    private(set) var faults: [String] = []

    mutating func add(
        _ what: String, goEngine: String = "", reach: String = "", here: String, isReached: Bool? = nil
    ) {
        rows.append(.init(what: what, goEngine: goEngine, reach: reach, here: here, isReached: isReached))
    }

    mutating func add(_ table: LongResult.Table) { tables.append(table) }
    mutating func add(fault: String) { faults.append(fault) }
}
