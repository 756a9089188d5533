/// A value within a payload: nothing is copied until it is written elsewhere, and of a large value not even then.
public struct RawJSONPart: Sendable {
    private enum Content {
        case bytes(ArraySlice<UInt8>)
        case value(RawJSON)
    }

    private let content: Content

    public init(_ raw: RawJSON) { content = .value(raw) }

    fileprivate init(_ bytes: ArraySlice<UInt8>) { content = .bytes(bytes) }

    /// Bytes of it.
    public var count: Int {
        switch content {
        case .bytes(let bytes): bytes.count
        case .value(let raw): raw.count
        }
    }

    /// The text of a string; `nil` for anything else.
    public var string: String? { raw.withText(\.string) }

    /// As a payload of its own.
    public var raw: RawJSON {
        switch content {
        case .bytes(let bytes): RawJSON(unchecked: Array(bytes))
        case .value(let raw): raw
        }
    }

    func write(to writer: inout JSONWriter) {
        switch content {
        case .bytes(let bytes): writer.raw(bytes)
        case .value(let raw): writer.raw(raw)
        }
    }
}

extension RawJSON {
    /// The values of an object's members of these names, found in one pass; of a name that comes twice, the last counts.
    /// Empty for what is no object.
    public func members(_ names: Set<String>) -> [String: RawJSONPart] {
        guard pieces == nil else { return withText { text in text.parts(names) { RawJSONPart($0.raw) } } }
        let bytes = bytes
        return bytes.withUnsafeBufferPointer { lent in
            var scanner = JSONScanner(lent, maximumDepth: .max)
            guard let text = try? scanner.text() else { return [:] }
            // What was not written by this system's own writer is written anew.
            return text.parts(names) { $0.isCompact ? RawJSONPart(bytes[$0.range]) : RawJSONPart($0.raw) }
        }
    }
}

extension JSONText {
    fileprivate func parts(
        _ names: Set<String>, _ part: (JSONText) -> RawJSONPart
    ) -> [String: RawJSONPart] {
        var parts: [String: RawJSONPart] = [:]
        for member in members ?? [] {
            let name = member.key.text
            if names.contains(name) { parts[name] = part(member.value) }
        }
        return parts
    }
}
