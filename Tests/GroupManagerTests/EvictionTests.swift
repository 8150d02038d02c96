import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import GroupManager
import OSCORE
import TestSupport
import Testing

/// Contexts that are put aside because there are more associations than are kept ready.
struct EvictionTests {
    /// What no decision goes into has no durable mark, so its answer needs a number of the manager's own.
    @Test(.requirement("GM-0493"))
    func anAssociationThatWasPutAsideAnswersEverything() throws {
        let fixture = try Fixture(seed: 421) { $0.liveAssociations = 2 }
        let manager = fixture.manager
        let clients = try (0..<4).map { try fixture.member("n\($0)") }
        for _ in 0..<40 {
            for client in clients {
                // The server itself says that there is no such thing.
                let answer = try client.ask(manager, .get, "nowhere")
                #expect(answer.code == .notFound)
            }
        }
    }

    @Test(.requirement("GM-0163", "GM-0209"))
    func whoeverObservesIsToldBehindAPause() throws {
        let fixture = try Fixture(seed: 422) { $0.liveAssociations = 2 }
        let manager = fixture.manager
        let client = try fixture.member("a")
        #expect(try client.ask(manager, .get, "ace-group/g7", change: { $0.observe = 0 }).options.observe != nil)
        for index in 0..<4 { _ = try fixture.member("n\(index)") }
        // Its last notification comes with the answer to its leave.
        let link = try client.link()
        let datagram = try link.protect(TestClient.message(.delete, "ace-group/g7/nodes/a"))
        let messages = try link.openOwn(manager.deliver(datagram, from: client.address))
        #expect(messages.map(\.code).contains(.deleted) && messages.map(\.problem).contains(5))
    }

    /// No number is used twice, though contexts come and go.
    @Test(.requirement("GM-0493", "GM-0495"), arguments: UInt64(1)...4)
    func noNumberComesAgain(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let fixture = try Fixture(seed: 423 + seed) { $0.liveAssociations = 2 }
        let manager = fixture.manager
        let clients = try (0..<4).map { try fixture.member("n\($0)") }
        var used: Set<[UInt8]> = []
        var count = 0
        for _ in 0..<400 {
            let index = Int.random(in: 0..<4, using: &random)
            manager.failsNextCommit = Int.random(in: 0..<6, using: &random) == 0
            defer { manager.failsNextCommit = false }
            if Int.random(in: 0..<40, using: &random) == 0 { try manager.restart() }
            let path = Bool.random(using: &random) ? "nowhere" : "ace-group/g7/num"
            let datagram = try clients[index].link().protect(TestClient.message(.get, path))
            for sent in manager.deliver(datagram, from: clients[index].address) {
                guard let number = try TestAssociation.partialIV(in: sent.bytes) else { continue }
                count += 1
                #expect(used.insert([UInt8(index)] + number).inserted, "seed \(seed)")
            }
        }
        #expect(count > 100)
    }
}
