import OrraModel

/// JSON for people and for scripts. Characters that a terminal would act on are escaped, so the text is safe to show and
/// still the same JSON.
enum JSONText {
    /// One line, for scripts.
    static func line(_ value: some Encodable) throws -> String {
        compact(try JSONValue(parsing: WireEncoder().encode(value)))
    }

    static func compact(_ value: JSONValue) -> String {
        var text = ""
        write(value, to: &text, indentation: nil)
        return text
    }

    /// Over several lines, indented by two.
    static func pretty(_ value: JSONValue) -> String {
        var text = ""
        write(value, to: &text, indentation: 0)
        return text
    }

    static func prettyLines(_ value: JSONValue) -> [String] {
        pretty(value).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    private static func write(_ value: JSONValue, to text: inout String, indentation: Int?) {
        switch value {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .number(let number): text += number.text
        case .string(let string): text += quoted(string)
        case .array(let elements):
            list(elements, "[", "]", to: &text, indentation) { element, text, inner in
                write(element, to: &text, indentation: inner)
            }
        case .object(let object):
            list(object.members, "{", "}", to: &text, indentation) { member, text, inner in
                text += quoted(member.key) + (inner == nil ? ":" : ": ")
                write(member.value, to: &text, indentation: inner)
            }
        }
    }

    private static func list<Element>(
        _ elements: [Element], _ open: String, _ close: String, to text: inout String, _ indentation: Int?,
        _ write: (Element, inout String, Int?) -> Void
    ) {
        let inner = indentation.map { $0 + 2 }
        text += open
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            if let inner { text += "\n" + String(repeating: " ", count: inner) }
            write(element, &text, inner)
        }
        if let indentation, !elements.isEmpty { text += "\n" + String(repeating: " ", count: indentation) }
        text += close
    }

    static func quoted(_ string: String) -> String {
        var text = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where VisibleText.isUnsafe(scalar): text += escaped(scalar)
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        String(scalar).utf16.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }
}
