/// One JSON value as bytes: numbers and member order stay exactly as they came.
///
/// Where a payload enters the hub it is written anew without white space and needless escapes (`RawJSON(raw.value)`),
/// so that its bytes stay the same through journal and restart, and equal payloads are equal.
///
/// Payloads (inputs, outputs, progress, compensation data) travel through the hub in this form; a tree is made only
/// where a field is needed (``value``). Always valid JSON without white space around it.
public struct RawJSON: Sendable, Hashable {
    public let bytes: [UInt8]

    init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// Validates `bytes` as one JSON value. Throws ``JSONError`` with the offset of the first fault.
    public init(validating bytes: [UInt8]) throws { self = try JSONScanner.scan(bytes) { try $0.raw() } }

    /// Renders a tree.
    public init(_ value: JSONValue) {
        var writer = JSONWriter()
        writer.value(value)
        self.bytes = writer.bytes
    }

    public static let emptyObject = RawJSON(unchecked: Array("{}".utf8))
    public static let null = RawJSON(unchecked: Array("null".utf8))

    public var isNull: Bool { bytes == Self.null.bytes }

    /// The value as a tree.
    public var value: JSONValue { withText(\.value) }

    /// The value to be looked into, without a tree.
    func withText<Result>(_ body: (JSONText) throws -> Result) rethrows -> Result {
        try bytes.withUnsafeBufferPointer {
            // It may hold white space: nobody has looked.
            try body(JSONText(bytes: $0, range: 0..<$0.count, isCompact: false))
        }
    }

    public var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension RawJSON: CustomStringConvertible {
    /// Says the size only: payloads do not belong in logs.
    public var description: String { "JSON of \(bytes.count) bytes" }
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
