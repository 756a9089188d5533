/// How well each kind of value in a text stands for a field, by the field's name, type and format. 1 is made for it, 0
/// can't be.
struct FieldSuitability: Sendable {
    private let scores: [Double]
    private var name = 0.0
    /// The kinds that are made for the field.
    let madeFor: LiteralKinds

    /// What names without quotation marks stand for.
    private static let namedThings = [
        "city", "country", "location", "place", "destination", "origin", "language", "name", "title", "customer",
        "person", "recipient", "company", "query", "area", "address", "team", "keyword", "artist", "region", "author",
    ]

    /// - Parameter key: as ``ServiceField/key``.
    init(key: String, types: [String], format: String?, medium: Medium?, isIdentifier: Bool) {
        func has(_ words: String...) -> Bool { words.contains { Self.contains(key, $0) } }
        let isNumber = types.contains("number") || types.contains("integer")
        let isText = types.isEmpty || types.contains("string")
        let scores = LiftedText.Kind.allCases.map { kind -> Double in
            switch kind {
            case .number: isNumber ? 1 : isText ? 0.2 : 0
            case .date: has("date", "day") || format == "date" || format == "date-time" ? 1 : 0.3
            case .time: has("time", "hour") || format == "time" ? 1 : 0.2
            case .mail: has("mail") || format == "email" ? 1 : 0.3
            case .phone: has("phone", "mobile", "number") ? 1 : 0.3
            case .address: has("url", "link", "site", "uri") || format == "uri" ? 1 : 0.2
            case .image: medium == .image || has("image", "file", "picture", "photo") ? 1 : 0.3
            case .audio: medium == .audio || has("audio", "file", "sound") ? 1 : 0.3
            case .video: medium == .video || has("video", "file") ? 1 : 0.3
            case .document: medium == .text || has("file", "document", "path", "text") ? 1 : 0.3
            case .code: isIdentifier || has("number", "reference") ? 1 : 0.3
            case .tag: has("channel", "tag", "room", "topic", "team", "handle") ? 1 : 0.2
            case .question: has("question", "query", "prompt") ? 1 : 0.6
            case .quote: isIdentifier ? 0.5 : 0.6
            }
        }
        self.scores = scores
        madeFor = LiftedText.Kind.allCases.reduce(into: []) {
            if scores[$1.number] == 1 { $0.insert(LiteralKinds($1)) }
        }
        if !isIdentifier, medium == nil { name = Self.namedThings.contains { Self.contains(key, $0) } ? 0.6 : 0.3 }
    }

    /// - Parameter kind: `nil` for a name without quotation marks.
    func of(_ kind: LiftedText.Kind?) -> Double { kind.map { scores[$0.number] } ?? name }

    private static func contains(_ key: String, _ word: String) -> Bool {
        let key = Array(key.utf8)
        let word = Array(word.utf8)
        guard key.count >= word.count else { return false }
        return (0...(key.count - word.count)).contains { key[$0..<($0 + word.count)].elementsEqual(word) }
    }
}

/// Kinds of values, each a bit.
struct LiteralKinds: OptionSet {
    let rawValue: UInt16

    init(rawValue: UInt16) { self.rawValue = rawValue }
    init(_ kind: LiftedText.Kind) { rawValue = 1 << UInt16(kind.number) }
}

extension LiftedText.Kind {
    /// Its place among all.
    fileprivate var number: Int {
        switch self {
        case .address: 0
        case .mail: 1
        case .quote: 2
        case .question: 3
        case .image: 4
        case .audio: 5
        case .video: 6
        case .document: 7
        case .date: 8
        case .phone: 9
        case .time: 10
        case .number: 11
        case .code: 12
        case .tag: 13
        }
    }
}
