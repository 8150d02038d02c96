internal import Glibc

/// Why stored state cannot be used. Names the file, never what is in it.
public enum StoreError: Error, Hashable, Sendable {
    /// There is no database, and none was to be made.
    case missing(path: String)
    /// The database was sealed under another key. Nothing in it was touched.
    case wrongSealingKey(path: String)
    /// The database belongs to another role.
    case wrongRole(path: String, found: String, expected: StoreRole)
    /// A newer gosc has changed the schema.
    case newerVersion(path: String)
    /// The file is no database of gosc.
    case foreign(path: String)
    /// The database is not what was written: `part` is the table and column, or what else is wrong.
    case damaged(path: String, part: String)
    /// The state was copied or restored, so it may have been used elsewhere since (architecture §4.2).
    case copied(path: String, role: StoreRole)
    /// The database of a manager was restored, and nobody has decided yet who stays.
    case restorePending(path: String)
    /// There is a database already that would be replaced.
    case exists(path: String)
    /// SQLite would not wait for the disk: commits could get lost, and with them the knowledge of used nonces.
    case notDurable(path: String)
    /// Another process holds the database.
    case busy(path: String)
    /// Other users may read or change the file.
    case exposed(path: String)
    /// The file system refuses; `code` is an `errno`.
    case unusable(path: String, code: Int32)
}

extension StoreError {
    /// The same of another file: of that which the operator has named, where the work is done beside it.
    func at(_ path: String) -> Self {
        switch self {
        case .missing: .missing(path: path)
        case .wrongSealingKey: .wrongSealingKey(path: path)
        case .wrongRole(_, let found, let expected): .wrongRole(path: path, found: found, expected: expected)
        case .newerVersion: .newerVersion(path: path)
        case .foreign: .foreign(path: path)
        case .damaged(_, let part): .damaged(path: path, part: part)
        case .copied(_, let role): .copied(path: path, role: role)
        case .restorePending: .restorePending(path: path)
        case .exists: .exists(path: path)
        case .notDurable: .notDurable(path: path)
        case .busy: .busy(path: path)
        case .exposed: .exposed(path: path)
        case .unusable(_, let code): .unusable(path: path, code: code)
        }
    }

    /// Why the file system refuses, in words; `nil` if it is something else.
    public var reason: String? {
        if case .unusable(_, let code) = self { String(cString: strerror(code)) } else { nil }
    }
}

extension StoreError: CustomStringConvertible {
    /// One line for a person: what is wrong with which file, and what to do.
    public var description: String {
        switch self {
        case .missing(let path):
            "there is no state at \(path); initialise or join first, or name another state directory"
        case .wrongSealingKey(let path):
            "\(path) is sealed under another key; name the right key file (nothing was changed)"
        case .wrongRole(let path, StoreRole.unmanagedNode.rawValue, .node):
            "\(path) is the state of an unmanaged node (gosc node init), and this is for nodes that have joined; name "
                + "another state directory"
        case .wrongRole(let path, StoreRole.node.rawValue, .unmanagedNode):
            "\(path) is the state of a node with a manager (gosc node join), which gosc send speaks for, and this is for "
                + "unmanaged nodes; name another state directory"
        case .wrongRole(let path, let found, let expected):
            "\(path) is the state of \(Self.named(found)), not of \(Self.named(expected.rawValue)); name another state "
                + "directory"
        case .newerVersion(let path):
            "\(path) was written by a newer version of gosc; use that version (nothing was changed)"
        case .foreign(let path):
            "\(path) is not a database of gosc; move it away or name another state directory"
        case .damaged(let path, let part):
            "\(path) is damaged (\(part)); start with a new state directory: a node's from a backup is refused, and a manager's is taken by "
                + "'gosc manager restore'"
        case .copied(let path, .node):
            "\(path) is a copy; its keys may have been used elsewhere since, so this node must join again with a new "
                + "state directory and a new invitation"
        case .copied(let path, .unmanagedNode):
            "\(path) is a copy; its keys may have been used elsewhere since, so use the original, or make a context with "
                + "other keys and a new state directory"
        case .copied(let path, .manager):
            "\(path) is a copy; the manager that it was copied from may have gone on, so this one would hand out the "
                + "same Sender IDs again; run the original, or let 'gosc manager restore' make this one the original"
        case .restorePending(let path):
            "\(path) was restored, and nobody gets new keys before it is said who stays; see 'gosc manager restore'"
        case .exists(let path):
            "there is a database at \(path) already; with --replace it is kept aside under another name"
        case .notDurable(let path):
            "\(path) cannot be written durably (synchronous is not FULL); this SQLite cannot be used"
        case .busy(let path):
            "\(path) is in use by another process; stop that and try again"
        case .exposed(let path):
            "\(path) is open to other users; run: chmod 600 \(path)"
        case .unusable(let path, _):
            "\(path) cannot be read or written: \(reason ?? ""); check the disk and the permissions"
        }
    }

    /// A role with its article.
    private static func named(_ role: String) -> String { role == "unmanaged node" ? "an \(role)" : "a \(role)" }
}
