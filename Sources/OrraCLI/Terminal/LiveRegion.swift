/// The lines at the bottom of the terminal that are drawn over and over.
///
/// Each drawing is one text: the cursor goes up over the last one, every line is overwritten and its rest erased, what is
/// left below is erased. Nothing is cleared first, so nothing flickers. Kept apart from the terminal: it only makes the
/// text to write.
struct LiveRegion: Sendable {
    private var drawn: [String] = []
    private var isCursorHidden = false

    /// The text that replaces what stands there by `lines`, none of which may be wider than the window. Empty when
    /// nothing has changed.
    mutating func draw(_ lines: [String]) -> String {
        guard lines != drawn else { return "" }
        // Terminals that know it show everything between the two marks at once; others pass it over.
        var text = Escape.beginUpdate
        if !isCursorHidden {
            text += Escape.hideCursor
            isCursorHidden = true
        }
        if !drawn.isEmpty { text += Escape.up(drawn.count) }
        for line in lines { text += line + Escape.eraseLineRest + "\n" }
        if lines.count < drawn.count { text += Escape.eraseBelow }
        drawn = lines
        return text + Escape.endUpdate
    }

    /// The text that takes the drawing away and gives the cursor back, for what stays to be written in its place.
    mutating func clear() -> String {
        var text = drawn.isEmpty ? "" : Escape.up(drawn.count) + Escape.eraseBelow
        if isCursorHidden { text += Escape.showCursor }
        drawn = []
        isCursorHidden = false
        return text
    }
}

/// Control sequences that every terminal of today knows.
enum Escape {
    static let beginUpdate = "\u{1B}[?2026h"
    static let endUpdate = "\u{1B}[?2026l"
    static let hideCursor = "\u{1B}[?25l"
    static let showCursor = "\u{1B}[?25h"
    static let eraseLineRest = "\u{1B}[K"
    static let eraseBelow = "\u{1B}[J"
    static let reset = "\u{1B}[0m"
    /// To the start of the line `count` lines above.
    static func up(_ count: Int) -> String { "\r\u{1B}[\(count)A" }
}
