internal import GRDB

#if GOSC_TEST_GUARDS
    internal import OSCORE
#endif

/// The one promise that everything else rests on: a commit that has returned is on the disk.
enum Durability {
    /// Has every commit wait for the disk.
    ///
    /// To be called once the connection is open: GRDB itself sets NORMAL while it sets up the write-ahead log, and with
    /// NORMAL a power failure takes back the last commits, so that nonces would be used twice.
    static func demandFull(_ db: Database) throws {
        #if GOSC_TEST_GUARDS
            // A test cuts the power and sees that commits are gone.
            if TestGuards.isOff(.durability) { return try db.execute(sql: "PRAGMA synchronous = OFF") }
        #endif
        try db.execute(sql: "PRAGMA synchronous = FULL")
    }

    /// Reads back what is in force.
    ///
    /// - Throws: ``StoreError/notDurable(path:)`` unless it is FULL in WAL mode, with foreign keys checked.
    static func requireFull(_ db: Database, path: String) throws {
        #if GOSC_TEST_GUARDS
            if TestGuards.isOff(.durability) { return }
        #endif
        guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == full,
            try String.fetchOne(db, sql: "PRAGMA journal_mode") == "wal",
            try Int.fetchOne(db, sql: "PRAGMA foreign_keys") == 1
        else { throw StoreError.notDurable(path: path) }
    }

    private static let full = 2
}
