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
        UPDATE orchestrations SET project = ?2, action = ?3, status = ?4, error = ?5, received_at_ms = ?6,
            ended_at_ms = ?7
        WHERE id = ?1
        """
    static let insertOrchestration = """
        INSERT INTO orchestrations (id, project, action, status, error, received_at_ms, ended_at_ms)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        """
    static let insertEntry = """
        INSERT INTO journal (orchestration, seq, project, position, at_ms, event) VALUES (?, ?, ?, ?, ?, ?)
        """
    static let advanceClock = """
        INSERT INTO clock (id, last_entry_at_ms) VALUES (1, ?)
        ON CONFLICT (id) DO UPDATE SET last_entry_at_ms = max(last_entry_at_ms, excluded.last_entry_at_ms)
        """
    static let insertTaskKey = "INSERT INTO task_keys (key, orchestration, task) VALUES (?, ?, ?)"
    static let insertParameterValue = """
        INSERT INTO parameter_values (project, value, received_at_ms, orchestration)
        SELECT project, ?1, received_at_ms, id FROM orchestrations WHERE id = ?2
        ON CONFLICT DO NOTHING
        """
    static let insertOutbox = """
        INSERT INTO outbox (key, orchestration, task, project, service, ready_at_ms) VALUES (?, ?, ?, ?, ?, ?)
        """
    static let deleteOutbox = "DELETE FROM outbox WHERE key = ?"
    static let upsertDelivery = """
        INSERT INTO deliveries (id, project, orchestration, url, secret, form, created_at_ms, state, attempts,
            next_attempt_at_ms, last_error)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET project = excluded.project, orchestration = excluded.orchestration,
            url = excluded.url, secret = excluded.secret, form = excluded.form, created_at_ms = excluded.created_at_ms,
            state = excluded.state, attempts = excluded.attempts, next_attempt_at_ms = excluded.next_attempt_at_ms,
            last_error = excluded.last_error
        """

    static let writes = [
        insertProject, insertAPIKey, insertWebhook, updateService, insertService, updateOrchestration,
        insertOrchestration, insertEntry, advanceClock, insertTaskKey, insertParameterValue, insertOutbox, deleteOutbox,
        upsertDelivery,
    ]

    // MARK: - Queries

    static let journal = """
        SELECT orchestration, seq, project, position, at_ms, event FROM journal
        WHERE orchestration = ? AND seq > ? ORDER BY seq LIMIT ?
        """
    static let projectJournal = """
        SELECT orchestration, seq, project, position, at_ms, event FROM journal
        WHERE project = ? AND position > ? ORDER BY position LIMIT ?
        """
    private static let orchestrationColumns = """
        o.id, o.project, o.action, o.status, o.error, o.received_at_ms, o.ended_at_ms
        """
    static let orchestrations = """
        SELECT \(orchestrationColumns) FROM orchestrations o WHERE o.project = ?
        ORDER BY o.received_at_ms DESC, o.id DESC LIMIT ?
        """
    static let orchestration = "SELECT \(orchestrationColumns) FROM orchestrations o WHERE o.id = ?"
    static let orchestrationCarrying = """
        SELECT \(orchestrationColumns) FROM parameter_values v JOIN orchestrations o ON o.id = v.orchestration
        WHERE v.project = ? AND v.value = ? ORDER BY v.received_at_ms DESC, v.orchestration DESC LIMIT 1
        """
    static let task = "SELECT orchestration, task FROM task_keys WHERE key = ?"
    static let outbox = """
        SELECT key, orchestration, task, project, service, ready_at_ms FROM outbox ORDER BY ready_at_ms, id
        """
    private static let deliveryColumns = """
        id, project, orchestration, url, secret, form, created_at_ms, state, attempts, next_attempt_at_ms, last_error
        """
    static let failedDeliveries = """
        SELECT \(deliveryColumns) FROM deliveries WHERE project = ? AND state = 'failed'
        ORDER BY created_at_ms DESC, id DESC LIMIT ?
        """

    // MARK: - Recovery

    static let projects = "SELECT id, name, created_at_ms FROM projects ORDER BY created_at_ms, id"
    static let apiKeys = "SELECT hash, project FROM api_keys ORDER BY created_at_ms, hash"
    static let webhooks = """
        SELECT id, project, url, purpose, secret, created_at_ms FROM webhooks ORDER BY created_at_ms, id
        """
    static let services = "SELECT id, definition FROM services ORDER BY registered_at_ms, id"
    static let liveJournals = """
        SELECT j.orchestration, j.seq, j.project, j.position, j.at_ms, j.event
        FROM orchestrations o CROSS JOIN journal j ON j.orchestration = o.id
        WHERE o.ended_at_ms IS NULL ORDER BY o.received_at_ms, o.id, j.seq
        """
    static let pendingDeliveries = """
        SELECT \(deliveryColumns) FROM deliveries WHERE state = 'pending' ORDER BY created_at_ms, id
        """
    static let positions = """
        SELECT p.id, (SELECT max(position) FROM journal WHERE project = p.id) AS position FROM projects p
        """
    static let lastEntryAt = "SELECT last_entry_at_ms FROM clock WHERE id = 1"

    static let queries = [
        journal, projectJournal, orchestrations, orchestration, orchestrationCarrying, task, outbox, failedDeliveries,
        projects, apiKeys, webhooks, services, liveJournals, pendingDeliveries, positions, lastEntryAt,
    ]
}
