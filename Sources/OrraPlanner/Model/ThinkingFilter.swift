/// Cuts off what a reasoning model thinks before it answers, where an endpoint leaves that in the answer.
///
/// Knows `<think>` and its kin as DeepSeek, Qwen and others write them, Kimi's `◁think▷`, and the channels of gpt-oss.
/// Of a closing tag without an opening one (the opening one stood in the template) everything before is thinking; of an
/// opening tag without a closing one everything behind.
enum ThinkingFilter {
    private static let tags: [(open: String, close: String)] =
        ["think", "thinking", "thought", "reasoning", "reflection"].map { ("<\($0)>", "</\($0)>") }
        + [("◁think▷", "◁/think▷"), ("[THINK]", "[/THINK]")]
    private static let channels = ["<|message|>"]

    static func cut(_ text: String) -> String {
        var bytes = Array(text.utf8)
        for mark in channels {
            if let last = ranges(of: mark, in: bytes).last { bytes = Array(bytes[last.upperBound...]) }
        }
        for tag in tags { bytes = cut(tag, in: bytes) }
        return trimmed(String(decoding: bytes, as: UTF8.self))
    }

    private static func cut(_ tag: (open: String, close: String), in bytes: [UInt8]) -> [UInt8] {
        let opens = ranges(of: tag.open, in: bytes)
        let closes = ranges(of: tag.close, in: bytes)
        guard !opens.isEmpty || !closes.isEmpty else { return bytes }
        var kept: [UInt8] = []
        var start = 0
        var depth = 0
        let marks = (opens.map { (range: $0, isOpen: true) } + closes.map { (range: $0, isOpen: false) })
            .sorted { $0.range.lowerBound < $1.range.lowerBound }
        for mark in marks {
            if mark.isOpen {
                if depth == 0 { kept += bytes[start..<mark.range.lowerBound] }
                depth += 1
            } else {
                // The first of a pair stood in the template: what was kept was thought.
                if depth == 0 { kept = [] }
                depth = 0
                start = mark.range.upperBound
            }
        }
        if depth == 0 { kept += bytes[start...] }
        return kept
    }

    /// Where the mark stands, in ASCII letters of either case.
    private static func ranges(of mark: String, in bytes: [UInt8]) -> [Range<Int>] {
        let mark = Array(mark.utf8).map(lowercased)
        guard let first = mark.first, bytes.count >= mark.count else { return [] }
        var found: [Range<Int>] = []
        var index = 0
        while index <= bytes.count - mark.count {
            if lowercased(bytes[index]) == first,
                mark.indices.allSatisfy({ lowercased(bytes[index + $0]) == mark[$0] })
            {
                found.append(index..<(index + mark.count))
                index += mark.count
            } else {
                index += 1
            }
        }
        return found
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }

    static func trimmed(_ text: String) -> String {
        var rest = text[...]
        while rest.first?.isWhitespace == true { rest = rest.dropFirst() }
        while rest.last?.isWhitespace == true { rest = rest.dropLast() }
        return String(rest)
    }
}
