/// Rows under a heading, each column as wide as its widest cell. One column may give way when the window is narrow.
struct Table: Sendable {
    var heading: [String]
    var rows: [[Line.Span]]
    /// The column that is shortened first.
    var flexible: Int?

    /// - Parameter width: columns there are; `nil` for as many as it takes.
    func lines(width: Int?) -> [Line] {
        var widths = heading.map(DisplayWidth.of)
        for row in rows {
            for (column, cell) in row.enumerated() {
                widths[column] = max(widths[column], DisplayWidth.of(VisibleText.clean(cell.text)))
            }
        }
        if let width, let flexible {
            let excess = widths.reduce(0, +) + 2 * (widths.count - 1) - width
            if excess > 0 { widths[flexible] = max(12, widths[flexible] - excess) }
        }
        let top = heading.map { Line.Span(text: $0, style: .faint) }
        return ([top] + rows).map { line($0, widths) }
    }

    private func line(_ cells: [Line.Span], _ widths: [Int]) -> Line {
        var line = Line()
        var column = 0
        for (index, cell) in cells.enumerated() {
            line.pad(to: column)
            let text = VisibleText.clean(cell.text)
            line.add(DisplayWidth.shortened(text, to: widths[index]), cell.style)
            column += widths[index] + 2
        }
        return line
    }
}
