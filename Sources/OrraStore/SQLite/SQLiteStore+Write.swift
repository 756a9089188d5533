import GRDB
import OrraEngine
import OrraModel

extension SQLiteStore {
    /// Runs within the transaction of one commit. `known` is the time of the latest entry so far; returns that of the
    /// latest one then.
    static func write(
        _ batch: [Write], to database: Database, _ payloads: inout PayloadWriter, after known: Timestamp?
    ) throws -> Timestamp? {
        var lastEntryAt = known
        // Otherwise the journal's last row has the time of the latest entry.
        var needsClock = false
        // Asked once: mostly none is hidden, and what is written need not be looked up.
        var hidesSome = try database.first(Statements.hidden, [1]) != nil
        var page: JournalPage?
        for write in batch {
            if hidesSome, let orchestration = write.orchestration {
                try refuseHidden(orchestration, in: database)
            }
            switch write {
            case .journal(let entry):
                if let lastEntryAt, entry.at < lastEntryAt { needsClock = true }
                lastEntryAt = max(lastEntryAt ?? entry.at, entry.at)
                try append(entry, to: &page, database, &payloads)
                continue
            case .serviceEvent(let entry):
                lastEntryAt = max(lastEntryAt ?? entry.at, entry.at)
                needsClock = true
            case .prune: needsClock = true
            case .hide: hidesSome = true
            default: break
            }
            if write.demandsJournal {
                try page?.write(to: database, &payloads)
                page = nil
            }
            try self.write(write, to: database)
        }
        try page?.write(to: database, &payloads)
        if needsClock, let lastEntryAt { try database.run(Statements.advanceClock, [lastEntryAt.milliseconds]) }
        return lastEntryAt
    }

    private static func refuseHidden(_ orchestration: OrchestrationID, in database: Database) throws {
        guard try database.first(Statements.isHidden, [orchestration.rawValue]) == nil else {
            throw StoreError(
                .constraint, "the write contradicts what is stored: its orchestration is about to be deleted")
        }
    }

    private static func write(_ write: Write, to database: Database) throws {
        switch write {
        case .project(let project):
            try database.run(
                Statements.insertProject, [project.id.rawValue, project.name, project.createdAt.milliseconds])
        case .apiKey(let hash, let project, let createdAt):
            try database.run(Statements.insertAPIKey, [hash, project.rawValue, createdAt.milliseconds])
        case .webhook(let webhook):
            try database.run(
                Statements.insertWebhook,
                [
                    webhook.id.rawValue, webhook.project.rawValue, webhook.url, webhook.purpose.rawValue,
                    webhook.secret, webhook.createdAt.milliseconds,
                ])
        case .service(let service):
            try database.replace(
                Statements.updateService, Statements.insertService,
                [
                    service.id.rawValue, service.project.rawValue, service.kind.rawValue, service.name,
                    service.registeredAt.milliseconds, try encode(service),
                ])
        case .journal: break  // in pages
        case .orchestration(let row): try upsert(row, into: database)
        case .parameterValues(let values, let orchestration):
            try insert(values, of: orchestration, into: database)
        case .outboxInsert(let row):
            try database.run(
                Statements.insertOutbox,
                [
                    row.key.rawValue, row.reference.orchestration.rawValue, row.reference.task.description,
                    row.reference.kind.rawValue, row.project.rawValue, row.service.rawValue, row.readyAt.milliseconds,
                    row.death?.at.milliseconds, row.death?.error,
                ])
        case .outboxDelete(let key): try database.run(Statements.deleteOutbox, [key.rawValue])
        case .outboxDead(let key, let at, let error):
            try database.run(Statements.buryOutbox, [key.rawValue, at.milliseconds, error])
        case .delivery(let delivery): try upsert(delivery, into: database)
        case .failedCompensation(let failed): try upsert(failed, into: database)
        case .submission(let row):
            try database.run(
                Statements.upsertSubmission,
                [
                    row.project.rawValue, row.key, row.bodyHash, row.orchestration.rawValue, row.createdAt.milliseconds,
                ])
        case .serviceEvent(let entry):
            try database.run(
                Statements.insertServiceEvent,
                [
                    entry.project.rawValue, entry.position, entry.at.milliseconds, entry.event.service.rawValue,
                    try encode(entry.event),
                ])
        case .retention(let project, let milliseconds):
            try database.run(Statements.setRetention, [project.rawValue, milliseconds])
            guard database.changesCount == 1 else {
                throw StoreError(.constraint, "a retention names a project that is not stored")
            }
        case .hide(let orchestrations): for id in orchestrations { try hide(id, in: database) }
        case .prune(let orchestration, let rows): try prune(orchestration, max(rows, 0), in: database)
        case .pruneEvents(let project, let before, let submissionsBefore, let rows):
            try pruneEvents(of: project, before: before, max(rows, 0), in: database)
            try database.run(
                Statements.deleteSubmissions, [project.rawValue, submissionsBefore.milliseconds, max(rows, 0)])
        case .document(let document):
            try database.run(
                Statements.upsertDocument,
                [
                    document.project.rawValue, document.kind.rawValue, document.name, document.at.milliseconds,
                    String(decoding: document.body.bytes, as: UTF8.self),
                ])
        case .deleteDocuments(let project, let kind, let names):
            for name in names {
                try database.run(Statements.deleteDocument, [project.rawValue, kind.rawValue, name])
            }
        }
    }

    /// Begins a new page where the entry does not follow on the last one.
    private static func append(
        _ entry: JournalEntry, to page: inout JournalPage?, _ database: Database, _ payloads: inout PayloadWriter
    ) throws {
        if page?.takes(entry) == true {
            try page?.append(entry)
        } else {
            try page?.write(to: database, &payloads)
            page = try JournalPage(entry)
        }
        guard let (key, reference) = entry.newKey else { return }
        try database.run(
            Statements.insertTaskKey,
            [
                key.rawValue, reference.orchestration.rawValue, reference.task.description, reference.kind.rawValue,
            ])
    }

    private static func upsert(_ row: OrchestrationRow, into database: Database) throws {
        try database.replace(
            Statements.updateOrchestration, Statements.insertOrchestration,
            [
                row.id.rawValue, row.project.rawValue, row.action, row.status.rawValue, row.error,
                row.receivedAt.milliseconds, row.endedAt?.milliseconds, row.isUnsettled, row.compensations.active,
                row.compensations.total, row.compensations.completed, row.compensations.failed,
                row.pauseReason?.rawValue,
            ])
    }

    private static func insert(
        _ values: [String], of orchestration: OrchestrationID, into database: Database
    ) throws {
        for value in values {
            try database.run(Statements.insertParameterValue, [value, orchestration.rawValue])
            // It is there already, or its orchestration is not.
            guard database.changesCount == 0 else { continue }
            guard try database.first(Statements.orchestration, [orchestration.rawValue]) != nil else {
                throw StoreError(.constraint, "parameter values name an orchestration that is not stored")
            }
        }
    }

    private static func upsert(_ delivery: WebhookDelivery, into database: Database) throws {
        let (subject, task) = delivery.subject.columns
        try database.run(
            Statements.upsertDelivery,
            [
                delivery.id.rawValue, delivery.project.rawValue, delivery.orchestration.rawValue, delivery.url,
                delivery.secret, delivery.form.rawValue, subject, task?.description, delivery.createdAt.milliseconds,
                delivery.state.rawValue, delivery.attempts, delivery.nextAttempt.milliseconds, delivery.lastError,
            ])
    }

    private static func upsert(_ failed: FailedCompensation, into database: Database) throws {
        try database.run(
            Statements.upsertFailedCompensation,
            [
                failed.id.rawValue, failed.project.rawValue, failed.reference.orchestration.rawValue,
                failed.reference.task.description, failed.reference.kind.rawValue, failed.service.rawValue,
                failed.serviceName, failed.status.rawValue, failed.failure, failed.attempts, failed.at.milliseconds,
                failed.resolution.rawValue, failed.reason, failed.resolvedAt?.milliseconds,
            ])
    }

    private static func encode(_ value: some Encodable) throws -> String {
        do { return String(decoding: try WireEncoder().encode(value), as: UTF8.self) } catch {
            throw StoreError(.constraint, "a value has no form in JSON")
        }
    }
}

extension Write {
    /// Whether entries of the same batch before it must be written by then: it looks at them, or they must not count on
    /// it.
    fileprivate var demandsJournal: Bool {
        switch self {
        case .hide, .prune, .orchestration: true
        default: false
        }
    }
}

extension Database {
    /// The first row of a query.
    func first(_ sql: String, _ arguments: StatementArguments) throws -> Row? {
        try Row.fetchOne(cachedStatement(sql: sql), arguments: arguments)
    }

    /// Updates the row of this id, or inserts it.
    func replace(_ update: String, _ insert: String, _ values: [(any Bindable)?]) throws {
        try run(update, values)
        if changesCount == 0 { try run(insert, values) }
    }
}
