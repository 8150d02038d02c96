import Foundation
import Glibc
import Synchronization
import TestSupport

/// Passes datagrams between one client and a server on `::1`; loses some and doubles some, drawn from a seed.
final class LossyRelay: Sendable {
    /// How many datagrams came, from both sides.
    struct Counts {
        var passed = 0
        var lost = 0
        var doubled = 0
    }

    struct NoSocket: Error {}

    /// Where the client sends to.
    let port: UInt16
    private let front: Int32
    private let back: Int32
    private let counts = Mutex(Counts())
    private let stopping = Atomic<Bool>(false)
    private let ended = DispatchSemaphore(value: 0)

    init(to server: UInt16, seed: UInt64, lossPercent: Int = 20, duplicatePercent: Int = 20) throws {
        let front = socket(AF_INET6, Int32(SOCK_DGRAM.rawValue), 0)
        let back = socket(AF_INET6, Int32(SOCK_DGRAM.rawValue), 0)
        var here = Self.loopback(port: 0)
        var there = Self.loopback(port: server)
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let isOpen = withUnsafeMutableBytes(of: &here) { bytes in
            guard let name = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
            return bind(front, name, length) == 0 && getsockname(front, name, &length) == 0
        }
        let isConnected = withUnsafeBytes(of: &there) { bytes in
            guard let name = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
            return connect(back, name, length) == 0
        }
        guard isOpen, isConnected else { throw NoSocket() }
        (self.front, self.back) = (front, back)
        port = UInt16(bigEndian: here.sin6_port)
        Thread.detachNewThread { [self] in
            run(SeededGenerator(seed: seed), lossPercent, duplicatePercent)
        }
    }

    /// Ends it and says what it has done.
    func stop() -> Counts {
        stopping.store(true, ordering: .relaxed)
        ended.wait()
        close(front)
        close(back)
        return counts.withLock(\.self)
    }

    private func run(_ generator: SeededGenerator, _ lossPercent: Int, _ duplicatePercent: Int) {
        var random = generator
        var buffer = [UInt8](repeating: 0, count: 65_536)
        // Whoever has sent last is the client.
        var client = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        while !stopping.load(ordering: .relaxed) {
            var waiting = [
                pollfd(fd: front, events: Int16(POLLIN), revents: 0),
                pollfd(fd: back, events: Int16(POLLIN), revents: 0),
            ]
            poll(&waiting, 2, 50)
            for place in 0..<2 where waiting[place].revents != 0 {
                let count =
                    place == 0
                    ? withUnsafeMutableBytes(of: &client) {
                        recvfrom(
                            front, &buffer, buffer.count, 0,
                            $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
                    } : recv(back, &buffer, buffer.count, 0)
                guard count > 0 else { continue }
                let copies = draw(lossPercent, duplicatePercent, &random)
                for _ in 0..<copies {
                    if place == 0 {
                        send(back, buffer, count, 0)
                    } else {
                        _ = withUnsafeBytes(of: &client) {
                            sendto(
                                front, buffer, count, 0, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                                length)
                        }
                    }
                }
            }
        }
        ended.signal()
    }

    /// How often the next datagram arrives.
    private func draw(_ lossPercent: Int, _ duplicatePercent: Int, _ random: inout SeededGenerator) -> Int {
        let isLost = Int.random(in: 0..<100, using: &random) < lossPercent
        let isDoubled = !isLost && Int.random(in: 0..<100, using: &random) < duplicatePercent
        counts.withLock {
            if isLost { $0.lost += 1 } else { $0.passed += 1 }
            if isDoubled { $0.doubled += 1 }
        }
        return isLost ? 0 : isDoubled ? 2 : 1
    }

    private static func loopback(port: UInt16) -> sockaddr_in6 {
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port.bigEndian
        address.sin6_addr = in6addr_loopback
        return address
    }
}
