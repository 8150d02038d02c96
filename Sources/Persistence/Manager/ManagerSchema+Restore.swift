extension Schema {
    /// What a manager keeps of a restore. Only while one is pending may a copy become an original.
    static let managerRestore = """
        CREATE TABLE pending_restore (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            since INTEGER NOT NULL
        ) STRICT;

        ALTER TABLE invitation ADD COLUMN barred_at INTEGER;
        CREATE TRIGGER invitation_is_barred_once BEFORE UPDATE OF barred_at ON invitation
        WHEN OLD.barred_at IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'an invitation is barred once'); END;
        CREATE TRIGGER barred_invitation_has_no_association BEFORE INSERT ON association
        WHEN EXISTS (
            SELECT 1 FROM invitation WHERE client_sender_id = NEW.client_sender_id AND barred_at IS NOT NULL)
        BEGIN SELECT RAISE(ABORT, 'a barred invitation has no association'); END;

        DROP TRIGGER store_stays;
        CREATE TRIGGER store_stays BEFORE UPDATE ON store
        WHEN NEW.id <> OLD.id OR NEW.role <> OLD.role OR NOT EXISTS (SELECT 1 FROM pending_restore)
        BEGIN SELECT RAISE(ABORT, 'store is written once'); END;
        """
}
