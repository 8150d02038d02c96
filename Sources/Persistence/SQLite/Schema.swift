internal import GRDB

/// One step of a schema. Steps are only ever appended, and never changed once they were released.
struct SchemaStep: Sendable {
    /// Unique and stable: it is written into the database.
    let name: String
    let sql: String
}

/// The schema of one role.
struct Schema: Sendable {
    let role: StoreRole
    let steps: [SchemaStep]

    /// What brings a database to this schema.
    ///
    /// - Parameter canary: Sealed; written when the database is created.
    func migrator(canary: [UInt8]) -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        let role = role
        migrator.registerMigration(Self.firstStep) { db in
            try db.execute(sql: Self.storeTable)
            _ = try db.insert(
                into: "store",
                ["id": 1.databaseValue, "role": role.rawValue.databaseValue, "canary": canary.column])
        }
        for step in steps {
            migrator.registerMigration(step.name) { db in try db.execute(sql: step.sql) }
        }
        return migrator
    }

    /// Whether a newer version has taken steps that this one does not know.
    func isOutdated(by db: Database) throws -> Bool {
        let known = Set(steps.map(\.name) + [Self.firstStep])
        return try String.fetchAll(db, sql: "SELECT identifier FROM grdb_migrations").contains { !known.contains($0) }
    }

    /// `gosc` in ASCII, in the header of the file.
    static let applicationID = 0x676f_7363

    private static let firstStep = "store 1"

    /// The same in all roles and versions, so that every version can tell what it has before it.
    private static let storeTable = """
        PRAGMA application_id = \(applicationID);
        CREATE TABLE store (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            role TEXT NOT NULL,
            canary BLOB NOT NULL
        ) STRICT;
        CREATE TRIGGER store_stays BEFORE UPDATE ON store
        BEGIN SELECT RAISE(ABORT, 'store is written once'); END;
        CREATE TRIGGER store_is_kept BEFORE DELETE ON store
        BEGIN SELECT RAISE(ABORT, 'store is written once'); END;
        """
}
