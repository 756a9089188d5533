import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A page of the documents, with its fenced blocks.
struct Document {
    struct Block {
        /// What stands behind the fence: `text`, `json plan`.
        var kind: String
        /// With a line break at the end.
        var text: String
        /// The heading above it.
        var section: String
    }

    let name: String
    let text: String
    let blocks: [Block]

    /// - Parameter name: from the root of the repository.
    init(_ name: String, file: String = #filePath) throws {
        let root = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        text = String(decoding: try Data(contentsOf: URL(filePath: "\(root)/\(name)")), as: UTF8.self)
        self.name = name
        var blocks: [Block] = []
        var section = ""
        var open: Block?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if var block = open {
                if line == "```" {
                    blocks.append(block)
                    open = nil
                } else {
                    block.text += line + "\n"
                    open = block
                }
            } else if line.hasPrefix("```") {
                open = Block(kind: String(line.dropFirst(3)), text: "", section: section)
            } else if line.hasPrefix("#") {
                section = String(line.drop { $0 == "#" || $0 == " " }).replacing("\\", with: "")
            }
        }
        self.blocks = blocks
    }

    /// The blocks of a kind below a heading that starts so.
    func blocks(_ kind: String, below heading: String) throws -> [String] {
        let found = blocks.filter { $0.kind == kind && $0.section.hasPrefix(heading) }.map(\.text)
        try #require(!found.isEmpty, "\(name) has no \(kind) below \(heading)")
        return found
    }
}
