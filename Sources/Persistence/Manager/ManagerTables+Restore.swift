internal import GRDB
internal import GroupManager

/// A store that went back.
extension ManagerTables {
    func restore(_ record: RestoreRecord) throws {
        let isBegun = try db.upsert(
            into: "pending_restore", key: ["id"],
            ["id": 1.databaseValue, "since": record.since.column],
            onlyIf: "excluded.since >= pending_restore.since")
        try require(isBegun, else: .restorePending)
        try db.change("DELETE FROM client")
        try db.change("DELETE FROM association")
        try db.change("UPDATE invitation SET barred_at = ? WHERE barred_at IS NULL", [record.since.column])
        try db.change("DELETE FROM stale_sender_id")
    }

    func completeRestore() throws {
        try require(db.change("DELETE FROM pending_restore"), else: .noRestorePending)
    }

    func pendingRestore(_ row: Columns) throws(InvalidColumn) -> RestoreRecord {
        RestoreRecord(since: try row.number("since"))
    }
}
