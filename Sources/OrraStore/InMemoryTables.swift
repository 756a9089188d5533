import OrraEngine
import OrraModel

/// The tables of ``InMemoryStore``. A batch is applied in place; each step notes how to take it back, so that a batch
/// that turns out to be impossible leaves nothing, without copying what is stored.
struct Tables: Sendable {
    struct DeliveryName: Hashable {
        var orchestration: OrchestrationID
        var id: DeliveryID
    }

    struct ServiceName: Hashable {
        var project: ProjectID
        var kind: ServiceKind
        var name: String
    }

    struct ParameterValue: Hashable {
        var project: ProjectID
        var value: String
    }

    struct SubmissionKey: Hashable {
        var project: ProjectID
        var key: String
    }

    struct APIKey {
        var project: ProjectID
        var createdAt: Timestamp
    }

    struct Waiting {
        var row: OutboxRow
        /// Of insertion.
        var order: Int
    }

    struct DocumentName: Hashable {
        var project: ProjectID
        var kind: ProjectDocument.Kind
        var name: String

        init(project: ProjectID, kind: ProjectDocument.Kind, name: String) {
            self.project = project
            self.kind = kind
            self.name = name
        }

        init(_ document: ProjectDocument) {
            self.init(project: document.project, kind: document.kind, name: document.name)
        }
    }

    var projects: [ProjectID: Project] = [:]
    var documents: [DocumentName: ProjectDocument] = [:]
    var retention: [ProjectID: Int64] = [:]
    var prunedPositions: [ProjectID: Int64] = [:]
    var apiKeys: [String: APIKey] = [:]
    var webhooks: [WebhookID: Webhook] = [:]
    var services: [ServiceID: Service] = [:]
    var serviceNames: [ServiceName: ServiceID] = [:]
    /// By `position`.
    var serviceEvents: [ProjectID: [ServiceEntry]] = [:]
    var orchestrations: [OrchestrationID: OrchestrationRow] = [:]
    var hidden: Set<OrchestrationID> = []
    /// By `seq`.
    var journals: [OrchestrationID: [JournalEntry]] = [:]
    /// By `position`.
    var projectJournals: [ProjectID: [JournalEntry]] = [:]
    var taskKeys: [IdempotencyKey: TaskReference] = [:]
    var carriers: [ParameterValue: Set<OrchestrationID>] = [:]
    var outbox: [IdempotencyKey: Waiting] = [:]
    var insertions = 0
    var deliveries: [DeliveryName: WebhookDelivery] = [:]
    var failedCompensations: [CompensationID: FailedCompensation] = [:]
    var submissions: [SubmissionKey: SubmissionRow] = [:]
    var lastEntryAt: Timestamp?

    /// Numbers of entries that can't be read, services, and documents.
    var damagedEntries: [OrchestrationID: Set<Int>] = [:]
    var damagedServices: Set<ServiceID> = []
    var damagedDocuments: Set<DocumentName> = []

    mutating func commit(_ batch: [Write]) throws(StoreError) {
        var change = Change(tables: self)
        // The change is the only holder while it works: dictionaries grow in place.
        self = Tables()
        do throws(StoreError) {
            try change.apply(batch)
            self = change.tables
        } catch {
            change.takeBack()
            self = change.tables
            throw error
        }
    }

    func recovery() -> Recovery {
        var recovery = Recovery()
        recovery.projects = projects.values.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
        recovery.apiKeys = apiKeys.sorted { ($0.value.createdAt, $0.key) < ($1.value.createdAt, $1.key) }
            .map { .init(hash: $0.key, project: $0.value.project) }
        recovery.webhooks = webhooks.values.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
        for service in services.values.sorted(by: { ($0.registeredAt, $0.id) < ($1.registeredAt, $1.id) }) {
            if damagedServices.contains(service.id) {
                recovery.unreadableServices.append(
                    UnreadableService(
                        id: service.id, project: service.project, kind: service.kind, name: service.name,
                        reason: "was damaged"))
            } else {
                recovery.services.append(service)
            }
        }
        let live = orchestrations.values.filter { $0.endedAt == nil || $0.isUnsettled }
        for row in live.sorted(by: { $0.isOlder(than: $1) }) {
            guard let journal = journals[row.id], !journal.isEmpty else { continue }
            if let seq = firstDamaged(of: journal[...])?.seq {
                recovery.unreadable.append(.unreadableEntry(seq, of: row.id, "was damaged"))
            } else {
                recovery.live.append(journal)
            }
        }
        recovery.retention = retention.mapValues { .milliseconds($0) }
        recovery.deliveries = deliveries.values.filter { $0.state == .pending }
            .sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
        recovery.positions = projectJournals.compactMapValues { $0.last?.position }
            .merging(serviceEvents.compactMapValues { $0.last?.position }, uniquingKeysWith: max)
            .merging(prunedPositions, uniquingKeysWith: max)
        recovery.lastEntryAt = lastEntryAt
        return recovery
    }

    func isHidden(_ id: OrchestrationID) -> Bool { hidden.contains(id) }

    /// What ``Store/prunable(of:endedBefore:limit:)`` demands, but for the time.
    func mayBeDeleted(_ row: OrchestrationRow) -> Bool {
        row.endedAt != nil && !row.isUnsettled && !hidden.contains(row.id)
            && !deliveries.values.contains { $0.orchestration == row.id && $0.state == .pending }
            && !submissions.values.contains { $0.orchestration == row.id }
            && !failedCompensations.values.contains {
                $0.reference.orchestration == row.id && $0.resolution == .pending
            }
    }

    func firstDamaged(of entries: some Sequence<JournalEntry>) -> JournalEntry? {
        guard !damagedEntries.isEmpty else { return nil }
        return entries.first { damagedEntries[$0.orchestration]?.contains($0.seq) == true }
    }
}

extension JournalFault {
    static func unreadableEntry(_ seq: Int, of orchestration: OrchestrationID, _ reason: String) -> JournalFault {
        JournalFault(orchestration: orchestration, reason: "has an entry that can't be read, number \(seq): \(reason)")
    }
}

extension Write {
    /// The orchestration that this adds to, or changes.
    var orchestration: OrchestrationID? {
        switch self {
        case .journal(let entry): entry.orchestration
        case .orchestration(let row): row.id
        case .parameterValues(_, let id): id
        case .outboxInsert(let row): row.reference.orchestration
        case .delivery(let delivery): delivery.orchestration
        case .failedCompensation(let failed): failed.reference.orchestration
        case .submission(let row): row.orchestration
        case .project, .apiKey, .webhook, .service, .outboxDelete, .outboxDead, .serviceEvent, .retention, .hide,
            .prune, .pruneEvents, .document, .deleteDocuments:
            nil
        }
    }
}

extension OrchestrationRow {
    func isOlder(than other: OrchestrationRow) -> Bool { (receivedAt, id) < (other.receivedAt, other.id) }
}

extension RandomAccessCollection where Index == Int {
    /// The first index whose element passes; all elements after one that passes pass.
    func firstIndex(_ passes: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = (low + high) / 2
            if passes(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
