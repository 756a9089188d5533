import GRDB
import OrraEngine
public import OrraModel

extension SQLiteStore {
    public func progress(
        of project: ProjectID, afterPosition: Int64, limit: Int
    ) async throws(StoreError) -> [ProjectEntry] {
        try await readJournal { reader in
            let limit = max(limit, 0)
            let arguments: StatementArguments = [project.rawValue, afterPosition, limit]
            let (entries, isCut) = try reader.entries(
                of: project, afterPosition: afterPosition, limit: limit, bytes: Limits.watcherPageBytes)
            var events = try reader.database.all(Statements.projectServiceEvents, arguments, ServiceEntry.init(row:))
            // What was not read may stand before them.
            if isCut, let last = entries.last { events.removeAll { $0.position > last.position } }
            return ProjectEntry.merge(entries, events, limit: limit)
        }
    }
}
