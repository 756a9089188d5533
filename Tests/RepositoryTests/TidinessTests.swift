import Foundation
import Testing

@Suite("Tidiness")
struct TidinessTests {
    @Test("nothing that was meant to go is left")
    func leftovers() throws {
        let words = [
            "\n    print(", "\n        print(", "\n            print(", " dump(", "fatalError(", "try!",
            "@unchecked Sendable", "nonisolated(unsafe)", "Task.detached",
        ]
        for file in try Repository.files(in: "Sources", endings: ["swift"]) {
            let text = try Repository.text(file)
            for word in words where text.contains(word) && !Self.accepted.contains("\(file) \(word)") {
                Issue.record("\(file) has \(word)")
            }
        }
    }

    /// Each with its reason at the place.
    static let accepted: Set = ["Sources/OrraModel/JSON/SharedBytes.swift @unchecked Sendable"]

    @Test("files stay readable")
    func sizes() throws {
        for file in try Repository.files(in: "Sources", endings: ["swift"]) {
            let lines = try Repository.text(file).split(separator: "\n", omittingEmptySubsequences: false).count
            #expect(lines <= 420, "\(file) has \(lines) lines")
        }
    }

    @Test("no grab bags")
    func names() throws {
        for file in try Repository.files(in: "Sources", endings: ["swift"]) {
            for word in ["Util", "Helper", "Manager", "Common"] { #expect(!file.contains(word), "\(file)") }
        }
    }

    @Test("the top level holds what it should")
    func topLevel() throws {
        let expected: Set = [
            "Package.swift", "Sources", "Tests", "sdk-protocol", "docs", "README.md", "Makefile", "LICENSE",
        ]
        let found = try FileManager.default.contentsOfDirectory(atPath: Repository.root.path())
        let others = Set(found.filter { !$0.hasPrefix(".") }).subtracting(["Package.resolved"])
        #expect(others == expected)
    }

    @Test("`make test` runs every test target, each in one group")
    func groups() throws {
        let makefile = try Repository.text("Makefile")
        let group = /(?m)^[A-Z]+ := \^\(([A-Za-z|]+)\)Tests$/
        let grouped = makefile.matches(of: group).flatMap { $0.1.split(separator: "|").map { "\($0)Tests" } }
        let folders = try FileManager.default.contentsOfDirectory(
            atPath: Repository.root.appending(path: "Tests").path())
        #expect(grouped.sorted() == folders.filter { $0.hasSuffix("Tests") }.sorted())
    }
}
