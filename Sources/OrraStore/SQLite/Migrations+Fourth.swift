extension Migrations {
    static let fourth = """
        -- A row of the journal holds what one turn of the loop told of an orchestration: `entries` of them, one after the
        -- other by `seq` and by `position`, in the same millisecond. `seq` and `position` are those of the first.
        -- `event` is an object, or an array of them where `entries` is above 1.
        ALTER TABLE journal ADD COLUMN entries INTEGER NOT NULL DEFAULT 1;

        -- Without the state, which changes with every delivery.
        DROP INDEX deliveries_of_orchestration;
        CREATE INDEX deliveries_of_orchestration ON deliveries (orchestration);
        """
}
