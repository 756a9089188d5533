/// A word or a list of PDDL, and where it stands.
struct PDDLNode {
    enum Content {
        /// In lower case.
        case word(String)
        case list([PDDLNode])
    }

    var content: Content
    var position: PDDL.Position
    /// Of the closing parenthesis; for a word as ``position``.
    var end: PDDL.Position

    var word: String? { if case .word(let word) = content { word } else { nil } }
    var list: [PDDLNode]? { if case .list(let list) = content { list } else { nil } }
    /// The word that a list starts with.
    var head: String? { list?.first?.word }
}

/// Cuts a text into words and lists: one pass, without recursion.
struct PDDLReader {
    private struct Opened {
        var nodes: [PDDLNode]
        var position: PDDL.Position
    }

    private let file: PDDLError.File
    private let bytes: [UInt8]
    private var index = 0
    private var position = PDDL.Position.start
    private var stack: [Opened] = []
    private var top: [PDDLNode] = []

    /// The words and lists of the text's outermost level, and where the text ends.
    static func read(
        _ text: String, _ file: PDDLError.File
    ) throws(PDDLError) -> (nodes: [PDDLNode], end: PDDL.Position) {
        let count = text.utf8.count
        guard count <= PDDL.textBytes else {
            throw PDDLError(file, .start, "the text has \(count) bytes, but may have at most \(PDDL.textBytes)")
        }
        var reader = PDDLReader(file: file, bytes: Array(text.utf8))
        try reader.run()
        return (reader.top, reader.position)
    }

    private init(file: PDDLError.File, bytes: [UInt8]) {
        self.file = file
        self.bytes = bytes
    }

    private mutating func run() throws(PDDLError) {
        while index < bytes.count {
            switch bytes[index] {
            case 0x0A:
                index += 1
                position = PDDL.Position(line: position.line + 1, column: 1)
            case 0x20, 0x09, 0x0D, 0x0C: advance()
            case UInt8(ascii: ";"): skipComment()
            case UInt8(ascii: "("):
                guard stack.count < PDDL.depth else {
                    throw PDDLError(file, position, "more than \(PDDL.depth) parentheses within each other")
                }
                stack.append(Opened(nodes: [], position: position))
                advance()
            case UInt8(ascii: ")"):
                guard let opened = stack.popLast() else {
                    throw PDDLError(file, position, "this ')' closes nothing: remove it")
                }
                add(PDDLNode(content: .list(opened.nodes), position: opened.position, end: position))
                advance()
            case let byte where Self.isWord(byte): readWord()
            case UInt8(ascii: "["), UInt8(ascii: "]"):
                throw PDDLError(file, position, "durations in brackets are not supported: leave them out")
            default:
                throw PDDLError(
                    file, position,
                    "unexpected character: names are of letters, digits, '-' and '_'; comments start with ';'")
            }
        }
        if let opened = stack.last {
            throw PDDLError(file, opened.position, "this '(' is never closed: add ')'")
        }
    }

    private mutating func advance() {
        // A character of several bytes counts at its first one.
        if bytes[index] & 0xC0 != 0x80 { position.column += 1 }
        index += 1
    }

    private mutating func skipComment() {
        while index < bytes.count, bytes[index] != 0x0A { advance() }
    }

    private mutating func readWord() {
        let start = index
        let place = position
        while index < bytes.count, Self.isWord(bytes[index]) { advance() }
        let lower = bytes[start..<index].map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        add(PDDLNode(content: .word(String(decoding: lower, as: UTF8.self)), position: place, end: place))
    }

    private mutating func add(_ node: PDDLNode) {
        if stack.isEmpty { top.append(node) } else { stack[stack.count - 1].nodes.append(node) }
    }

    private static let wordTable: [Bool] = (0...255).map { byte in
        let character = Character(Unicode.Scalar(UInt8(byte)))
        return byte < 0x80 && (character.isLetter || character.isNumber || "-_.?:=<>+*/@#!".contains(character))
    }

    private static func isWord(_ byte: UInt8) -> Bool { wordTable[Int(byte)] }
}
