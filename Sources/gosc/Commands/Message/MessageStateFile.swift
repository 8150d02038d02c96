import ArgumentParser
import COSE
import Glibc
import MessageWorkbench
import ServiceShell

/// Where messages are remembered beyond one run.
struct MessageStateOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A file that remembers what was received and which numbers were used; made if it is not there (default: "
                + "nothing is remembered).", valueName: "file"))
    var state: String?

    /// A workbench that remembers what the file does.
    func workbench(revealsSecrets: Bool = false) throws(CommandFailure) -> (Workbench, MessageStateFile?) {
        guard let state else { return (Workbench(revealsSecrets: revealsSecrets, credentials: .available), nil) }
        let workbench = Workbench(
            revealsSecrets: revealsSecrets, remembersByDefault: true, credentials: .available)
        return (workbench, try MessageStateFile(opening: state, into: workbench))
    }
}

/// A file that grows by every event that a workbench remembers. It holds no keys.
final class MessageStateFile {
    private let path: String
    private let descriptor: Int32

    /// Opens the file for this process alone and takes up what it holds.
    init(opening path: String, into workbench: Workbench) throws(CommandFailure) {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_APPEND, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure(.storage, "cannot open state file \(path): \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw CommandFailure(.tryAgain, "state file \(path) is in use", hint: "wait until the other command ends")
        }
        let stored = try read()
        // Nothing was stored yet: the file may be new, made by this run or by one that did not come this far.
        guard !stored.isEmpty || Self.synchronizeFolder(of: path) else {
            throw CommandFailure(
                .storage, "cannot make state file \(path) durable: \(String(cString: strerror(errno)))")
        }
        let whole: Int
        do throws(WorkbenchFailure) {
            whole = try workbench.restoreMemory(stored)
        } catch {
            throw CommandFailure(.badInput, "state file \(path): \(error.detail)", hint: "name another file")
        }
        // What a crash cut off was never answered for.
        guard whole == stored.count || ftruncate(descriptor, off_t(whole)) == 0 else {
            throw CommandFailure(.storage, "cannot repair state file \(path): \(String(cString: strerror(errno)))")
        }
    }

    /// Makes the entry of a new file in its folder durable: synchronising the file alone does not.
    private static func synchronizeFolder(of path: String) -> Bool {
        let parent = path.lastIndex(of: "/").map { path[...$0] } ?? "."
        let folder = open(String(parent), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return false }
        defer { close(folder) }
        return fsync(folder) == 0
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Makes durable what a workbench has remembered since. Call it before the answer leaves.
    func store(_ workbench: Workbench) throws(CommandFailure) {
        let bytes = workbench.takeMemory()
        guard !bytes.isEmpty else { return }
        guard write(descriptor, bytes, bytes.count) == bytes.count, fdatasync(descriptor) == 0 else {
            throw CommandFailure(.storage, "cannot write state file \(path): \(String(cString: strerror(errno)))")
        }
    }

    private func read() throws(CommandFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw CommandFailure(.storage, "cannot read state file \(path): \(String(cString: strerror(errno)))")
            }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= Self.limit else {
                throw CommandFailure(
                    .badInput, "state file \(path) is longer than \(Self.limit) bytes", hint: "name another file")
            }
        }
    }

    /// A million messages.
    private static let limit = 1 << 26
}
