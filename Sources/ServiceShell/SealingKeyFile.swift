public import Bytes
public import DatagramTransport
internal import Glibc

/// The key that secret columns are sealed under: 32 bytes in a file that does not lie beside the state.
public enum SealingKeyFile: Sendable {
    /// The length of the key, and of the file.
    public static let keyLength = 32

    /// Finds and reads the key: the named file, else the systemd credential `gosc-key`, else
    /// ``DefaultPaths/sealingKey(role:environment:)``.
    ///
    /// - Parameters:
    ///   - role: Such as `manager` or `node`.
    ///   - file: What `--key-file` says. It must exist.
    ///   - environment: The variables of this process.
    ///   - mayCreate: Whether a missing key at the default path is made. Only for new state: what exists was sealed
    ///     under another key.
    ///   - random: Where a new key comes from; a secure generator.
    ///   - notice: Receives one line when a key was made.
    /// - Throws: ``SealingKeyFileError``; nothing is written then.
    public static func load(
        role: String, file: String?, environment: [String: String], mayCreate: Bool,
        random: inout some RandomNumberGenerator, notice: (String) -> Void
    ) throws(SealingKeyFileError) -> SecretBytes {
        if let file {
            return try read(file, mustBePrivate: true)
        }
        if let folder = environment["CREDENTIALS_DIRECTORY"] {
            let path = "\(folder)/gosc-key"
            // systemd guards its credentials with modes of its own.
            if access(path, F_OK) == 0 { return try read(path, mustBePrivate: false) }
        }
        guard let path = DefaultPaths.sealingKey(role: role, environment: environment) else { throw .noDefaultPath }
        if mayCreate, access(path, F_OK) != 0, errno == ENOENT, try create(path, random: &random) {
            notice("created the sealing key \(path); a backup of the state is useless without it")
        }
        return try read(path, mustBePrivate: true)
    }

    /// Where the key is that ``load(role:file:environment:mayCreate:random:notice:)`` reads, if this program may keep
    /// something beside it; `nil` for a credential of systemd, which lies in memory, and where there is no place.
    static func place(role: String, file: String?, environment: [String: String]) -> String? {
        if let file { return file }
        if let folder = environment["CREDENTIALS_DIRECTORY"], access("\(folder)/gosc-key", F_OK) == 0 { return nil }
        return DefaultPaths.sealingKey(role: role, environment: environment)
    }

    private static func read(_ path: String, mustBePrivate: Bool) throws(SealingKeyFileError) -> SecretBytes {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw errno == ENOENT ? .missing(path) : .cannotRead(path, .current) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .cannotRead(path, .current) }
        guard !mustBePrivate || status.st_mode & 0o077 == 0 else { throw .readableByOthers(path) }
        // One byte more than a key, to notice a longer file.
        var buffer = [UInt8](repeating: 0, count: keyLength + 1)
        defer { buffer.wipe() }
        var count = 0
        while count < buffer.count {
            let room = buffer.count - count
            let read = buffer.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress! + count, room) }
            if read < 0, errno == EINTR { continue }
            guard read >= 0 else { throw .cannotRead(path, .current) }
            guard read > 0 else { break }
            count += read
        }
        guard count == keyLength else { throw .wrongLength(path) }
        return SecretBytes(copying: buffer.span.extracting(0..<keyLength))
    }

    /// Makes a key file in one step: it is either whole or not there. `false` if another process was quicker.
    private static func create(
        _ path: String, random: inout some RandomNumberGenerator
    ) throws(SealingKeyFileError) -> Bool {
        var key = (0..<keyLength).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        defer { key.wipe() }
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        makeFolders(folder)
        let draft = "\(path).\(getpid())"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .cannotCreate(path, .current) }
        defer {
            unlink(draft)
            close(descriptor)
        }
        guard fchmod(descriptor, 0o600) == 0, write(descriptor, key, key.count) == key.count, fsync(descriptor) == 0
        else { throw .cannotCreate(path, .current) }
        guard link(draft, path) == 0 else {
            guard errno == EEXIST else { throw .cannotCreate(path, .current) }
            return false
        }
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if directory >= 0 {
            fsync(directory)
            close(directory)
        }
        return true
    }

    /// What cannot be made shows when the file is.
    private static func makeFolders(_ path: String) {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/\(part)"
            mkdir(made, 0o700)
        }
    }
}

/// Why there is no sealing key.
public enum SealingKeyFileError: Error, Hashable, Sendable {
    /// The file is not there.
    case missing(String)
    /// The system does not let it be read.
    case cannotRead(String, SystemErrorNumber)
    /// A new one could not be written.
    case cannotCreate(String, SystemErrorNumber)
    /// It is not 32 bytes long.
    case wrongLength(String)
    /// Other users may read it.
    case readableByOthers(String)
    /// Neither `XDG_CONFIG_HOME` nor `HOME` says where it would lie.
    case noDefaultPath
}

extension SealingKeyFileError: CustomStringConvertible {
    /// One line for a person, with the next step.
    public var description: String {
        switch self {
        case .missing(let path): "sealing key \(path) does not exist; restore it, or name another with --key-file"
        case .cannotRead(let path, let error): "cannot read the sealing key \(path): \(error)"
        case .cannotCreate(let path, let error): "cannot create the sealing key \(path): \(error)"
        case .wrongLength(let path): "sealing key \(path) must be exactly 32 bytes; restore it from your backup"
        case .readableByOthers(let path): "sealing key \(path) is open to other users; run: chmod 600 \(path)"
        case .noDefaultPath: "no place for the sealing key: HOME is not set; name one with --key-file"
        }
    }
}
