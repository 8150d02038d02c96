public import DatagramTransport
internal import Glibc

/// The folder that one role keeps its state in, held by one process at a time.
///
/// The lock goes with the process, however it ends; a file `lock` that nobody holds is no obstacle.
public final class StateDirectory: Sendable {
    /// The path as it was given.
    public let path: String
    /// Open for as long as this lives; ``ControlServer`` reaches files through it when the path is long.
    let descriptor: Int32

    /// Opens the folder, creates it with its parents if asked to (mode 0700), and takes its lock. One
    /// that other users may enter is refused.
    ///
    /// - Parameters:
    ///   - path: A path; the folder must belong to this user.
    ///   - mayCreate: Whether a folder that is not there is created.
    /// - Throws: ``StateDirectoryError``; a folder in use is left untouched.
    public init(_ path: String, mayCreate: Bool) throws(StateDirectoryError) {
        if mayCreate { try Self.create(path) }
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw errno == ENOENT ? .missing(path) : .cannotUse(path, .current)
        }
        do throws(StateDirectoryError) {
            try Self.requireOwner(of: descriptor, path: path)
            try Self.requirePrivate(descriptor, path: path)
            try Self.takeLock(on: descriptor, path: path)
            try Self.nameHolder(in: descriptor, path: path)
        } catch {
            close(descriptor)
            throw error
        }
        self.path = path
        self.descriptor = descriptor
    }

    deinit {
        unlinkat(descriptor, Self.holderName, 0)
        close(descriptor)
    }

    private static func create(_ path: String) throws(StateDirectoryError) {
        var end = path.utf8.startIndex
        while end < path.utf8.endIndex {
            let next = path.utf8.index(after: end)
            end = path.utf8[next...].firstIndex(of: UInt8(ascii: "/")) ?? path.utf8.endIndex
            if mkdir(String(path[..<end]), 0o700) != 0, errno != EEXIST {
                let error = SystemErrorNumber.current
                // A parent that exists may refuse for other reasons, such as a read-only file system.
                var status = stat()
                guard stat(String(path[..<end]), &status) == 0 else { throw .cannotUse(path, error) }
            }
        }
    }

    /// Whoever else owned the directory could put other files into it.
    private static func requireOwner(of descriptor: Int32, path: String) throws(StateDirectoryError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .cannotUse(path, .current) }
        guard status.st_uid == geteuid() else { throw .foreign(path) }
    }

    /// Locks the directory itself: a lock on a file in it would be gone with the file, and two processes could go on
    /// with the same keys.
    private static func takeLock(on descriptor: Int32, path: String) throws(StateDirectoryError) {
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let error = SystemErrorNumber.current
            throw error.rawValue == EWOULDBLOCK ? .inUse(path, by: holder(in: descriptor)) : .cannotUse(path, error)
        }
    }

    /// Writes down who holds the directory, for the message that others get.
    private static func nameHolder(in descriptor: Int32, path: String) throws(StateDirectoryError) {
        let file = openat(
            descriptor, holderName, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw .cannotUse(path, .current) }
        defer { close(file) }
        let text = Array("\(getpid())\n".utf8)
        guard write(file, text, text.count) == text.count else { throw .cannotUse(path, .current) }
    }

    /// What is there already may be somebody's: it is never changed, only refused.
    private static func requirePrivate(_ descriptor: Int32, path: String) throws(StateDirectoryError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .cannotUse(path, .current) }
        guard status.st_mode & 0o077 == 0 else { throw .open(path) }
    }

    private static func holder(in descriptor: Int32) -> Int32? {
        let file = openat(descriptor, holderName, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 16)
        let count = read(file, &buffer, buffer.count)
        guard count > 0 else { return nil }
        return Int32(String(decoding: buffer[..<count], as: UTF8.self).prefix { $0.isNumber })
    }

    private static let holderName = "lock"
}

/// Why a state directory cannot be used.
public enum StateDirectoryError: Error, Hashable, Sendable {
    /// Another process holds it; `nil` if it has not yet written its number.
    case inUse(String, by: Int32?)
    /// There is no such folder.
    case missing(String)
    /// It belongs to another user.
    case foreign(String)
    /// Other users may enter it.
    case open(String)
    /// The system refuses it.
    case cannotUse(String, SystemErrorNumber)
}

extension StateDirectoryError: CustomStringConvertible {
    /// One line for a person.
    public var description: String {
        switch self {
        case .inUse(let path, let holder?): "state directory \(path) is in use by process \(holder)"
        case .inUse(let path, nil): "state directory \(path) is in use by another process"
        case .missing(let path): "state directory \(path) does not exist"
        case .foreign(let path): "state directory \(path) belongs to another user"
        case .open(let path):
            "state directory \(path) is open to other users; name another one, or run: chmod 700 \(path)"
        case .cannotUse(let path, let error): "cannot use state directory \(path): \(error)"
        }
    }
}
