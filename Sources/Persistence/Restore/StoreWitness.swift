internal import Bytes
internal import CryptoPrimitives
internal import Glibc
public import GroupManager

// GM-0396
/// A file beside the sealing key that says how far the audit record of a manager had come: a database that is behind it was
/// taken back.
///
/// One line: what it is, the number of a record, and its hash. Not secret, and never ahead of the store. Mode 0600.
public struct StoreWitness: Sendable {
    /// Where it lies.
    public let path: String

    /// - Parameters:
    ///   - keyFile: The sealing key. One key may serve several managers, so the name of the file says whose it is.
    ///   - credential: That of the manager, byte for byte.
    public init(beside keyFile: String, managerCredential credential: [UInt8]) {
        path = "\(keyFile).witness-\(Hex.encode(SHA256.hash(credential.span).prefix(Self.nameCount)))"
    }

    /// What it says; `nil` if it is not there.
    ///
    /// - Throws: ``StoreError/damaged(path:part:)`` if it is none, ``StoreError/unusable(path:code:)``.
    public func read() throws(StoreError) -> AuditPosition? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            guard errno == ENOENT else { throw .unusable(path: path, code: errno) }
            return nil
        }
        defer { close(descriptor) }
        // One byte more than a line has, to notice another file.
        var bytes = [UInt8](repeating: 0, count: Self.longest + 1)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw .unusable(path: path, code: errno) }
        guard let position = Self.position(in: String(decoding: bytes.prefix(count), as: UTF8.self)) else {
            throw .damaged(path: path, part: "the line in it")
        }
        return position
    }

    /// Takes the place of what it said before. When this returns the disk has it; a crash leaves either.
    public func write(_ position: AuditPosition) throws(StoreError) {
        let line = Array("\(Self.mark) \(position.sequence) \(Hex.encode(position.hash))\n".utf8)
        let draft = "\(path).\(getpid())"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .unusable(path: path, code: errno) }
        defer {
            unlink(draft)
            close(descriptor)
        }
        let written = Glibc.write(descriptor, line, line.count)
        guard fchmod(descriptor, 0o600) == 0, written == line.count, fsync(descriptor) == 0 else {
            throw .unusable(path: path, code: written == line.count ? errno : ENOSPC)
        }
        // The folder is not synced: a power failure may leave the former file, which says less and nothing wrong.
        guard rename(draft, path) == 0 else { throw .unusable(path: path, code: errno) }
    }

    private static func position(in text: String) -> AuditPosition? {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == mark, parts[2].hasSuffix("\n"), let sequence = UInt64(parts[1]),
            let hash = Hex.decode(String(parts[2].dropLast())), hash.count == 32
        else { return nil }
        return AuditPosition(sequence: sequence, hash: hash)
    }

    private static let mark = "gosc-witness-1"
    /// Bytes of the name that say which manager it is.
    private static let nameCount = 8
    /// The mark, 20 digits, 32 bytes in hex, and what is between.
    private static let longest = 14 + 1 + 20 + 1 + 64 + 1
}
