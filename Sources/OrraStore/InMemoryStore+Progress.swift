import OrraEngine
public import OrraModel

extension InMemoryStore {
    public func progress(
        of project: ProjectID, afterPosition: Int64, limit: Int
    ) async throws(StoreError) -> [ProjectEntry] {
        try await read { tables throws(StoreError) in
            let limit = max(limit, 0)
            let journal = tables.projectJournals[project, default: []]
            let rest = journal[journal.firstIndex { $0.position > afterPosition }...].lazy
            let entries = try tables.readable(rest.filter { !tables.isHidden($0.orchestration) }.prefix(limit))
            let services = tables.serviceEvents[project, default: []]
            return ProjectEntry.merge(
                entries, Array(services[services.firstIndex { $0.position > afterPosition }...].prefix(limit)),
                limit: limit)
        }
    }
}
