import ACEGroupcomm
import Bytes
import CoAPEngine
import MemberNode
import TestSupport
import Testing

/// Where a node tells its manager to bring new keys.
struct ControlAddressTests {
    /// Datagrams in the manager's name to another address of the node, while it joins.
    @Test(.requirement("GM-0316")) func nobodyElseChoosesTheAddress() throws {
        let bench = try Bench(seed: 441)
        let unit = try bench.newUnit("lamp")
        unit.engine.controlPort = 61_616
        bench.holds = { $0.writes.contains { if case .saveIdentity = $0 { true } else { false } } }
        bench.join(unit, bench.manager.invite("lamp", roles: .responder))
        // The upload is answered, and the Join Request has not left.
        #expect(bench.held.count == 1)
        let other = IPv6Address(high: 0xfd00_0000_0000_0000, low: 0x999)
        let path = DatagramPath(source: bench.manager.address, destination: other)
        // An answer to nothing, a request, an acknowledgement, nothing at all.
        for bytes in [[0x51, 0x44, 0, 1, 7], [0x40, 1, 0, 2], [0x60, 0, 0, 3], []] as [[UInt8]] {
            bench.act(unit) { engine, now, random, effects in
                engine.receive(bytes.span, from: path, at: now, random: &random, effects: &effects)
            }
        }
        bench.holds = { _ in false }
        bench.release()
        bench.run(for: .seconds(5))
        #expect(
            bench.manager.client("lamp")?.joins.last?.controlURI
                == "coap://[\(unit.address.address)]:61616/ace-group/lights/node")
    }
}
