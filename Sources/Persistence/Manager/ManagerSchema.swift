extension Schema {
    /// The database of a Group Manager.
    static let manager = Schema(
        role: .manager,
        steps: [
            SchemaStep(name: "manager 1", sql: managerTables), SchemaStep(name: "manager 2", sql: managerClientTables),
            SchemaStep(name: "manager sender ID owners", sql: managerSenderIDOwners),
            SchemaStep(name: "manager rekeying", sql: managerRekeying),
            SchemaStep(name: "manager audit record", sql: managerAuditTables),
            SchemaStep(name: "manager restore", sql: managerRestore),
            SchemaStep(name: "manager client address", sql: managerClientAddress),
        ])

    // Whoever was given a Sender ID before this step is not known, and starts without a debt.
    private static let managerSenderIDOwners = """
        ALTER TABLE assigned_sender_id ADD COLUMN client TEXT;
        ALTER TABLE assigned_sender_id ADD COLUMN assigned_at INTEGER;
        """

    // GM-0395: rows of assigned_sender_id are inserted and never changed or deleted, so no pair is handed out twice.
    private static let managerTables = """
        CREATE TABLE identity (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            name TEXT NOT NULL,
            sealed_signing_seed BLOB NOT NULL,
            credential BLOB NOT NULL,
            global_id BLOB NOT NULL
        ) STRICT;

        CREATE TABLE security_group (
            name TEXT PRIMARY KEY NOT NULL,
            configuration BLOB NOT NULL,
            group_id BLOB NOT NULL UNIQUE,
            version INTEGER NOT NULL,
            sealed_master_secret BLOB NOT NULL,
            master_salt BLOB NOT NULL,
            expiration INTEGER NOT NULL,
            address BLOB NOT NULL CHECK (length(address) = 16),
            port INTEGER NOT NULL CHECK (port BETWEEN 0 AND 65535),
            link_rate INTEGER NOT NULL,
            maximum_group_size INTEGER NOT NULL,
            resources TEXT NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE assigned_sender_id (
            group_name TEXT NOT NULL,
            group_id BLOB NOT NULL,
            sender_id BLOB NOT NULL,
            UNIQUE (group_name, group_id, sender_id)
        ) STRICT;
        CREATE TRIGGER assigned_sender_id_stays BEFORE UPDATE ON assigned_sender_id
        BEGIN SELECT RAISE(ABORT, 'an assigned Sender ID stays assigned'); END;
        CREATE TRIGGER assigned_sender_id_is_kept BEFORE DELETE ON assigned_sender_id
        BEGIN SELECT RAISE(ABORT, 'an assigned Sender ID stays assigned'); END;

        CREATE TABLE invitation (
            client_sender_id BLOB PRIMARY KEY NOT NULL,
            manager_sender_id BLOB NOT NULL,
            sealed_master_secret BLOB NOT NULL,
            group_name TEXT NOT NULL REFERENCES security_group (name),
            node_name TEXT NOT NULL,
            roles INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            expiry INTEGER NOT NULL,
            consumed_by BLOB
        ) STRICT;
        CREATE TRIGGER invitation_is_consumed_once BEFORE UPDATE OF consumed_by ON invitation
        WHEN OLD.consumed_by IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'an invitation is consumed once'); END;

        CREATE TABLE association (
            client_sender_id BLOB NOT NULL REFERENCES invitation (client_sender_id),
            id_context BLOB NOT NULL,
            window_size INTEGER NOT NULL,
            window_highest INTEGER CHECK (window_highest BETWEEN 0 AND 1099511627775),
            window_words BLOB NOT NULL,
            window_is_valid INTEGER NOT NULL CHECK (window_is_valid IN (0, 1)),
            reserved_end INTEGER NOT NULL CHECK (reserved_end BETWEEN 0 AND 1099511627776),
            PRIMARY KEY (client_sender_id, id_context)
        ) STRICT;
        CREATE TRIGGER association_never_goes_back BEFORE UPDATE ON association
        WHEN NEW.reserved_end < OLD.reserved_end
            OR coalesce(NEW.window_highest, -1) < coalesce(OLD.window_highest, -1)
        BEGIN SELECT RAISE(ABORT, 'an association never goes back'); END;

        CREATE TABLE member (
            group_name TEXT NOT NULL REFERENCES security_group (name),
            name TEXT NOT NULL,
            roles INTEGER NOT NULL,
            sender_id BLOB,
            credential BLOB,
            scope BLOB NOT NULL,
            client_nonce BLOB NOT NULL,
            control_uri TEXT,
            client_sender_id BLOB NOT NULL,
            id_context BLOB NOT NULL,
            joined_at INTEGER NOT NULL,
            join_request_hash BLOB NOT NULL,
            sealed_join_answer BLOB NOT NULL,
            PRIMARY KEY (group_name, name)
        ) STRICT;
        """
}
