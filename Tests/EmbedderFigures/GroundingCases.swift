import FoundationEssentials
public import OrraModel

/// Use cases, and actions that mean them or do not: `grounding-cases.json`, written for this. Half of the use cases set
/// thresholds, the other half (`held-out`) only tell how good they are.
public struct GroundingCases: Sendable {
    public enum Part: String, Sendable, Hashable, CaseIterable {
        case dev
        case heldOut = "held-out"
    }

    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Means the use case, and says it with most of its words.
        case near
        /// Means the use case, and says it in other words.
        case reworded
        /// Something else is to be done with it.
        case verb
        /// The same is to be done with something else.
        case object
        /// Shares words only.
        case domain

        public var isMeant: Bool { self == .near || self == .reworded }
    }

    public struct Case: Sendable {
        public var domain: String
        public var part: Part
        public var useCase: Grounding.UseCase
        public var actions: [(text: String, kind: Kind)]
    }

    public var cases: [Case]
    /// Actions of almost the same words that mean different things: `cache-pairs.json`.
    public var cachePairs: [Part: [(String, String)]]

    public static func load(file: String = #filePath) throws -> GroundingCases {
        let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/")
        func read(_ name: String) throws -> JSONValue {
            let path = "\(folder)/OrraPlannerTests/Fixtures/\(name)"
            return try JSONValue(parsing: Array(Data(contentsOf: URL(filePath: path))))
        }
        let list = try read("grounding-cases.json").array ?? []
        let twins = try read("cache-pairs.json")
        var cachePairs: [Part: [(String, String)]] = [:]
        for part in Part.allCases {
            cachePairs[part] = (twins[part.rawValue]?.array ?? []).compactMap { pair in
                guard let texts = pair.array?.compactMap(\.string), texts.count == 2 else { return nil }
                return (texts[0], texts[1])
            }
        }
        return GroundingCases(
            cases: list.map { entry in
                var actions: [(text: String, kind: Kind)] = []
                for kind in [Kind.near, .reworded] {
                    actions += (entry[kind.rawValue]?.array ?? []).compactMap(\.string).map { ($0, kind) }
                }
                for other in entry["other"]?.array ?? [] {
                    guard let text = other["action"]?.string,
                        let kind = other["differs"]?.string.flatMap(Kind.init)
                    else { continue }
                    actions.append((text, kind))
                }
                let params = entry["params"]?.object?.members.map { ($0.key, $0.value) } ?? []
                return Case(
                    domain: entry["domain"]?.string ?? "", part: Part(rawValue: entry["set"]?.string ?? "") ?? .dev,
                    useCase: Grounding.UseCase(
                        action: entry["action"]?.string ?? "",
                        params: Dictionary(params, uniquingKeysWith: { first, _ in first })),
                    actions: actions)
            }, cachePairs: cachePairs)
    }

    public subscript(part: Part) -> [Case] { cases.filter { $0.part == part } }
}
