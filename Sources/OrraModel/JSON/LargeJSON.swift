/// A value whose bytes are not all in one place, or are many.
final class LargeJSON: Sendable {
    let pieces: JSONPieces
    /// Whether its payloads are known to be as ``JSONWriter`` would write them.
    let isCompact: Bool

    init(_ pieces: JSONPieces, isCompact: Bool) {
        self.pieces = pieces
        self.isCompact = isCompact
    }

    func withText<Result>(_ body: (JSONText) throws -> Result) rethrows -> Result {
        try pieces.written.withUnsafeBufferPointer {
            let text = JSONText(bytes: $0, range: 0..<$0.count, isCompact: isCompact, source: .pieces(self))
            return try body(text.resolved)
        }
    }
}
