/// A text that holds large payloads where they lie: they are copied once, to where the text goes.
public struct JSONPieces: Sendable {
    /// Payloads up to this size are copied at once.
    static let copiedBytes = 32 * 1024

    /// All but the payloads.
    var written: [UInt8] = []
    /// In order, each behind so many of the bytes that are written.
    private var payloads: [(start: Int, bytes: ArraySlice<UInt8>)] = []
    private var payloadBytes = 0

    init(capacity: Int) { written.reserveCapacity(capacity) }

    mutating func add(_ payload: ArraySlice<UInt8>) {
        payloads.append((written.count, payload))
        payloadBytes += payload.count
    }

    // MARK: - For texts made of several

    public mutating func append(_ byte: UInt8) { written.append(byte) }

    public mutating func append(_ other: JSONPieces) {
        for payload in other.payloads { payloads.append((written.count + payload.start, payload.bytes)) }
        payloadBytes += other.payloadBytes
        written += other.written
    }

    public mutating func insertFirst(_ byte: UInt8) {
        written.insert(byte, at: 0)
        for index in payloads.indices { payloads[index].start += 1 }
    }

    // MARK: - What it says

    public var count: Int { written.count + payloadBytes }

    /// Runs `body` with one piece after the other.
    public func forEach(_ body: (ArraySlice<UInt8>) -> Void) {
        var start = 0
        for payload in payloads {
            if payload.start > start { body(written[start..<payload.start]) }
            body(payload.bytes)
            start = payload.start
        }
        if start < written.count { body(written[start...]) }
    }

    /// In one.
    public var bytes: [UInt8] {
        guard !payloads.isEmpty else { return written }
        return [UInt8](unsafeUninitializedCapacity: count) { all, filled in
            forEach { piece in
                let rest = UnsafeMutableBufferPointer(rebasing: all[filled...])
                filled += rest.initialize(fromContentsOf: piece)
            }
        }
    }
}
