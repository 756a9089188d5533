extension Migrations {
    /// Each reference to an orchestration has an index: SQLite looks for what refers to a row that is deleted.
    static let second = """
        -- `retention_ms`: 0 for ever, NULL for the hub's own setting.
        ALTER TABLE projects ADD COLUMN retention_ms INTEGER;
        ALTER TABLE projects ADD COLUMN pruned_position INTEGER NOT NULL DEFAULT 0;

        ALTER TABLE orchestrations ADD COLUMN is_unsettled INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE orchestrations ADD COLUMN is_hidden INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE orchestrations ADD COLUMN compensations_active INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE orchestrations ADD COLUMN compensations_total INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE orchestrations ADD COLUMN compensations_completed INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE orchestrations ADD COLUMN compensations_failed INTEGER NOT NULL DEFAULT 0;
        DROP INDEX orchestrations_live;
        CREATE INDEX orchestrations_live ON orchestrations (received_at_ms, id)
            WHERE ended_at_ms IS NULL OR is_unsettled = 1;
        CREATE INDEX orchestrations_ended ON orchestrations (project, ended_at_ms, id)
            WHERE ended_at_ms IS NOT NULL AND is_unsettled = 0 AND is_hidden = 0;
        CREATE INDEX orchestrations_hidden ON orchestrations (id) WHERE is_hidden = 1;

        -- `kind`: what the key asks for, the task or that it be undone.
        ALTER TABLE task_keys ADD COLUMN kind TEXT NOT NULL DEFAULT 'task';
        CREATE INDEX task_keys_of_orchestration ON task_keys (orchestration);

        CREATE INDEX parameter_values_of_orchestration ON parameter_values (orchestration);

        -- Dead letters have a time of death.
        ALTER TABLE outbox ADD COLUMN kind TEXT NOT NULL DEFAULT 'task';
        ALTER TABLE outbox ADD COLUMN is_dead INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE outbox ADD COLUMN died_at_ms INTEGER;
        ALTER TABLE outbox ADD COLUMN error TEXT;
        CREATE INDEX outbox_of_project ON outbox (project, is_dead, ready_at_ms, id);
        CREATE INDEX outbox_of_orchestration ON outbox (orchestration);

        -- `subject_task`: the task of which the subject tells.
        ALTER TABLE deliveries ADD COLUMN subject TEXT NOT NULL DEFAULT 'outcome';
        ALTER TABLE deliveries ADD COLUMN subject_task TEXT;
        CREATE INDEX deliveries_of_orchestration ON deliveries (orchestration, state);

        CREATE TABLE failed_compensations (
            id TEXT NOT NULL PRIMARY KEY,
            project TEXT NOT NULL REFERENCES projects,
            orchestration TEXT NOT NULL REFERENCES orchestrations,
            task TEXT NOT NULL,
            kind TEXT NOT NULL,
            service TEXT NOT NULL REFERENCES services,
            service_name TEXT NOT NULL,
            status TEXT NOT NULL,
            failure TEXT,
            attempts INTEGER NOT NULL,
            at_ms INTEGER NOT NULL,
            resolution TEXT NOT NULL,
            reason TEXT,
            resolved_at_ms INTEGER
        ) STRICT;
        CREATE INDEX failed_compensations_newest ON failed_compensations (project, at_ms, id);
        CREATE INDEX failed_compensations_pending ON failed_compensations (project, at_ms, id)
            WHERE resolution = 'pending';
        CREATE INDEX failed_compensations_of_orchestration ON failed_compensations (orchestration, resolution);

        CREATE TABLE submissions (
            project TEXT NOT NULL REFERENCES projects,
            key TEXT NOT NULL,
            body_hash TEXT NOT NULL,
            orchestration TEXT NOT NULL REFERENCES orchestrations,
            created_at_ms INTEGER NOT NULL,
            PRIMARY KEY (project, key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX submissions_oldest ON submissions (project, created_at_ms, key);
        CREATE INDEX submissions_of_orchestration ON submissions (orchestration);

        -- `event` is JSON. Positions are counted together with those of the journal.
        CREATE TABLE service_events (
            project TEXT NOT NULL REFERENCES projects,
            position INTEGER NOT NULL,
            at_ms INTEGER NOT NULL,
            service TEXT NOT NULL REFERENCES services,
            event TEXT NOT NULL,
            PRIMARY KEY (project, position)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX service_events_of_service ON service_events (service, position, project);
        """
}
