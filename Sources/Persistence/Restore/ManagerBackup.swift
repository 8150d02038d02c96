internal import GRDB
internal import Glibc

/// A copy of a manager's database, made while the manager runs. Needs no key: what is sealed stays sealed.
public enum ManagerBackup: Sendable {
    /// Writes the backup; the file is whole or not there.
    ///
    /// - Parameters:
    ///   - directory: The state directory of the manager.
    ///   - path: The file to make, mode 0600.
    /// - Throws: ``StoreError``; ``StoreError/exists(path:)`` if there is such a file.
    public static func write(from directory: String, to path: String) throws(StoreError) {
        let source = "\(directory)/\(StoreFile.name)"
        guard try StoreFile.size(of: source) ?? 0 > 0 else { throw .missing(path: source) }
        guard access(path, F_OK) != 0 else { throw .exists(path: path) }
        let draft = "\(path).\(getpid())"
        defer { DatabaseCopy.remove(draft) }
        try StoreFile.translating(source) {
            guard let role = try StoreFile.role(in: directory), role == .manager else {
                throw StoreError.wrongRole(
                    path: source, found: try StoreFile.role(in: directory)?.rawValue ?? "unknown", expected: .manager)
            }
            // Somebody may be writing, so never as a file that nobody writes.
            let queue = try DatabaseQueue(path: source, configuration: StoreFile.configuration(readOnly: true))
            defer { try? queue.close() }
            do {
                try DatabaseCopy.write(queue, to: draft)
            } catch let error as StoreError {
                // The name of the draft is none that anybody has given.
                throw error.at(path)
            }
        }
        // Unlike a new name, a second one does not take the place of what has come there meanwhile.
        if link(draft, path) != 0 {
            guard errno != EEXIST else { throw .exists(path: path) }
            // Some file systems, such as those of USB sticks, have no second names.
            guard errno == EPERM || errno == EOPNOTSUPP, rename(draft, path) == 0 else {
                throw .unusable(path: path, code: errno)
            }
        }
        try StoreFile.syncFolder(of: path)
    }
}
