import Glibc
import ServiceShell

/// A new file that only this user may read.
final class SecretFile {
    private let path: String
    private let descriptor: Int32

    /// Creates the file, empty. One that is there already is left alone.
    init(creating path: String) throws(CommandFailure) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw errno == EEXIST
                ? CommandFailure(
                    .refused, "\(path) is there already", hint: "remove it, or name another file with --out")
                : CommandFailure(.storage, "cannot create \(path): \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        close(descriptor)
    }

    /// Writes everything to the disk.
    func write(_ text: String) throws(CommandFailure) {
        let bytes = Array(text.utf8)
        guard fchmod(descriptor, 0o600) == 0, Glibc.write(descriptor, bytes, bytes.count) == bytes.count,
            fsync(descriptor) == 0
        else { throw CommandFailure(.storage, "cannot write \(path): \(String(cString: strerror(errno)))") }
    }

    /// Takes the file away again.
    func remove() {
        unlink(path)
    }
}
