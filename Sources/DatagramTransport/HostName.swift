public import Bytes
internal import Glibc

/// Names of hosts, looked up with the resolver of the system.
public enum HostName: Sendable {
    /// The first address of a name, in the order that the system gives; IPv4 as `::ffff:a.b.c.d`, port 0. `nil` if the name
    /// has none.
    ///
    /// The resolver may block for seconds, so it runs on a thread of its own.
    @concurrent
    public static func address(of name: String) async -> SocketAddress? {
        await unsafe withUnsafeContinuation { continuation in
            do throws(SystemErrorNumber) {
                _ = try SystemThread(name: "gosc-resolve") {
                    unsafe continuation.resume(returning: lookUp(name))
                }
            } catch {
                unsafe continuation.resume(returning: nil)
            }
        }
    }

    private static func lookUp(_ name: String) -> SocketAddress? {
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = AF_INET6
        unsafe hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        unsafe hints.ai_flags = AI_V4MAPPED | AI_ALL
        var first: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(name, nil, &hints, &first) == 0 else { return nil }
        defer { unsafe freeaddrinfo(first) }
        guard let entry = unsafe first?.pointee, let address = unsafe entry.ai_addr,
            unsafe entry.ai_addrlen >= socklen_t(MemoryLayout<sockaddr_in6>.size)
        else { return nil }
        return SocketAddress(unsafe UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in6.self))
    }
}
