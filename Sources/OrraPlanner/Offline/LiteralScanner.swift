/// Finds values in a text, in one pass from left to right.
struct LiteralScanner {
    private(set) var output: [UInt8] = []
    private(set) var literals: [LiftedText.Literal] = []

    private let bytes: [UInt8]
    private var index = 0
    private var end: Int
    /// What opens a quotation that never closes, so that its end is not looked for twice.
    private var unclosed: Set<UInt8> = []

    static let fileKinds: [String: LiftedText.Kind] = [
        "jpg": .image, "jpeg": .image, "png": .image, "gif": .image, "bmp": .image, "wav": .audio, "mp3": .audio,
        "flac": .audio, "ogg": .audio, "mp4": .video, "avi": .video, "mov": .video, "mkv": .video, "txt": .document,
        "pdf": .document, "doc": .document, "docx": .document, "csv": .document, "xlsx": .document, "json": .document,
        "md": .document,
    ]

    init(_ text: String) {
        // Marks of a caller's own would be taken for ours.
        bytes = Array(text.utf8.contains(0xE2) ? text.filter { $0 != "⟦" && $0 != "⟧" }.utf8 : text.utf8)
        end = bytes.count
        output.reserveCapacity(bytes.count)
    }

    mutating func run() {
        let payload = self.payload()
        if let payload {
            lift(.quote, payload..<bytes.count, to: &literals)
            end = payload
        }
        while index < end {
            if Self.isLetter(bytes[index]), Self.isWord(byte(index - 1)) {
                // No value starts within a word.
                output.append(bytes[index])
                index += 1
            } else if let (kind, value, next) = literal() {
                mark(literals.count)
                lift(kind, value, to: &literals)
                index = next
            } else {
                output.append(bytes[index])
                index += 1
            }
        }
        if payload != nil { mark(0) }
    }

    private func lift(_ kind: LiftedText.Kind, _ range: Range<Int>, to list: inout [LiftedText.Literal]) {
        list.append(.init(kind: kind, value: text(range)))
    }

    private mutating func mark(_ number: Int) { output += " ⟦\(number)⟧ ".utf8 }
    private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    // MARK: - Bytes

    private func byte(_ index: Int) -> UInt8 { index >= 0 && index < end ? bytes[index] : 0 }
    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A }
    /// Of a word as patterns have it: letters, digits, `_`, and all that is not ASCII.
    static func isWord(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) || byte == 0x5F || byte >= 0x80 }
    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte >= 0x09 && byte <= 0x0D }

    private func has(_ text: StaticString, at index: Int) -> Bool {
        guard index + text.utf8CodeUnitCount <= end else { return false }
        for offset in 0..<text.utf8CodeUnitCount where (bytes[index + offset] | 0x20) != (text.utf8Start[offset] | 0x20)
        {
            return false
        }
        return true
    }

    private func run(from start: Int, while isMember: (UInt8) -> Bool) -> Int {
        var index = start
        while index < end, isMember(bytes[index]) { index += 1 }
        return index
    }

    // MARK: - Literals

    private typealias Found = (kind: LiftedText.Kind, value: Range<Int>, next: Int)

    private mutating func literal() -> Found? {
        let first = bytes[index]
        if first == 0x22 || first == 0x27 || first == 0xE2 { return quotation() }
        if let found = tag() { return found }
        let startsWord = !Self.isWord(byte(index - 1))
        if Self.isWord(first) || first == 0x2F || first == 0x2B {
            guard startsWord || first == 0x2F else { return nil }
            if let found = address() ?? mail() ?? file() { return found }
        }
        guard
            Self.isDigit(first) || first == 0x2B || first == 0x24 || Self.isLetter(first) && startsWord
                || first == 0xC2
        else { return nil }
        return date() ?? phone() ?? clockTime() ?? code() ?? number()
    }

    private func address() -> Found? {
        guard has("http://", at: index) || has("https://", at: index) || has("www.", at: index) else { return nil }
        var stop = run(from: index) { !Self.isSpace($0) && $0 != 0x27 && $0 != 0x22 && $0 != 0x2C && $0 != 0x29 }
        let next = stop
        while stop > index, bytes[stop - 1] == 0x2E { stop -= 1 }
        return stop > index + 7 || has("www.", at: index) && stop > index + 4 ? (.address, index..<stop, next) : nil
    }

    private func mail() -> Found? {
        let at = run(from: index) { Self.isWord($0) || $0 == 0x2E || $0 == 0x2B || $0 == 0x2D }
        guard at > index, byte(at) == 0x40 else { return nil }
        let dot = run(from: at + 1) { Self.isWord($0) || $0 == 0x2D }
        guard dot > at + 1, byte(dot) == 0x2E, Self.isWord(byte(dot + 1)) else { return nil }
        var stop = run(from: dot + 1) { Self.isWord($0) || $0 == 0x2E }
        while bytes[stop - 1] == 0x2E { stop -= 1 }
        return (.mail, index..<stop, stop)
    }

    private func file() -> Found? {
        var stop = run(from: index) { Self.isWord($0) || $0 == 0x2D || $0 == 0x2F }
        guard stop > index, byte(stop) == 0x2E else { return nil }
        let start = stop + 1
        stop = run(from: start, while: Self.isWord)
        guard stop - start <= 4, stop > start, let kind = Self.fileKinds[text(start..<stop).lowercased()] else {
            return nil
        }
        return (kind, index..<stop, stop)
    }

    // MARK: - Quotations

    private mutating func quotation() -> Found? {
        let first = bytes[index]
        guard first == 0xE2 else {
            guard first == 0x22 || !Self.isWord(byte(index - 1)) else { return nil }
            return first == 0x22 ? quoted(from: index + 1, closing: [0x22], least: 2) : apostrophes()
        }
        guard byte(index + 1) == 0x80 else { return nil }
        switch byte(index + 2) {
        case 0x9C, 0x9E: return quoted(from: index + 3, closing: [0xE2, 0x80, 0x9D], least: 1)
        case 0x98: return quoted(from: index + 3, closing: [0xE2, 0x80, 0x99], least: 1)
        default: return nil
        }
    }

    private mutating func quoted(from start: Int, closing: [UInt8], least: Int) -> Found? {
        let key = closing.last ?? 0
        guard !unclosed.contains(key) else { return nil }
        var stop = start
        while stop + closing.count <= end {
            if bytes[stop] == closing[0], bytes[stop..<(stop + closing.count)].elementsEqual(closing) {
                guard stop - start >= least else { return nil }
                return (kind(start..<stop), start..<stop, stop + closing.count)
            }
            stop += 1
        }
        unclosed.insert(key)
        return nil
    }

    /// Between `'`: one between two letters is an apostrophe, one before a letter opens another quotation.
    private mutating func apostrophes() -> Found? {
        let start = index + 1
        var stop = start
        guard !unclosed.contains(0x27) else { return nil }
        while stop < end {
            if bytes[stop] == 0x27 {
                if !Self.isWord(byte(stop + 1)) {
                    return stop - start >= 2 ? (kind(start..<stop), start..<stop, stop + 1) : nil
                }
                guard Self.isWord(byte(stop - 1)) else { return nil }
            }
            stop += 1
        }
        unclosed.insert(0x27)
        return nil
    }

    private func kind(_ range: Range<Int>) -> LiftedText.Kind {
        let value = bytes[range]
        if value.starts(with: "http://".utf8) || value.starts(with: "https://".utf8) || value.starts(with: "www.".utf8)
        {
            return .address
        }
        if value.last(where: { !Self.isSpace($0) }) == 0x3F { return .question }
        if let dot = value.lastIndex(of: 0x2E), range.upperBound - dot <= 5,
            value.allSatisfy({ Self.isWord($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x2F }),
            let kind = Self.fileKinds[text((dot + 1)..<range.upperBound).lowercased()]
        {
            return kind
        }
        return .quote
    }

    // MARK: - Dates, times and numbers

    private func digits(_ start: Int, _ count: ClosedRange<Int>) -> Int? {
        let stop = run(from: start, while: Self.isDigit)
        return count.contains(stop - start) ? stop : nil
    }

    private func ends(_ index: Int) -> Bool { !Self.isWord(byte(index)) }

    private func date() -> Found? {
        if Self.isDigit(bytes[index]), !Self.isWord(byte(index - 1)) {
            if let year = digits(index, 4...4), byte(year) == 0x2D, let month = digits(year + 1, 2...2),
                byte(month) == 0x2D, let day = digits(month + 1, 2...2), ends(day)
            {
                return (.date, index..<day, day)
            }
            if let first = digits(index, 1...2), byte(first) == 0x2F, let second = digits(first + 1, 1...2),
                byte(second) == 0x2F, let year = digits(second + 1, 2...4), ends(year)
            {
                return (.date, index..<year, year)
            }
            return dayAndMonth()
        }
        guard let month = self.month(at: index) else { return nil }
        var next = byte(month) == 0x2E ? month + 1 : month
        guard byte(next) == 0x20, let day = digits(next + 1, 1...2) else { return nil }
        next = ordinal(day)
        next = year(after: next)
        return ends(next) ? (.date, index..<next, next) : nil
    }

    /// `3rd of May 2024`.
    private func dayAndMonth() -> Found? {
        guard let day = digits(index, 1...2) else { return nil }
        var next = ordinal(day)
        guard byte(next) == 0x20 else { return nil }
        if has(" of ", at: next) { next += 3 }
        guard let month = month(at: next + 1), ends(month) else { return nil }
        let stop = year(after: month)
        return (.date, index..<stop, stop)
    }

    /// The first three letters of each in one number.
    private static let monthBeginnings = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ].map { $0.utf8.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } }

    private func month(at start: Int) -> Int? {
        guard start + 2 < end else { return nil }
        var beginning: UInt32 = 0
        for byte in bytes[start...(start + 2)] { beginning = beginning << 8 | UInt32(byte | 0x20) }
        guard Self.monthBeginnings.contains(beginning) else { return nil }
        let stop = run(from: start, while: Self.isLetter)
        guard (3...9).contains(stop - start) else { return nil }
        let word = text(start..<stop).lowercased()
        return Vocabulary.english.words[word]?.cues.contains(.month) == true ? stop : nil
    }

    private func ordinal(_ index: Int) -> Int {
        for suffix: StaticString in ["st", "nd", "rd", "th"] where has(suffix, at: index) { return index + 2 }
        return index
    }

    private func year(after index: Int) -> Int {
        let start = byte(index) == 0x2C ? index + 1 : index
        guard byte(start) == 0x20, let stop = digits(start + 1, 4...4), ends(stop) else { return index }
        return stop
    }

    private func phone() -> Found? {
        let start = byte(index) == 0x2B ? index + 1 : index
        guard Self.isDigit(byte(start)) else { return nil }
        var stop = run(from: start) { Self.isDigit($0) || $0 == 0x2D || $0 == 0x20 }
        while !Self.isDigit(bytes[stop - 1]) { stop -= 1 }
        guard stop - start >= 8 else { return nil }
        return (.phone, index..<stop, stop)
    }

    private func clockTime() -> Found? {
        guard !Self.isWord(byte(index - 1)), let hour = digits(index, 1...2) else { return nil }
        var stop = hour
        if byte(hour) == 0x3A {
            guard let minute = digits(hour + 1, 2...2) else { return nil }
            stop = minute
        }
        let space = run(from: stop, while: Self.isSpace)
        if byte(space) | 0x20 == 0x61 || byte(space) | 0x20 == 0x70 {
            if byte(space + 1) | 0x20 == 0x6D, ends(space + 2) { return (.time, index..<(space + 2), space + 2) }
            if byte(space + 1) == 0x2E, byte(space + 2) | 0x20 == 0x6D {
                let next = byte(space + 3) == 0x2E ? space + 4 : space + 3
                return (.time, index..<next, next)
            }
        }
        return stop > hour ? (.time, index..<stop, stop) : nil
    }

    /// `#support`, `@team`.
    private func tag() -> Found? {
        guard bytes[index] == 0x23 || bytes[index] == 0x40, !Self.isWord(byte(index - 1)) else { return nil }
        let stop = run(from: index + 1) { Self.isWord($0) || $0 == 0x2D }
        return stop > index + 2 && Self.isLetter(byte(index + 1)) ? (.tag, index..<stop, stop) : nil
    }

    /// `ORD456`, `a6Hs4z1sCf`, `T-9`: letters and digits, at least two digits unless capitals and a dash lead.
    private func code() -> Found? {
        guard !Self.isWord(byte(index - 1)), byte(index - 1) != 0x2D else { return nil }
        var stop = run(from: index) { Self.isLetter($0) || Self.isDigit($0) || $0 == 0x5F || $0 == 0x2D }
        while stop > index, bytes[stop - 1] == 0x2D { stop -= 1 }
        guard stop - index >= 3, ends(stop), byte(stop) != 0x2F else { return nil }
        let word = bytes[index..<stop]
        let digits = word.count(where: Self.isDigit)
        guard digits > 0 else { return nil }
        let capitals = word.prefix { $0 >= 0x41 && $0 <= 0x5A }.count
        let isNumbered =
            capitals > 0 && word.dropFirst(capitals).first == 0x2D
            && word.dropFirst(capitals + 1).allSatisfy(Self.isDigit)
        guard isNumbered || word.count >= 4 && digits >= 2, word.contains(where: Self.isLetter) else { return nil }
        // `24-hour`, `10-day`: a number and a word.
        if let dash = word.firstIndex(of: 0x2D), word[..<dash].allSatisfy(Self.isDigit),
            word[dash...].dropFirst().allSatisfy({ Self.isLetter($0) && $0 >= 0x61 })
        {
            return nil
        }
        return (.code, index..<stop, stop)
    }

    private func number() -> Found? {
        var start = index
        if byte(start) == 0x24 { start += 1 } else if byte(start) == 0xC2, byte(start + 1) == 0xA3 { start += 2 }
        guard Self.isDigit(byte(start)), start > index || !Self.isWord(byte(index - 1)) else { return nil }
        var stop = run(from: start, while: Self.isDigit)
        if stop - start <= 3 {
            while byte(stop) == 0x2C, let next = digits(stop + 1, 3...3) { stop = next }
        }
        if byte(stop) == 0x2E, Self.isDigit(byte(stop + 1)) { stop = run(from: stop + 1, while: Self.isDigit) }
        if byte(stop) == 0x25 { stop += 1 }
        return (.number, index..<stop, stop)
    }

    // MARK: - A text at the end

    /// Where a long text starts that stands unquoted at the end, behind "… the following text: ".
    private func payload() -> Int? {
        guard let start = payloadStart() else { return nil }
        let tail = text(start..<bytes.count).lowercased()
        guard tail.utf8.count > 25, !tail.prefix(2).contains(where: { "'\"“".contains($0) }) else { return nil }
        let demands = [" please ", " then ", " finally", " i want ", " i need ", " i'd like "]
        return demands.contains { Self.contains(tail, $0) } ? nil : start
    }

    private static func contains(_ text: String, _ word: String) -> Bool {
        let text = Array(" \(text)".utf8)
        let word = Array(word.utf8)
        guard text.count >= word.count else { return false }
        return (0...(text.count - word.count)).contains { start in
            text[start] == word[0] && text[start..<(start + word.count)].elementsEqual(word)
        }
    }

    private static let payloadNouns: Set = [
        "text", "article", "essay", "paragraph", "sentence", "script", "passage", "story", "description",
    ]

    private func payloadStart() -> Int? {
        guard bytes.contains(0x3A) else { return nil }
        var noun: Int?
        var place = 0
        while place < bytes.count {
            let current = bytes[place]
            if Self.isLetter(current) {
                let stop = run(from: place, while: Self.isWord)
                if noun == nil, (4...11).contains(stop - place),
                    Self.payloadNouns.contains(text(place..<stop).lowercased())
                {
                    noun = stop
                }
                place = stop
                continue
            }
            if current == 0x3A, let noun, place - noun <= 40, place + 1 < bytes.count, Self.isSpace(bytes[place + 1]) {
                var start = run(from: place + 1, while: Self.isSpace)
                if byte(start) == 0x28 || byte(start) == 0x5B { start += 1 }
                if byte(start) >= 0x41, byte(start) <= 0x5A { return start }
            }
            if [0x2E, 0x3A, 0x3F, 0x21].contains(current) { noun = nil }
            place += 1
        }
        return nil
    }

}
