extension Schema {
    /// What a manager keeps of clients and their tokens; members belong to clients from here on.
    ///
    /// Members of the first schema had an invitation and nothing else that names them, so each is the client of its
    /// invitation, in the words of `ClientIdentity(invitation:)`. A sealed answer to their Join Request is not kept: a
    /// repeated join is answered anew.
    static let managerClientTables = """
        CREATE TABLE token_keys (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            sealed_shared_key BLOB NOT NULL,
            sealed_agreement_key BLOB NOT NULL
        ) STRICT;

        CREATE TABLE group_credential (
            group_name TEXT PRIMARY KEY NOT NULL REFERENCES security_group (name),
            curve INTEGER NOT NULL,
            sealed_private_key BLOB NOT NULL,
            credential BLOB NOT NULL
        ) STRICT;

        ALTER TABLE invitation ADD COLUMN revoked_at INTEGER;
        CREATE TRIGGER invitation_is_revoked_once BEFORE UPDATE OF revoked_at ON invitation
        WHEN OLD.revoked_at IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'an invitation is revoked once'); END;

        CREATE TABLE client (
            recipient_id BLOB PRIMARY KEY NOT NULL,
            sender_id BLOB NOT NULL,
            client TEXT NOT NULL UNIQUE,
            input_material_id BLOB NOT NULL,
            sealed_master_secret BLOB NOT NULL,
            master_salt BLOB NOT NULL,
            id_context BLOB,
            algorithm INTEGER NOT NULL,
            hkdf INTEGER NOT NULL,
            token_id BLOB NOT NULL,
            scope BLOB NOT NULL,
            expiry INTEGER NOT NULL,
            kdc_challenge BLOB NOT NULL,
            window_size INTEGER NOT NULL,
            window_highest INTEGER CHECK (window_highest BETWEEN 0 AND 1099511627775),
            window_words BLOB NOT NULL,
            window_is_valid INTEGER NOT NULL CHECK (window_is_valid IN (0, 1)),
            reserved_end INTEGER NOT NULL CHECK (reserved_end BETWEEN 0 AND 1099511627776)
        ) STRICT;
        CREATE TRIGGER client_never_goes_back BEFORE UPDATE ON client
        WHEN NEW.reserved_end < OLD.reserved_end
            OR coalesce(NEW.window_highest, -1) < coalesce(OLD.window_highest, -1)
        BEGIN SELECT RAISE(ABORT, 'an association never goes back'); END;
        CREATE TRIGGER client_keeps_its_keys BEFORE UPDATE OF
            recipient_id, sender_id, client, input_material_id, sealed_master_secret, master_salt, id_context,
            algorithm, hkdf
        ON client
        BEGIN SELECT RAISE(ABORT, 'other keys are another association'); END;

        CREATE TABLE revocation (
            token_id BLOB PRIMARY KEY NOT NULL,
            revoked_at INTEGER NOT NULL
        ) STRICT;
        CREATE TRIGGER revocation_stays BEFORE UPDATE ON revocation
        BEGIN SELECT RAISE(ABORT, 'a revoked token stays revoked'); END;
        CREATE TRIGGER revocation_is_kept BEFORE DELETE ON revocation
        BEGIN SELECT RAISE(ABORT, 'a revoked token stays revoked'); END;

        CREATE TABLE node_name (
            group_name TEXT NOT NULL REFERENCES security_group (name),
            node_name TEXT NOT NULL,
            client TEXT NOT NULL,
            PRIMARY KEY (group_name, node_name)
        ) STRICT;

        CREATE TABLE stale_sender_id (
            group_name TEXT NOT NULL REFERENCES security_group (name),
            version INTEGER NOT NULL,
            sender_id BLOB NOT NULL,
            PRIMARY KEY (group_name, version, sender_id)
        ) STRICT;

        CREATE TABLE member_of_client (
            group_name TEXT NOT NULL REFERENCES security_group (name),
            name TEXT NOT NULL,
            node_name TEXT NOT NULL,
            client TEXT NOT NULL,
            roles INTEGER NOT NULL,
            sender_id BLOB,
            credential BLOB,
            scope BLOB NOT NULL,
            client_nonce BLOB NOT NULL,
            control_uri TEXT,
            joined_at INTEGER NOT NULL,
            PRIMARY KEY (group_name, name),
            UNIQUE (group_name, node_name),
            UNIQUE (group_name, client)
        ) STRICT;
        INSERT INTO member_of_client
            SELECT group_name, name, name, 'gosc' || char(10) || 'sub:' || lower(hex(client_sender_id)), roles,
                sender_id, credential, scope, client_nonce, control_uri, joined_at
            FROM member;
        DROP TABLE member;
        ALTER TABLE member_of_client RENAME TO member;

        INSERT INTO node_name SELECT group_name, node_name, client FROM member;
        CREATE TRIGGER node_name_stays BEFORE UPDATE ON node_name
        BEGIN SELECT RAISE(ABORT, 'a NODENAME stays with its client'); END;
        CREATE TRIGGER node_name_is_kept BEFORE DELETE ON node_name
        BEGIN SELECT RAISE(ABORT, 'a NODENAME stays with its client'); END;
        """
}
