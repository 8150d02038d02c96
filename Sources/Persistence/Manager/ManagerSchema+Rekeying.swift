extension Schema {
    /// What a manager keeps of new keys for its groups.
    ///
    /// The Gids of groups that are there have no prefix of their own; they get one with their next keys. Every member has the
    /// keys that there are.
    static let managerRekeying = """
        ALTER TABLE security_group ADD COLUMN rekey_overlap INTEGER NOT NULL DEFAULT 10;
        ALTER TABLE security_group ADD COLUMN rekeys_on_join INTEGER NOT NULL DEFAULT 0
            CHECK (rekeys_on_join IN (0, 1));
        ALTER TABLE security_group ADD COLUMN rekey_interval INTEGER;
        ALTER TABLE security_group ADD COLUMN rekeyed_at INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE security_group ADD COLUMN overlap INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE security_group ADD COLUMN elders TEXT NOT NULL DEFAULT '[]';
        ALTER TABLE security_group ADD COLUMN rekey_due_since INTEGER;
        ALTER TABLE security_group ADD COLUMN rekey_due_evicts INTEGER NOT NULL DEFAULT 0
            CHECK (rekey_due_evicts IN (0, 1));
        UPDATE security_group SET rekeyed_at = created_at;
        CREATE TRIGGER group_version_never_goes_back BEFORE UPDATE OF version, group_id, sealed_master_secret
        ON security_group
        WHEN NEW.version <= OLD.version OR NEW.group_id = OLD.group_id
        BEGIN SELECT RAISE(ABORT, 'new keys have a new Gid and a higher version'); END;

        CREATE TABLE group_id_prefix (
            prefix BLOB PRIMARY KEY NOT NULL CHECK (length(prefix) > 0),
            group_name TEXT NOT NULL,
            since INTEGER NOT NULL
        ) STRICT;
        CREATE TRIGGER group_id_prefix_stays BEFORE UPDATE ON group_id_prefix
        BEGIN SELECT RAISE(ABORT, 'a prefix stays with its group'); END;
        CREATE TRIGGER group_id_prefix_is_kept BEFORE DELETE ON group_id_prefix
        BEGIN SELECT RAISE(ABORT, 'a prefix stays with its group'); END;

        CREATE TABLE eviction (
            group_name TEXT NOT NULL REFERENCES security_group (name),
            client TEXT NOT NULL,
            name TEXT NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (group_name, client)
        ) STRICT;

        ALTER TABLE member ADD COLUMN key_version INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE member ADD COLUMN birth_group_id BLOB;
        UPDATE member SET key_version =
            (SELECT version FROM security_group WHERE security_group.name = member.group_name);

        DROP TRIGGER assigned_sender_id_is_kept;
        CREATE TRIGGER assigned_sender_id_is_kept BEFORE DELETE ON assigned_sender_id
        WHEN EXISTS (SELECT 1 FROM security_group WHERE name = OLD.group_name AND group_id = OLD.group_id)
        BEGIN SELECT RAISE(ABORT, 'an assigned Sender ID stays assigned'); END;
        """
}
