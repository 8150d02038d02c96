import Glibc

/// What the system knows of a file.
public struct FileStatus: Hashable, Sendable {
    /// The kinds of files that matter here.
    public enum Kind: Hashable, Sendable {
        case directory
        case pipe
        case other
    }

    /// What it is.
    public let kind: Kind
    /// The number of the user that it belongs to.
    public let owner: UInt32
    /// Who may do what, such as `0o700`.
    public let permissions: UInt32

    /// Of an open file; `nil` if there is none.
    public init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Of the file that a path leads to; `nil` if there is none.
    public init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFDIR: .directory
            case S_IFIFO: .pipe
            default: .other
            }
        owner = status.st_uid
        permissions = status.st_mode & 0o7777
    }
}
