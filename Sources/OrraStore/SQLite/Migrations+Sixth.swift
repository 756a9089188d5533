extension Migrations {
    static let sixth = """
        -- Large values of a journal, in parts. The event of a row has a string in the place of each, and `payloads` says what
        -- it stands for: an array of `[place of the string, number, first byte, bytes]`. One that an earlier one holds, as an
        -- input holds an output, is not stored again.
        ALTER TABLE journal ADD COLUMN payloads TEXT;
        CREATE TABLE payloads (
            orchestration TEXT NOT NULL REFERENCES orchestrations,
            number INTEGER NOT NULL,
            part INTEGER NOT NULL,
            bytes BLOB NOT NULL,
            UNIQUE (orchestration, number, part)
        ) STRICT;
        """
}
