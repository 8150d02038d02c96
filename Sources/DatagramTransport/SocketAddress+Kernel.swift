internal import Bytes
internal import Glibc

extension IPv6Address {
    init(_ kernel: in6_addr) {
        var kernel = kernel
        let halves = unsafe withUnsafeBytes(of: &kernel) { raw in
            unsafe (raw.load(as: UInt64.self), raw.load(fromByteOffset: 8, as: UInt64.self))
        }
        self.init(high: UInt64(bigEndian: halves.0), low: UInt64(bigEndian: halves.1))
    }

    var kernel: in6_addr {
        var kernel = in6_addr()
        unsafe withUnsafeMutableBytes(of: &kernel) { raw in
            unsafe raw.storeBytes(of: high.bigEndian, as: UInt64.self)
            unsafe raw.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        return kernel
    }

    /// Interface-local and link-local addresses mean nothing without an interface (RFC 4007 §6).
    var needsInterface: Bool {
        if let scope = multicastScope { scope <= .linkLocal } else { isLinkLocal }
    }
}

extension SocketAddress {
    init(_ kernel: sockaddr_in6) {
        self.init(
            IPv6Address(kernel.sin6_addr), port: UInt16(bigEndian: kernel.sin6_port),
            interface: InterfaceIndex(kernel.sin6_scope_id))
    }

    var kernel: sockaddr_in6 {
        var kernel = sockaddr_in6()
        kernel.sin6_family = sa_family_t(AF_INET6)
        kernel.sin6_port = port.bigEndian
        kernel.sin6_addr = address.kernel
        kernel.sin6_scope_id = address.needsInterface ? interface.rawValue : 0
        return kernel
    }
}
