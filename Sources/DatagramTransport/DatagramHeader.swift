internal import Bytes
internal import Glibc

/// What goes to the kernel with the payload of one datagram.
struct DatagramHeader: Equatable {
    let destination: SocketAddress
    let source: IPv6Address?
    let hopLimit: UInt8?

    init(_ destination: SocketAddress, source: IPv6Address?, hopLimit: UInt8?) {
        self.destination = destination
        self.source = source
        self.hopLimit = hopLimit
    }

    /// Writes the ancillary data.
    ///
    /// - Parameter control: ``ControlMessages/capacity`` bytes.
    /// - Returns: How many of them are used.
    func write(to control: UnsafeMutableRawPointer) -> Int {
        var length = 0
        let pinsInterface = destination.address.isMulticast || destination.address.needsInterface
        let interface = pinsInterface ? destination.interface : .unspecified
        if source != nil || interface != .unspecified {
            // To an IPv4 destination the kernel takes the mapped source from here too, and refuses any other.
            let info = in6_pktinfo(ipi6_addr: (source ?? .unspecified).kernel, ipi6_ifindex: interface.rawValue)
            unsafe ControlMessages.append(
                level: Int32(IPPROTO_IPV6), type: IPV6_PKTINFO, info, to: control, length: &length)
        }
        if let hopLimit {
            let isIPv4 = destination.address.isIPv4Mapped
            unsafe ControlMessages.append(
                level: Int32(isIPv4 ? IPPROTO_IP : IPPROTO_IPV6), type: isIPv4 ? IP_TTL : IPV6_HOPLIMIT,
                Int32(hopLimit), to: control, length: &length)
        }
        return length
    }
}
