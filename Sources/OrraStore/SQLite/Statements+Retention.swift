/// Hiding and deleting.
extension Statements {
    // MARK: - What may go

    /// Of an orchestration `o`. The first line is the condition of an index.
    private static let mayBeDeleted = """
        o.ended_at_ms IS NOT NULL AND o.is_unsettled = 0 AND o.is_hidden = 0
        AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.orchestration = o.id AND d.state = 'pending')
        AND NOT EXISTS (SELECT 1 FROM submissions s WHERE s.orchestration = o.id)
        AND NOT EXISTS (
            SELECT 1 FROM failed_compensations f WHERE f.orchestration = o.id AND f.resolution = 'pending')
        """
    static let prunable = """
        SELECT o.id FROM orchestrations o WHERE o.project = ? AND o.ended_at_ms < ? AND \(mayBeDeleted)
        ORDER BY o.ended_at_ms, o.id LIMIT ?
        """
    static let hidden = "SELECT id FROM orchestrations WHERE is_hidden = 1 ORDER BY id LIMIT ?"
    static let isHidden = "SELECT project FROM orchestrations WHERE id = ? AND is_hidden = 1"
    static let prunedPosition = "SELECT pruned_position FROM projects WHERE id = ?"

    // MARK: - Orchestrations

    static let hide = "UPDATE orchestrations AS o SET is_hidden = 1 WHERE o.id = ? AND \(mayBeDeleted)"
    static let lastPosition = """
        SELECT o.project, j.position + j.entries - 1 FROM orchestrations o JOIN journal j ON j.orchestration = o.id
        WHERE o.id = ? ORDER BY j.seq DESC LIMIT 1
        """
    static let advancePruned = """
        UPDATE projects SET pruned_position = ?2 WHERE id = ?1 AND pruned_position < ?2
        """
    static let firstEntries = """
        SELECT max(seq), max(position) FROM (
            SELECT seq, position + entries - 1 AS position FROM journal WHERE orchestration = ? ORDER BY seq LIMIT ?)
        """
    static let deleteEntries = "DELETE FROM journal WHERE orchestration = ? AND seq <= ?"
    static let anyEntry = "SELECT 1 FROM journal WHERE orchestration = ? LIMIT 1"
    static let deletePayloads = """
        DELETE FROM payloads WHERE rowid IN (
            SELECT rowid FROM payloads WHERE orchestration = ? ORDER BY number, part LIMIT ?)
        """
    static let anyPayload = "SELECT 1 FROM payloads WHERE orchestration = ? LIMIT 1"
    /// What refers to an orchestration first.
    static let deleteOrchestration = [
        // By the time that begins it, and those of earlier versions.
        """
        DELETE FROM task_keys WHERE key >= lower(hex(substr(?1, 3, 8))) AND key < lower(hex(substr(?1, 3, 8))) || 'g'
            AND orchestration = ?1
        """,
        """
        DELETE FROM task_keys WHERE orchestration = ?1
            AND substr(key, 1, 16) <> lower(hex(substr(orchestration, 3, 8)))
        """,
        "DELETE FROM parameter_values WHERE orchestration = ?",
        "DELETE FROM outbox WHERE orchestration = ?", "DELETE FROM deliveries WHERE orchestration = ?",
        "DELETE FROM failed_compensations WHERE orchestration = ?", "DELETE FROM submissions WHERE orchestration = ?",
        "DELETE FROM orchestrations WHERE id = ?",
    ]

    // MARK: - Service events and submissions

    static let lastOldServiceEvent = """
        SELECT max(position) FROM (
            SELECT position, at_ms FROM service_events WHERE project = ?1 ORDER BY position LIMIT ?3)
        WHERE at_ms < ?2
        """
    static let deleteServiceEvents = "DELETE FROM service_events WHERE project = ? AND at_ms < ? AND position <= ?"
    static let deleteSubmissions = """
        DELETE FROM submissions WHERE project = ?1 AND key IN (
            SELECT key FROM submissions WHERE project = ?1 AND created_at_ms < ?2 ORDER BY created_at_ms, key LIMIT ?3)
        """

    static let pruning =
        [
            prunable, hidden, isHidden, prunedPosition, hide, lastPosition, advancePruned, firstEntries, deleteEntries,
            anyEntry, deletePayloads, anyPayload, lastOldServiceEvent, deleteServiceEvents, deleteSubmissions,
        ] + deleteOrchestration
}
