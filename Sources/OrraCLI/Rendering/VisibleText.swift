/// Text from outside, made safe for a terminal.
enum VisibleText {
    /// Takes out control characters (escape sequences begin with one) and marks that change the direction of writing;
    /// line breaks and tabs become blanks.
    static func clean(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
        var clean = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if !isUnsafe(scalar) {
                clean.append(scalar)
            } else if ["\n", "\t", "\u{2028}", "\u{2029}"].contains(scalar) {
                clean.append(" ")
            }
        }
        return String(clean)
    }

    /// Whether a scalar can do more than show a character.
    static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case ..<0x20, 0x7F...0x9F: true
        // Direction marks, line and paragraph separators, embeddings and isolates, interlinear annotations.
        case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF, 0xFFF9...0xFFFB: true
        // Invisible tags.
        case 0xE0000...0xE007F: true
        default: false
        }
    }
}

/// How many columns a text takes in a terminal.
enum DisplayWidth {
    static func of(_ text: String) -> Int {
        text.utf8.allSatisfy { $0 < 0x80 } ? text.utf8.count : text.reduce(0) { $0 + of($1) }
    }

    /// 0 for a character that stands on no place of its own, 2 for a wide one, else 1.
    static func of(_ character: Character) -> Int {
        guard let first = character.unicodeScalars.first else { return 0 }
        if first.value < 0x300 { return hasEmojiSelector(character) ? 2 : 1 }
        switch first.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        return isWide(first) || first.properties.isEmojiPresentation || hasEmojiSelector(character) ? 2 : 1
    }

    /// The longest beginning that fits `width` columns together with the `…` that ends it. Texts that fit stay whole.
    static func prefix(_ text: String, _ width: Int) -> String {
        guard of(text) > width - 1 else { return text + "…" }
        var result = ""
        var room = width - 1
        for character in text {
            room -= of(character)
            guard room >= 0 else { break }
            result.append(character)
        }
        return result + "…"
    }

    /// The text, cut with `…` if it has more than `width` columns.
    static func shortened(_ text: String, to width: Int) -> String { of(text) <= width ? text : prefix(text, width) }

    private static func hasEmojiSelector(_ character: Character) -> Bool {
        character.unicodeScalars.count > 1 && character.unicodeScalars.contains { $0.value == 0xFE0F }
    }

    /// Unicode's East Asian Width, classes W and F, joined to larger ranges where nothing else lies between.
    private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F,
            0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6,
            0x17000...0x18DFF, 0x1B000...0x1B2FF, 0x1F200...0x1F2FF, 0x20000...0x3FFFD:
            true
        default: false
        }
    }
}
