/// A `ws://` or `wss://` URL, taken apart for connecting.
struct WebSocketURL: Equatable {
    let isSecure: Bool
    /// A name or address, without the brackets of IPv6.
    let host: String
    let port: Int
    /// Host and port as the `Host` header carries them.
    let authority: String
    /// Path and query, as the request line carries them.
    let target: String

    init(_ url: String) throws(WebSocketClientError) {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .invalidURL("it holds a space, a control character, or one that must be percent-encoded")
        }
        guard let schemeEnd = url.firstRange(of: "://") else { throw .invalidURL("it must begin with ws:// or wss://") }
        switch url[..<schemeEnd.lowerBound].lowercased() {
        case "ws": self.isSecure = false
        case "wss": self.isSecure = true
        default: throw .invalidURL("it must begin with ws:// or wss://")
        }
        let rest = url[schemeEnd.upperBound...].prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let target = rest[authority.endIndex...]
        guard !authority.contains("@") else { throw .invalidURL("it must not hold a user or password") }
        let (host, port) = try Self.split(authority)
        self.host = host
        self.port = port ?? (self.isSecure ? 443 : 80)
        self.authority = String(authority)
        self.target = target.hasPrefix("/") ? String(target) : "/" + target
    }

    private static func split(_ authority: Substring) throws(WebSocketClientError) -> (host: String, port: Int?) {
        var host = authority
        var port: Substring?
        if authority.hasPrefix("[") {
            guard let bracket = authority.firstIndex(of: "]") else {
                throw .invalidURL("the bracket of its host is open")
            }
            host = authority[..<bracket].dropFirst()
            let rest = authority[authority.index(after: bracket)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { throw .invalidURL("its host is malformed") }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
        }
        guard !host.isEmpty else { throw .invalidURL("it has no host") }
        guard let port, !port.isEmpty else { return (String(host), nil) }
        guard let number = Int(port), (1...65535).contains(number) else {
            throw .invalidURL("its port is not a number from 1 to 65535")
        }
        return (String(host), number)
    }
}
