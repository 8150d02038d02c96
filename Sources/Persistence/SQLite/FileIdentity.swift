internal import Glibc

/// Tells a database file from copies of it.
///
/// The inode together with the moment of its birth: a copy is another inode, and a file that got the number of a deleted
/// one was born later. What this cannot tell is written down in `docs/decisions/0003-copied-state.md`.
struct FileIdentity: Hashable, Sendable {
    let inode: UInt64
    /// Since 1970; `nil` where the file system keeps no birth time.
    let birth: Birth?
    /// The device number: compared only where there is no birth time, because it may change with a restart.
    let device: UInt64

    struct Birth: Hashable, Sendable {
        let seconds: Int64
        let nanoseconds: UInt32
    }

    init(inode: UInt64, birth: Birth?, device: UInt64) {
        self.inode = inode
        self.birth = birth
        self.device = device
    }

    /// Looks at a file.
    init(path: String) throws(StoreError) {
        var status = statx()
        guard statx(AT_FDCWD, path, 0, UInt32(STATX_INO) | UInt32(STATX_BTIME), &status) == 0 else {
            throw errno == ENOENT ? .missing(path: path) : .unusable(path: path, code: errno)
        }
        let hasBirth = status.stx_mask & UInt32(STATX_BTIME) != 0
        self.init(
            inode: status.stx_ino,
            birth: hasBirth ? Birth(seconds: status.stx_btime.tv_sec, nanoseconds: status.stx_btime.tv_nsec) : nil,
            device: UInt64(status.stx_dev_major) << 32 | UInt64(status.stx_dev_minor))
    }

    /// Whether both were taken of one and the same file.
    func isSameFile(as other: FileIdentity) -> Bool {
        guard inode == other.inode else { return false }
        guard let birth, let otherBirth = other.birth else { return device == other.device }
        return birth == otherBirth
    }
}

extension FileIdentity {
    /// Five numbers of eight bytes, high byte first.
    var encoded: [UInt8] {
        let seconds = UInt64(bitPattern: birth?.seconds ?? 0)
        let numbers = [inode, birth == nil ? 0 : 1, seconds, UInt64(birth?.nanoseconds ?? 0), device]
        return numbers.flatMap { number in (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) } }
    }

    /// `nil` for anything that ``encoded`` did not make.
    init?(decoding bytes: Span<UInt8>) {
        guard bytes.count == 40 else { return nil }
        var numbers: [UInt64] = []
        for start in stride(from: 0, to: 40, by: 8) {
            var number: UInt64 = 0
            for index in start..<start + 8 { number = number << 8 | UInt64(bytes[index]) }
            numbers.append(number)
        }
        guard numbers[1] <= 1, let nanoseconds = UInt32(exactly: numbers[3]) else { return nil }
        self.init(
            inode: numbers[0],
            birth: numbers[1] == 1 ? Birth(seconds: Int64(bitPattern: numbers[2]), nanoseconds: nanoseconds) : nil,
            device: numbers[4])
    }
}
