import OrraEngine
import OrraModel

/// Hiding and deleting. What goes is noted row by row, so that it can come back.
extension Change {
    mutating func hide(_ id: OrchestrationID) {
        guard let row = tables.orchestrations[id], tables.mayBeDeleted(row) else { return }
        tables.hidden.insert(id)
        undo.append { $0.hidden.remove(id) }
        advancePruned(row.project, to: tables.journals[id]?.last?.position)
    }

    mutating func prune(_ id: OrchestrationID, _ rows: Int) {
        guard tables.isHidden(id), let project = tables.orchestrations[id]?.project else { return }
        let journal = tables.journals[id, default: []]
        let gone = journal.prefix(rows)
        advancePruned(project, to: gone.map(\.position).max())
        for entry in gone {
            let index = tables.projectJournals[entry.project, default: []].firstIndex { $0.position >= entry.position }
            tables.projectJournals[entry.project]?.remove(at: index)
            undo.append { $0.projectJournals[entry.project]?.insert(entry, at: index) }
        }
        guard gone.count == journal.count else { return set(Array(journal[gone.endIndex...]), \.journals, id) }
        set(nil, \.journals, id)
        delete(\.taskKeys) { $0.orchestration == id }
        delete(\.outbox) { $0.row.reference.orchestration == id }
        delete(\.deliveries) { $0.orchestration == id }
        delete(\.failedCompensations) { $0.reference.orchestration == id }
        delete(\.submissions) { $0.orchestration == id }
        for (value, carriers) in tables.carriers where carriers.contains(id) {
            set(carriers.count == 1 ? nil : carriers.subtracting([id]), \.carriers, value)
        }
        set(nil, \.damagedEntries, id)
        set(nil, \.orchestrations, id)
        tables.hidden.remove(id)
        undo.append { $0.hidden.insert(id) }
    }

    mutating func pruneEvents(of project: ProjectID, before: Timestamp, _ rows: Int) {
        let events = tables.serviceEvents[project, default: []]
        let gone = events.prefix(rows).filter { $0.at < before }
        guard let last = gone.last else { return }
        set(events.filter { $0.position > last.position || $0.at >= before }, \.serviceEvents, project)
        advancePruned(project, to: last.position)
    }

    mutating func pruneSubmissions(of project: ProjectID, before: Timestamp, _ rows: Int) {
        let old = tables.submissions.filter { $0.key.project == project && $0.value.createdAt < before }
        let oldest = old.sorted { ($0.value.createdAt, $0.key.key) < ($1.value.createdAt, $1.key.key) }
        for (key, _) in oldest.prefix(rows) { set(nil, \.submissions, key) }
    }

    private mutating func advancePruned(_ project: ProjectID, to position: Int64?) {
        guard let position, position > tables.prunedPositions[project, default: 0] else { return }
        set(position, \.prunedPositions, project)
    }

    private mutating func delete<Key: Hashable, Value>(
        _ table: WritableKeyPath<Tables, [Key: Value]>, _ isGone: (Value) -> Bool
    ) {
        for (key, value) in tables[keyPath: table] where isGone(value) { set(nil, table, key) }
    }
}
