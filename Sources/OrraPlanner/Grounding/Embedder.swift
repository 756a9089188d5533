public import OrraModel

/// Turns texts into vectors whose angle says how alike their meanings are.
public protocol Embedder: Sendable {
    /// `lexical-1`, or the model's name: vectors of embedders with different names can't be compared.
    var name: String { get }
    /// One vector per text, in order, all of the same dimension.
    ///
    /// - Parameter project: who pays; `nil` for nobody.
    func embed(_ texts: [String], for project: ProjectID?) async throws(EmbeddingFault) -> [[Float]]
}

extension Embedder {
    public func embed(_ texts: [String]) async throws(EmbeddingFault) -> [[Float]] {
        try await embed(texts, for: nil)
    }
}

/// Why an embedder gave no vectors. The reason holds no key and no text that was embedded.
public struct EmbeddingFault: Error, Sendable, Hashable {
    public var reason: String

    public init(reason: String) { self.reason = reason }
}

extension EmbeddingFault: CustomStringConvertible {
    public var description: String { reason }
}

public enum Similarity {
    /// The cosine of the angle between two vectors, from -1 to 1. 0 for vectors of different dimensions, of none, or
    /// with a value that is no number.
    public static func cosine(_ left: [Float], _ right: [Float]) -> Double {
        guard left.count == right.count else { return 0 }
        var (product, one, other) = (0.0, 0.0, 0.0)
        for index in left.indices {
            product += Double(left[index]) * Double(right[index])
            one += Double(left[index]) * Double(left[index])
            other += Double(right[index]) * Double(right[index])
        }
        let cosine = product / (one * other).squareRoot()
        return cosine.isFinite ? min(1, max(-1, cosine)) : 0
    }
}

/// From which similarity on two texts count as one: they differ by embedder.
public struct EmbedderThresholds: Sendable, Hashable {
    /// Between an action and a use case.
    public var grounding: Double
    /// Between an action and the one that a cached plan was made for.
    public var cache: Double

    public init(grounding: Double, cache: Double) {
        self.grounding = grounding
        self.cache = cache
    }

    /// Measured on `grounding-cases.json` of the tests; docs/grounding.md has the rule and the figures.
    public static let lexical = EmbedderThresholds(grounding: 0.72, cache: 0.98)
    /// all-MiniLM-L6-v2, measured likewise.
    public static let miniLM = EmbedderThresholds(grounding: 0.84, cache: 0.99)
    /// Of a model that was not measured: cautious, since some call any two texts 0.8 alike. What the words alone decide
    /// matches all the same, see ``GroundingIndex``.
    public static let unmeasured = EmbedderThresholds(grounding: 0.9, cache: 0.99)

    /// By the embedder's name, as its endpoint has it: `all-minilm`, `sentence-transformers/all-MiniLM-L6-v2`.
    public static func standard(for embedder: String) -> EmbedderThresholds {
        if embedder == LexicalEmbedder.name { return .lexical }
        let name = embedder.lowercased()
        return name.contains("all-minilm") && !name.contains("l12") ? .miniLM : .unmeasured
    }
}
