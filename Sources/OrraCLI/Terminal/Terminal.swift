/// What is known of the window that the output goes to.
public struct Terminal: Sendable, Hashable {
    /// Columns, at least 20.
    public var width: Int
    /// Rows, at least 5.
    public var height: Int
    /// Whether colours and weights may be used: not with `NO_COLOR` or `TERM=dumb`.
    public var isColored: Bool
    /// Whether the cursor can be moved, so that what is drawn can be drawn again: not with `TERM=dumb`.
    public var canRedraw: Bool

    public init(width: Int, height: Int, isColored: Bool = true, canRedraw: Bool = true) {
        self.width = max(20, width)
        self.height = max(5, height)
        self.isColored = isColored
        self.canRedraw = canRedraw
    }

    public init(width: Int, height: Int, environment: [String: String]) {
        let isDumb = environment["TERM"] == "dumb"
        let noColor = !(environment["NO_COLOR"] ?? "").isEmpty
        self.init(width: width, height: height, isColored: !isDumb && !noColor, canRedraw: !isDumb)
    }
}
