import Bytes
import Foundation
import ServiceShell
import TestSupport
import Testing

struct SealingKeyFileTests {
    private let folder: TemporaryFolder
    private let environment: [String: String]
    private var defaultPath: String { "\(folder.path)/config/gosc/manager.key" }

    init() throws {
        folder = try TemporaryFolder()
        environment = ["XDG_CONFIG_HOME": "\(folder.path)/config"]
    }

    /// Loads the key and shows it, for the test alone.
    private func load(
        file: String? = nil, mayCreate: Bool = false, environment: [String: String]? = nil, seed: UInt64 = 1
    ) throws -> (key: [UInt8], notices: [String]) {
        var random = SeededGenerator(seed: seed)
        var notices: [String] = []
        let key = try SealingKeyFile.load(
            role: "manager", file: file, environment: environment ?? self.environment, mayCreate: mayCreate,
            random: &random, notice: { notices.append($0) })
        return ([UInt8](copying: key.bytes), notices)
    }

    private func write(_ path: String, count: Int, mode: Int = 0o600) throws -> [UInt8] {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return bytes
    }

    @Test func newKeyIsMadeOnceAndAnnounced() throws {
        let first = try load(mayCreate: true)
        #expect(first.key.count == 32)
        #expect(
            first.notices == ["created the sealing key \(defaultPath); a backup of the state is useless without it"])
        #expect(TemporaryFolder.mode(defaultPath) == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/config/gosc") == ["manager.key"])
        let second = try load(mayCreate: true, seed: 2)
        #expect(second.key == first.key)
        #expect(second.notices.isEmpty)
    }

    @Test func existingStateGetsNoNewKey() {
        #expect(throws: SealingKeyFileError.missing(defaultPath)) { try load() }
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/config"))
    }

    @Test func namedFileComesFirstThenTheCredential() throws {
        let named = "\(folder.path)/named"
        let key = try write(named, count: 32)
        try FileManager.default.createDirectory(atPath: "\(folder.path)/credentials", withIntermediateDirectories: true)
        // systemd's own modes are not ours to judge.
        let credential = try write("\(folder.path)/credentials/gosc-key", count: 32, mode: 0o440)
        let made = try load(mayCreate: true)
        let environment = environment.merging(["CREDENTIALS_DIRECTORY": "\(folder.path)/credentials"]) { $1 }
        #expect(try load(file: named, environment: environment).key == key)
        #expect(try load(environment: environment).key == credential)
        #expect(made.key != credential)
    }

    @Test func missingNamedFileIsNotMade() {
        let path = "\(folder.path)/named"
        #expect(throws: SealingKeyFileError.missing(path)) { try load(file: path, mayCreate: true) }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test(arguments: [0, 31, 33, 64, 100_000])
    func otherLengthsAreRefused(count: Int) throws {
        let path = "\(folder.path)/named"
        _ = try write(path, count: count)
        #expect(throws: SealingKeyFileError.wrongLength(path)) { try load(file: path) }
    }

    @Test(arguments: [0o640, 0o604, 0o660])
    func keyOpenToOthersIsRefused(mode: Int) throws {
        let path = "\(folder.path)/named"
        _ = try write(path, count: 32, mode: mode)
        let error = #expect(throws: SealingKeyFileError.self) { try load(file: path) }
        #expect(error?.description == "sealing key \(path) is open to other users; run: chmod 600 \(path)")
    }

    @Test func folderInsteadOfAKeyIsNamed() throws {
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.path)
        let error = #expect(throws: SealingKeyFileError.self) { try load(file: folder.path) }
        #expect(error?.description == "cannot read the sealing key \(folder.path): Is a directory")
    }

    @Test func placeThatCannotBeMadeIsNamed() throws {
        try "x".write(toFile: "\(folder.path)/config", atomically: false, encoding: .utf8)
        let error = #expect(throws: SealingKeyFileError.self) { try load(mayCreate: true) }
        #expect(error?.description.hasPrefix("cannot ") == true)
        #expect(throws: SealingKeyFileError.noDefaultPath) { try load(mayCreate: true, environment: [:]) }
    }
}
