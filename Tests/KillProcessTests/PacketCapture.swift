import Bytes
import TestSupport

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

    private let tap: PacketTap

    init() throws {
        tap = try PacketTap()
    }

    /// Ends the recording and returns it; each datagram stands in it as often as the kernel showed it.
    func stop() -> [Packet] {
        tap.stop().compactMap { Packet(ipv6: $0) }
    }
}

extension PacketCapture.Packet {
    /// Takes an IPv6 packet apart; `nil` if it does not carry UDP directly.
    init?(ipv6 bytes: [UInt8]) {
        guard bytes.count >= 48, bytes[0] >> 4 == 6, bytes[6] == 17 else { return nil }
        let number = { (at: Int) in UInt16(bytes[at]) << 8 | UInt16(bytes[at + 1]) }
        let end = min(bytes.count, 40 + Int(number(44)))
        guard end >= 48 else { return nil }
        self.init(
            source: Array(bytes[8..<24]), sourcePort: number(40), destination: Array(bytes[24..<40]),
            destinationPort: number(42), payload: Array(bytes[48..<end]))
    }
}
