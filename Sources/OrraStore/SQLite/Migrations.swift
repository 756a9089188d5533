import GRDB

/// The schema, step by step. A migration that was released never changes; a new one is added.
///
/// Each name starts with its number, which is the schema's version.
enum Migrations {
    /// "Orra" in ASCII, in the file's header: tells our file from another program's.
    static let applicationID = 0x4F72_7261

    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 journal and projections") { try $0.execute(sql: first) }
        // Only adds: no need to check all references of a large file.
        migrator.registerMigration("2 compensation and retention", foreignKeyChecks: .immediate) {
            try $0.execute(sql: second)
        }
        migrator.registerMigration("3 planning", foreignKeyChecks: .immediate) { try $0.execute(sql: third) }
        migrator.registerMigration("4 pages of the journal", foreignKeyChecks: .immediate) {
            try $0.execute(sql: fourth)
        }
        migrator.registerMigration("5 fewer trees", foreignKeyChecks: .immediate) { try $0.execute(sql: fifth) }
        migrator.registerMigration("6 payloads of their own", foreignKeyChecks: .immediate) {
            try $0.execute(sql: sixth)
        }
        return migrator
    }()

    /// Refuses files that are not ours or newer than this version, before anything is written.
    static func check(_ database: Database, path: String) throws {
        let id = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        let isEmpty = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") == 0
        guard id == applicationID || id == 0 && isEmpty else {
            throw StoreError(.damaged, "\(path) is a database of another program; choose another --data-dir")
        }
        guard !isEmpty else { return }
        let known = migrator.migrations
        let unknown = try migrator.appliedIdentifiers(database).subtracting(known)
        guard unknown.isEmpty else {
            throw StoreError(
                .newerSchema,
                "the data in \(path) has schema version \(version(of: unknown)), but this version of orra knows up to "
                    + "\(version(of: Set(known))); start the newer orra again, or restore a backup from before it ran")
        }
    }

    /// Marks a new file as ours, before the first migration: a crash in between leaves a file that opens again.
    static func claim(_ database: Database) throws {
        try database.execute(sql: "PRAGMA application_id = \(applicationID)")
    }

    private static func version(of names: Set<String>) -> String {
        names.compactMap { Int($0.prefix { $0 != " " }) }.max().map(String.init) ?? "unknown"
    }

    /// References are checked at once, not at commit: while a deferred one is open, SQLite searches every table that
    /// refers to `orchestrations` whenever a row comes there.
    private static let first = """
        CREATE TABLE projects (
            id TEXT NOT NULL PRIMARY KEY,
            name TEXT NOT NULL,
            created_at_ms INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE api_keys (
            hash TEXT NOT NULL PRIMARY KEY,
            project TEXT NOT NULL REFERENCES projects,
            created_at_ms INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE webhooks (
            id TEXT NOT NULL PRIMARY KEY,
            project TEXT NOT NULL REFERENCES projects,
            url TEXT NOT NULL,
            purpose TEXT NOT NULL,
            secret TEXT NOT NULL,
            created_at_ms INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- `definition` is the whole service as JSON; the other columns repeat what must be unique.
        CREATE TABLE services (
            id TEXT NOT NULL PRIMARY KEY,
            project TEXT NOT NULL REFERENCES projects,
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            registered_at_ms INTEGER NOT NULL,
            definition TEXT NOT NULL,
            UNIQUE (project, kind, name)
        ) STRICT;

        CREATE TABLE orchestrations (
            id TEXT NOT NULL PRIMARY KEY,
            project TEXT NOT NULL REFERENCES projects,
            action TEXT NOT NULL,
            status TEXT NOT NULL,
            error TEXT,
            received_at_ms INTEGER NOT NULL,
            ended_at_ms INTEGER
        ) STRICT;
        CREATE INDEX orchestrations_newest ON orchestrations (project, received_at_ms, id);
        CREATE INDEX orchestrations_live ON orchestrations (received_at_ms, id) WHERE ended_at_ms IS NULL;

        -- The truth. `event` is versioned JSON.
        CREATE TABLE journal (
            orchestration TEXT NOT NULL REFERENCES orchestrations,
            seq INTEGER NOT NULL,
            project TEXT NOT NULL,
            position INTEGER NOT NULL,
            at_ms INTEGER NOT NULL,
            event TEXT NOT NULL,
            UNIQUE (orchestration, seq),
            UNIQUE (project, position)
        ) STRICT;

        -- One row: the time of the latest journal entry.
        CREATE TABLE clock (
            id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
            last_entry_at_ms INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE task_keys (
            key TEXT NOT NULL PRIMARY KEY,
            orchestration TEXT NOT NULL REFERENCES orchestrations,
            task TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE parameter_values (
            project TEXT NOT NULL,
            value TEXT NOT NULL,
            received_at_ms INTEGER NOT NULL,
            orchestration TEXT NOT NULL REFERENCES orchestrations,
            PRIMARY KEY (project, value, received_at_ms, orchestration)
        ) STRICT, WITHOUT ROWID;

        -- `id` keeps the order of insertion among tasks that became ready in the same millisecond.
        CREATE TABLE outbox (
            id INTEGER NOT NULL PRIMARY KEY,
            key TEXT NOT NULL UNIQUE,
            orchestration TEXT NOT NULL REFERENCES orchestrations,
            task TEXT NOT NULL,
            project TEXT NOT NULL REFERENCES projects,
            service TEXT NOT NULL REFERENCES services,
            ready_at_ms INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE deliveries (
            id TEXT NOT NULL PRIMARY KEY,
            project TEXT NOT NULL REFERENCES projects,
            orchestration TEXT NOT NULL REFERENCES orchestrations,
            url TEXT NOT NULL,
            secret TEXT,
            form TEXT NOT NULL,
            created_at_ms INTEGER NOT NULL,
            state TEXT NOT NULL,
            attempts INTEGER NOT NULL,
            next_attempt_at_ms INTEGER NOT NULL,
            last_error TEXT
        ) STRICT;
        CREATE INDEX deliveries_pending ON deliveries (created_at_ms, id) WHERE state = 'pending';
        CREATE INDEX deliveries_failed ON deliveries (project, created_at_ms, id) WHERE state = 'failed';
        """
}
