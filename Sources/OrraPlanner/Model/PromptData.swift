import OrraModel

/// JSON for a prompt: texts of others, which can neither end the block that they stand in nor start a line of their own.
///
/// Blocks are set apart by lines such as `<services>` and `</services>`. Within the data every `<`, `>` and backtick is
/// written as a JSON escape, as is all that is invisible or breaks a line. So whatever a description says, it stays
/// inside of one JSON string.
enum PromptData {
    static func text(_ value: JSONValue) -> String {
        var text = ""
        for scalar in value.text.unicodeScalars {
            if mustEscape(scalar) { text += escape(scalar) } else { text.unicodeScalars.append(scalar) }
        }
        return text
    }

    /// A block of lines, each one JSON value.
    static func block(_ name: String, _ lines: [JSONValue]) -> String {
        (["<\(name)>"] + lines.map(text) + ["</\(name)>"]).joined(separator: "\n")
    }

    /// The text's start, at most so many characters long, with a mark where it was cut.
    static func clipped(_ text: String, _ characters: Int) -> String {
        // One character may hold any number of scalars: these are bounded, too.
        let scalars = text.unicodeScalars.prefix(4 * characters)
        let cut = String(String(String.UnicodeScalarView(scalars)).prefix(characters))
        return cut.utf8.count == text.utf8.count ? cut : cut + "…"
    }

    /// The text's start, so much that its data is of at most so many bytes, or little more.
    static func clipped(_ text: String, bytes: Int) -> String {
        var size = 0
        let kept = text.unicodeScalars.prefix {
            size += mustEscape($0) ? 12 : $0.utf8.count + 1
            return size <= bytes
        }
        return kept.endIndex == text.unicodeScalars.endIndex ? text : String(String.UnicodeScalarView(kept)) + "…"
    }

    /// Whether the value's JSON is of at most about so many bytes. Looks no further than that.
    static func fits(_ value: JSONValue, bytes: Int) -> Bool {
        var left = bytes
        count(value, &left)
        return left >= 0
    }

    private static func count(_ value: JSONValue, _ left: inout Int) {
        left -= 2
        guard left >= 0 else { return }
        switch value {
        case .null, .bool: break
        case .number(let number): left -= number.text.utf8.count
        case .string(let text): left -= text.utf8.count
        case .array(let elements): for element in elements where left >= 0 { count(element, &left) }
        case .object(let object):
            for member in object.members where left >= 0 {
                left -= member.key.utf8.count + 2
                count(member.value, &left)
            }
        }
    }

    private static func mustEscape(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "<", ">", "`": return true
        case "\u{20}"..."\u{7E}": return false
        default: break
        }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate: return true
        default: return false
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        Character(scalar).utf16.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }
}
