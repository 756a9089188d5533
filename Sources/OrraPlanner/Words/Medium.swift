/// What a value is made of: pictures and sounds can't stand for each other.
struct Medium: OptionSet, Hashable {
    let rawValue: UInt8

    static let image = Medium(rawValue: 1)
    static let audio = Medium(rawValue: 2)
    static let video = Medium(rawValue: 4)
    static let text = Medium(rawValue: 8)
    static let address = Medium(rawValue: 16)
    static let other = Medium(rawValue: 32)

    /// By the schema's `contentMediaType` (`image/png`) or its `format` (`uri`); `nil` for plain data.
    static func declared(type: String?, format: String?) -> Medium? {
        guard let type, !type.isEmpty else { return format == "uri" ? .address : nil }
        switch type.prefix(while: { $0 != "/" }) {
        case "image": return .image
        case "audio": return .audio
        case "video": return .video
        case "text": return .text
        default: return .other
        }
    }
}
