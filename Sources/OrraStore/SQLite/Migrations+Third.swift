extension Migrations {
    static let third = """
        -- What a paused orchestration waits for.
        ALTER TABLE orchestrations ADD COLUMN pause_reason TEXT;

        -- Groundings, plans that are kept, settings: `body` is JSON.
        CREATE TABLE documents (
            project TEXT NOT NULL REFERENCES projects,
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            at_ms INTEGER NOT NULL,
            body TEXT NOT NULL,
            PRIMARY KEY (project, kind, name)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX documents_newest ON documents (project, kind, at_ms, name);
        """
}
