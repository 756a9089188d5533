/// A value within a payload, as a part of its bytes: nothing is copied until it is written elsewhere.
public struct RawJSONPart: Sendable {
    private let whole: RawJSON
    private let range: Range<Int>

    public init(_ raw: RawJSON) {
        whole = raw
        range = 0..<raw.bytes.count
    }

    fileprivate init(_ text: JSONText, of whole: RawJSON) {
        // What was not written by this system's own writer is written anew.
        let copy = text.isCompact ? nil : text.raw
        self.whole = copy ?? whole
        range = copy.map { 0..<$0.bytes.count } ?? text.range
    }

    public var bytes: ArraySlice<UInt8> { whole.bytes[range] }

    /// The text of a string; `nil` for anything else.
    public var string: String? { whole.withText { $0.part(range).string } }

    /// As a payload of its own.
    public var raw: RawJSON { RawJSON(unchecked: Array(bytes)) }
}

extension RawJSON {
    /// The values of an object's members of these names, found in one pass; of a name that comes twice, the last counts.
    /// Empty for what is no object.
    public func members(_ names: Set<String>) -> [String: RawJSONPart] {
        bytes.withUnsafeBufferPointer { bytes in
            var scanner = JSONScanner(bytes, maximumDepth: .max)
            guard let text = try? scanner.text() else { return [:] }
            var parts: [String: RawJSONPart] = [:]
            for member in text.members ?? [] {
                let name = member.key.text
                if names.contains(name) { parts[name] = RawJSONPart(member.value, of: self) }
            }
            return parts
        }
    }
}
