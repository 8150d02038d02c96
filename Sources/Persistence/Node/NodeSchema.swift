extension Schema {
    /// The database of a node.
    static let node = Schema(
        role: .node,
        steps: [
            SchemaStep(name: "node 1", sql: nodeTables), SchemaStep(name: "node 2", sql: nodeTokenTables),
            SchemaStep(name: "node 3", sql: nodeIdentityColumns),
            SchemaStep(name: "node 4", sql: nodeDepartures),
        ])

    // Of a node of an earlier version only its present Sender ID is known.
    private static let nodeDepartures = """
        ALTER TABLE membership ADD COLUMN is_leaving INTEGER NOT NULL DEFAULT 0 CHECK (is_leaving IN (0, 1));

        CREATE TABLE used_sender_id (
            group_id BLOB NOT NULL,
            sender_id BLOB NOT NULL CHECK (length(sender_id) > 0),
            PRIMARY KEY (group_id, sender_id)
        ) STRICT;
        INSERT INTO used_sender_id SELECT group_id, sender_id FROM membership WHERE length(sender_id) > 0;
        """

    private static let nodeTables = """
        CREATE TABLE identity (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            sealed_private_key_seed BLOB NOT NULL,
            credential BLOB NOT NULL
        ) STRICT;

        CREATE TABLE association (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            manager_address TEXT NOT NULL,
            sealed_master_secret BLOB NOT NULL,
            id_context BLOB NOT NULL,
            client_sender_id BLOB NOT NULL,
            manager_sender_id BLOB NOT NULL,
            group_name TEXT NOT NULL,
            node_name TEXT NOT NULL,
            roles INTEGER NOT NULL,
            manager_credential_hash BLOB NOT NULL,
            client_nonce BLOB NOT NULL,
            reserved_end INTEGER NOT NULL CHECK (reserved_end BETWEEN 0 AND 1099511627776)
        ) STRICT;
        CREATE TRIGGER association_never_goes_back BEFORE UPDATE ON association
        WHEN NEW.reserved_end < OLD.reserved_end
        BEGIN SELECT RAISE(ABORT, 'a reservation never goes back'); END;

        CREATE TABLE membership (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            group_name TEXT NOT NULL,
            member_name TEXT NOT NULL,
            group_id BLOB NOT NULL,
            version INTEGER NOT NULL,
            sealed_master_secret BLOB NOT NULL,
            master_salt BLOB NOT NULL,
            aead INTEGER,
            group_encryption INTEGER,
            signature INTEGER,
            pairwise_key_agreement INTEGER,
            hkdf INTEGER NOT NULL,
            credential_format INTEGER NOT NULL,
            manager_credential BLOB NOT NULL,
            sender_id BLOB NOT NULL,
            roles INTEGER NOT NULL,
            network_address BLOB CHECK (length(network_address) = 16),
            network_port INTEGER CHECK (network_port BETWEEN 0 AND 65535),
            network_link_rate INTEGER,
            network_maximum_group_size INTEGER,
            network_application_groups TEXT,
            network_member_name TEXT,
            reserved_end INTEGER NOT NULL CHECK (reserved_end BETWEEN 0 AND 1099511627776)
        ) STRICT;
        CREATE TRIGGER membership_never_goes_back BEFORE UPDATE ON membership
        WHEN NEW.reserved_end < OLD.reserved_end
        BEGIN SELECT RAISE(ABORT, 'a reservation never goes back'); END;

        CREATE TABLE peer (
            group_id BLOB NOT NULL,
            sender_id BLOB NOT NULL,
            credential BLOB NOT NULL,
            roles INTEGER NOT NULL,
            name TEXT,
            PRIMARY KEY (group_id, sender_id)
        ) STRICT;

        CREATE TABLE replay_window (
            group_id BLOB NOT NULL,
            sender_id BLOB NOT NULL,
            size INTEGER NOT NULL,
            highest INTEGER CHECK (highest BETWEEN 0 AND 1099511627775),
            words BLOB NOT NULL,
            is_valid INTEGER NOT NULL CHECK (is_valid IN (0, 1)),
            PRIMARY KEY (group_id, sender_id),
            FOREIGN KEY (group_id, sender_id) REFERENCES peer (group_id, sender_id)
        ) STRICT;
        CREATE TRIGGER replay_window_never_goes_back BEFORE UPDATE ON replay_window
        WHEN coalesce(NEW.highest, -1) < coalesce(OLD.highest, -1)
        BEGIN SELECT RAISE(ABORT, 'a replay window never goes back'); END;
        """

    // A member that gets another Sender ID under the same Gid starts with its own Partial IVs; what was reserved for a
    // Sender ID under a Gid still never goes back.
    private static let nodeTokenTables = """
        CREATE TABLE token (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            sealed_token BLOB NOT NULL,
            input_material_id BLOB NOT NULL,
            sealed_master_secret BLOB NOT NULL,
            salt BLOB,
            id_context BLOB,
            algorithm INTEGER NOT NULL,
            hkdf INTEGER NOT NULL,
            scope BLOB NOT NULL,
            expiry INTEGER
        ) STRICT;

        DROP TRIGGER membership_never_goes_back;
        CREATE TRIGGER membership_never_goes_back BEFORE UPDATE ON membership
        WHEN NEW.reserved_end < OLD.reserved_end
            AND NEW.group_id = OLD.group_id AND NEW.sender_id = OLD.sender_id
        BEGIN SELECT RAISE(ABORT, 'a reservation never goes back'); END;
        """

    // Until then every node had an Ed25519 key in a claims set. The private key of every kind stands in the column of the
    // seed, whose name it is sealed with.
    private static let nodeIdentityColumns = """
        ALTER TABLE identity ADD COLUMN curve INTEGER NOT NULL DEFAULT 6;
        ALTER TABLE identity ADD COLUMN credential_format INTEGER NOT NULL DEFAULT 14;
        """
}
