// IPv4 peers as IPv6 sockets see them: `::ffff:a.b.c.d` (RFC 4291 §2.5.5.2).
extension IPv6Address {
    /// The IPv6 form of an IPv4 address.
    ///
    /// - Parameter ipv4: The four bytes as a big-endian number.
    public init(ipv4: UInt32) {
        self.init(high: 0, low: 0xffff << 32 | UInt64(ipv4))
    }

    /// The four bytes of the IPv4 address that this one stands for, as a big-endian number; `nil` if for none.
    public var ipv4: UInt32? {
        high == 0 && low >> 32 == 0xffff ? UInt32(truncatingIfNeeded: low) : nil
    }

    /// Whether this stands for an IPv4 address, `::ffff:0:0/96`.
    public var isIPv4Mapped: Bool { ipv4 != nil }

    /// The dotted form of the IPv4 address that this one stands for; `nil` if for none.
    public var ipv4Text: String? {
        ipv4.map { number in
            (0..<4).map { String(UInt8(truncatingIfNeeded: number >> (24 - 8 * $0))) }.joined(separator: ".")
        }
    }

    /// Whether this stands for an IPv4 multicast address, `224.0.0.0/4`. ``isMulticast`` is false for these: an IPv6 socket
    /// cannot join them.
    public var isIPv4Multicast: Bool { ipv4.map { $0 >> 28 == 0xe } ?? false }
}
