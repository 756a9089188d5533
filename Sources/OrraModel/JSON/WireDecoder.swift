/// Decodes `Decodable` types from JSON text without losing a payload: ``RawJSON`` and ``JSONValue`` members keep their
/// numbers and member order, which Foundation's decoder can't promise.
///
/// Faults are `DecodingError`s with the path of the member (`data[0].value`); ``WireDecoder/describe(_:)`` makes the
/// sentence for the caller. Members that the type does not know are ignored.
public struct WireDecoder: Sendable {
    /// Whether `Content` is found for `content`; an exact match wins.
    public var ignoresKeyCase: Bool

    /// Levels of nesting: ``Limits/jsonDepth`` for what comes from outside, ``Limits/storedJSONDepth`` for what the
    /// system wrote itself, such as journal entries around payloads.
    public var maximumDepth: Int

    public init(ignoresKeyCase: Bool = false, maximumDepth: Int = Limits.jsonDepth) {
        self.ignoresKeyCase = ignoresKeyCase
        self.maximumDepth = maximumDepth
    }

    public func decode<Value: Decodable>(_ type: Value.Type, from text: [UInt8]) throws -> Value {
        try text.withUnsafeBufferPointer { try decode(type, from: $0) }
    }

    /// The same from bytes that lie elsewhere. No tree is made of them: what the type does not ask for is only checked,
    /// and a ``RawJSON`` is a copy of its part of the text.
    public func decode<Value: Decodable>(_ type: Value.Type, from text: UnsafeBufferPointer<UInt8>) throws -> Value {
        try decode(type, .text(JSONScanner.scan(text, maximumDepth: maximumDepth) { try $0.text() }))
    }

    public func decode<Value: Decodable>(_ type: Value.Type, from value: JSONValue) throws -> Value {
        try decode(type, .tree(value))
    }

    /// The same from a text in pieces, which ``JSONWriter`` wrote: large payloads are shared. They are taken as valid.
    public func decode<Value: Decodable>(_ type: Value.Type, from text: JSONPieces) throws -> Value {
        try check(text)
        return try LargeJSON(text, isCompact: true).withText { try decode(type, .text($0)) }
    }

    /// The elements of an array, each for itself: faults have their paths within the element. `nil` where the text is
    /// no array, or one of another count.
    public func decode<Value: Decodable>(
        _ count: Int, of type: Value.Type, from text: UnsafeBufferPointer<UInt8>
    ) throws -> [Result<Value, any Error>]? {
        decode(count, of: type, from: try JSONScanner.scan(text, maximumDepth: maximumDepth) { try $0.text() })
    }

    /// The same from a text in pieces.
    public func decode<Value: Decodable>(
        _ count: Int, of type: Value.Type, from text: JSONPieces
    ) throws -> [Result<Value, any Error>]? {
        try check(text)
        return LargeJSON(text, isCompact: true).withText { decode(count, of: type, from: $0) }
    }

    private func decode<Value: Decodable>(
        _ count: Int, of type: Value.Type, from text: JSONText
    ) -> [Result<Value, any Error>]? {
        guard let elements = text.elements, elements.count == count else { return nil }
        return elements.map { element in Result { try decode(type, .text(element)) } }
    }

    private func check(_ text: JSONPieces) throws {
        try JSONScanner.scan(text.written, maximumDepth: maximumDepth) { try $0.skip() }
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ node: JSONNode) throws -> Value {
        try ValueDecoder(node: node, ignoresKeyCase: ignoresKeyCase).unwrap(type)
    }

    /// One sentence that says where the fault is and what was expected; never quotes a value.
    public static func describe(_ error: any Error) -> String {
        if let error = error as? JSONError { return "the body is not valid JSON: \(error)" }
        guard let place = place(of: error) else { return "the body could not be read" }
        let member = path(place.keys)
        return "\(member.isEmpty ? "the body" : member): \(place.reason)"
    }

    /// The member at fault, such as `data[0].value`; `nil` when it is the whole body.
    public static func path(of error: any Error) -> String? {
        let member = place(of: error).map { path($0.keys) } ?? ""
        return member.isEmpty ? nil : member
    }

    private static func place(of error: any Error) -> (keys: [any CodingKey], reason: String)? {
        switch error {
        case DecodingError.typeMismatch(_, let context), DecodingError.dataCorrupted(let context),
            DecodingError.valueNotFound(_, let context):
            (context.codingPath, context.debugDescription)
        case DecodingError.keyNotFound(let key, let context): (context.codingPath + [key], "is missing")
        default: nil
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.reduce(into: "") { path, key in
            if let index = key.intValue {
                path += "[\(index)]"
            } else {
                path += path.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
    }
}

struct IndexKey: CodingKey {
    let index: Int
    var intValue: Int? { index }
    var stringValue: String { "\(index)" }
    init(_ index: Int) { self.index = index }
    init?(intValue: Int) { self.index = intValue }
    init?(stringValue: String) { nil }
}
