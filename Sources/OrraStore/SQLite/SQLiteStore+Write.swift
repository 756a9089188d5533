import GRDB
import OrraEngine
import OrraModel

extension SQLiteStore {
    /// Runs within the transaction of one commit.
    static func write(_ batch: [Write], to database: Database) throws {
        var lastEntryAt: Timestamp?
        for write in batch {
            try self.write(write, to: database)
            if case .journal(let entry) = write { lastEntryAt = max(lastEntryAt ?? entry.at, entry.at) }
        }
        if let lastEntryAt { try database.run(Statements.advanceClock, [lastEntryAt.milliseconds]) }
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
        case .journal(let entry): try append(entry, to: database)
        case .orchestration(let row): try upsert(row, into: database)
        case .parameterValues(let values, let orchestration):
            try insert(values, of: orchestration, into: database)
        case .outboxInsert(let row):
            try database.run(
                Statements.insertOutbox,
                [
                    row.key.rawValue, row.reference.orchestration.rawValue, row.reference.task.description,
                    row.project.rawValue, row.service.rawValue, row.readyAt.milliseconds,
                ])
        case .outboxDelete(let key): try database.run(Statements.deleteOutbox, [key.rawValue])
        case .delivery(let delivery): try upsert(delivery, into: database)
        }
    }

    private static func append(_ entry: JournalEntry, to database: Database) throws {
        try database.run(
            Statements.insertEntry,
            [
                entry.orchestration.rawValue, entry.seq, entry.project.rawValue, entry.position,
                entry.at.milliseconds, try encode(entry.event),
            ])
        guard case .taskReady(let ready) = entry.event else { return }
        try database.run(
            Statements.insertTaskKey, [ready.key.rawValue, entry.orchestration.rawValue, ready.task.description])
    }

    private static func upsert(_ row: OrchestrationRow, into database: Database) throws {
        try database.replace(
            Statements.updateOrchestration, Statements.insertOrchestration,
            [
                row.id.rawValue, row.project.rawValue, row.action, row.status.rawValue, row.error,
                row.receivedAt.milliseconds, row.endedAt?.milliseconds,
            ])
    }

    private static func insert(
        _ values: [String], of orchestration: OrchestrationID, into database: Database
    ) throws {
        let statement = try database.cachedStatement(sql: Statements.orchestration)
        guard try Row.fetchOne(statement, arguments: [orchestration.rawValue]) != nil else {
            throw StoreError(.constraint, "parameter values name an orchestration that is not stored")
        }
        for value in values {
            try database.run(Statements.insertParameterValue, [value, orchestration.rawValue])
        }
    }

    private static func upsert(_ delivery: WebhookDelivery, into database: Database) throws {
        try database.run(
            Statements.upsertDelivery,
            [
                delivery.id.rawValue, delivery.project.rawValue, delivery.orchestration.rawValue, delivery.url,
                delivery.secret, delivery.form.rawValue, delivery.createdAt.milliseconds, delivery.state.rawValue,
                delivery.attempts, delivery.nextAttempt.milliseconds, delivery.lastError,
            ])
    }

    private static func encode(_ value: some Encodable) throws -> String {
        do { return String(decoding: try WireEncoder().encode(value), as: UTF8.self) } catch {
            throw StoreError(.constraint, "a value has no form in JSON")
        }
    }
}

extension Database {
    /// Runs one of the store's statements, which is compiled once per connection.
    func run(_ sql: String, _ arguments: StatementArguments) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }

    /// Updates the row of this id, or inserts it.
    func replace(_ update: String, _ insert: String, _ arguments: StatementArguments) throws {
        try run(update, arguments)
        if changesCount == 0 { try run(insert, arguments) }
    }
}
