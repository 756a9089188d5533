import OrraEngine
import OrraModel

/// The tables of ``InMemoryStore``. A batch is applied in place; each step notes how to take it back, so that a batch
/// that turns out to be impossible leaves nothing, without copying what is stored.
struct Tables: Sendable {
    struct ServiceName: Hashable {
        var project: ProjectID
        var kind: ServiceKind
        var name: String
    }

    struct ParameterValue: Hashable {
        var project: ProjectID
        var value: String
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

    var projects: [ProjectID: Project] = [:]
    var apiKeys: [String: APIKey] = [:]
    var webhooks: [WebhookID: Webhook] = [:]
    var services: [ServiceID: Service] = [:]
    var serviceNames: [ServiceName: ServiceID] = [:]
    var orchestrations: [OrchestrationID: OrchestrationRow] = [:]
    /// By `seq`.
    var journals: [OrchestrationID: [JournalEntry]] = [:]
    /// By `position`.
    var projectJournals: [ProjectID: [JournalEntry]] = [:]
    var taskKeys: [IdempotencyKey: TaskReference] = [:]
    var carriers: [ParameterValue: Set<OrchestrationID>] = [:]
    var outbox: [IdempotencyKey: Waiting] = [:]
    var insertions = 0
    var deliveries: [DeliveryID: WebhookDelivery] = [:]
    var lastEntryAt: Timestamp?

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
        recovery.services = services.values.sorted { ($0.registeredAt, $0.id) < ($1.registeredAt, $1.id) }
        recovery.live = orchestrations.values.filter { $0.endedAt == nil }.sorted { $0.isOlder(than: $1) }
            .compactMap { journals[$0.id] }.filter { !$0.isEmpty }
        recovery.deliveries = deliveries.values.filter { $0.state == .pending }
            .sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
        recovery.positions = projectJournals.compactMapValues { $0.last?.position }
        recovery.lastEntryAt = lastEntryAt
        return recovery
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
