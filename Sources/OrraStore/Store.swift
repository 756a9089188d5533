public import OrraEngine
public import OrraModel

/// Where everything durable lives. One hub at a time has it open.
///
/// Every promise here has a test in the conformance suite (`Tests/OrraStoreTests/StoreConformance.swift`), which each
/// store passes. Reads see what was committed before they began. All methods throw ``StoreError``.
public protocol Store: Sendable {
    /// Writes all of the batch or nothing. On return it survives a crash of the process and of the machine.
    ///
    /// Throws `.constraint` when a write contradicts what is stored (a journal entry's number is taken, a service's name
    /// exists in its project and kind, it refers to a project, service or orchestration that is not there): nothing of
    /// the batch is written, and the same batch will never succeed. Throws `.unavailable` when the disk is full or
    /// fails: nothing is written, and a later try may succeed.
    func commit(_ batch: [Write]) async throws(StoreError)

    /// Everything that the hub keeps in memory: read once, at start.
    func recover() async throws(StoreError) -> Recovery

    /// One orchestration's entries with `seq` greater than `after`, in order, at most `limit`.
    func journal(of orchestration: OrchestrationID, after: Int, limit: Int) async throws(StoreError) -> [JournalEntry]

    /// One project's entries with a position greater than `after`, in order, at most `limit`.
    func journal(of project: ProjectID, afterPosition: Int64, limit: Int) async throws(StoreError) -> [JournalEntry]

    /// Newest first (by `receivedAt`, then id), at most `limit`.
    func orchestrations(of project: ProjectID, limit: Int) async throws(StoreError) -> [OrchestrationRow]

    /// `nil` when there is none of this id, in any project.
    func orchestration(_ id: OrchestrationID) async throws(StoreError) -> OrchestrationRow?

    /// The newest orchestration of the project that carries this parameter value.
    func orchestration(
        of project: ProjectID, carrying value: String
    ) async throws(StoreError) -> OrchestrationRow?

    /// Which task a key belongs to, also of orchestrations that have ended.
    func task(of key: IdempotencyKey) async throws(StoreError) -> TaskReference?

    /// The outbox: tasks that are ready and have no outcome, in the order in which they became ready.
    func outbox() async throws(StoreError) -> [OutboxRow]

    /// Webhook deliveries of the project that were given up, newest first, at most `limit`.
    func failedDeliveries(of project: ProjectID, limit: Int) async throws(StoreError) -> [WebhookDelivery]

    /// Closes it. Other calls must have ended; a second call does nothing.
    func close() async
}

/// One change. A batch is written in its order: what a write refers to is there before it.
public enum Write: Sendable, Hashable {
    case project(Project)
    /// A key's SHA-256, 64 hexadecimal digits. The key itself is never stored.
    case apiKey(hash: String, project: ProjectID, createdAt: Timestamp)
    case webhook(Webhook)
    /// Inserts, or replaces the row with this id.
    case service(Service)
    /// Appends. `.constraint` if the number is taken in its orchestration, or the position in its project.
    case journal(JournalEntry)
    /// Inserts, or replaces the row with this id.
    case orchestration(OrchestrationRow)
    /// Makes the orchestration findable by these parameter values.
    case parameterValues([String], OrchestrationID)
    case outboxInsert(OutboxRow)
    case outboxDelete(IdempotencyKey)
    /// Inserts, or replaces the row with this id.
    case delivery(WebhookDelivery)
}

/// What lists show of an orchestration: a projection of its journal.
public struct OrchestrationRow: Sendable, Hashable {
    public var id: OrchestrationID
    public var project: ProjectID
    public var action: String
    public var status: Status
    public var error: String?
    public var receivedAt: Timestamp
    public var endedAt: Timestamp?

    public init(
        id: OrchestrationID, project: ProjectID, action: String, status: Status, error: String?, receivedAt: Timestamp,
        endedAt: Timestamp?
    ) {
        self.id = id
        self.project = project
        self.action = action
        self.status = status
        self.error = error
        self.receivedAt = receivedAt
        self.endedAt = endedAt
    }
}

/// A task from when it is ready until it has an outcome: a projection of the journal.
public struct OutboxRow: Sendable, Hashable {
    public var key: IdempotencyKey
    public var reference: TaskReference
    public var project: ProjectID
    public var service: ServiceID
    public var readyAt: Timestamp

    public init(
        key: IdempotencyKey, reference: TaskReference, project: ProjectID, service: ServiceID, readyAt: Timestamp
    ) {
        self.key = key
        self.reference = reference
        self.project = project
        self.service = service
        self.readyAt = readyAt
    }
}

/// What a hub starts with.
public struct Recovery: Sendable {
    public struct APIKey: Sendable, Hashable {
        public var hash: String
        public var project: ProjectID
        public init(hash: String, project: ProjectID) {
            self.hash = hash
            self.project = project
        }
    }

    public var projects: [Project] = []
    public var apiKeys: [APIKey] = []
    public var webhooks: [Webhook] = []
    public var services: [Service] = []
    /// Journals of orchestrations that have not ended, whole, oldest first.
    public var live: [[JournalEntry]] = []
    /// Webhook deliveries that are still tried.
    public var deliveries: [WebhookDelivery] = []
    /// The last position of each project that has a journal.
    public var positions: [ProjectID: Int64] = [:]
    /// The time of the latest journal entry: the hub's clock never runs behind it.
    public var lastEntryAt: Timestamp?

    public init() {}
}

/// Why the store did not do as it was told. The message holds no payload.
public struct StoreError: Error, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// The write contradicts what is stored; it will never succeed.
        case constraint
        /// Full disk, I/O error, locked: a later try may succeed.
        case unavailable
        /// Another hub has this data directory open.
        case inUse
        /// The data was written by a newer version.
        case newerSchema
        /// The data is damaged, or no data of this program.
        case damaged
    }

    public var code: Code
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
