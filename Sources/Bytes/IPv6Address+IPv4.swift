extension IPv6Address {
    /// The IPv4-mapped address `::ffff:a.b.c.d` (RFC 4291 §2.5.5.2), the form in which IPv4 peers appear.
    public init(ipv4 first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8) {
        let number = [first, second, third, fourth].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        self.init(high: 0, low: 0xffff << 32 | number)
    }

    /// Whether this stands for an IPv4 address, `::ffff:0:0/96`.
    public var isIPv4Mapped: Bool { high == 0 && low >> 32 == 0xffff }

    /// Whether this stands for an IPv4 multicast address, `224.0.0.0/4` (RFC 5771).
    public var isIPv4Multicast: Bool { isIPv4Mapped && low >> 28 & 0xf == 0xe }
}
