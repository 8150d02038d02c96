import Bytes
import Foundation
import Synchronization
import TestSupport

/// Records every UDP packet over IPv6 in a file that tshark reads.
final class CaptureFile: Sendable {
    let url = FileManager.default.temporaryDirectory.appending(path: "gosc-capture-\(UUID().uuidString).pcap")
    private let tap: PacketTap
    private let planted = Mutex<[[UInt8]]>([])

    init() throws {
        tap = try PacketTap()
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    /// Adds a packet that nobody sent, to see that the checks see it.
    func plant(_ packet: [UInt8]) {
        planted.withLock { $0.append(packet) }
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
        let packets = tap.stop() + planted.withLock { $0 }
        // The form of libpcap 2.4, little-endian; link type 101: IP packets with nothing before them.
        func little(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
        var file: [UInt8] =
            little(0xa1b2_c3d4) + [2, 0, 4, 0] + little(0) + little(0) + little(262_144) + little(101)
        for (index, packet) in packets.enumerated() {
            file += little(UInt32(index)) + little(0) + little(UInt32(packet.count)) + little(UInt32(packet.count))
            file += packet
        }
        try Data(file).write(to: url)
    }
}
