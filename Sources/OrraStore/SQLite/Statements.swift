/// Every statement of the store. Values are always bound, never part of the text; a test reads the query plans.
enum Statements {
    // MARK: - Writes

    static let insertProject = "INSERT INTO projects (id, name, created_at_ms) VALUES (?, ?, ?)"
    static let insertAPIKey = "INSERT INTO api_keys (hash, project, created_at_ms) VALUES (?, ?, ?)"
    static let insertWebhook = """
        INSERT INTO webhooks (id, project, url, purpose, secret, created_at_ms) VALUES (?, ?, ?, ?, ?, ?)
        """
    // Two statements and not one upsert: SQLite checks a referenced table's upsert for rows that it could orphan, by
    // searching all that refers to it. The parameters are numbered alike.
    static let updateService = """
        UPDATE services SET project = ?2, kind = ?3, name = ?4, registered_at_ms = ?5, definition = ?6 WHERE id = ?1
        """
    static let insertService = """
        INSERT INTO services (id, project, kind, name, registered_at_ms, definition) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        """
    static let updateOrchestration = """
        UPDATE orchestrations SET status = ?4, error = ?5, ended_at_ms = ?7, is_unsettled = ?8,
            compensations_active = ?9, compensations_total = ?10, compensations_completed = ?11,
            compensations_failed = ?12, pause_reason = ?13
        WHERE id = ?1 AND project = ?2 AND action = ?3 AND received_at_ms = ?6
        """
    static let insertOrchestration = """
        INSERT INTO orchestrations (id, project, action, status, error, received_at_ms, ended_at_ms, is_unsettled,
            compensations_active, compensations_total, compensations_completed, compensations_failed, pause_reason)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
        """
    /// Nothing where one of the numbers is taken: that leaves the row without a count, which it must have. (As values,
    /// since a SELECT that reads the table it inserts into goes through a temporary one, and its text is copied twice.)
    static let insertPage = """
        INSERT OR IGNORE INTO journal (orchestration, seq, project, position, at_ms, event, payloads, entries)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?8, CASE WHEN
            coalesce((SELECT seq + entries FROM journal WHERE orchestration = ?1 AND seq < ?2 + ?7
                ORDER BY seq DESC LIMIT 1), ?2) <= ?2
            AND coalesce((SELECT position + entries FROM journal WHERE project = ?3 AND position < ?4 + ?7
                ORDER BY position DESC LIMIT 1), ?4) <= ?4
            THEN ?7 END)
        """
    static let nextPayload = "SELECT max(number) + 1 FROM payloads WHERE orchestration = ?"
    static let insertPayload = "INSERT INTO payloads (orchestration, number, part, bytes) VALUES (?, ?, ?, ?)"
    static let advanceClock = """
        INSERT INTO clock (id, last_entry_at_ms) VALUES (1, ?)
        ON CONFLICT (id) DO UPDATE SET last_entry_at_ms = max(last_entry_at_ms, excluded.last_entry_at_ms)
        """
    static let insertTaskKey = "INSERT INTO task_keys (key, orchestration, task, kind) VALUES (?, ?, ?, ?)"
    static let insertParameterValue = """
        INSERT INTO parameter_values (project, value, received_at_ms, orchestration)
        SELECT project, ?1, received_at_ms, id FROM orchestrations WHERE id = ?2
        ON CONFLICT DO NOTHING
        """
    static let insertOutbox = """
        INSERT INTO outbox (key, orchestration, task, kind, project, service, ready_at_ms, is_dead, died_at_ms, error)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 IS NOT NULL, ?8, ?9) ON CONFLICT (key) DO NOTHING
        """
    static let deleteOutbox = "DELETE FROM outbox WHERE key = ? AND is_dead = 0"
    static let buryOutbox = """
        UPDATE outbox SET is_dead = 1, died_at_ms = ?2, error = ?3 WHERE key = ?1 AND is_dead = 0
        """
    static let upsertDelivery = """
        INSERT INTO deliveries (id, project, orchestration, url, secret, form, subject, subject_task, created_at_ms,
            state, attempts, next_attempt_at_ms, last_error)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (orchestration, id) DO UPDATE SET state = excluded.state, attempts = excluded.attempts,
            next_attempt_at_ms = excluded.next_attempt_at_ms, last_error = excluded.last_error
        """
    static let upsertFailedCompensation = """
        INSERT INTO failed_compensations (id, project, orchestration, task, kind, service, service_name, status,
            failure, attempts, at_ms, resolution, reason, resolved_at_ms)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET project = excluded.project, orchestration = excluded.orchestration,
            task = excluded.task, kind = excluded.kind, service = excluded.service,
            service_name = excluded.service_name, status = excluded.status, failure = excluded.failure,
            attempts = excluded.attempts, at_ms = excluded.at_ms, resolution = excluded.resolution,
            reason = excluded.reason, resolved_at_ms = excluded.resolved_at_ms
        """
    static let upsertSubmission = """
        INSERT INTO submissions (project, key, body_hash, orchestration, created_at_ms) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (project, key) DO UPDATE SET body_hash = excluded.body_hash,
            orchestration = excluded.orchestration, created_at_ms = excluded.created_at_ms
        """
    static let insertServiceEvent = """
        INSERT INTO service_events (project, position, at_ms, service, event) VALUES (?, ?, ?, ?, ?)
        """
    static let upsertDocument = """
        INSERT INTO documents (project, kind, name, at_ms, body) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (project, kind, name) DO UPDATE SET at_ms = excluded.at_ms, body = excluded.body
        """
    static let deleteDocument = "DELETE FROM documents WHERE project = ? AND kind = ? AND name = ?"
    static let setRetention = "UPDATE projects SET retention_ms = ?2 WHERE id = ?1"

    static let writes = [
        insertProject, insertAPIKey, insertWebhook, updateService, insertService, updateOrchestration,
        insertOrchestration, insertPage, insertPayload, advanceClock, insertTaskKey, insertParameterValue, insertOutbox,
        deleteOutbox, buryOutbox, upsertDelivery, upsertFailedCompensation, upsertSubmission, insertServiceEvent,
        setRetention, upsertDocument, deleteDocument,
    ]

    // MARK: - Queries

    /// Leaves out what belongs to hidden orchestrations. Their index is empty most of the time.
    private static func visible(_ orchestration: String) -> String {
        """
        NOT EXISTS (SELECT 1 FROM orchestrations h INDEXED BY orchestrations_hidden
            WHERE h.id = \(orchestration) AND h.is_hidden = 1)
        """
    }
    /// From the row in which the next entry may stand, if it does. (Of most rows the start says it: what stands behind a
    /// long text is slow to reach.)
    static let journal = """
        SELECT \(entryColumns) FROM journal j
        WHERE j.orchestration = ?1 AND j.seq >= coalesce(
                (SELECT max(seq) FROM journal WHERE orchestration = ?1 AND seq <= ?2 + 1), 0)
            AND (j.seq > ?2 OR j.seq + j.entries > ?2 + 1)
            AND \(visible("?1")) ORDER BY j.seq LIMIT ?3
        """
    static let projectJournal = """
        SELECT \(entryColumns) FROM journal j
        WHERE j.project = ?1 AND j.position >= coalesce(
                (SELECT max(position) FROM journal WHERE project = ?1 AND position <= ?2 + 1), 0)
            AND (j.position > ?2 OR j.position + j.entries > ?2 + 1)
            AND \(visible("j.orchestration")) ORDER BY j.position LIMIT ?3
        """
    private static let entryColumns = """
        j.orchestration, j.seq, j.project, j.position, j.at_ms, j.event, j.entries, j.payloads
        """
    static let payloadBytes = "SELECT sum(length(bytes)) FROM payloads WHERE orchestration = ? AND number = ?"
    static let payloadParts = "SELECT bytes FROM payloads WHERE orchestration = ? AND number = ? ORDER BY part"
    private static let orchestrationColumns = """
        o.id, o.project, o.action, o.status, o.error, o.received_at_ms, o.ended_at_ms, o.is_unsettled,
        o.compensations_active, o.compensations_total, o.compensations_completed, o.compensations_failed,
        o.pause_reason
        """
    static let orchestrations = """
        SELECT \(orchestrationColumns) FROM orchestrations o WHERE o.project = ? AND o.is_hidden = 0
        ORDER BY o.received_at_ms DESC, o.id DESC LIMIT ?
        """
    static let orchestration = """
        SELECT \(orchestrationColumns) FROM orchestrations o WHERE o.id = ? AND o.is_hidden = 0
        """
    static let orchestrationCarrying = """
        SELECT \(orchestrationColumns) FROM parameter_values v JOIN orchestrations o ON o.id = v.orchestration
        WHERE v.project = ? AND v.value = ? AND o.is_hidden = 0
        ORDER BY v.received_at_ms DESC, v.orchestration DESC LIMIT 1
        """
    static let task = """
        SELECT orchestration, task, kind FROM task_keys WHERE key = ? AND \(visible("task_keys.orchestration"))
        """
    private static let outboxColumns = """
        b.key, b.orchestration, b.task, b.kind, b.project, b.service, b.ready_at_ms, b.died_at_ms, b.error
        """
    // By project, so that dead letters are not read.
    static let outbox = """
        SELECT \(outboxColumns) FROM projects p CROSS JOIN outbox b INDEXED BY outbox_of_project
        WHERE b.project = p.id AND b.is_dead = 0 AND \(visible("b.orchestration")) ORDER BY b.ready_at_ms, b.id
        """
    static let projectOutbox = """
        SELECT \(outboxColumns) FROM outbox b WHERE b.project = ? AND \(visible("b.orchestration"))
        ORDER BY b.is_dead, b.ready_at_ms, b.id LIMIT ?
        """
    private static let deliveryColumns = """
        id, project, orchestration, url, secret, form, subject, subject_task, created_at_ms, state, attempts,
        next_attempt_at_ms, last_error
        """
    static let failedDeliveries = """
        SELECT \(deliveryColumns) FROM deliveries
        WHERE project = ? AND state = 'failed' AND \(visible("deliveries.orchestration"))
        ORDER BY created_at_ms DESC, id DESC LIMIT ?
        """
    private static let failedCompensationColumns = """
        id, project, orchestration, task, kind, service, service_name, status, failure, attempts, at_ms, resolution,
        reason, resolved_at_ms
        """
    static let allFailedCompensations = """
        SELECT \(failedCompensationColumns) FROM failed_compensations
        WHERE project = ? AND \(visible("failed_compensations.orchestration"))
        ORDER BY at_ms DESC, id DESC LIMIT ?
        """
    static let pendingFailedCompensations = """
        SELECT \(failedCompensationColumns) FROM failed_compensations
        WHERE project = ? AND resolution = 'pending' AND \(visible("failed_compensations.orchestration"))
        ORDER BY at_ms DESC, id DESC LIMIT ?
        """
    static let failedCompensation = """
        SELECT \(failedCompensationColumns) FROM failed_compensations
        WHERE id = ? AND \(visible("failed_compensations.orchestration"))
        """
    static let submission = """
        SELECT project, key, body_hash, orchestration, created_at_ms FROM submissions
        WHERE project = ? AND key = ? AND \(visible("submissions.orchestration"))
        """
    static let projectServiceEvents = """
        SELECT project, position, at_ms, event FROM service_events
        WHERE project = ? AND position > ? ORDER BY position LIMIT ?
        """
    static let serviceEvents = """
        SELECT project, position, at_ms, event FROM service_events
        WHERE service = ? ORDER BY position DESC, project DESC LIMIT ?
        """

    static let documents = """
        SELECT project, kind, name, at_ms, body FROM documents
        WHERE project = ? AND kind = ? ORDER BY at_ms DESC, name DESC LIMIT ?
        """
    static let document = """
        SELECT project, kind, name, at_ms, body FROM documents WHERE project = ? AND kind = ? AND name = ?
        """
    static let documentNames = """
        SELECT name FROM documents WHERE project = ? AND kind = ? ORDER BY at_ms DESC, name DESC LIMIT ?
        """

    static let queries = [
        journal, projectJournal, nextPayload, payloadBytes, payloadParts, orchestrations, orchestration,
        orchestrationCarrying, task, outbox, projectOutbox, failedDeliveries, allFailedCompensations,
        pendingFailedCompensations, failedCompensation, submission, projectServiceEvents, serviceEvents, documents,
        document, documentNames,
    ]

    // MARK: - Recovery

    static let projects = "SELECT id, name, created_at_ms FROM projects ORDER BY created_at_ms, id"
    static let retention = "SELECT id, retention_ms FROM projects WHERE retention_ms IS NOT NULL"
    static let apiKeys = "SELECT hash, project FROM api_keys ORDER BY created_at_ms, hash"
    static let webhooks = """
        SELECT id, project, url, purpose, secret, created_at_ms FROM webhooks ORDER BY created_at_ms, id
        """
    static let services = "SELECT id, project, kind, name, definition FROM services ORDER BY registered_at_ms, id"
    static let liveJournals = """
        SELECT \(entryColumns)
        FROM orchestrations o CROSS JOIN journal j ON j.orchestration = o.id
        WHERE o.ended_at_ms IS NULL OR o.is_unsettled = 1 ORDER BY o.received_at_ms, o.id, j.seq
        """
    static let pendingDeliveries = """
        SELECT \(deliveryColumns) FROM deliveries WHERE state = 'pending' ORDER BY created_at_ms, id
        """
    // A position is never given again: what was deleted counts.
    static let positions = """
        SELECT p.id,
            (SELECT position + entries - 1 FROM journal WHERE project = p.id ORDER BY position DESC LIMIT 1),
            (SELECT max(position) FROM service_events WHERE project = p.id), nullif(p.pruned_position, 0)
        FROM projects p
        """
    // The journal's last row has it, unless entries were deleted, or one has an earlier time than that before it.
    static let lastEntryAt = """
        SELECT max(at_ms) FROM (
            SELECT at_ms FROM journal WHERE rowid = (SELECT max(rowid) FROM journal)
            UNION ALL SELECT last_entry_at_ms FROM clock WHERE id = 1)
        """

    static let recovery = [
        projects, retention, apiKeys, webhooks, services, liveJournals, pendingDeliveries, positions, lastEntryAt,
    ]
}
