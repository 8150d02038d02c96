extension Schema {
    /// The database of a node without a manager. Its context is written once: it never changes.
    static let unmanagedNode = Schema(
        role: .unmanagedNode, steps: [SchemaStep(name: "unmanaged node 1", sql: unmanagedTables)])

    private static let unmanagedTables = """
        CREATE TABLE context (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            sender_id BLOB NOT NULL,
            sealed_description BLOB NOT NULL
        ) STRICT;
        CREATE TRIGGER context_stays BEFORE UPDATE ON context
        BEGIN SELECT RAISE(ABORT, 'a fixed context is written once'); END;
        CREATE TRIGGER context_is_kept BEFORE DELETE ON context
        BEGIN SELECT RAISE(ABORT, 'a fixed context is written once'); END;

        CREATE TABLE reservation (
            id INTEGER PRIMARY KEY CHECK (id = 1) REFERENCES context (id),
            reserved_end INTEGER NOT NULL CHECK (reserved_end BETWEEN 0 AND 1099511627776)
        ) STRICT;
        CREATE TRIGGER reservation_never_goes_back BEFORE UPDATE ON reservation
        WHEN NEW.reserved_end < OLD.reserved_end
        BEGIN SELECT RAISE(ABORT, 'a reservation never goes back'); END;
        CREATE TRIGGER reservation_is_kept BEFORE DELETE ON reservation
        BEGIN SELECT RAISE(ABORT, 'a reservation never goes back'); END;
        """
}
