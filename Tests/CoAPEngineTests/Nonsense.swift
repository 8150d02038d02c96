import Bytes
import CoAP
import Foundation
import TestSupport

/// Datagrams that make no sense, and more that nearly do: made out of what was seen on the wire.
struct Nonsense {
    var random: SeededGenerator
    /// What was seen lately, in both directions.
    private var wire: [[UInt8]] = [[0x40, 1, 0, 1]]

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    mutating func pick(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

    mutating func bytes(_ bound: Int) -> [UInt8] {
        (0..<pick(bound)).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }

    mutating func see(_ datagram: [UInt8]) {
        if wire.count < 64 { wire.append(datagram) } else { wire[pick(64)] = datagram }
    }

    private mutating func seen() -> [UInt8] { wire[pick(wire.count)] }

    /// A datagram of some malformed or well-formed kind.
    mutating func datagram() -> [UInt8] {
        switch pick(8) {
        case 0: bytes(24)
        // A header with everything behind it at random.
        case 1: [0x40 | UInt8(pick(0x40)), UInt8(pick(256)), UInt8(pick(256)), UInt8(pick(256))] + bytes(20)
        case 2, 3, 4: altered(seen())
        case 5: seen()
        default: answer(to: seen())
        }
    }

    mutating func source() -> SocketAddress {
        switch pick(20) {
        case 0: Endpoint.group
        case 1: SocketAddress(Endpoint.peer.address, port: 0)
        case 2..<8: Endpoint.peer
        case 8..<12: Endpoint.other
        default: SocketAddress(IPv6Address(high: 0x2001 << 48, low: UInt64(pick(400))), port: 5683)
        }
    }

    /// Another byte, length, type or code.
    private mutating func altered(_ datagram: [UInt8]) -> [UInt8] {
        guard !datagram.isEmpty else { return datagram }
        var altered = datagram
        switch pick(5) {
        case 0: altered[pick(altered.count)] ^= UInt8(1 << pick(8))
        case 1: altered.removeLast(pick(altered.count))
        case 2: altered += bytes(8)
        case 3: altered[0] = altered[0] & 0xcf | UInt8(pick(4) << 4)
        default: if altered.count > 1 { altered[1] = [0, 1, 2, 0x45, 0x84, 0x20, 0xe1][pick(7)] }
        }
        return altered
    }

    private mutating func answer(to datagram: [UInt8]) -> [UInt8] {
        guard let (header, _) = try? DatagramCodec.decode(datagram.span) else { return datagram }
        let type = MessageType.allCases[pick(4)]
        let code = [Code.empty, .content, .notFound, .get][pick(4)]
        let token = code == .empty ? Token.empty : header.token
        var options = Options()
        if code == .content, pick(4) == 0 { options.append(OptionNumber(rawValue: 9999), [1]) }
        return CoAPEngineTests.datagram(type, code, id: header.messageID.rawValue, token: token, options: options)
    }
}

/// How many datagrams the model tests take in together.
enum ModelDatagrams {
    static let all = ProcessInfo.processInfo.environment["GOSC_MODEL_DATAGRAMS"].flatMap { Int($0) } ?? 1_000_000
    /// So many go to whole endpoints, which take longer over each.
    static let endpoints = all / 4
    static let layers = all - endpoints
}
