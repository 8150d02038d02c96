internal import Bytes
internal import Glibc

/// Tables of the kernel's IPv6 that no ordinary call shows whole.
enum KernelTable {
    /// A group that an interface listens to, whoever has joined it.
    struct Membership: Hashable {
        let group: IPv6Address
        let interface: InterfaceIndex
    }

    /// All memberships of this host; `nil` if the kernel does not show them here.
    static func memberships() -> Set<Membership>? {
        guard let lines = lines(of: "/proc/thread-self/net/igmp6") else { return nil }
        var memberships: Set<Membership> = []
        // Index, name, address, users, flags, timer.
        for fields in lines where fields.count >= 3 {
            guard let index = UInt32(fields[0]), let group = address(fields[2]) else { continue }
            memberships.insert(Membership(group: group, interface: InterfaceIndex(index)))
        }
        return memberships
    }

    /// An address of this host.
    struct LocalAddress: Hashable {
        let address: IPv6Address
        let interface: InterfaceIndex
        /// Not while another host may have the same address, or has it (RFC 4862 §5.4).
        let isUsable: Bool
        /// Not to be used for anything new (RFC 4862 §5.5.4).
        let isDeprecated: Bool
    }

    /// All IPv6 addresses of this host; `nil` if the kernel does not show them here.
    static func localAddresses() -> [LocalAddress]? {
        // Address, index, length of the prefix, scope, flags (all hexadecimal), name.
        lines(of: "/proc/thread-self/net/if_inet6")?.compactMap { fields in
            guard fields.count >= 5, let address = address(fields[0]), let index = UInt32(fields[1], radix: 16),
                let flags = UInt32(fields[4], radix: 16)
            else { return nil }
            let (failed, deprecated, tentative) = (UInt32(0x08), UInt32(0x20), UInt32(0x40))
            return LocalAddress(
                address: address, interface: InterfaceIndex(index), isUsable: flags & (failed | tentative) == 0,
                isDeprecated: flags & deprecated != 0)
        }
    }

    private static func address(_ text: Substring) -> IPv6Address? {
        guard text.utf8.count == 32, let high = UInt64(text.prefix(16), radix: 16),
            let low = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        return IPv6Address(high: high, low: low)
    }

    /// The fields of each line.
    private static func lines(of path: String) -> [[Substring]]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while true {
            let count = unsafe withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
                let count = unsafe read(descriptor, buffer.baseAddress, buffer.count)
                if count > 0 { unsafe bytes.append(contentsOf: buffer[..<count]) }
                return count
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            guard count > 0 else { break }
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { $0.split(separator: " ") }
    }
}
