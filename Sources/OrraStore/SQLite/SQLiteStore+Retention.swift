import GRDB
import OrraEngine
import OrraModel

/// Hiding and deleting, within the transaction of one commit.
extension SQLiteStore {
    static func hide(_ orchestration: OrchestrationID, in database: Database) throws {
        try database.run(Statements.hide, [orchestration.rawValue])
        guard database.changesCount == 1,
            let last = try database.first(Statements.lastPosition, [orchestration.rawValue])
        else { return }
        try advancePruned(ProjectID(last[0]), to: last[1], in: database)
    }

    /// A part of a payload has some 64 pages, an entry of a journal a small part of one.
    private static let rowsPerPart = 25

    static func prune(_ orchestration: OrchestrationID, _ rows: Int, in database: Database) throws {
        let id = orchestration.rawValue
        guard let project = try database.first(Statements.isHidden, [id]) else { return }
        if let first = try database.first(Statements.firstEntries, [id, rows]), let seq = first[0] as Int? {
            try advancePruned(ProjectID(project[0]), to: first[1], in: database)
            try database.run(Statements.deleteEntries, [id, seq])
        }
        guard try database.first(Statements.anyEntry, [id]) == nil else { return }
        if try database.first(Statements.anyPayload, [id]) != nil {
            try database.run(Statements.deletePayloads, [id, max(rows / Self.rowsPerPart, 1)])
            guard try database.first(Statements.anyPayload, [id]) == nil else { return }
        }
        for statement in Statements.deleteOrchestration { try database.run(statement, [id]) }
    }

    static func pruneEvents(
        of project: ProjectID, before: Timestamp, _ rows: Int, in database: Database
    ) throws {
        let last = try database.first(
            Statements.lastOldServiceEvent, [project.rawValue, before.milliseconds, rows])
        guard let position = last?[0] as Int64? else { return }
        try database.run(Statements.deleteServiceEvents, [project.rawValue, before.milliseconds, position])
        try advancePruned(project, to: position, in: database)
    }

    private static func advancePruned(_ project: ProjectID, to position: Int64, in database: Database) throws {
        try database.run(Statements.advancePruned, [project.rawValue, position])
    }
}
