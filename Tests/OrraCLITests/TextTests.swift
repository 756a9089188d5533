import OrraModel
import Testing

@testable import OrraCLI

@Suite struct TextTests {
    @Test("Text from outside can't act on the terminal")
    func cleaning() {
        #expect(VisibleText.clean("a\u{1B}[31mb\u{9B}1m\r\nc\td\u{7F}") == "a[31mb1m c d")
        #expect(VisibleText.clean("x\u{202E}y\u{2066}z\u{200F}") == "xyz")
        #expect(VisibleText.clean("größe 数量 👩‍👧 é") == "größe 数量 👩‍👧 é")
    }

    @Test(
        "Columns are counted as terminals show them",
        arguments: [
            ("abc", 3), ("größe", 5), ("e\u{301}", 1), ("数量", 4), ("한", 2), ("👩‍👧", 2), ("✓◐⏸", 3), ("❤️", 2), ("ｱ", 1),
            ("カ", 2), ("", 0),
        ])
    func columns(text: String, columns: Int) {
        #expect(DisplayWidth.of(text) == columns)
    }

    @Test("Lines are cut to the width without splitting a character")
    func cutting() {
        let line = Line("数量 ", .bold).adding("booking").adding(" a carrier", .faint)
        #expect(line.rendered(width: nil, isColored: false) == "数量 booking a carrier")
        #expect(line.rendered(width: 22, isColored: false) == "数量 booking a carrier")
        #expect(line.rendered(width: 21, isColored: false) == "数量 booking a carri…")
        #expect(line.rendered(width: 12, isColored: false) == "数量 bookin…")
        #expect(line.rendered(width: 4, isColored: false) == "数…")
        #expect(line.rendered(width: 3, isColored: false) == "数…")
        #expect(line.rendered(width: 2, isColored: false) == "…")
        for width in 1...24 { #expect(DisplayWidth.of(line.rendered(width: width, isColored: false)) <= width) }
    }

    @Test("Colours surround only what has a style")
    func colours() {
        let line = Line("✓", .good).adding(" done ").adding("  ")
        #expect(line.rendered(width: nil, isColored: true) == "\u{1B}[32m✓\u{1B}[0m done")
    }

    @Test("JSON is pretty, keeps its numbers, and escapes what a terminal would act on")
    func json() throws {
        let value = try JSONValue(parsing: #"{"a":[1.50,{}],"b":"x\u001b[2J\u009b\u202e\n","c":[],"d":null}"#)
        #expect(
            JSONText.pretty(value) == """
                {
                  "a": [
                    1.50,
                    {}
                  ],
                  "b": "x\\u001b[2J\\u009b\\u202e\\n",
                  "c": [],
                  "d": null
                }
                """)
        #expect(try JSONValue(parsing: JSONText.pretty(value)) == value)
        #expect(JSONText.compact(value) == #"{"a":[1.50,{}],"b":"x\u001b[2J\u009b\u202e\n","c":[],"d":null}"#)
    }

    @Test(
        "Durations have two digits that matter",
        arguments: [
            (12, "12ms"), (99, "99ms"), (400, "0.4s"), (1_249, "1.2s"), (59_940, "59.9s"), (59_960, "1m00s"),
            (65_000, "1m05s"), (3_600_000, "1h00m"), (7_384_000, "2h03m"), (-5, "0ms"),
        ])
    func durations(milliseconds: Int, text: String) {
        #expect(Times.duration(.milliseconds(milliseconds)) == text)
    }

    @Test("Ages have one unit")
    func ages() {
        #expect([3, 59, 60, 7_200, 400_000].map { Times.age(.seconds($0)) } == ["3s", "59s", "1m", "2h", "4d"])
    }

    @Test("Live drawing overwrites in place, and gives the cursor back")
    func liveRegion() {
        var region = LiveRegion()
        #expect(region.draw(["a", "b"]) == "\u{1B}[?2026h\u{1B}[?25la\u{1B}[K\nb\u{1B}[K\n\u{1B}[?2026l")
        #expect(region.draw(["a", "b"]) == "")
        #expect(region.draw(["c"]) == "\u{1B}[?2026h\r\u{1B}[2Ac\u{1B}[K\n\u{1B}[J\u{1B}[?2026l")
        #expect(region.clear() == "\r\u{1B}[1A\u{1B}[J\u{1B}[?25h")
        #expect(region.clear() == "")
    }

    @Test("Colours and redrawing depend on the environment")
    func terminal() {
        #expect(Terminal(width: 80, height: 24, environment: [:]) == Terminal(width: 80, height: 24))
        #expect(!Terminal(width: 80, height: 24, environment: ["NO_COLOR": "1"]).isColored)
        #expect(Terminal(width: 80, height: 24, environment: ["NO_COLOR": "1"]).canRedraw)
        #expect(Terminal(width: 80, height: 24, environment: ["NO_COLOR": ""]).isColored)
        let dumb = Terminal(width: 80, height: 24, environment: ["TERM": "dumb"])
        #expect(!dumb.isColored && !dumb.canRedraw)
    }
}
