import OrraModel
import OrraProtocol

/// Reads `-d field:value`.
enum ActionParameter {
    /// The value stands after the first colon. `[…]` and `{…}` are JSON, `a,b,c` is an array of strings, anything else a
    /// string.
    static func parse(_ argument: String) throws(CLIError) -> ActionRequest.Parameter {
        guard let colon = argument.firstIndex(of: ":"), colon != argument.startIndex else {
            throw CLIError(
                "-d \(ShellText.quoted(argument)) has no \(argument.hasPrefix(":") ? "field" : "value")",
                advice: "Write a field, a colon and a value: -d orderId:ORD456")
        }
        let field = String(argument[..<colon])
        let text = String(argument[argument.index(after: colon)...])
        guard looksLikeJSON(text) else {
            return .init(field: field, value: text.contains(",") ? list(text) : .string(text))
        }
        do {
            return .init(field: field, value: try JSONValue(parsing: text))
        } catch {
            throw malformed(field, text, reason: "\(error)")
        }
    }

    /// All parameters of one action, each field once.
    ///
    /// - Parameter stray: words of the command line that belong to no option. Some shells make of an unquoted
    ///   `items:[{"a":1,"b":2}]` the two words `items:[a:1]` and `items:[b:2]`, of which only the first follows the `-d`.
    static func parse(_ arguments: [String], stray: [String] = []) throws(CLIError) -> [ActionRequest.Parameter] {
        for argument in arguments {
            guard let colon = argument.firstIndex(of: ":") else { continue }
            let parts = ([argument] + stray).filter { $0.hasPrefix(argument[...colon]) }
            if parts.count > 1 {
                let values = parts.map { String($0[$0.index(after: colon)...]) }
                throw spread(String(argument[..<colon]), values)
            }
        }
        var parameters: [ActionRequest.Parameter] = []
        for argument in arguments {
            let parameter = try parse(argument)
            guard !parameters.contains(where: { $0.field == parameter.field }) else {
                throw CLIError(
                    "\(parameter.field) is given twice",
                    advice: "Give several values as one: -d \(parameter.field):a,b,c")
            }
            parameters.append(parameter)
        }
        return parameters
    }

    private static func looksLikeJSON(_ text: String) -> Bool {
        text.hasPrefix("[") && text.hasSuffix("]") || text.hasPrefix("{") && text.hasSuffix("}")
    }

    private static func list(_ text: String) -> JSONValue {
        .array(
            text.split(separator: ",", omittingEmptySubsequences: false).map { element in
                .string(String(element.drop { $0 == " " }))
            })
    }

    private static func malformed(_ field: String, _ text: String, reason: String) -> CLIError {
        // Quotes that are still there show that the shell did no harm.
        guard !text.contains("\"") else {
            return CLIError(
                "\(field) is not valid JSON (\(reason))",
                advice: "Correct it; only a value without brackets around it is taken as text.")
        }
        let value = UnquotedJSON.repaired(text) ?? (text.hasPrefix("{") ? #"{"name":"value"}"# : #"[{"name":"value"}]"#)
        return CLIError(
            "\(field) is not valid JSON (\(reason)). Quote it for the shell: -d \(ShellText.quoted("\(field):\(value)"))"
        )
    }

    private static func spread(_ field: String, _ values: [String]) -> CLIError {
        malformed(field, UnquotedJSON.joined(values), reason: "the shell made \(values.count) words of it")
    }
}

/// JSON whose double quotes the shell has taken away.
enum UnquotedJSON {
    /// The JSON that was probably meant: bare words become strings, numbers and literals stay. `nil` if it can't be told.
    static func repaired(_ text: String) -> String? {
        var reader = Reader(rest: text[...])
        guard let value = reader.value(depth: 0), reader.rest.isEmpty else { return nil }
        return value.text
    }

    /// Undoes the brace expansion of a shell: `[a:1]` and `[b:2]` come from `[{a:1,b:2}]`.
    static func joined(_ values: [String]) -> String {
        let isList = values.allSatisfy { $0.hasPrefix("[") && $0.hasSuffix("]") }
        let members = isList ? values.map { String($0.dropFirst().dropLast()) } : values
        // Words with several members each come from several braces, and can't be put together again.
        guard members.allSatisfy({ !$0.contains(",") && $0.contains(":") }) else { return isList ? "[]]" : "{}}" }
        let object = "{" + members.joined(separator: ",") + "}"
        return isList ? "[\(object)]" : object
    }

    private struct Reader {
        var rest: Substring

        mutating func value(depth: Int) -> JSONValue? {
            guard depth < 32 else { return nil }
            skipBlanks()
            switch rest.first {
            case "{": return object(depth: depth)
            case "[": return array(depth: depth)
            default: return scalar()
            }
        }

        private mutating func object(depth: Int) -> JSONValue? {
            rest.removeFirst()
            var members: [JSONObject.Member] = []
            if take("}") { return .object(JSONObject(members)) }
            repeat {
                skipBlanks()
                let key = word { ":,{}[]".contains($0) }
                guard !key.isEmpty, take(":"), let value = value(depth: depth + 1) else { return nil }
                members.append(.init(key: key, value: value))
            } while take(",")
            return take("}") ? .object(JSONObject(members)) : nil
        }

        private mutating func array(depth: Int) -> JSONValue? {
            rest.removeFirst()
            var elements: [JSONValue] = []
            if take("]") { return .array(elements) }
            repeat {
                guard let value = value(depth: depth + 1) else { return nil }
                elements.append(value)
            } while take(",")
            return take("]") ? .array(elements) : nil
        }

        private mutating func scalar() -> JSONValue? {
            let text = word { ",{}[]".contains($0) }
            guard !text.isEmpty else { return nil }
            if let value = try? JSONValue(parsing: text) { return value }
            return .string(text)
        }

        private mutating func word(until isEnd: (Character) -> Bool) -> String {
            var word = rest.prefix { !isEnd($0) }
            rest = rest[word.endIndex...]
            while word.last == " " { word.removeLast() }
            if word.count > 1, word.first == "\"", word.last == "\"" { word = word.dropFirst().dropLast() }
            return String(word)
        }

        private mutating func skipBlanks() { rest = rest.drop { $0 == " " } }

        private mutating func take(_ character: Character) -> Bool {
            skipBlanks()
            guard rest.first == character else { return false }
            rest.removeFirst()
            return true
        }
    }
}

enum ShellText {
    /// The word as it can be typed: between single quotes unless it is plain.
    static func quoted(_ word: String) -> String {
        let isPlain =
            !word.isEmpty
            && word.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "_-.:/,@%+=".utf8.contains(byte)
                }
            }
        return isPlain ? word : "'" + word.replacing("'", with: #"'\''"#) + "'"
    }
}
