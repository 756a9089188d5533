import OrraModel
import Testing

@Suite("The page about planning cases")
struct ProductPageTests {
    @Test("Every example in it stands in the product's own cases")
    func examples() throws {
        let page = try ProductCases.text("../../docs/planning-cases.md")
        let cases = try JSONValue(parsing: ProductCases.text("Fixtures/cases/cases.json"))["cases"]?.array ?? []
        let services =
            try JSONValue(parsing: ProductCases.text("Fixtures/cases/services.json"))["services"]?.array ?? []
        let blocks = Self.blocks(of: page)
        #expect(blocks.count == 4)
        for block in blocks {
            let example = try JSONValue(parsing: block)
            #expect((example["kind"] == nil ? cases : services).contains(example), "\(block)")
        }
    }

    @Test("Every action that it quotes is the action of that case")
    func quotes() throws {
        let page = try ProductCases.text("../../docs/planning-cases.md")
        let actions = try ProductCases.load().cases.map { "\($0.id): `\($0.action)`" }
        let quoted = page.split(separator: "\n").compactMap { line -> Substring? in
            let cells = line.split(separator: "|").map { $0.drop { $0 == " " } }
            return cells.count == 2 && cells[1].contains(": `") ? cells[1] : nil
        }
        #expect(quoted.count == 9)
        for quote in quoted { #expect(actions.contains { quote.hasPrefix($0) }, "\(quote)") }
    }

    @Test("It tells the figures that the tests hold")
    func figures() throws {
        let page = try ProductCases.text("../../docs/planning-cases.md")
        let figures = page.split(separator: "\n").compactMap { line -> Int? in
            let cells = line.split(separator: "|").map { $0.split(separator: " ") }
            return cells.count == 2 && cells[1].count == 2 && cells[1][1] == "%" ? Int(cells[1][0]) : nil
        }
        typealias Floor = ProductPlanTests.Floor
        let floors = [
            Floor.nodes, Floor.edges, Floor.exactWhenSure, Floor.coverageWhenSure, Floor.refused, Floor.values,
        ]
        #expect(figures == floors.map { Int(($0 * 100).rounded()) })
    }

    /// What stands in the blocks marked `json`.
    private static func blocks(of page: String) -> [String] {
        var blocks: [String] = []
        var lines: [Substring]?
        for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
            if line == "```json" {
                lines = []
            } else if line == "```", let open = lines {
                blocks.append(open.joined(separator: "\n"))
                lines = nil
            } else {
                lines?.append(line)
            }
        }
        return blocks
    }
}
