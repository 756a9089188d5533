import Foundation
import ProcessSupport

/// The figures of this and earlier runs: one JSON file, out of which the page's sections are written.
struct Records: Codable {
    var short: ShortRun?
    var long: [String: LongResult] = [:]

    /// Empty where there is no file, or one of another form.
    static func read(_ file: String?) -> Records {
        guard let file, let data = FileManager.default.contents(atPath: file) else { return Records() }
        return (try? JSONDecoder().decode(Records.self, from: data)) ?? Records()
    }

    func save(_ settings: BenchSettings) throws {
        if let file = settings.json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try encoder.encode(self).write(to: URL(filePath: file))
        }
        guard let file = settings.page else { return }
        guard let data = FileManager.default.contents(atPath: file) else { throw ProcessFault("there is no \(file)") }
        var page = String(decoding: data, as: UTF8.self)
        if let short { page = try Self.replacing("bench", in: page, with: ShortReport(run: short).markdown) }
        let sections = LongScenario.allCases.compactMap { long[$0.name]?.markdown }
        if !sections.isEmpty {
            page = try Self.replacing("bench-long", in: page, with: sections.joined(separator: "\n\n"))
        }
        try Data(page.utf8).write(to: URL(filePath: file))
    }

    /// What stands between `<!-- name -->` and `<!-- /name -->`.
    static func replacing(_ name: String, in page: String, with section: String) throws -> String {
        guard let begin = page.range(of: "<!-- \(name) -->\n"), let end = page.range(of: "<!-- /\(name) -->"),
            begin.upperBound <= end.lowerBound
        else { throw ProcessFault("the page has no section between <!-- \(name) --> and <!-- /\(name) -->") }
        return String(page[..<begin.upperBound]) + "\n\(section)\n\n" + String(page[end.lowerBound...])
    }
}
