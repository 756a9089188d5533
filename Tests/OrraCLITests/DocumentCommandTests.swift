import ArgumentParser
import OrraCLI
import OrraModel
import Testing

@testable import OrraCLI

/// Commands that the documents show are commands of this program, with options that it has.
@Suite("Commands in the documents") struct DocumentCommandTests {
    private static let pages = [
        "README.md", "docs/actions.md", "docs/api.md", "docs/cli.md", "docs/configuration.md", "docs/grounding.md",
        "docs/models.md", "docs/plan-cache.md", "docs/planning.md", "docs/planning-cases.md", "docs/quick-start.md",
        "docs/reliability.md",
    ]

    @Test("Each line of a shell block that starts with orra can be given", arguments: pages)
    func blocks(page: String) throws {
        for block in try Document(page).blocks where block.kind == "bash" {
            let text = block.text.replacing("\\\n", with: " ")
            for line in text.split(separator: "\n") {
                let words = Self.words(line)
                guard let command = words.firstIndex(where: { $0 == "orra" || $0.hasSuffix("/orra") }),
                    words[..<command].allSatisfy({ $0.contains("=") }),
                    words.dropFirst(command + 1).first != "serve"
                else { continue }
                #expect(throws: Never.self, "\(page): \(line)") {
                    _ = try TestRoot.parseAsRoot(Array(words.dropFirst(command + 1)))
                }
            }
        }
    }

    @Test("Each command that a sentence or a heading names is there", arguments: pages)
    func spans(page: String) throws {
        let text = try Document(page).text.replacing("## orra ", with: "`orra ")
        for span in text.split(separator: "`orra ").dropFirst() {
            let end = span.firstIndex { $0 == "`" || $0 == "\n" } ?? span.endIndex
            var command: any ParsableCommand.Type = TestRoot.self
            for word in span[..<end].split(separator: " ") {
                let choices = command.configuration.subcommands
                guard !choices.isEmpty, word.first?.isLetter == true, word != "serve", word != "help" else { break }
                let next = choices.first { $0._commandName == word }
                #expect(next != nil, "\(page): orra \(span[..<end]): there is no '\(word)'")
                guard let next else { break }
                command = next
            }
        }
    }

    @Test("The cases of the page about them make a file")
    func cases() throws {
        let page = try Document("docs/planning-cases.md")
        let file = try page.blocks("text", below: "A case")[0]
        let example = try page.blocks("json", below: "A case")[0]
        #expect(file.contains("[ … ]"))
        let text = file.replacing("…", with: example)
        #expect(try PlanCases(path: "c", content: Array(text.utf8)).cases.count == 1)
    }

    /// As a shell would cut the line, up to a comment, a pipe or a redirection.
    private static func words(_ line: some StringProtocol) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in line {
            if let open = quote {
                if character == open { quote = nil } else { word = (word ?? "") + String(character) }
            } else if character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if character == " " {
                if let done = word { words.append(done) }
                word = nil
            } else if word == nil, "#|>&;".contains(character) {
                break
            } else {
                word = (word ?? "") + String(character)
            }
        }
        return words + (word.map { [$0] } ?? [])
    }
}
