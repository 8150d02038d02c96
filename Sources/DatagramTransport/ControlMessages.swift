internal import Bytes
internal import Glibc

/// Writes and reads the ancillary data of one datagram (`cmsg(3)`). Swift does not see the CMSG macros; on 64-bit Linux
/// a header has 16 bytes and everything is aligned to 8.
enum ControlMessages {
    /// Enough for one PKTINFO of each family, one hop limit and one overflow count (40 + 32 + 24 + 24).
    static let capacity = 128

    /// Appends one message; the caller guarantees ``capacity`` bytes, of which three messages fill at most 88.
    static func append<Value>(
        level: Int32, type: Int32, _ value: Value, to control: UnsafeMutableRawPointer, length: inout Int
    ) {
        var header = cmsghdr()
        header.cmsg_len = headerLength + MemoryLayout<Value>.size
        header.cmsg_level = level
        header.cmsg_type = type
        unsafe control.storeBytes(of: header, toByteOffset: length, as: cmsghdr.self)
        unsafe control.storeBytes(of: value, toByteOffset: length + headerLength, as: Value.self)
        length += Self.length(of: Value.self)
    }

    /// What one message takes.
    static func length<Value>(of value: Value.Type) -> Int { headerLength + aligned(MemoryLayout<Value>.size) }

    /// What the kernel told about a received datagram.
    struct Received {
        var destination: IPv6Address?
        var interface = InterfaceIndex.unspecified
        /// Whether it came to a broadcast or multicast address of IPv4.
        var isToManyOverIPv4 = false
        /// How many datagrams this socket has lost so far for want of buffer space, modulo 2^32.
        var overflowCount: UInt32?
    }

    static func read(_ control: UnsafeRawBufferPointer) -> Received {
        var received = Received()
        var offset = 0
        while offset + headerLength <= control.count {
            let header = unsafe control.loadUnaligned(fromByteOffset: offset, as: cmsghdr.self)
            let end = offset + Int(header.cmsg_len)
            guard header.cmsg_len >= headerLength, end <= control.count else { return received }
            let size = Int(header.cmsg_len) - headerLength
            switch (header.cmsg_level, header.cmsg_type) {
            case (Int32(IPPROTO_IPV6), IPV6_PKTINFO) where size >= MemoryLayout<in6_pktinfo>.size:
                let info = unsafe control.loadUnaligned(fromByteOffset: offset + headerLength, as: in6_pktinfo.self)
                received.destination = IPv6Address(info.ipi6_addr)
                received.interface = InterfaceIndex(info.ipi6_ifindex)
            case (Int32(IPPROTO_IP), IP_PKTINFO) where size >= MemoryLayout<in_pktinfo>.size:
                let info = unsafe control.loadUnaligned(fromByteOffset: offset + headerLength, as: in_pktinfo.self)
                // The local address is the destination itself for unicast only.
                received.isToManyOverIPv4 = info.ipi_spec_dst.s_addr != info.ipi_addr.s_addr
            case (SOL_SOCKET, SO_RXQ_OVFL) where size >= 4:
                received.overflowCount = unsafe control.loadUnaligned(
                    fromByteOffset: offset + headerLength, as: UInt32.self)
            default: break
            }
            offset += aligned(Int(header.cmsg_len))
        }
        return received
    }

    private static func aligned(_ count: Int) -> Int { (count + 7) & ~7 }

    private static let headerLength = MemoryLayout<cmsghdr>.size
}
