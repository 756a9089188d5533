/// Where a hub listens: `http://localhost:8005`, or `https://` behind a proxy, with or without a path before the routes.
public struct HubAddress: Sendable, Hashable, CustomStringConvertible {
    /// Without a slash at the end.
    public let text: String

    /// The address of `orra serve` without options. Not `localhost`, which may mean another program on `::1`.
    public static let standard = HubAddress(unchecked: "http://127.0.0.1:8005")

    private init(unchecked text: String) { self.text = text }

    /// Takes `http://…`, `https://…`, or a host and port, which means `http`. Slashes at the end don't count.
    ///
    /// - Throws: ``OperatorError/invalidAddress(_:)`` for another scheme, a missing host, a user, a query, or characters
    ///   that no URL holds.
    public init(_ text: String) throws(OperatorError) {
        guard text.utf8.count <= 2_048, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .invalidAddress("it holds a space, a control character or a letter that URLs don't hold")
        }
        var address = text.contains("://") ? text : "http://" + text
        while address.hasSuffix("/") { address.removeLast() }
        guard let scheme = ["http://", "https://"].first(where: { address.lowercased().hasPrefix($0) }) else {
            throw .invalidAddress("it must begin with http:// or https://")
        }
        let rest = address.dropFirst(scheme.count)
        guard !rest.contains(where: { "?#@".contains($0) }) else {
            throw .invalidAddress("it must not hold a user, a query or a fragment")
        }
        let authority = rest.prefix { $0 != "/" }
        guard !authority.isEmpty, !authority.hasPrefix(":") else { throw .invalidAddress("it has no host") }
        if !authority.hasSuffix("]"), let colon = authority.lastIndex(of: ":") {
            let port = Int(authority[authority.index(after: colon)...])
            guard let port, (1...65_535).contains(port) else {
                throw .invalidAddress("its port is not a number from 1 to 65535")
            }
        }
        self.text = scheme + rest
    }

    public var description: String { text }

    /// The same address for WebSocket: `ws://localhost:8005`.
    var webSocket: String { "ws" + text.dropFirst(4) }

    /// A path segment or query value with everything but unreserved characters percent-encoded.
    static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        let bytes = text.utf8.flatMap { byte -> [UInt8] in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"):
                [byte]
            default: [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
