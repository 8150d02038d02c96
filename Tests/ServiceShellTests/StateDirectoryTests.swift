import DatagramTransport
import Foundation
import ServiceShell
import TestSupport
import Testing

struct StateDirectoryTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func newDirectoryIsPrivateAndItsLockNamesTheHolder() throws {
        let path = "\(folder.path)/a/b/state"
        let directory = try StateDirectory(path, mayCreate: true)
        #expect(TemporaryFolder.mode(path) == 0o700)
        #expect(TemporaryFolder.mode("\(path)/lock") == 0o600)
        #expect(try String(contentsOfFile: "\(path)/lock", encoding: .utf8) == "\(getpid())\n")
        #expect(directory.path == path)
    }

    @Test(.requirement("GM-0497")) func directoryInUseNamesTheHolder() throws {
        let path = "\(folder.path)/state"
        let directory = try StateDirectory(path, mayCreate: true)
        let error = #expect(throws: StateDirectoryError.self) { try StateDirectory(path, mayCreate: true) }
        #expect(error == .inUse(directory.path, by: getpid()))
        #expect(error?.description == "state directory \(path) is in use by process \(getpid())")
    }

    @Test func directoryIsFreeAgainAfterwards() throws {
        let path = "\(folder.path)/state"
        do { _ = try StateDirectory(path, mayCreate: true) }
        _ = try StateDirectory(path, mayCreate: false)
        // What a killed process leaves behind is no obstacle.
        try "4711\n".write(toFile: "\(path)/lock", atomically: false, encoding: .utf8)
        _ = try StateDirectory(path, mayCreate: false)
    }

    /// What is there may be somebody's, such as /etc: it is refused and not touched.
    @Test func openDirectoryIsRefusedAndLeftAsItIs() throws {
        let path = "\(folder.path)/state"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        #expect(throws: StateDirectoryError.open(path)) { _ = try StateDirectory(path, mayCreate: true) }
        #expect(TemporaryFolder.mode(path) == 0o755)
        #expect(try FileManager.default.contentsOfDirectory(atPath: path).isEmpty)
    }

    @Test func missingDirectoryIsNamed() {
        let path = "\(folder.path)/state"
        #expect(throws: StateDirectoryError.missing(path)) { try StateDirectory(path, mayCreate: false) }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func fileInsteadOfADirectoryIsNamed() throws {
        let path = "\(folder.path)/state"
        try "x".write(toFile: path, atomically: false, encoding: .utf8)
        let error = #expect(throws: StateDirectoryError.self) { try StateDirectory(path, mayCreate: true) }
        #expect(error?.description == "cannot use state directory \(path): Not a directory")
    }

    @Test func relativeAndSlashEndedPathsWork() throws {
        _ = try StateDirectory("\(folder.path)/x//y/", mayCreate: true)
        #expect(TemporaryFolder.mode("\(folder.path)/x/y") == 0o700)
    }

    @Test func defaultPathsFollowTheEnvironment() {
        let home = ["HOME": "/home/ada"]
        #expect(DefaultPaths.stateDirectory(role: "node", environment: home) == "/home/ada/.local/state/gosc/node")
        #expect(DefaultPaths.sealingKey(role: "node", environment: home) == "/home/ada/.config/gosc/node.key")
        let explicit = ["HOME": "/home/ada", "XDG_STATE_HOME": "/s", "XDG_CONFIG_HOME": "relative"]
        #expect(DefaultPaths.stateDirectory(role: "manager", environment: explicit) == "/s/gosc/manager")
        #expect(DefaultPaths.sealingKey(role: "node", environment: explicit) == "/home/ada/.config/gosc/node.key")
        #expect(DefaultPaths.stateDirectory(role: "node", environment: [:]) == nil)
    }

    /// The lock is on the directory, not on a file in it: deleting files does not let a second process in.
    @Test func removingTheFileThatNamesTheHolderFreesNothing() throws {
        let path = "\(folder.path)/state"
        let held = try StateDirectory(path, mayCreate: true)
        try FileManager.default.removeItem(atPath: "\(path)/lock")
        #expect(throws: StateDirectoryError.inUse(path, by: nil)) { _ = try StateDirectory(path, mayCreate: false) }
        withExtendedLifetime(held) {}
    }
}
