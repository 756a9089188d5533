extension Migrations {
    static let fifth = """
        -- By orchestration first: one tree instead of three, and the next delivery stands beside the last one.
        CREATE TABLE deliveries_by_orchestration (
            orchestration TEXT NOT NULL REFERENCES orchestrations,
            id TEXT NOT NULL,
            project TEXT NOT NULL REFERENCES projects,
            url TEXT NOT NULL,
            secret TEXT,
            form TEXT NOT NULL,
            subject TEXT NOT NULL,
            subject_task TEXT,
            created_at_ms INTEGER NOT NULL,
            state TEXT NOT NULL,
            attempts INTEGER NOT NULL,
            next_attempt_at_ms INTEGER NOT NULL,
            last_error TEXT,
            PRIMARY KEY (orchestration, id)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO deliveries_by_orchestration
            SELECT orchestration, id, project, url, secret, form, subject, subject_task, created_at_ms, state, attempts,
                next_attempt_at_ms, last_error
            FROM deliveries ORDER BY orchestration, id;
        DROP TABLE deliveries;
        ALTER TABLE deliveries_by_orchestration RENAME TO deliveries;
        CREATE INDEX deliveries_pending ON deliveries (created_at_ms, id) WHERE state = 'pending';
        CREATE INDEX deliveries_failed ON deliveries (project, created_at_ms, id) WHERE state = 'failed';

        -- A key begins with the time in its orchestration's id, and is found by that when the orchestration is deleted.
        -- Those of earlier versions do not, and have an index. It is no declared reference: that would need an index of
        -- all. The journal's row of the same batch, in which a key stands, is one.
        CREATE TABLE task_keys_by_time (
            key TEXT NOT NULL PRIMARY KEY,
            orchestration TEXT NOT NULL,
            task TEXT NOT NULL,
            kind TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        INSERT INTO task_keys_by_time SELECT key, orchestration, task, kind FROM task_keys ORDER BY key;
        DROP TABLE task_keys;
        ALTER TABLE task_keys_by_time RENAME TO task_keys;
        CREATE INDEX task_keys_without_time ON task_keys (orchestration)
            WHERE substr(key, 1, 16) <> lower(hex(substr(orchestration, 3, 8)));
        """
}
