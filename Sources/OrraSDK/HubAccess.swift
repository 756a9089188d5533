import Foundation

/// Where the hub is, and the key that opens a project there.
public struct HubAccess: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let url: String?
    private let key: String?

    /// - Parameters:
    ///   - url: as ``HubAddress`` takes it. Default: `ORRA_URL` of the environment, else `http://127.0.0.1:8005`.
    ///   - key: starts with `sk-orra-`. Default: `ORRA_API_KEY` of the environment.
    public init(url: String? = nil, key: String? = nil) {
        self.url = url
        self.key = key
    }

    /// `ORRA_URL` (`http://127.0.0.1:8005` if it is not set) and `ORRA_API_KEY`.
    public static let environment = HubAccess()

    /// Without the key.
    public var description: String { url ?? "the address in ORRA_URL" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}

extension HubAccess {
    /// Checked.
    struct Endpoint: Sendable {
        let address: HubAddress
        let key: String

        func registration(_ role: String) -> String { "\(address.text)/register/\(role)" }

        /// The key goes into a header.
        func socket(service id: String) -> String { "\(address.webSocket)/ws?serviceId=\(id)" }
    }

    func endpoint(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> Endpoint {
        func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        guard let key = key ?? variable("ORRA_API_KEY"), !key.isEmpty else {
            throw ComponentError(
                .invalidAddress,
                "there is no API key: set ORRA_API_KEY, or pass HubAccess(key:). `orra projects add` makes one")
        }
        guard key.hasPrefix("sk-orra-"), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ComponentError(.invalidAddress, "the API key must start with sk-orra- and hold no spaces")
        }
        do {
            let address = try HubAddress(url ?? variable("ORRA_URL") ?? "http://127.0.0.1:8005")
            return Endpoint(address: address, key: key)
        } catch {
            throw ComponentError(.invalidAddress, "\(error)")
        }
    }
}
