import Bytes
import Foundation
import Glibc
import Synchronization

/// Records every UDP packet over IPv6 on `lo` in a file that tshark reads. Needs a namespace, where this process is root.
final class CaptureFile: Sendable {
    let url = FileManager.default.temporaryDirectory.appending(path: "gosc-capture-\(UUID().uuidString).pcap")
    private let descriptor: Int32
    private let packets = Mutex<[[UInt8]]>([])
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

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    /// Adds a packet that nobody sent, to see that the checks see it.
    func plant(_ packet: [UInt8]) {
        packets.withLock { $0.append(packet) }
    }

    /// The UDP packet with some payload, from and to `::1`.
    static func packet(_ payload: [UInt8], port: UInt16 = 5683) -> [UInt8] {
        let loopback = [UInt8](repeating: 0, count: 15) + [1]
        let length = UInt16(8 + payload.count)
        let header: [UInt8] = [0x60, 0, 0, 0] + bigEndian(length) + [17, 64] + loopback + loopback
        // On `lo` the kernel leaves the checksum unfinished and tshark does not look at it; only 0 is not permitted.
        let checksum: [UInt8] = [0, 1]
        return header + bigEndian(40_000) + bigEndian(port) + bigEndian(length) + checksum + payload
    }

    private static func bigEndian(_ number: UInt16) -> [UInt8] {
        [UInt8(number >> 8), UInt8(truncatingIfNeeded: number)]
    }

    /// Ends the recording and writes the file, once.
    func stop() throws {
        stopping.store(true, ordering: .relaxed)
        ended.wait()
        close(descriptor)
        // The form of libpcap 2.4, little-endian; link type 101: IP packets with nothing before them.
        func little(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
        var file: [UInt8] =
            little(0xa1b2_c3d4) + [2, 0, 4, 0] + little(0) + little(0) + little(262_144) + little(101)
        for (index, packet) in packets.withLock({ $0 }).enumerated() {
            file += little(UInt32(index)) + little(0) + little(UInt32(packet.count)) + little(UInt32(packet.count))
            file += packet
        }
        try Data(file).write(to: url)
    }
}
