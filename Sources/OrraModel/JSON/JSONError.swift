/// Why a text is not JSON, or not the JSON that was asked for.
///
/// `offset` counts bytes from the start of the text. The reason never quotes the text, so it is safe to log and to
/// send back.
public struct JSONError: Error, Hashable, CustomStringConvertible {
    public var offset: Int
    public var reason: String

    public init(offset: Int, reason: String) {
        self.offset = offset
        self.reason = reason
    }

    public var description: String { "\(reason) at byte \(offset)" }
}
