import Crypto
import OrraModel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `sk-orra-v1-` and 64 hexadecimal digits. The hub keeps only its SHA-256, so that a stolen database opens nothing.
struct APIKey {
    static let prefix = "sk-orra-v1-"
    let text: String

    /// 256 random bits.
    static func make() -> APIKey {
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        return APIKey(text: prefix + bytes.hexadecimal)
    }

    private init(text: String) { self.text = text }

    /// `nil` for a text that can't be a key.
    init?(_ text: some StringProtocol) {
        guard text.hasPrefix("sk-orra-"), text.utf8.count <= 256 else { return nil }
        self.text = String(text)
    }

    /// From `Authorization: Bearer <key>`.
    init?(authorization: String?) {
        guard let authorization, authorization.lowercased().hasPrefix("bearer ") else { return nil }
        self.init(authorization.dropFirst("bearer ".count).drop { $0 == " " })
    }

    /// SHA-256 in hexadecimal.
    var hash: String { SHA256.hash(data: Array(text.utf8)).hexadecimal }
}
