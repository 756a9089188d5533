/// A line to be shown: pieces of text with a style each. Knows neither a width nor whether there are colours, until it is
/// rendered.
struct Line: Sendable, Hashable {
    struct Span: Sendable, Hashable {
        var text: String
        var style: Style
    }

    private(set) var spans: [Span] = []

    init() {}
    init(_ text: String, _ style: Style = .plain) { add(text, style) }

    /// Appends text. Whatever in it could move the cursor or turn the direction of writing is taken out, so that text
    /// from outside may be passed as it is.
    mutating func add(_ text: String, _ style: Style = .plain) {
        let text = VisibleText.clean(text)
        if !text.isEmpty { spans.append(Span(text: text, style: style)) }
    }

    func adding(_ text: String, _ style: Style = .plain) -> Line {
        var line = self
        line.add(text, style)
        return line
    }

    /// Appends blanks up to a column.
    mutating func pad(to column: Int) {
        let missing = column - width
        if missing > 0 { add(String(repeating: " ", count: missing)) }
    }

    var text: String { spans.map(\.text).joined() }
    var width: Int { spans.reduce(0) { $0 + DisplayWidth.of($1.text) } }

    /// The line with at most `width` columns, cut with `…`, without blanks at its end; `nil` leaves it as long as it is.
    func rendered(width: Int?, isColored: Bool) -> String {
        var spans = width.map { truncated(to: $0).spans } ?? self.spans
        while let last = spans.last {
            spans.removeLast()
            let end = last.text.lastIndex { $0 != " " }
            guard let end else { continue }
            spans.append(Span(text: String(last.text[...end]), style: last.style))
            break
        }
        guard isColored else { return spans.map(\.text).joined() }
        return spans.map { span in
            span.style.code.map { "\u{1B}[\($0)m\(span.text)\(Escape.reset)" } ?? span.text
        }.joined()
    }

    func truncated(to limit: Int) -> Line {
        guard width > limit else { return self }
        var line = Line()
        var room = limit
        for span in spans {
            let spanWidth = DisplayWidth.of(span.text)
            // The last column is kept for the ellipsis.
            if spanWidth < room {
                line.spans.append(span)
                room -= spanWidth
            } else {
                let text = DisplayWidth.prefix(span.text, room)
                line.spans.append(Span(text: text, style: span.style))
                break
            }
        }
        return line
    }
}

/// The few styles that are used; by number, as terminals know them, so that they follow the user's colours.
enum Style: Sendable, Hashable {
    case plain, bold, faint, good, bad, busy, warning

    /// `nil` for what needs no code.
    var code: String? {
        switch self {
        case .plain: nil
        case .bold: "1"
        case .faint: "2"
        case .good: "32"
        case .bad: "31"
        case .busy: "36"
        case .warning: "33"
        }
    }
}
