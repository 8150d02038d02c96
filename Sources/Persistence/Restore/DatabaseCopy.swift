internal import GRDB
internal import Glibc

/// Copies of databases that others may be writing meanwhile.
enum DatabaseCopy {
    /// Writes what a database holds at one moment into a new file, mode 0600, durably.
    ///
    /// In one read transaction, so a writer does not make it begin again; and without pages that were given up.
    ///
    /// - Parameters:
    ///   - source: Connected to the database.
    ///   - path: Must not exist.
    static func write(_ source: DatabaseQueue, to path: String) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw StoreError.unusable(path: path, code: errno) }
        defer { close(descriptor) }
        guard fchmod(descriptor, 0o600) == 0 else { throw StoreError.unusable(path: path, code: errno) }
        do {
            // SQLite takes an empty file for a new one.
            try source.inDatabase { try $0.execute(sql: "VACUUM INTO ?", arguments: [path]) }
        } catch let error as DatabaseError where isAboutTheCopy(error) {
            throw StoreFile.failure(error, of: path)
        }
        guard fsync(descriptor) == 0 else { throw StoreError.unusable(path: path, code: errno) }
    }

    /// SQLite does not say which of the two files it has failed at; what only happens to those that are written is about the copy.
    private static func isAboutTheCopy(_ error: DatabaseError) -> Bool {
        switch error.extendedResultCode {
        case .SQLITE_FULL, .SQLITE_IOERR_WRITE, .SQLITE_IOERR_FSYNC, .SQLITE_IOERR_TRUNCATE: true
        default: false
        }
    }

    /// Removes a database that is not to be used, with its log.
    static func remove(_ path: String) {
        for suffix in ["", "-wal", "-shm", "-journal"] { unlink(path + suffix) }
    }
}
