internal import Bytes
internal import Foundation
internal import Glibc
public import GroupManager
internal import Synchronization

// GM-0396
/// A file beside all backups that says who is out: one line of JSON a departure, only ever appended.
///
/// A line is durable before what it says is. So nothing is ever out that the journal does not know; it may know a departure
/// that the store then refused, and then a restore throws out somebody for whom that was wanted.
public final class DepartureJournal: Sendable {
    /// Where it lies.
    public let path: String
    private let descriptor: Int32
    private let isOpen = Mutex(true)

    /// Opens or creates it, mode 0600. Half a line at its end, which a crash has left behind, is removed; of a file that has anything
    /// else in it than lines of a journal nothing is changed.
    ///
    /// - Throws: ``StoreError``; ``StoreError/busy(path:)`` while another process has it, whose half a line this might be,
    ///   ``StoreError/damaged(path:part:)`` with the number of a line that is none,
    ///   ``StoreError/exposed(path:)`` for a file that other users may read or write.
    public init(path: String) throws(StoreError) {
        let descriptor = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unusable(path: path, code: errno) }
        do throws(StoreError) {
            var status = stat()
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                throw errno == EWOULDBLOCK ? .busy(path: path) : .unusable(path: path, code: errno)
            }
            guard fstat(descriptor, &status) == 0 else { throw .unusable(path: path, code: errno) }
            guard status.st_mode & S_IFMT == S_IFREG else { throw .damaged(path: path, part: "no regular file") }
            guard status.st_mode & 0o077 == 0 else { throw .exposed(path: path) }
            let bytes = try Self.bytes(of: descriptor, path: path)
            let end = try Self.parse(bytes, path: path).end
            if end < bytes.count {
                guard ftruncate(descriptor, off_t(end)) == 0 else { throw .unusable(path: path, code: errno) }
            }
            guard fsync(descriptor) == 0 else { throw .unusable(path: path, code: errno) }
            try StoreFile.syncFolder(of: path)
        } catch {
            close(descriptor)
            throw error
        }
        self.path = path
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Writes departures down. When it returns, the disk has them; when it throws, nothing of them counts.
    public func append(_ entries: [DepartureEntry]) throws(StoreError) {
        guard !entries.isEmpty else { return }
        let text = entries.map { JournalLine($0).text }.joined()
        try isOpen.withLock { isOpen throws(StoreError) in
            guard isOpen else { throw .unusable(path: path, code: EIO) }
            let end = lseek(descriptor, 0, SEEK_END)
            let bytes = Array(text.utf8)
            let written = write(descriptor, bytes, bytes.count)
            let code = written < 0 ? errno : ENOSPC
            guard written == bytes.count, end >= 0, fdatasync(descriptor) == 0 else {
                // Nothing may stand behind half a line, and what a disk has not taken it may have all the same.
                if end < 0 || ftruncate(descriptor, end) != 0 { isOpen = false }
                throw .unusable(path: path, code: code)
            }
        }
    }

    /// How long it is, in bytes.
    public var size: Int { max(Int(lseek(descriptor, 0, SEEK_END)), 0) }

    /// Everything in a journal, in its order. Half a line at its end is passed over.
    ///
    /// - Throws: ``StoreError``; ``StoreError/busy(path:)`` while a process has it that may add to it;
    ///   ``StoreError/damaged(path:part:)`` for a line that is none, with its number.
    public static func entries(in path: String) throws(StoreError) -> [DepartureEntry] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw errno == ENOENT ? .missing(path: path) : .unusable(path: path, code: errno)
        }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_SH | LOCK_NB) == 0 else {
            throw errno == EWOULDBLOCK ? .busy(path: path) : .unusable(path: path, code: errno)
        }
        return try parse(bytes(of: descriptor, path: path), path: path).entries
    }

    /// All whole lines, and where they end. What is behind them must look like the beginning of one: else it is another file.
    private static func parse(
        _ bytes: [UInt8], path: String
    ) throws(StoreError) -> (entries: [DepartureEntry], end: Int) {
        var entries: [DepartureEntry] = []
        var start = 0
        while let end = bytes[start...].firstIndex(of: lineFeed) {
            guard let entry = JournalLine(bytes[start..<end])?.entry else {
                throw .damaged(path: path, part: "line \(entries.count + 1)")
            }
            entries.append(entry)
            start = end + 1
        }
        guard JournalLine.mayBegin(bytes[start...]) else {
            throw .damaged(path: path, part: "line \(entries.count + 1)")
        }
        return (entries, start)
    }

    private static func bytes(of descriptor: Int32, path: String) throws(StoreError) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = pread(descriptor, &buffer, buffer.count, off_t(bytes.count))
            guard count >= 0 else { throw .unusable(path: path, code: errno) }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }

    private static let lineFeed = UInt8(ascii: "\n")
}

/// One line of a journal.
private struct JournalLine: Codable {
    enum Event: String, Codable {
        case evicted
        case departed
        case invitationRevoked = "invitation-revoked"
        case tokenRevoked = "token-revoked"
    }

    let event: Event
    /// In seconds since 1970.
    let time: UInt64
    var group: String?
    var name: String?
    /// As `ClientIdentity` writes it.
    var client: String?
    /// The client Sender ID, in hex.
    var invitation: String?
    /// In hex.
    var token: String?

    init(_ entry: DepartureEntry) {
        switch entry {
        case .evicted(let record):
            (event, time, group, name) = (.evicted, record.at, record.groupName, record.name)
            client = record.client.text
        case .departed(let groupName, let name, let client, let time):
            (event, self.time, group, self.name) = (.departed, time, groupName, name)
            self.client = client.text
        case .invitationRevoked(let groupName, let name, let clientSenderID, let time):
            (event, self.time, group, self.name) = (.invitationRevoked, time, groupName, name)
            invitation = Hex.encode(clientSenderID)
        case .tokenRevoked(let record):
            (event, time) = (.tokenRevoked, record.revokedAt)
            token = Hex.encode(record.tokenID)
        }
    }

    init?(_ bytes: some Collection<UInt8>) {
        guard let line = try? JSONDecoder().decode(Self.self, from: Data(bytes)) else { return nil }
        self = line
    }

    /// Whether these bytes may be the first of a line.
    static func mayBegin(_ bytes: ArraySlice<UInt8>) -> Bool {
        beginnings.contains { $0.starts(with: bytes) || bytes.starts(with: $0) }
    }

    /// With keys in order.
    private static let beginnings: [[UInt8]] = [
        #"{"client":""#, #"{"event":"invitation-revoked","#, #"{"event":"token-revoked","#,
    ].map { Array($0.utf8) }

    var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts and numbers always encode.
        return String(decoding: (try? encoder.encode(self)) ?? Data(), as: UTF8.self) + "\n"
    }

    /// `nil` if something is missing that belongs to the event.
    var entry: DepartureEntry? {
        switch event {
        case .evicted:
            guard let group, let name, let client else { return nil }
            return .evicted(
                EvictionRecord(groupName: group, client: ClientIdentity(stored: client), name: name, at: time))
        case .departed:
            guard let group, let name, let client else { return nil }
            return .departed(groupName: group, name: name, client: ClientIdentity(stored: client), at: time)
        case .invitationRevoked:
            guard let group, let name, let id = invitation.flatMap({ Hex.decode($0) }) else { return nil }
            return .invitationRevoked(groupName: group, name: name, clientSenderID: id, at: time)
        case .tokenRevoked:
            guard let id = token.flatMap({ Hex.decode($0) }) else { return nil }
            return .tokenRevoked(RevocationRecord(tokenID: id, revokedAt: time))
        }
    }
}
