import GRDB
public import OrraEngine
public import OrraModel

extension SQLiteStore {
    public func journal(
        of orchestration: OrchestrationID, after: Int, limit: Int
    ) async throws(StoreError) -> [JournalEntry] {
        try await read {
            try $0.all(Statements.journal, [orchestration.rawValue, after, max(limit, 0)], JournalEntry.init(row:))
        }
    }

    public func journal(
        of project: ProjectID, afterPosition: Int64, limit: Int
    ) async throws(StoreError) -> [JournalEntry] {
        try await read {
            try $0.all(
                Statements.projectJournal, [project.rawValue, afterPosition, max(limit, 0)], JournalEntry.init(row:))
        }
    }

    public func orchestrations(of project: ProjectID, limit: Int) async throws(StoreError) -> [OrchestrationRow] {
        try await read {
            try $0.all(Statements.orchestrations, [project.rawValue, max(limit, 0)], OrchestrationRow.init(row:))
        }
    }

    public func orchestration(_ id: OrchestrationID) async throws(StoreError) -> OrchestrationRow? {
        try await read { try $0.all(Statements.orchestration, [id.rawValue], OrchestrationRow.init(row:)).first }
    }

    public func orchestration(
        of project: ProjectID, carrying value: String
    ) async throws(StoreError) -> OrchestrationRow? {
        try await read {
            try $0.all(Statements.orchestrationCarrying, [project.rawValue, value], OrchestrationRow.init(row:)).first
        }
    }

    public func task(of key: IdempotencyKey) async throws(StoreError) -> TaskReference? {
        try await read { try $0.all(Statements.task, [key.rawValue]) { try $0.reference(at: 0) }.first }
    }

    public func outbox() async throws(StoreError) -> [OutboxRow] {
        try await read { try $0.all(Statements.outbox, [], OutboxRow.init(row:)) }
    }

    public func failedDeliveries(
        of project: ProjectID, limit: Int
    ) async throws(StoreError) -> [WebhookDelivery] {
        try await read {
            try $0.all(Statements.failedDeliveries, [project.rawValue, max(limit, 0)], WebhookDelivery.init(row:))
        }
    }

    /// One snapshot of all tables; journals are decoded row by row, as they are read.
    public func recover() async throws(StoreError) -> Recovery {
        try await read { database in
            var recovery = Recovery()
            recovery.projects = try database.all(Statements.projects, [], Project.init(row:))
            recovery.apiKeys = try database.all(Statements.apiKeys, []) { row in
                Recovery.APIKey(hash: row[0], project: ProjectID(row[1]))
            }
            recovery.webhooks = try database.all(Statements.webhooks, [], Webhook.init(row:))
            recovery.services = try database.all(Statements.services, []) { row in
                try row.decode(Service.self, at: 1) { "the service \(row[0] as String)" }
            }
            recovery.live = try Self.liveJournals(database)
            recovery.deliveries = try database.all(Statements.pendingDeliveries, [], WebhookDelivery.init(row:))
            let positions = try database.all(Statements.positions, []) { row in
                (ProjectID(row[0]), row[1] as Int64?)
            }
            for (project, position) in positions { recovery.positions[project] = position }
            recovery.lastEntryAt = try database.all(Statements.lastEntryAt, []) { $0.timestamp(at: 0) }.first
            return recovery
        }
    }

    private static func liveJournals(_ database: Database) throws -> [[JournalEntry]] {
        var journals: [[JournalEntry]] = []
        let rows = try Row.fetchCursor(database.cachedStatement(sql: Statements.liveJournals))
        while let row = try rows.next() {
            let entry = try JournalEntry(row: row)
            if journals.last?.last?.orchestration == entry.orchestration {
                journals[journals.count - 1].append(entry)
            } else {
                journals.append([entry])
            }
        }
        return journals
    }
}

extension Database {
    /// The rows of one of the store's queries, each made a value while it is read.
    fileprivate func all<Value>(
        _ sql: String, _ arguments: StatementArguments, _ value: (Row) throws -> Value
    ) throws -> [Value] {
        let rows = try Row.fetchCursor(cachedStatement(sql: sql), arguments: arguments)
        var values: [Value] = []
        while let row = try rows.next() { values.append(try value(row)) }
        return values
    }
}
