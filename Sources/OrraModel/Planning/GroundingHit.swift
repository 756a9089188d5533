/// The use case of a grounding that an action matched.
public struct GroundingHit: Sendable, Hashable, Codable {
    /// Of the grounding.
    public var name: String
    public var version: String
    /// Of the use case.
    public var action: String
    /// Between 0 and 1; what it must reach depends on the embedder.
    public var similarity: Double

    public init(name: String, version: String, action: String, similarity: Double) {
        self.name = name
        self.version = version
        self.action = action
        self.similarity = similarity
    }
}
