import GRDB
import OrraEngine
public import OrraModel

extension SQLiteStore {
    public func progress(
        of project: ProjectID, afterPosition: Int64, limit: Int
    ) async throws(StoreError) -> [ProjectEntry] {
        try await read { database in
            let limit = max(limit, 0)
            let arguments: StatementArguments = [project.rawValue, afterPosition, limit]
            return ProjectEntry.merge(
                try database.entries(of: project, afterPosition: afterPosition, limit: limit),
                try database.all(Statements.projectServiceEvents, arguments, ServiceEntry.init(row:)), limit: limit)
        }
    }
}
