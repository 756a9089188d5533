import GRDB
public import OrraEngine
public import OrraModel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension SQLiteStore {
    public func journal(
        of orchestration: OrchestrationID, after: Int, limit: Int
    ) async throws(StoreError) -> [JournalEntry] {
        try await readJournal {
            try $0.entries(
                Statements.journal, orchestration.rawValue, after, limit,
                bytes: limit == .max ? .max : Limits.watcherPageBytes
            ) { $0.seq > after }.entries
        }
    }

    public func journal(
        of project: ProjectID, afterPosition: Int64, limit: Int
    ) async throws(StoreError) -> [JournalEntry] {
        try await readJournal { try $0.entries(of: project, afterPosition: afterPosition, limit: limit).entries }
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

    public func outbox(of project: ProjectID, limit: Int) async throws(StoreError) -> [OutboxRow] {
        try await read {
            try $0.all(Statements.projectOutbox, [project.rawValue, max(limit, 0)], OutboxRow.init(row:))
        }
    }

    public func failedCompensations(
        of project: ProjectID, all: Bool, limit: Int
    ) async throws(StoreError) -> [FailedCompensation] {
        let query = all ? Statements.allFailedCompensations : Statements.pendingFailedCompensations
        return try await read {
            try $0.all(query, [project.rawValue, max(limit, 0)], FailedCompensation.init(row:))
        }
    }

    public func failedCompensation(_ id: CompensationID) async throws(StoreError) -> FailedCompensation? {
        try await read {
            try $0.all(Statements.failedCompensation, [id.rawValue], FailedCompensation.init(row:)).first
        }
    }

    public func submission(of project: ProjectID, key: String) async throws(StoreError) -> SubmissionRow? {
        try await read { try $0.all(Statements.submission, [project.rawValue, key], SubmissionRow.init(row:)).first }
    }

    public func serviceEvents(
        of project: ProjectID, afterPosition: Int64, limit: Int
    ) async throws(StoreError) -> [ServiceEntry] {
        try await read {
            try $0.all(
                Statements.projectServiceEvents, [project.rawValue, afterPosition, max(limit, 0)],
                ServiceEntry.init(row:))
        }
    }

    public func serviceEvents(of service: ServiceID, limit: Int) async throws(StoreError) -> [ServiceEntry] {
        try await read {
            try $0.all(Statements.serviceEvents, [service.rawValue, max(limit, 0)], ServiceEntry.init(row:))
        }
    }

    public func prunedPosition(of project: ProjectID) async throws(StoreError) -> Int64 {
        try await read { try $0.first(Statements.prunedPosition, [project.rawValue])?[0] ?? 0 }
    }

    public func prunable(
        of project: ProjectID, endedBefore before: Timestamp, limit: Int
    ) async throws(StoreError) -> [OrchestrationID] {
        try await read {
            try $0.all(Statements.prunable, [project.rawValue, before.milliseconds, max(limit, 0)]) { row in
                OrchestrationID(row[0])
            }
        }
    }

    public func hidden(limit: Int) async throws(StoreError) -> [OrchestrationID] {
        try await read { try $0.all(Statements.hidden, [max(limit, 0)]) { row in OrchestrationID(row[0]) } }
    }

    public func documents(
        of project: ProjectID, kind: ProjectDocument.Kind, limit: Int
    ) async throws(StoreError) -> [ProjectDocument] {
        try await read {
            try $0.all(
                Statements.documents, [project.rawValue, kind.rawValue, max(limit, 0)], ProjectDocument.init(row:))
        }
    }

    public func document(
        of project: ProjectID, kind: ProjectDocument.Kind, name: String
    ) async throws(StoreError) -> ProjectDocument? {
        try await read {
            try $0.all(Statements.document, [project.rawValue, kind.rawValue, name], ProjectDocument.init(row:)).first
        }
    }

    public func documentNames(
        of project: ProjectID, kind: ProjectDocument.Kind, limit: Int
    ) async throws(StoreError) -> [String] {
        try await read {
            try $0.all(Statements.documentNames, [project.rawValue, kind.rawValue, max(limit, 0)]) { row in row[0] }
        }
    }

    public func failedDeliveries(
        of project: ProjectID, limit: Int
    ) async throws(StoreError) -> [WebhookDelivery] {
        try await read {
            try $0.all(Statements.failedDeliveries, [project.rawValue, max(limit, 0)], WebhookDelivery.init(row:))
        }
    }
}

extension Database {
    /// The rows of one of the store's queries, each made a value while it is read.
    func all<Value>(
        _ sql: String, _ arguments: StatementArguments, _ value: (Row) throws -> Value
    ) throws -> [Value] {
        let rows = try Row.fetchCursor(cachedStatement(sql: sql), arguments: arguments)
        var values: [Value] = []
        while let row = try rows.next() { values.append(try value(row)) }
        return values
    }
}
