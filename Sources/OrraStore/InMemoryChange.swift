import OrraEngine
import OrraModel

/// One batch on its way into ``Tables``.
struct Change {
    var tables: Tables
    /// How to take back what was done, last first.
    var undo: [(inout Tables) -> Void] = []

    init(tables: Tables) { self.tables = tables }

    mutating func apply(_ batch: [Write]) throws(StoreError) {
        for write in batch {
            try checkReferences(of: write)
            try apply(write)
        }
    }

    mutating func takeBack() {
        for step in undo.reversed() { step(&tables) }
        undo = []
    }

    private mutating func apply(_ write: Write) throws(StoreError) {
        switch write {
        case .project(let project): try insert(project, \.projects, project.id, "a project's id")
        case .apiKey(let hash, let project, let createdAt):
            try insert(.init(project: project, createdAt: createdAt), \.apiKeys, hash, "an API key's hash")
        case .webhook(let webhook): try insert(webhook, \.webhooks, webhook.id, "a webhook's id")
        case .service(let service): try register(service)
        case .journal(let entry): try append(entry)
        case .orchestration(let row): try bringUp(row)
        case .parameterValues(let values, let orchestration): try carry(values, orchestration)
        case .outboxInsert(let row):
            guard tables.outbox[row.key] == nil else { break }
            set(.init(row: row, order: tables.insertions), \.outbox, row.key)
            tables.insertions += 1
        case .outboxDelete(let key):
            if tables.outbox[key]?.row.death == nil { set(nil, \.outbox, key) }
        case .outboxDead(let key, let at, let error):
            guard var waiting = tables.outbox[key], waiting.row.death == nil else { return }
            waiting.row.death = .init(at: at, error: error)
            set(waiting, \.outbox, key)
        case .delivery(let delivery): bringUp(delivery)
        case .failedCompensation(let failed): set(failed, \.failedCompensations, failed.id)
        case .submission(let row): set(row, \.submissions, .init(project: row.project, key: row.key))
        case .serviceEvent(let entry): try append(entry)
        case .retention(let project, let milliseconds): set(milliseconds, \.retention, project)
        case .hide(let orchestrations): for id in orchestrations { hide(id) }
        case .prune(let orchestration, let rows): prune(orchestration, max(rows, 0))
        case .pruneEvents(let project, let before, let submissionsBefore, let rows):
            pruneEvents(of: project, before: before, max(rows, 0))
            pruneSubmissions(of: project, before: submissionsBefore, max(rows, 0))
        case .document(let document):
            set(document, \.documents, .init(document))
            if tables.damagedDocuments.remove(.init(document)) != nil {
                undo.append { $0.damagedDocuments.insert(.init(document)) }
            }
        case .deleteDocuments(let project, let kind, let names):
            for name in names { set(nil, \.documents, .init(project: project, kind: kind, name: name)) }
        }
    }

    mutating func set<Key: Hashable, Value>(
        _ value: Value?, _ table: WritableKeyPath<Tables, [Key: Value]>, _ key: Key
    ) {
        let old = tables[keyPath: table][key]
        tables[keyPath: table][key] = value
        undo.append { $0[keyPath: table][key] = old }
    }

    private mutating func insert<Key: Hashable, Value>(
        _ value: Value, _ table: WritableKeyPath<Tables, [Key: Value]>, _ key: Key, _ what: String
    ) throws(StoreError) {
        guard tables[keyPath: table][key] == nil else { throw Self.taken(what) }
        set(value, table, key)
    }

    private mutating func bringUp(_ row: OrchestrationRow) throws(StoreError) {
        if let old = tables.orchestrations[row.id],
            (old.project, old.action, old.receivedAt) != (row.project, row.action, row.receivedAt)
        {
            throw Self.taken("an orchestration's id")
        }
        set(row, \.orchestrations, row.id)
    }

    private mutating func bringUp(_ delivery: WebhookDelivery) {
        let name = Tables.DeliveryName(orchestration: delivery.orchestration, id: delivery.id)
        var row = tables.deliveries[name] ?? delivery
        row.state = delivery.state
        row.attempts = delivery.attempts
        row.nextAttempt = delivery.nextAttempt
        row.lastError = delivery.lastError
        set(row, \.deliveries, name)
    }

    private mutating func register(_ service: Service) throws(StoreError) {
        func name(_ service: Service) -> Tables.ServiceName {
            .init(project: service.project, kind: service.kind, name: service.name)
        }
        if let old = tables.services[service.id] { set(nil, \.serviceNames, name(old)) }
        try insert(service.id, \.serviceNames, name(service), "a service's name")
        set(service, \.services, service.id)
        guard tables.damagedServices.remove(service.id) != nil else { return }
        undo.append { $0.damagedServices.insert(service.id) }
    }

    private mutating func append(_ entry: JournalEntry) throws(StoreError) {
        let bySeq = tables.journals[entry.orchestration, default: []].firstIndex { $0.seq >= entry.seq }
        let byPosition = tables.projectJournals[entry.project, default: []].firstIndex { $0.position >= entry.position }
        guard tables.journals[entry.orchestration]?.element(at: bySeq)?.seq != entry.seq else {
            throw Self.taken("a journal entry's number")
        }
        guard tables.projectJournals[entry.project]?.element(at: byPosition)?.position != entry.position else {
            throw Self.taken("a journal entry's position")
        }
        tables.journals[entry.orchestration, default: []].insert(entry, at: bySeq)
        tables.projectJournals[entry.project, default: []].insert(entry, at: byPosition)
        undo.append {
            $0.journals[entry.orchestration]?.remove(at: bySeq)
            $0.projectJournals[entry.project]?.remove(at: byPosition)
        }
        advanceClock(to: entry.at)
        if let (key, reference) = entry.newKey { try insert(reference, \.taskKeys, key, "a task's key") }
    }

    private mutating func append(_ entry: ServiceEntry) throws(StoreError) {
        let index = tables.serviceEvents[entry.project, default: []].firstIndex { $0.position >= entry.position }
        guard tables.serviceEvents[entry.project]?.element(at: index)?.position != entry.position else {
            throw Self.taken("a service event's position")
        }
        tables.serviceEvents[entry.project, default: []].insert(entry, at: index)
        undo.append { $0.serviceEvents[entry.project]?.remove(at: index) }
        advanceClock(to: entry.at)
    }

    private mutating func advanceClock(to time: Timestamp) {
        let lastEntryAt = tables.lastEntryAt
        tables.lastEntryAt = max(lastEntryAt ?? time, time)
        undo.append { $0.lastEntryAt = lastEntryAt }
    }

    private mutating func carry(_ values: [String], _ orchestration: OrchestrationID) throws(StoreError) {
        guard let row = tables.orchestrations[orchestration] else { throw Self.missing("orchestration") }
        for value in values {
            let carried = Tables.ParameterValue(project: row.project, value: value)
            guard tables.carriers[carried, default: []].insert(orchestration).inserted else { continue }
            undo.append { $0.carriers[carried]?.remove(orchestration) }
        }
    }

    private func checkReferences(of write: Write) throws(StoreError) {
        if let orchestration = write.orchestration, tables.isHidden(orchestration) {
            throw Self.missing("orchestration")
        }
        switch write {
        case .project, .outboxDelete, .outboxDead, .hide, .prune, .pruneEvents, .deleteDocuments: break
        case .document(let document): try need(document.project)
        case .apiKey(_, let project, _), .retention(let project, _): try need(project)
        case .webhook(let webhook): try need(webhook.project)
        case .service(let service): try need(service.project)
        case .journal(let entry): try need(entry.orchestration)
        case .orchestration(let row): try need(row.project)
        case .parameterValues(_, let orchestration): try need(orchestration)
        case .outboxInsert(let row) where tables.outbox[row.key] != nil: break
        case .outboxInsert(let row):
            try need(row.project)
            try need(row.reference.orchestration)
            try need(row.service)
        case .delivery(let delivery):
            try need(delivery.project)
            try need(delivery.orchestration)
        case .failedCompensation(let failed):
            try need(failed.project)
            try need(failed.reference.orchestration)
            try need(failed.service)
        case .submission(let row):
            try need(row.project)
            try need(row.orchestration)
        case .serviceEvent(let entry):
            try need(entry.project)
            try need(entry.event.service)
        }
    }

    private func need(_ project: ProjectID) throws(StoreError) {
        guard tables.projects[project] != nil else { throw Self.missing("project") }
    }

    private func need(_ orchestration: OrchestrationID) throws(StoreError) {
        guard tables.orchestrations[orchestration] != nil else { throw Self.missing("orchestration") }
    }

    private func need(_ service: ServiceID) throws(StoreError) {
        guard tables.services[service] != nil else { throw Self.missing("service") }
    }

    private static func taken(_ what: String) -> StoreError {
        StoreError(.constraint, "the write contradicts what is stored: \(what) is taken")
    }

    private static func missing(_ what: String) -> StoreError {
        StoreError(.constraint, "the write contradicts what is stored: its \(what) is not there")
    }
}

extension JournalEntry {
    /// The key that the entry makes known, and what it belongs to.
    var newKey: (IdempotencyKey, TaskReference)? {
        switch event {
        case .taskReady(let ready): (ready.key, TaskReference(orchestration, ready.task))
        case .compensationReady(let ready): (ready.key, TaskReference(orchestration, ready.task, .compensation))
        default: nil
        }
    }
}

extension Array {
    fileprivate func element(at index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
