extension Schema {
    // Records are only ever appended: whoever wants to change them has to change the schema first, and the chain all the same.
    /// The audit record, and the manager's signatures over it. Nothing in it is sealed: there is no secret in it, and whoever
    /// verifies it needs no key.
    static let managerAuditTables = """
        CREATE TABLE audit_record (
            sequence INTEGER PRIMARY KEY NOT NULL CHECK (sequence > 0),
            record BLOB NOT NULL,
            confidential BLOB,
            hash BLOB NOT NULL CHECK (length(hash) = 32)
        ) STRICT;
        CREATE TRIGGER audit_record_stays BEFORE UPDATE ON audit_record
        BEGIN SELECT RAISE(ABORT, 'an audit record stays as it is'); END;
        CREATE TRIGGER audit_record_is_kept BEFORE DELETE ON audit_record
        BEGIN SELECT RAISE(ABORT, 'an audit record stays as it is'); END;

        CREATE TABLE audit_checkpoint (
            sequence INTEGER PRIMARY KEY NOT NULL REFERENCES audit_record (sequence),
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            time INTEGER NOT NULL,
            signature BLOB NOT NULL
        ) STRICT;
        CREATE TRIGGER audit_checkpoint_stays BEFORE UPDATE ON audit_checkpoint
        BEGIN SELECT RAISE(ABORT, 'a checkpoint stays as it is'); END;
        CREATE TRIGGER audit_checkpoint_is_kept BEFORE DELETE ON audit_checkpoint
        BEGIN SELECT RAISE(ABORT, 'a checkpoint stays as it is'); END;
        """
}
