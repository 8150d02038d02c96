import Bytes
import Foundation
import Glibc
import Synchronization

/// Records every UDP datagram on `lo`, whoever sends it, as an observer without keys sees it. Needs a namespace of one's
/// own, where this process is root.
final class PacketCapture: Sendable {
    /// One UDP datagram.
    struct Packet: Hashable, Sendable {
        var source: [UInt8]
        var sourcePort: UInt16
        var destination: [UInt8]
        var destinationPort: UInt16
        var payload: [UInt8]
    }

    private let descriptor: Int32
    private let packets = Mutex<[Packet]>([])
    private let stopping = Atomic<Bool>(false)
    private let ended = DispatchSemaphore(value: 0)

    init() throws {
        let anyIPv6 = UInt16(0x86dd).bigEndian
        descriptor = socket(AF_PACKET, Int32(SOCK_DGRAM.rawValue), Int32(anyIPv6))
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EPERM) }
        var size: Int32 = 64 << 20
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, socklen_t(MemoryLayout<Int32>.size))
        // Lets the thread look at the flag now and then.
        var patience = timeval(tv_sec: 0, tv_usec: 50_000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        Thread.detachNewThread { [self] in
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while !stopping.load(ordering: .relaxed) {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard count > 0, let packet = Packet(ipv6: buffer[..<count]) else { continue }
                packets.withLock { $0.append(packet) }
            }
            ended.signal()
        }
    }

    /// Ends the recording and returns it; each datagram stands in it as often as the kernel showed it.
    func stop() -> [Packet] {
        stopping.store(true, ordering: .relaxed)
        ended.wait()
        close(descriptor)
        return packets.withLock { $0 }
    }
}

extension PacketCapture.Packet {
    /// Takes an IPv6 packet apart; `nil` if it does not carry UDP directly.
    init?(ipv6 bytes: ArraySlice<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.count >= 48, bytes[0] >> 4 == 6, bytes[6] == 17 else { return nil }
        let number = { (at: Int) in UInt16(bytes[at]) << 8 | UInt16(bytes[at + 1]) }
        let end = min(bytes.count, 40 + Int(number(44)))
        guard end >= 48 else { return nil }
        self.init(
            source: Array(bytes[8..<24]), sourcePort: number(40), destination: Array(bytes[24..<40]),
            destinationPort: number(42), payload: Array(bytes[48..<end]))
    }
}
