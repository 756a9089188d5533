import Foundation
import OrraModel
import OrraProtocol
import Testing

@Suite("Documents")
struct DocumentTests {
    @Test("every link to a file leads to one")
    func links() throws {
        let documents =
            try ["docs", "sdk-protocol"].flatMap { try Repository.files(in: $0, endings: ["md"]) } + ["README.md"]
        #expect(documents.count > 10)
        let link = /\]\(([^)\s]+)\)/
        for document in documents {
            let folder = URL(filePath: "/" + document).deletingLastPathComponent()
            for match in try Repository.text(document).matches(of: link) {
                let target = String(match.1)
                guard !target.hasPrefix("http"), !target.hasPrefix("#"), !target.hasPrefix("mailto:") else { continue }
                let path = target.split(separator: "#", omittingEmptySubsequences: false).first.map(String.init) ?? ""
                let resolved = folder.appending(path: path).standardized.path()
                #expect(Repository.exists(String(resolved.dropFirst())), "\(document) links to \(target)")
            }
        }
    }

    @Test(
        "every error code has a page",
        arguments: ErrorCode.allCases.map(\.rawValue) + FailureCode.allCases.map(\.rawValue))
    func errorPage(code: String) throws {
        let name = code.split(separator: ":").last.map(String.init) ?? code
        let page = try Repository.text("docs/errors/\(name).md")
        #expect(page.contains(code))
        #expect(page.split(separator: "\n").count > 4)
    }

    @Test("no page is left of a code that is gone")
    func stalePages() throws {
        let codes = Set(
            (ErrorCode.allCases.map(\.rawValue) + FailureCode.allCases.map(\.rawValue)).map { $0.dropFirst(5) })
        for page in try Repository.files(in: "docs/errors", endings: ["md"]) {
            let name = URL(filePath: page).deletingPathExtension().lastPathComponent
            #expect(name == "README" || codes.contains(name[...]), "\(page)")
        }
    }

    @Test("every setting of `orra serve` is in the configuration page")
    func settings() throws {
        let page = try Repository.text("docs/configuration.md")
        for word in [
            "--host", "--port", "--data-dir", "--log-level", "ORRA_HOST", "ORRA_PORT", "PORT", "ORRA_DATA_DIR",
            "ORRA_LOG_LEVEL", "orra.host", "orra.data.dir", "--retention", "ORRA_RETENTION", "orra.retention",
        ] {
            #expect(page.contains(word), "\(word) is missing")
        }
    }

    @Test("README shows the examples as they are compiled")
    func readmeShowsExamples() throws {
        let documents = try Repository.text("README.md") + Repository.text("docs/quick-start.md")
        let service = try Repository.text("docs/examples/PaymentService/PaymentService.swift")
        #expect(documents.contains(service.trimmingCharacters(in: .newlines)))
    }
}
