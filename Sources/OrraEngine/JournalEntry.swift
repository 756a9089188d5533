public import OrraModel

/// An event with its place: the truth of one orchestration is its entries in the order of `seq`.
public struct JournalEntry: Sendable, Hashable {
    public var orchestration: OrchestrationID
    public var project: ProjectID
    /// 1, 2, 3 … within the orchestration.
    public var seq: Int
    /// Grows within the project, assigned at commit; what a watcher of the whole project resumes with.
    public var position: Int64
    public var at: Timestamp
    public var event: Event

    public init(
        orchestration: OrchestrationID, project: ProjectID, seq: Int, position: Int64, at: Timestamp, event: Event
    ) {
        self.orchestration = orchestration
        self.project = project
        self.seq = seq
        self.position = position
        self.at = at
        self.event = event
    }
}
