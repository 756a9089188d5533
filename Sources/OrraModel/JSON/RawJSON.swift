/// One JSON value as bytes: numbers and member order stay exactly as they came.
///
/// Where a payload enters the hub it is written anew without white space and needless escapes (`RawJSON(raw.value)`),
/// so that its bytes stay the same through journal and restart, and equal payloads are equal.
///
/// Payloads (inputs, outputs, progress, compensation data) travel through the hub in this form; a tree is made only
/// where a field is needed (``value``). Always valid JSON without white space around it.
///
/// A large one lies where it came, and so do large values that another is made of: a task's output and the input of the
/// next task share their bytes.
public struct RawJSON: Sendable {
    private enum Storage {
        /// Up to ``JSONPieces/copiedBytes``.
        case small([UInt8])
        case large(LargeJSON)
    }

    private let storage: Storage

    /// A value that lies in lent bytes, or is small.
    init(unchecked bytes: some Collection<UInt8>, isCompact: Bool = false) {
        storage =
            bytes.count > JSONPieces.copiedBytes
            ? .large(LargeJSON(JSONPieces(SharedSlice(SharedBytes(copying: bytes))), isCompact: isCompact))
            : .small(Array(bytes))
    }

    /// A value that lies in shared bytes. One that is less than a quarter of them is copied: it would keep all the rest, and
    /// take far more memory than it counts for.
    init(unchecked slice: SharedSlice, isCompact: Bool) {
        if slice.count <= JSONPieces.copiedBytes {
            storage = .small(slice.withUnsafeBytes { Array($0) })
        } else {
            let mayKeep = slice.count >= slice.whole.count / 4
            let kept = mayKeep ? slice : slice.withUnsafeBytes { SharedSlice(SharedBytes(copying: $0)) }
            storage = .large(LargeJSON(JSONPieces(kept), isCompact: isCompact))
        }
    }

    /// A value that this system wrote.
    init(unchecked text: JSONPieces) {
        let written = text.written.count
        if text.payloads.isEmpty, written <= JSONPieces.copiedBytes {
            storage = .small(text.written)
        } else {
            // What is written is copied with each text that it becomes a part of.
            let isInPlace = written <= max(JSONPieces.copiedBytes, text.payloadBytes / 8)
            storage = .large(LargeJSON(isInPlace ? text : JSONPieces(SharedSlice(text.shared)), isCompact: true))
        }
    }

    /// Validates `bytes` as one JSON value. Throws ``JSONError`` with the offset of the first fault.
    public init(validating bytes: [UInt8]) throws { self = try JSONScanner.scan(bytes) { try $0.raw() } }

    /// Renders a tree.
    public init(_ value: JSONValue) {
        var writer = JSONWriter()
        writer.value(value)
        self = writer.raw
    }

    public static let emptyObject = RawJSON(unchecked: Array("{}".utf8))
    public static let null = RawJSON(unchecked: Array("null".utf8))

    public var isNull: Bool { self == .null }

    /// In one: a large value is copied. ``count`` and ``pieces`` are there without.
    public var bytes: [UInt8] {
        switch storage {
        case .small(let bytes): bytes
        case .large(let large): large.pieces.bytes
        }
    }

    /// Bytes of it.
    public var count: Int {
        switch storage {
        case .small(let bytes): bytes.count
        case .large(let large): large.pieces.count
        }
    }

    /// Of a large value, where it lies; `nil` for a small one.
    var pieces: JSONPieces? {
        guard case .large(let large) = storage else { return nil }
        return large.pieces
    }

    public var isObject: Bool { withText { $0.kind == .object } }

    /// The value as a tree.
    public var value: JSONValue { withText(\.value) }

    /// The value to be looked into, without a tree.
    func withText<Result>(_ body: (JSONText) throws -> Result) rethrows -> Result {
        switch storage {
        case .small(let bytes):
            try bytes.withUnsafeBufferPointer {
                // It may hold white space: nobody has looked.
                try body(JSONText(bytes: $0, range: 0..<$0.count, isCompact: false))
            }
        case .large(let large): try large.withText(body)
        }
    }

    /// Runs `body` with one piece after the other, as one text; each is valid there only.
    public func forEachPiece(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        switch storage {
        case .small(let bytes): try bytes.withUnsafeBytes(body)
        case .large(let large): try large.pieces.forEach(body)
        }
    }

    public var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension RawJSON: Hashable {
    public static func == (one: RawJSON, other: RawJSON) -> Bool {
        switch (one.storage, other.storage) {
        case (.small(let one), .small(let other)): one == other
        case (.large(let one), .large(let other)): one === other || one.pieces.saysSame(as: other.pieces)
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch storage {
        case .small(let bytes): hasher.combine(bytes)
        // Equal ones may be divided differently.
        case .large(let large): hasher.combine(large.pieces.count)
        }
    }
}

extension JSONPieces {
    fileprivate func saysSame(as other: JSONPieces) -> Bool {
        guard count == other.count else { return false }
        var (offset, isSame) = (0, true)
        forEach { piece in
            guard isSame else { return }
            var start = 0
            other.forEach(from: offset, atMost: piece.count) { part in
                isSame = isSame && part.isSame(as: UnsafeRawBufferPointer(rebasing: piece[start..<start + part.count]))
                start += part.count
            }
            offset += piece.count
        }
        return isSame
    }
}

extension UnsafeRawBufferPointer {
    /// Eight bytes at a time. Both have the same length.
    fileprivate func isSame(as other: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index + 8 <= count {
            let word = loadUnaligned(fromByteOffset: index, as: UInt64.self)
            guard word == other.loadUnaligned(fromByteOffset: index, as: UInt64.self) else { return false }
            index += 8
        }
        return self[index...].elementsEqual(other[index...])
    }
}

extension RawJSON: CustomStringConvertible {
    /// Says the size only: payloads do not belong in logs.
    public var description: String { "JSON of \(count) bytes" }
}

extension RawJSON: Codable {
    /// With ``WireDecoder`` exact; with any other decoder through ``JSONValue``.
    public init(from decoder: any Decoder) throws {
        if let decoder = decoder as? ValueDecoder {
            self = decoder.node.raw
        } else {
            self.init(try JSONValue(from: decoder))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        if let encoder = encoder as? SlotEncoder { return encoder.set(self) }
        try value.encode(to: encoder)
    }
}
