/// A JSON text that holds large payloads where they lie: they are copied once, to where the text goes.
public struct JSONPieces: Sendable {
    /// Payloads up to this size are copied at once.
    static let copiedBytes = 32 * 1024
    /// What stands in the written text for a payload: so that is JSON too.
    static let placeholder = Array(#""*""#.utf8)

    public struct Payload: Sendable {
        /// Where its placeholder stands in the written text.
        public internal(set) var start: Int
        public let bytes: SharedSlice
    }

    /// All but the payloads, with a placeholder for each.
    public internal(set) var written: [UInt8] = []
    /// In order. Each is one JSON value.
    public private(set) var payloads: [Payload] = []
    public private(set) var payloadBytes = 0

    init(capacity: Int) { written.reserveCapacity(capacity) }

    init(_ payload: SharedSlice) { add(payload) }

    /// A text that was taken apart before: by ``written`` and ``payloads``.
    ///
    /// `nil` where a payload has no placeholder, or they do not come in order.
    public init?(written: [UInt8], payloads: [(start: Int, bytes: SharedSlice)]) {
        self.written = written
        var end = 0
        for payload in payloads {
            let start = payload.start
            guard start >= end, start <= written.count - Self.placeholder.count else { return nil }
            end = start + Self.placeholder.count
            guard written[start..<end].elementsEqual(Self.placeholder) else { return nil }
            self.payloads.append(Payload(start: start, bytes: payload.bytes))
            payloadBytes += payload.bytes.count
        }
    }

    mutating func add(_ payload: SharedSlice) {
        payloads.append(Payload(start: written.count, bytes: payload))
        payloadBytes += payload.count
        written += Self.placeholder
    }

    // MARK: - For texts made of several

    public mutating func append(_ byte: UInt8) { written.append(byte) }

    public mutating func append(_ other: JSONPieces) {
        for payload in other.payloads {
            payloads.append(Payload(start: written.count + payload.start, bytes: payload.bytes))
        }
        payloadBytes += other.payloadBytes
        written += other.written
    }

    public mutating func insertFirst(_ byte: UInt8) {
        written.insert(byte, at: 0)
        for index in payloads.indices { payloads[index].start += 1 }
    }

    /// Of a value within the written text.
    func part(_ range: Range<Int>) -> JSONPieces {
        var part = JSONPieces(capacity: range.count)
        part.written += written[range]
        for payload in payloads where range.contains(payload.start) {
            part.payloads.append(Payload(start: payload.start - range.lowerBound, bytes: payload.bytes))
            part.payloadBytes += payload.bytes.count
        }
        return part
    }

    /// The payload whose placeholder stands there.
    func payload(at start: Int) -> SharedSlice? {
        var (low, high) = (0, payloads.count)
        while low < high {
            let middle = (low + high) / 2
            if payloads[middle].start < start { low = middle + 1 } else { high = middle }
        }
        return low < payloads.count && payloads[low].start == start ? payloads[low].bytes : nil
    }

    // MARK: - What it says

    public var count: Int { written.count + payloadBytes - payloads.count * Self.placeholder.count }

    /// Runs `body` with one piece after the other, as one text; each is valid there only.
    public func forEach(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        var start = 0
        for payload in payloads {
            if payload.start > start { try written[start..<payload.start].withUnsafeBytes(body) }
            try payload.bytes.withUnsafeBytes(body)
            start = payload.start + Self.placeholder.count
        }
        if start < written.count { try written[start...].withUnsafeBytes(body) }
    }

    /// The same with a part of the text: at most so many bytes behind the first ones.
    public func forEach(
        from offset: Int, atMost count: Int, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) rethrows {
        var (skipped, rest) = (offset, count)
        try forEach { piece in
            guard rest > 0, skipped < piece.count else { return skipped = max(skipped - piece.count, 0) }
            let taken = min(piece.count - skipped, rest)
            try body(UnsafeRawBufferPointer(rebasing: piece[skipped..<(skipped + taken)]))
            (skipped, rest) = (0, rest - taken)
        }
    }

    /// In one.
    public var bytes: [UInt8] {
        guard !payloads.isEmpty else { return written }
        return [UInt8](unsafeUninitializedCapacity: count) { all, filled in
            copy(to: UnsafeMutableRawBufferPointer(all))
            filled = count
        }
    }

    /// In one, to be shared.
    var shared: SharedBytes { SharedBytes(count: count, fill: copy) }

    /// - Parameter all: as many bytes as it has.
    private func copy(to all: UnsafeMutableRawBufferPointer) {
        var rest = all[...]
        forEach { piece in
            UnsafeMutableRawBufferPointer(rebasing: rest).copyMemory(from: piece)
            rest = rest.dropFirst(piece.count)
        }
    }
}
