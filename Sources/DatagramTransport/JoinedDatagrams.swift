internal import Glibc

/// The datagrams that one message to the kernel consists of: all of one length, only the last may be shorter.
struct JoinedDatagrams {
    /// How many there are.
    private(set) var count = 1
    /// The length of all but the last.
    let length: Int
    private var lastLength: Int

    init(length: Int) {
        self.length = length
        lastLength = length
    }

    /// Takes one more datagram of this length, if it fits to the others.
    mutating func add(_ next: Int) -> Bool {
        guard next > 0, next <= length, lastLength == length, length <= Self.longest else { return false }
        count += 1
        lastLength = next
        return true
    }

    /// Where one of them lies in the bytes of the message.
    func range(of index: Int) -> Range<Int> {
        let start = index * length
        return start..<start + (index == count - 1 ? lastLength : length)
    }

    /// What never needs fragments (RFC 8200 §5); the kernel does not fragment what it cuts.
    private static let longest = 1_232

    /// `UDP_SEGMENT` of `linux/udp.h`.
    static let option: Int32 = 103

    /// Whether this kernel knows them; one before Linux 4.18 would send a single long datagram.
    static let areSupported: Bool = {
        let probe = socket(AF_INET6, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), Int32(IPPROTO_UDP))
        guard probe >= 0 else { return false }
        return Descriptor(probe).get(Int32(IPPROTO_UDP), option) != nil
    }()
}
