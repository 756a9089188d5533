import GRDB
import OrraEngine
import OrraModel

extension SQLiteStore {
    /// One snapshot of all tables; journals are decoded row by row, as they are read.
    public func recover() async throws(StoreError) -> Recovery {
        try await readJournal { reader in
            let database = reader.database
            var recovery = Recovery()
            recovery.projects = try database.all(Statements.projects, [], Project.init(row:))
            recovery.apiKeys = try database.all(Statements.apiKeys, []) { row in
                Recovery.APIKey(hash: row[0], project: ProjectID(row[1]))
            }
            recovery.webhooks = try database.all(Statements.webhooks, [], Webhook.init(row:))
            try Self.readServices(into: &recovery, database)
            try Self.readLiveJournals(into: &recovery, reader)
            for row in try Row.fetchAll(database, sql: Statements.retention) {
                recovery.retention[ProjectID(row[0])] = .milliseconds(row[1] as Int64)
            }
            recovery.deliveries = try database.all(Statements.pendingDeliveries, [], WebhookDelivery.init(row:))
            for row in try Row.fetchAll(database, sql: Statements.positions) {
                let positions: [Int64?] = [row[1], row[2], row[3]]
                recovery.positions[ProjectID(row[0])] = positions.compactMap(\.self).max()
            }
            recovery.lastEntryAt = try Self.lastEntryAt(in: database)
            return recovery
        }
    }

    static func lastEntryAt(in database: Database) throws -> Timestamp? {
        try database.first(Statements.lastEntryAt, [])?.timestampIfPresent(at: 0)
    }

    private static func readServices(into recovery: inout Recovery, _ database: Database) throws {
        let rows = try Row.fetchCursor(database.cachedStatement(sql: Statements.services))
        while let row = try rows.next() {
            do throws(Unreadable) {
                recovery.services.append(try row.decode(Service.self, at: 4))
            } catch {
                recovery.unreadableServices.append(
                    UnreadableService(
                        id: ServiceID(row[0]), project: ProjectID(row[1]), kind: ServiceKind(rawValue: row[2]),
                        name: row[3], reason: error.reason))
            }
        }
    }

    private static func readLiveJournals(into recovery: inout Recovery, _ reader: JournalReader) throws {
        let rows = try Row.fetchCursor(reader.database.cachedStatement(sql: Statements.liveJournals))
        while let row = try rows.next() {
            let orchestration = OrchestrationID(row[0])
            // Its other entries are of no use, though they may be readable.
            guard recovery.unreadable.last?.orchestration != orchestration else { continue }
            let isNext = recovery.live.last?.last?.orchestration == orchestration
            do {
                let entries = try ReadPage(readable: row, reader).entries
                if isNext {
                    recovery.live[recovery.live.count - 1] += entries
                } else {
                    recovery.live.append(entries)
                }
            } catch let error as UnreadableEntry {
                if isNext { recovery.live.removeLast() }
                recovery.unreadable.append(.unreadableEntry(error.seq, of: orchestration, error.reason))
            }
        }
    }
}
