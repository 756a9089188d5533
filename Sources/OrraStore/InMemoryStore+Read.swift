public import OrraEngine
public import OrraModel

extension InMemoryStore {
    public func journal(
        of orchestration: OrchestrationID, after: Int, limit: Int
    ) async throws(StoreError) -> [JournalEntry] {
        try await read { tables throws(StoreError) in
            guard !tables.isHidden(orchestration) else { return [] }
            let journal = tables.journals[orchestration, default: []]
            return try tables.readable(journal[journal.firstIndex { $0.seq > after }...].prefix(max(limit, 0)))
        }
    }

    public func journal(
        of project: ProjectID, afterPosition: Int64, limit: Int
    ) async throws(StoreError) -> [JournalEntry] {
        try await read { tables throws(StoreError) in
            let journal = tables.projectJournals[project, default: []]
            let rest = journal[journal.firstIndex { $0.position > afterPosition }...].lazy
            return try tables.readable(rest.filter { !tables.isHidden($0.orchestration) }.prefix(max(limit, 0)))
        }
    }

    public func orchestrations(of project: ProjectID, limit: Int) async throws(StoreError) -> [OrchestrationRow] {
        try await read { tables in
            let rows = tables.orchestrations.values.filter { $0.project == project && !tables.isHidden($0.id) }
            return Array(rows.sorted { $1.isOlder(than: $0) }.prefix(max(limit, 0)))
        }
    }

    public func orchestration(_ id: OrchestrationID) async throws(StoreError) -> OrchestrationRow? {
        try await read { $0.isHidden(id) ? nil : $0.orchestrations[id] }
    }

    public func orchestration(
        of project: ProjectID, carrying value: String
    ) async throws(StoreError) -> OrchestrationRow? {
        try await read { tables in
            let carriers = tables.carriers[.init(project: project, value: value), default: []]
            return carriers.filter { !tables.isHidden($0) }.compactMap { tables.orchestrations[$0] }
                .max { $0.isOlder(than: $1) }
        }
    }

    public func task(of key: IdempotencyKey) async throws(StoreError) -> TaskReference? {
        try await read { tables in tables.taskKeys[key].flatMap { tables.isHidden($0.orchestration) ? nil : $0 } }
    }

    public func outbox() async throws(StoreError) -> [OutboxRow] {
        try await read { $0.outbox { $0.death == nil } }
    }

    public func outbox(of project: ProjectID, limit: Int) async throws(StoreError) -> [OutboxRow] {
        try await read { tables in
            let waiting = tables.outbox { $0.project == project && $0.death == nil }
            let dead = tables.outbox { $0.project == project && $0.death != nil }
            return Array((waiting + dead).prefix(max(limit, 0)))
        }
    }

    public func failedCompensations(
        of project: ProjectID, all: Bool, limit: Int
    ) async throws(StoreError) -> [FailedCompensation] {
        try await read { tables in
            let failed = tables.failedCompensations.values.filter {
                $0.project == project && (all || $0.resolution == .pending)
                    && !tables.isHidden($0.reference.orchestration)
            }
            return Array(failed.sorted { ($0.at, $0.id) > ($1.at, $1.id) }.prefix(max(limit, 0)))
        }
    }

    public func failedCompensation(_ id: CompensationID) async throws(StoreError) -> FailedCompensation? {
        try await read { tables in
            tables.failedCompensations[id].flatMap { tables.isHidden($0.reference.orchestration) ? nil : $0 }
        }
    }

    public func submission(of project: ProjectID, key: String) async throws(StoreError) -> SubmissionRow? {
        try await read { tables in
            tables.submissions[.init(project: project, key: key)].flatMap {
                tables.isHidden($0.orchestration) ? nil : $0
            }
        }
    }

    public func serviceEvents(
        of project: ProjectID, afterPosition: Int64, limit: Int
    ) async throws(StoreError) -> [ServiceEntry] {
        try await read { tables in
            let events = tables.serviceEvents[project, default: []]
            return Array(events[events.firstIndex { $0.position > afterPosition }...].prefix(max(limit, 0)))
        }
    }

    public func serviceEvents(of service: ServiceID, limit: Int) async throws(StoreError) -> [ServiceEntry] {
        try await read { tables in
            let events = tables.serviceEvents.values.joined().filter { $0.event.service == service }
            return Array(events.sorted { ($0.position, $0.project) > ($1.position, $1.project) }.prefix(max(limit, 0)))
        }
    }

    public func prunedPosition(of project: ProjectID) async throws(StoreError) -> Int64 {
        try await read { $0.prunedPositions[project, default: 0] }
    }

    public func prunable(
        of project: ProjectID, endedBefore before: Timestamp, limit: Int
    ) async throws(StoreError) -> [OrchestrationID] {
        try await read { tables in
            let old = tables.orchestrations.values.compactMap { row in
                row.endedAt.flatMap { row.project == project && $0 < before ? ($0, row) : nil }
            }
            .sorted { ($0.0, $0.1.id) < ($1.0, $1.1.id) }
            return Array(old.lazy.map(\.1).filter(tables.mayBeDeleted).map(\.id).prefix(max(limit, 0)))
        }
    }

    public func hidden(limit: Int) async throws(StoreError) -> [OrchestrationID] {
        try await read { Array($0.hidden.sorted().prefix(max(limit, 0))) }
    }

    public func documents(
        of project: ProjectID, kind: ProjectDocument.Kind, limit: Int
    ) async throws(StoreError) -> [ProjectDocument] {
        try await read { tables throws(StoreError) in
            let kept = tables.documents(of: project, kind: kind, limit: limit)
            for document in kept { try tables.check(document) }
            return kept
        }
    }

    public func document(
        of project: ProjectID, kind: ProjectDocument.Kind, name: String
    ) async throws(StoreError) -> ProjectDocument? {
        try await read { tables throws(StoreError) in
            let document = tables.documents[.init(project: project, kind: kind, name: name)]
            if let document { try tables.check(document) }
            return document
        }
    }

    public func documentNames(
        of project: ProjectID, kind: ProjectDocument.Kind, limit: Int
    ) async throws(StoreError) -> [String] {
        try await read { $0.documents(of: project, kind: kind, limit: limit).map(\.name) }
    }

    public func failedDeliveries(
        of project: ProjectID, limit: Int
    ) async throws(StoreError) -> [WebhookDelivery] {
        try await read { tables in
            let failed = tables.deliveries.values.filter {
                $0.project == project && $0.state == .failed && !tables.isHidden($0.orchestration)
            }
            return Array(failed.sorted { ($0.createdAt, $0.id) > ($1.createdAt, $1.id) }.prefix(max(limit, 0)))
        }
    }
}

extension Tables {
    /// The rows in the order in which they became ready.
    fileprivate func outbox(where isMeant: (OutboxRow) -> Bool) -> [OutboxRow] {
        outbox.values.filter { isMeant($0.row) && !isHidden($0.row.reference.orchestration) }
            .sorted { ($0.row.readyAt, $0.order) < ($1.row.readyAt, $1.order) }.map(\.row)
    }

    /// Newest first, also those that can't be read.
    fileprivate func documents(
        of project: ProjectID, kind: ProjectDocument.Kind, limit: Int
    ) -> [ProjectDocument] {
        let kept = documents.values.filter { $0.project == project && $0.kind == kind }
        return Array(kept.sorted { ($0.at, $0.name) > ($1.at, $1.name) }.prefix(max(limit, 0)))
    }

    fileprivate func check(_ document: ProjectDocument) throws(StoreError) {
        guard damagedDocuments.contains(DocumentName(document)) else { return }
        throw StoreError(.damaged, "a stored \(document.kind.rawValue) can't be read: it was damaged")
    }

    func readable(_ entries: some Sequence<JournalEntry>) throws(StoreError) -> [JournalEntry] {
        if let damaged = firstDamaged(of: entries) {
            throw .unreadableEntry(damaged.seq, of: damaged.orchestration, "was damaged")
        }
        return Array(entries)
    }
}
