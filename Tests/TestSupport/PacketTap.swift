import Foundation
import Glibc
import Synchronization

/// Records every UDP packet over IPv6 in this network namespace, whoever sends it; on `lo` the kernel shows each twice. Needs
/// a namespace of one's own, where this process is root.
public final class PacketTap: Sendable {
    private let descriptor: Int32
    private let packets = Mutex<[[UInt8]]>([])
    private let stopping = Atomic<Bool>(false)
    private let ended = DispatchSemaphore(value: 0)

    /// Begins to record.
    ///
    /// - Throws: `POSIXError` without the right to do so.
    public init() throws {
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
            while true {
                let wasStopping = stopping.load(ordering: .relaxed)
                let count = recv(descriptor, &buffer, buffer.count, 0)
                if count > 0 {
                    // What the kernel says of groups that are joined is not ours.
                    guard buffer[6] == 17 else { continue }
                    let packet = Array(buffer[..<count])
                    packets.withLock { $0.append(packet) }
                } else if wasStopping {
                    // Nothing has come for a while: the last packet is in the list, too.
                    break
                }
            }
            ended.signal()
        }
    }

    /// Ends the recording, once, and returns the packets from their IPv6 header on.
    public func stop() -> [[UInt8]] {
        stopping.store(true, ordering: .relaxed)
        ended.wait()
        close(descriptor)
        return packets.withLock { $0 }
    }
}
