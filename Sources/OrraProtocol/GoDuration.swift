import OrraModel

/// Durations in requests: Go's form (`30s`, `1m30s`, `500ms`, `2h45m`, `1.5h`) or a number of nanoseconds.
public struct GoDuration: Sendable, Hashable {
    public var duration: Duration
    public init(_ duration: Duration) { self.duration = duration }

    private static let units: [(name: String, nanoseconds: Double)] = [
        ("ns", 1), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3_600e9),
    ]

    /// `nil` for a text that is no duration, such as `30` without a unit or a negative one.
    public init?(_ text: String) {
        var rest = Substring(text)
        guard !rest.isEmpty, rest.count <= 64 else { return nil }
        if rest == "0" {
            self.init(.zero)
            return
        }
        var total = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            guard let number = Double(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { !($0.isASCII && $0.isNumber || $0 == ".") }
            guard let unit = Self.units.first(where: { $0.name == name }) else { return nil }
            rest = rest.dropFirst(name.count)
            total += number * unit.nanoseconds
        }
        guard total < 9e18 else { return nil }
        self.init(.nanoseconds(Int64(total)))
    }

    /// As Go prints it: `1m30s`, `500ms`, `2h0m0s`.
    public var text: String { duration.brief }
}

extension GoDuration: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let nanoseconds = try? container.decode(Int64.self), nanoseconds >= 0 {
            self.init(.nanoseconds(nanoseconds))
        } else if let text = try? container.decode(String.self), let duration = GoDuration(text) {
            self = duration
        } else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription:
                    "must be a duration such as \"30s\", \"1m30s\" or \"500ms\", or a number of nanoseconds")
        }
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
