/// `PUT /retention`, and its answer and that of `GET /retention`.
public struct RetentionBody: Sendable, Hashable, Codable {
    /// How long an orchestration is kept after its end; 0 keeps all.
    public var retention: GoDuration
    public init(retention: GoDuration) { self.retention = retention }
}

/// `POST /prune`.
public struct PruneRequest: Sendable, Hashable, Codable {
    /// Deletes what ended longer ago than this; `nil` takes the project's retention.
    public var olderThan: GoDuration?
    public init(olderThan: GoDuration? = nil) { self.olderThan = olderThan }
}

/// 200 of `POST /prune`.
public struct PruneAnswer: Sendable, Hashable, Codable {
    /// Orchestrations that are gone.
    public var deleted: Int
    public init(deleted: Int) { self.deleted = deleted }
}
