/// One value within a text that was found valid. It is read where it lies, and only as far as it is asked for; the bytes
/// must stay there as long as it is used.
package struct JSONText {
    /// What is known of the bytes.
    enum Source {
        /// They are lent: what is kept of them is copied.
        case lent
        case shared(SharedBytes)
        /// They are what is written of a text, whose payloads lie elsewhere.
        case pieces(LargeJSON)
    }

    let bytes: UnsafeBufferPointer<UInt8>
    /// From its first byte to behind its last one.
    let range: Range<Int>
    /// Whether it is as ``JSONWriter`` would write it.
    let isCompact: Bool
    var source = Source.lent

    package enum Kind { case null, bool, number, string, array, object }

    package var kind: Kind {
        switch bytes[range.lowerBound] {
        case .openBrace: .object
        case .openBracket: .array
        case .quote: .string
        case UInt8(ascii: "n"): .null
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
        default: .number
        }
    }

    // MARK: - Reading it

    /// As a tree.
    package var value: JSONValue {
        if case .pieces(let large) = source {
            let whole = large.pieces.part(range).bytes
            return whole.withUnsafeBufferPointer { JSONText(bytes: $0, range: 0..<$0.count, isCompact: true).value }
        }
        var scanner = JSONScanner(UnsafeBufferPointer(rebasing: bytes[range]), maximumDepth: .max)
        guard let value = try? scanner.value() else { preconditionFailure("a text that was found valid is no JSON") }
        return value
    }

    /// As the same bytes, without white space and needless escapes.
    package var raw: RawJSON {
        switch source {
        case .pieces(let large): return RawJSON(unchecked: large.pieces.part(range))
        case .shared(let whole) where isCompact:
            return RawJSON(unchecked: SharedSlice(whole, range), isCompact: true)
        case .lent where isCompact: return RawJSON(unchecked: bytes[range], isCompact: true)
        case .shared, .lent: break
        }
        var scanner = JSONScanner(UnsafeBufferPointer(rebasing: bytes[range]), maximumDepth: .max)
        guard let raw = try? scanner.compact() else { preconditionFailure("a text that was found valid is no JSON") }
        return raw
    }

    var bool: Bool? { kind == .bool ? bytes[range.lowerBound] == UInt8(ascii: "t") : nil }

    var number: JSONNumber? {
        kind == .number ? JSONNumber(unchecked: String(decoding: bytes[range], as: UTF8.self)) : nil
    }

    var string: String? {
        guard kind == .string else { return nil }
        return JSONKey(bytes: bytes, string: content(of: range)).text
    }

    /// Of a string that lies there.
    private func content(of range: Range<Int>) -> JSONScanner.StringRange {
        let content = range.lowerBound + 1..<range.upperBound - 1
        return .init(range: content, isEscaped: bytes.endOfPlainText(from: content.lowerBound) < content.upperBound)
    }

    // MARK: - What it holds

    package struct Member {
        package let key: JSONKey
        package let value: JSONText
    }

    /// An object's members in order, those whose name comes again included; `nil` for anything else.
    package var members: [Member]? {
        guard kind == .object else { return nil }
        var members: [Member] = []
        forEachPart { start in
            let key = range(of: start)
            // Behind the colon.
            let value = part(from: skippingSpace(from: skippingSpace(from: key.upperBound) + 1))
            members.append(Member(key: JSONKey(bytes: bytes, string: content(of: key)), value: value.resolved))
            return value.range.upperBound
        }
        return members
    }

    /// An array's elements; `nil` for anything else.
    var elements: [JSONText]? {
        guard kind == .array else { return nil }
        var elements: [JSONText] = []
        forEachPart { start in
            let element = part(from: start)
            elements.append(element.resolved)
            return element.range.upperBound
        }
        return elements
    }

    /// Values in it, itself included.
    var count: Int {
        switch kind {
        case .null, .bool, .number, .string: 1
        case .array: (elements ?? []).reduce(1) { $0 + $1.count }
        case .object: (members ?? []).reduce(1) { $0 + $1.value.count }
        }
    }

    /// Runs `body` with the start of each member or element; it returns the end.
    private func forEachPart(_ body: (Int) -> Int) {
        var index = skippingSpace(from: range.lowerBound + 1)
        guard index < range.upperBound - 1 else { return }
        while true {
            index = skippingSpace(from: body(index))
            // A comma, or the end.
            guard index < range.upperBound - 1 else { return }
            index = skippingSpace(from: index + 1)
        }
    }

    /// The value that starts there.
    private func part(from start: Int) -> JSONText {
        JSONText(bytes: bytes, range: range(of: start), isCompact: isCompact, source: source)
    }

    /// Where it lies: a placeholder stands for a payload.
    var resolved: JSONText {
        guard case .pieces(let large) = source, let payload = large.pieces.payload(at: range.lowerBound) else {
            return self
        }
        return JSONText(
            bytes: payload.whole.bytes, range: payload.range, isCompact: isCompact, source: .shared(payload.whole))
    }

    private func skippingSpace(from index: Int) -> Int {
        var index = index
        while index < range.upperBound, bytes[index] <= 0x20 { index += 1 }
        return index
    }

    /// Of the value that starts there.
    private func range(of start: Int) -> Range<Int> {
        var index = start
        var open = 0
        repeat {
            switch bytes[index] {
            case .quote: index = endOfString(from: index)
            case .openBrace, .openBracket:
                open += 1
                index += 1
            case .closeBrace, .closeBracket:
                open -= 1
                index += 1
            case .comma, .colon, ...0x20: index += 1
            default: index = endOfScalar(from: index)
            }
        } while open > 0
        return start..<index
    }

    private func endOfString(from start: Int) -> Int {
        var index = bytes.endOfPlainText(from: start + 1)
        while bytes[index] != .quote { index = bytes.endOfPlainText(from: index + 2) }
        return index + 1
    }

    /// Of a number or a word.
    private func endOfScalar(from start: Int) -> Int {
        var index = start + 1
        while index < range.upperBound {
            switch bytes[index] {
            case .comma, .closeBrace, .closeBracket, ...0x20: return index
            default: index += 1
            }
        }
        return index
    }
}
