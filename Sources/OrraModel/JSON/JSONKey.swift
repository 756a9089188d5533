/// A member's name as it lies in the text: compared without making a `String`, unless it holds escapes.
public struct JSONKey {
    let bytes: UnsafeBufferPointer<UInt8>
    let string: JSONScanner.StringRange

    public static func == (key: JSONKey, name: StaticString) -> Bool {
        guard !key.string.isEscaped else {
            return key.text == name.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
        }
        guard key.string.range.count == name.utf8CodeUnitCount else { return false }
        return key.bytes[key.string.range].elementsEqual(
            UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    public static func ~= (name: StaticString, key: JSONKey) -> Bool { key == name }

    /// Whether it is this name, as `String` compares them.
    func matches(_ name: String) -> Bool {
        let own = UnsafeBufferPointer(rebasing: bytes[string.range])
        guard !string.isEscaped else { return text == name }
        var name = name
        let (isSame, isASCII) = name.withUTF8 { name in
            (name.elementsEqual(own), (own.allSatisfy { $0 < 0x80 } && name.allSatisfy { $0 < 0x80 }))
        }
        return isSame || !isASCII && text == name
    }

    /// The name with its escapes decoded.
    public var text: String {
        let raw = bytes[string.range]
        guard string.isEscaped else { return String(decoding: raw, as: UTF8.self) }
        return Self.unescaped(raw)
    }

    private static func unescaped(_ raw: Slice<UnsafeBufferPointer<UInt8>>) -> String {
        var utf8: [UInt8] = []
        utf8.reserveCapacity(raw.count)
        var index = raw.startIndex
        func codeUnit(at start: Int) -> UInt32 {
            raw[start..<(start + 4)].reduce(0) { $0 << 4 | UInt32($1.hexDigitValue ?? 0) }
        }
        while index < raw.endIndex {
            guard raw[index] == .backslash else {
                utf8.append(raw[index])
                index += 1
                continue
            }
            let kind = raw[index + 1]
            guard kind == UInt8(ascii: "u") else {
                utf8.append(kind.unescaped)
                index += 2
                continue
            }
            var unit = codeUnit(at: index + 2)
            index += 6
            if (0xD800..<0xDC00).contains(unit), index + 6 <= raw.endIndex, raw[index] == .backslash,
                raw[index + 1] == UInt8(ascii: "u"), case let low = codeUnit(at: index + 2),
                (0xDC00..<0xE000).contains(low)
            {
                unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)
                index += 6
            }
            utf8.append(contentsOf: String(Character(Unicode.Scalar(unit) ?? "\u{FFFD}")).utf8)
        }
        return String(decoding: utf8, as: UTF8.self)
    }
}

extension UInt8 {
    static let quote = UInt8(ascii: "\"")
    static let backslash = UInt8(ascii: "\\")
    static let openBrace = UInt8(ascii: "{")
    static let closeBrace = UInt8(ascii: "}")
    static let openBracket = UInt8(ascii: "[")
    static let closeBracket = UInt8(ascii: "]")
    static let colon = UInt8(ascii: ":")
    static let comma = UInt8(ascii: ",")

    var hexDigitValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x41 + 10
        case 0x61...0x66: self - 0x61 + 10
        default: nil
        }
    }

    /// What a one-letter escape stands for.
    fileprivate var unescaped: UInt8 {
        switch self {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: self
        }
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Where the next quotation mark, backslash or control character is from `index` on; their count if there is none.
    ///
    /// Eight bytes at a time: most of a large payload is long strings.
    func endOfPlainText(from index: Int) -> Int {
        var index = index
        let (ones, highBits): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
        let bytes = UnsafeRawBufferPointer(self)
        while index + 8 <= count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let quotes = word ^ (ones &* UInt64(UInt8.quote))
            let backslashes = word ^ (ones &* UInt64(UInt8.backslash))
            // The lowest high bit that is set belongs to the first such byte; those above may be set by a borrow.
            let found =
                ((quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes | (word &- ones &* 0x20) & ~word)
                & highBits
            guard found == 0 else { return index + found.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < count, self[index] >= 0x20, self[index] != .quote, self[index] != .backslash { index += 1 }
        return index
    }
}
