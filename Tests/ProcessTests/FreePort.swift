import Foundation

/// Ports that nobody listens at.
enum FreePort {
    /// A UDP port that was free on `::1` a moment ago.
    static func udp() throws -> UInt16 {
        let descriptor = socket(AF_INET6, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_addr = in6addr_loopback
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let isKnown = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isKnown else { throw CocoaError(.fileReadUnknown) }
        return UInt16(bigEndian: address.sin6_port)
    }
}
