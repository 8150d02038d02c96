internal import CryptoPrimitives
internal import Foundation
internal import GRDB
internal import Glibc

/// An open database of one role: the only place that opens files and connections.
final class StoreFile: Sendable {
    /// The name of the database in the state directory.
    static let name = "gosc.sqlite"

    let path: String
    let sealing: ColumnSealing
    /// Whether this is not the file that was created once, but a copy of it.
    let isCopy: Bool
    /// Which file it is.
    let identity: FileIdentity
    private let queue: DatabaseQueue

    /// Opens or creates the database of a state directory.
    ///
    /// An existing one is first looked at without a write: when it is not ours, not of this role, newer or sealed under
    /// another key, its bytes stay as they are.
    ///
    /// - Parameters:
    ///   - name: Its name in the directory.
    ///   - patience: How many seconds to wait for another connection.
    init(
        directory: String, name: String = StoreFile.name, schema: Schema, key: consuming SealingKey, mayCreate: Bool,
        patience: Double = 5
    ) throws(StoreError) {
        let path = "\(directory)/\(name)"
        let sealing = ColumnSealing(key)
        try Self.createFile(path, mayCreate: mayCreate)
        let found = try Self.translating(path) { try StoreProbe.look(at: path, schema: schema, sealing: sealing) }
        guard found != nil || mayCreate else { throw .missing(path: path) }
        let present = try FileIdentity(path: path)
        self.path = path
        self.identity = present
        self.sealing = sealing
        self.isCopy = found.map { !$0.isSameFile(as: present) } ?? false
        self.queue = try Self.translating(path) {
            let queue = try DatabaseQueue(path: path, configuration: Self.configuration(patience: patience))
            try queue.inDatabase { db in
                try Durability.demandFull(db)
                try Durability.requireFull(db, path: path)
            }
            let canary = try sealing.seal(present.encoded.span, at: StoreProbe.canaryAddress(of: schema.role))
            try schema.migrator(canary: canary).migrate(queue)
            return queue
        }
    }

    /// Whose state lies in a directory that this process holds the lock of; looks only.
    ///
    /// - Returns: `nil` if there is none, or none of a role that is known here.
    static func role(in directory: String) throws(StoreError) -> StoreRole? {
        let path = "\(directory)/\(name)"
        guard try size(of: path) ?? 0 > 0 else { return nil }
        return try translating(path) { try StoreProbe.role(at: path).flatMap(StoreRole.init(rawValue:)) }
    }

    /// Reads in one transaction.
    func read<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
        try Self.translating(path) { try queue.read(body) }
    }

    /// Writes in one transaction. When it returns, the disk has it; when it throws, nothing has changed.
    func write(_ body: (Database) throws -> Void) throws {
        try queue.write(body)
    }

    /// Writes in one transaction, with failures that a person can act on.
    func change(_ body: (Database) throws -> Void) throws(StoreError) {
        try Self.translating(path) { try write(body) }
    }

    /// Brings everything into the one file and closes it; nothing may be asked of it afterwards.
    func close() throws(StoreError) {
        try Self.translating(path) {
            try queue.close()
            // The last connection takes the log with it.
            guard try Self.size(of: "\(path)-wal") ?? 0 == 0 else { throw StoreError.busy(path: path) }
        }
    }

    /// Whether every page can be read and is what it should be.
    func requireIntegrity() throws(StoreError) {
        try Self.translating(path) {
            let findings = try queue.read { try String.fetchAll($0, sql: "PRAGMA quick_check(1)") }
            guard findings == ["ok"] else { throw StoreError.damaged(path: path, part: "pages") }
        }
    }

    /// What every connection has; the write-ahead log is for those that write.
    static func configuration(readOnly: Bool = false, patience: Double = 5) -> Configuration {
        var configuration = Configuration()
        configuration.label = "gosc"
        configuration.readonly = readOnly
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(patience)
        // Errors never carry values.
        configuration.publicStatementArguments = false
        if !readOnly { configuration.journalMode = .wal }
        configuration.prepareDatabase { db in
            try db.execute(
                sql: """
                    PRAGMA temp_store = MEMORY;
                    PRAGMA secure_delete = ON;
                    PRAGMA trusted_schema = OFF;
                    PRAGMA cell_size_check = ON;
                    """)
        }
        return configuration
    }

    /// Turns whatever storage throws into what a person can act on. Messages of SQLite go no further.
    static func translating<Value>(
        _ path: String, _ body: () throws -> Value
    ) throws(StoreError) -> Value {
        do {
            return try body()
        } catch {
            throw failure(error, of: path)
        }
    }

    /// What a person can act on, of whatever storage has thrown.
    static func failure(_ error: any Error, of path: String) -> StoreError {
        switch error {
        case let error as StoreError: error
        case let error as InvalidColumn: .damaged(path: path, part: error.name)
        case let error as DatabaseError:
            switch error.resultCode {
            case .SQLITE_BUSY, .SQLITE_LOCKED: .busy(path: path)
            case .SQLITE_NOTADB: .foreign(path: path)
            case .SQLITE_CORRUPT: .damaged(path: path, part: "pages")
            case .SQLITE_ERROR, .SQLITE_SCHEMA, .SQLITE_CONSTRAINT: .damaged(path: path, part: "schema")
            default: .unusable(path: path, code: cause(of: error, at: path))
            }
        default: .damaged(path: path, part: "values")
        }
    }

    /// The `errno` that is most likely behind a result of SQLite, which keeps its own to itself.
    private static func cause(of error: DatabaseError, at path: String) -> Int32 {
        switch error.resultCode {
        case .SQLITE_FULL: return ENOSPC
        case .SQLITE_READONLY: return EROFS
        case .SQLITE_PERM, .SQLITE_AUTH: return EACCES
        case .SQLITE_NOMEM: return ENOMEM
        case .SQLITE_TOOBIG: return EFBIG
        case .SQLITE_CANTOPEN where access(path, R_OK | W_OK) != 0: return errno
        default:
            // For the index of the log a full disk is but an error.
            var status = statvfs()
            return statvfs(path, &status) == 0 && status.f_bavail == 0 ? ENOSPC : EIO
        }
    }

    /// Makes an empty file of mode 0600, durable in its folder; SQLite gives its other files the same mode.
    private static func createFile(_ path: String, mayCreate: Bool) throws(StoreError) {
        guard try size(of: path) ?? 0 == 0 else { return }
        guard mayCreate else { throw .missing(path: path) }
        // The log of a database that is gone: what it knew is lost, and SQLite would delete the log.
        guard try size(of: "\(path)-wal") ?? 0 == 0 else { throw .damaged(path: path, part: "log without database") }
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .unusable(path: path, code: errno) }
        Glibc.close(descriptor)
        try syncFolder(of: path)
    }

    /// Makes durable which files a folder has.
    static func syncFolder(of path: String) throws(StoreError) {
        let end = path.lastIndex(of: "/")
        let folder = end.map { String(path[...$0]) } ?? "."
        let descriptor = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unusable(path: path, code: errno) }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .unusable(path: path, code: errno) }
    }

    /// In bytes; `nil` if there is no such file.
    static func size(of path: String) throws(StoreError) -> Int? {
        var status = stat()
        guard stat(path, &status) == 0 else {
            guard errno == ENOENT else { throw .unusable(path: path, code: errno) }
            return nil
        }
        return Int(status.st_size)
    }
}
