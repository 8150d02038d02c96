internal import Glibc
internal import Synchronization

/// Notices that an interface or an address of this host has come, gone or changed.
///
/// It listens to the kernel (`rtnetlink(7)`) and does not read what it says, only that it says something: whoever cares
/// looks at the tables anew. Where a sandbox forbids that, it says so every 30 seconds whether or not it is true.
final class InterfaceWatch: Sendable {
    /// Readable when something has changed; −1 if the kernel may not be asked.
    private let descriptor: Int32
    /// When the next change is reported at the earliest; nanoseconds of `CLOCK_MONOTONIC`.
    private let restsUntil: Atomic<Int64>

    init() {
        descriptor = Self.open()
        restsUntil = Atomic(descriptor < 0 ? MonotonicClock.now + Self.period : .min)
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// What to wait for: a descriptor to pass to `poll(2)`, negative for none, and for how long.
    func interest(at now: Int64) -> (descriptor: Int32, timeout: Int64?) {
        let rest = restsUntil.load(ordering: .relaxed)
        if rest > now { return (-1, rest - now) }
        return (descriptor, descriptor < 0 ? 0 : nil)
    }

    /// Whether a change is to be reported after that wait.
    func takeChange(isReadable: Bool, at now: Int64) -> Bool {
        guard isReadable || (descriptor < 0 && restsUntil.load(ordering: .relaxed) <= now) else { return false }
        drain()
        restsUntil.store(now + (descriptor < 0 ? Self.period : Self.rest), ordering: .relaxed)
        return true
    }

    private static func open() -> Int32 {
        let type = Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_NETLINK, type, routeProtocol)
        guard descriptor >= 0 else { return -1 }
        // `struct sockaddr_nl`, which Swift's Glibc does not show: family, padding, port (0: any), groups.
        var address: (UInt16, UInt16, UInt32, UInt32) = (UInt16(AF_NETLINK), 0, 0, groups)
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(descriptor, __CONST_SOCKADDR_ARG(__sockaddr__: pointer), 12)
            }
        }
        if result == 0 { return descriptor }
        close(descriptor)
        return -1
    }

    /// Reads away what has been said; the bytes do not matter, nor does a queue that has overflown.
    private func drain() {
        guard descriptor >= 0 else { return }
        unsafe withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { buffer in
            var reads = 0
            while reads < 256, unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0) > 0 || errno == ENOBUFS {
                reads += 1
            }
        }
    }

    /// `NETLINK_ROUTE`.
    private static let routeProtocol: Int32 = 0
    /// `RTMGRP_LINK`, `RTMGRP_IPV6_IFADDR`, `RTMGRP_IPV6_IFINFO`.
    private static let groups: UInt32 = 0x1 | 0x100 | 0x20000
    /// Neighbours can cause changes by router advertisements: at most ten reports a second.
    private static let rest: Int64 = 100_000_000
    /// 30 s.
    private static let period: Int64 = 30_000_000_000
}
