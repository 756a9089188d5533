public import OrraEngine
public import OrraModel

/// Where everything durable lives. One hub at a time has it open.
///
/// Every promise here has a test in the conformance suite (`Tests/OrraStoreTests/StoreConformance.swift`), which each
/// store passes. Reads see what was committed before they began. All methods throw ``StoreError``. A limit or a number
/// of rows below 0 counts as 0.
///
/// A hidden orchestration (``Write/hide(_:)``) is as good as gone: no read tells of it but ``hidden(limit:)``.
///
/// A read that meets a row which this version can't read throws `.damaged`. For a journal entry the message names its
/// orchestration and its number, never what stands in it.
public protocol Store: Sendable {
    /// Writes all of the batch or nothing. On return it survives a crash of the process and of the machine.
    ///
    /// Throws `.constraint` when a write contradicts what is stored (a journal entry's number is taken, a service's
    /// name exists in its project and kind, it refers to a project, service or orchestration that is not there):
    /// nothing of the batch is written, and the same batch will never succeed. Throws `.unavailable` when the disk is
    /// full or fails: the store goes on without the batch, and a later try may succeed. If the process ends before
    /// another batch was committed, the next one may still find that batch, whole: the disk may have had it, and not
    /// said so.
    func commit(_ batch: [Write]) async throws(StoreError)

    /// Everything that the hub keeps in memory: read once, at start. Journals and services that can't be read are named
    /// (``Recovery/unreadable``, ``Recovery/unreadableServices``), and all others come.
    func recover() async throws(StoreError) -> Recovery

    /// One orchestration's entries with `seq` greater than `after`, in order, at most `limit`. Of large ones there may be
    /// fewer, but one at least if any is there; with `.max` all come.
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

    /// Which task a key belongs to, also of orchestrations that have ended: the key of the task itself or of one of its
    /// compensation's requests.
    func task(of key: IdempotencyKey) async throws(StoreError) -> TaskReference?

    /// Tasks and compensations that wait for a connection, in the order in which they became ready. No dead letters.
    func outbox() async throws(StoreError) -> [OutboxRow]

    /// What waits for the project's services and what was given up, waiting ones first, each in the order in which they
    /// became ready, at most `limit`.
    func outbox(of project: ProjectID, limit: Int) async throws(StoreError) -> [OutboxRow]

    /// Compensations of the project that did not complete, newest first (by `at`, then id), at most `limit`; only those
    /// that nobody has resolved or ignored unless `all`.
    func failedCompensations(
        of project: ProjectID, all: Bool, limit: Int
    ) async throws(StoreError) -> [FailedCompensation]

    func failedCompensation(_ id: CompensationID) async throws(StoreError) -> FailedCompensation?

    /// The submission under this key, however old.
    func submission(of project: ProjectID, key: String) async throws(StoreError) -> SubmissionRow?

    /// What happened in a project: its orchestrations' entries and its services' events with a position greater than
    /// `afterPosition`, by position, at most `limit`. Both as they were at one moment. Where payloads are large, fewer.
    func progress(of project: ProjectID, afterPosition: Int64, limit: Int) async throws(StoreError) -> [ProjectEntry]

    /// One project's service events with a position greater than `after`, in order, at most `limit`.
    func serviceEvents(
        of project: ProjectID, afterPosition: Int64, limit: Int
    ) async throws(StoreError) -> [ServiceEntry]

    /// The newest events of one service, newest first, at most `limit`.
    func serviceEvents(of service: ServiceID, limit: Int) async throws(StoreError) -> [ServiceEntry]

    /// Everything of the project up to this position may be missing: parts of it were deleted. 0 if nothing was.
    func prunedPosition(of project: ProjectID) async throws(StoreError) -> Int64

    /// Orchestrations of the project that ended before `before` and may be deleted, oldest first (by `endedAt`, then
    /// id), at most `limit`: settled (``OrchestrationRow/isUnsettled``), not hidden yet, without submission key (they go by
    /// `pruneEvents`), pending webhook delivery or pending failed compensation.
    func prunable(
        of project: ProjectID, endedBefore before: Timestamp, limit: Int
    ) async throws(StoreError) -> [OrchestrationID]

    /// Orchestrations that are hidden and whose rows have not all gone, by id: what is still to be pruned.
    func hidden(limit: Int) async throws(StoreError) -> [OrchestrationID]

    /// What the project has of this kind, newest first (by `at`, then name), at most `limit`.
    func documents(
        of project: ProjectID, kind: ProjectDocument.Kind, limit: Int
    ) async throws(StoreError) -> [ProjectDocument]

    /// The one of this name; `nil` when there is none.
    func document(
        of project: ProjectID, kind: ProjectDocument.Kind, name: String
    ) async throws(StoreError) -> ProjectDocument?

    /// The names of what the project has of this kind, in the order of ``documents(of:kind:limit:)``, at most `limit`;
    /// also of what can't be read.
    func documentNames(
        of project: ProjectID, kind: ProjectDocument.Kind, limit: Int
    ) async throws(StoreError) -> [String]

    /// Webhook deliveries of the project that were given up, newest first, at most `limit`.
    func failedDeliveries(of project: ProjectID, limit: Int) async throws(StoreError) -> [WebhookDelivery]

    /// Closes it. Other calls must have ended; a second call does nothing.
    func close() async
}

/// One change. A batch is written in its order: what a write refers to is there before it. A hidden orchestration is
/// not there: whatever would add to it is a `.constraint`.
public enum Write: Sendable, Hashable {
    case project(Project)
    /// A key's SHA-256, 64 hexadecimal digits. The key itself is never stored.
    case apiKey(hash: String, project: ProjectID, createdAt: Timestamp)
    case webhook(Webhook)
    /// Inserts, or replaces the row with this id.
    case service(Service)
    /// Appends. `.constraint` if the number is taken in its orchestration, or the position in its project. The key of
    /// `taskReady` and `compensationReady` is findable from then on (``Store/task(of:)``); `.constraint` if it is
    /// taken.
    case journal(JournalEntry)
    /// Inserts, or replaces the row with this id. `.constraint` if that has another project, action or time.
    case orchestration(OrchestrationRow)
    /// Makes the orchestration findable by these parameter values.
    case parameterValues([String], OrchestrationID)
    /// Nothing if the key is in the outbox: up to schema 4 what ran was in it, too.
    case outboxInsert(OutboxRow)
    /// The entry was handed out or has its outcome. Nothing if the key is not in the outbox, or is a dead letter's.
    case outboxDelete(IdempotencyKey)
    /// The entry could not be delivered within the grace period: it stays, as a dead letter, until its orchestration is
    /// deleted. Nothing if the key is not in the outbox, or is a dead letter's already.
    case outboxDead(IdempotencyKey, at: Timestamp, error: String)
    /// Inserts, or brings the row of this orchestration and id up to date: its state, attempts, next attempt and error.
    case delivery(WebhookDelivery)
    /// Inserts, or replaces the row with this id.
    case failedCompensation(FailedCompensation)
    /// Inserts, or replaces the row of this project and key.
    case submission(SubmissionRow)
    /// Appends. `.constraint` if the position is taken by another service event.
    case serviceEvent(ServiceEntry)
    /// How long the project keeps ended orchestrations; 0 for ever, `nil` for the hub's own setting.
    case retention(ProjectID, milliseconds: Int64?)
    /// Hides orchestrations from every list, look-up, journal read and watcher, at once; their rows go by `prune`.
    /// Advances the project's pruned position to that of each one's last entry.
    ///
    /// One that may not be deleted now (what ``Store/prunable(of:endedBefore:limit:)`` demands, but for the time)
    /// stays as it is: something came late since it was asked for. Nothing for one that is not there.
    case hide([OrchestrationID])
    /// Deletes at most `rows` rows of a hidden orchestration's journal, first ones first; with the last of them
    /// everything else that belongs to it (keys, parameter values, outbox, deliveries, failed compensations,
    /// submissions, and its own row): a few for each task of a plan. Nothing for one that is not hidden.
    case prune(OrchestrationID, rows: Int)
    /// Deletes the project's service events before this time among its first `rows`, and at most `rows` of its
    /// submissions before `submissionsBefore`, oldest first. Advances the pruned position to that of the last event
    /// deleted.
    case pruneEvents(ProjectID, before: Timestamp, submissionsBefore: Timestamp, rows: Int)
    /// Inserts, or replaces the document of this project, kind and name.
    case document(ProjectDocument)
    /// Nothing for names that are not there.
    case deleteDocuments(ProjectID, ProjectDocument.Kind, names: [String])
}

/// What belongs to a project beside its services and orchestrations: a name, and JSON that the hub reads.
public struct ProjectDocument: Sendable, Hashable {
    public enum Kind: String, Sendable, CaseIterable {
        case grounding, cachedPlan, pinnedPlan, planningSettings, modelSpending
    }

    public var project: ProjectID
    public var kind: Kind
    /// Unique within its project and kind.
    public var name: String
    public var body: RawJSON
    public var at: Timestamp

    public init(project: ProjectID, kind: Kind, name: String, body: RawJSON, at: Timestamp) {
        self.project = project
        self.kind = kind
        self.name = name
        self.body = body
        self.at = at
    }
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
    /// It has ended, and a late success is still to be undone: its journal is read at the next start.
    public var isUnsettled: Bool
    /// How its compensations stand; all 0 if there are none.
    public var compensations: CompensationCounts
    /// What it waits for, if it is paused.
    public var pauseReason: PauseReason?

    public init(
        id: OrchestrationID, project: ProjectID, action: String, status: Status, error: String?, receivedAt: Timestamp,
        endedAt: Timestamp?, isUnsettled: Bool = false, compensations: CompensationCounts = CompensationCounts(),
        pauseReason: PauseReason? = nil
    ) {
        self.id = id
        self.project = project
        self.action = action
        self.status = status
        self.error = error
        self.receivedAt = receivedAt
        self.endedAt = endedAt
        self.isUnsettled = isUnsettled
        self.compensations = compensations
        self.pauseReason = pauseReason
    }
}

/// A task or compensation that waits for a connection, or was given up: a projection of the journal.
public struct OutboxRow: Sendable, Hashable {
    /// Given up: when, and why.
    public struct Death: Sendable, Hashable {
        public var at: Timestamp
        public var error: String
        public init(at: Timestamp, error: String) {
            self.at = at
            self.error = error
        }
    }

    public var key: IdempotencyKey
    public var reference: TaskReference
    public var project: ProjectID
    public var service: ServiceID
    public var readyAt: Timestamp
    /// `nil` while it waits.
    public var death: Death?

    public init(
        key: IdempotencyKey, reference: TaskReference, project: ProjectID, service: ServiceID, readyAt: Timestamp,
        death: Death? = nil
    ) {
        self.key = key
        self.reference = reference
        self.project = project
        self.service = service
        self.readyAt = readyAt
        self.death = death
    }
}

/// A compensation that did not complete: an entry of the inbox, a projection of the journal. What the service handed
/// over stands in the journal.
public struct FailedCompensation: Sendable, Hashable {
    public enum Resolution: String, Sendable, Codable, CaseIterable { case pending, resolved, ignored }

    public var id: CompensationID
    public var project: ProjectID
    public var reference: TaskReference
    public var service: ServiceID
    public var serviceName: String
    /// partial, failed or expired.
    public var status: CompensationStatus
    public var failure: String?
    public var attempts: Int
    public var at: Timestamp
    public var resolution: Resolution
    /// Why it was resolved or ignored.
    public var reason: String?
    public var resolvedAt: Timestamp?

    public init(
        id: CompensationID, project: ProjectID, reference: TaskReference, service: ServiceID, serviceName: String,
        status: CompensationStatus, failure: String?, attempts: Int, at: Timestamp, resolution: Resolution = .pending,
        reason: String? = nil, resolvedAt: Timestamp? = nil
    ) {
        self.id = id
        self.project = project
        self.reference = reference
        self.service = service
        self.serviceName = serviceName
        self.status = status
        self.failure = failure
        self.attempts = attempts
        self.at = at
        self.resolution = resolution
        self.reason = reason
        self.resolvedAt = resolvedAt
    }
}

/// A caller's own key for its submission: the same key and body within a day are the same orchestration.
public struct SubmissionRow: Sendable, Hashable {
    public var project: ProjectID
    public var key: String
    /// SHA-256 of the body, 64 hexadecimal digits.
    public var bodyHash: String
    public var orchestration: OrchestrationID
    public var createdAt: Timestamp

    public init(
        project: ProjectID, key: String, bodyHash: String, orchestration: OrchestrationID, createdAt: Timestamp
    ) {
        self.project = project
        self.key = key
        self.bodyHash = bodyHash
        self.orchestration = orchestration
        self.createdAt = createdAt
    }
}

/// A service event with its place among the project's entries: both share one count of positions.
public struct ServiceEntry: Sendable, Hashable {
    public var project: ProjectID
    public var position: Int64
    public var at: Timestamp
    public var event: ServiceEvent

    public init(project: ProjectID, position: Int64, at: Timestamp, event: ServiceEvent) {
        self.project = project
        self.position = position
        self.at = at
        self.event = event
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
    /// Journals of orchestrations that have not ended or are unsettled, whole, oldest first.
    public var live: [[JournalEntry]] = []
    /// Live orchestrations whose journal can't be read: an entry is no event of this version. They are set aside.
    public var unreadable: [JournalFault] = []
    /// Services whose definition can't be read. They keep their name: a registration under it that is written with the
    /// same id replaces the definition, one with another id is a `.constraint`.
    public var unreadableServices: [UnreadableService] = []
    /// Of projects that have a setting of their own.
    public var retention: [ProjectID: Duration] = [:]
    /// Webhook deliveries that are still tried.
    public var deliveries: [WebhookDelivery] = []
    /// The last position that each project has given to a journal entry or a service event, deleted ones too. Of
    /// projects that have given any.
    public var positions: [ProjectID: Int64] = [:]
    /// The time of the latest journal entry or service event, deleted ones too: the hub's clock never runs behind it.
    public var lastEntryAt: Timestamp?

    public init() {}
}

/// A registered service whose definition is no service of this version.
public struct UnreadableService: Sendable, Hashable {
    public var id: ServiceID
    public var project: ProjectID
    /// `nil` if this version does not know it.
    public var kind: ServiceKind?
    public var name: String
    /// A member's name and what was expected; no value.
    public var reason: String

    public init(id: ServiceID, project: ProjectID, kind: ServiceKind?, name: String, reason: String) {
        self.id = id
        self.project = project
        self.kind = kind
        self.name = name
        self.reason = reason
    }
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

extension StoreError {
    static func unreadableEntry(_ seq: Int, of orchestration: OrchestrationID, _ reason: String) -> StoreError {
        StoreError(.damaged, "journal entry \(seq) of \(orchestration) can't be read (\(reason)); restore a backup")
    }
}
