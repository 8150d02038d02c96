import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives
import GroupManager
import TestSupport
import Testing

/// `…/nodes/NODENAME`, observing, and leaving.
struct NodeResourceTests {
    private let fixture: Fixture
    private let manager: TestManager

    init() throws {
        fixture = try Fixture(seed: 171)
        manager = fixture.manager
    }

    @Test(.requirement("GM-0163", "GM-0166", "GM-0209", "GM-0277"))
    func membersObserveTheirOwn() throws {
        let client = try fixture.member("a")
        let other = try fixture.member("b")
        for path in ["ace-group/g7", "ace-group/g7/active", "ace-group/g7/nodes/a"] {
            #expect(try client.ask(manager, .get, path, change: { $0.observe = 0 }).options.observe != nil, "\(path)")
        }
        let refused = try other.ask(manager, .get, "ace-group/g7/nodes/a") { $0.observe = 0 }
        #expect(refused.code == .forbidden && refused.options.observe == nil)
        for path in ["ace-group/g7/num", "ace-group/g7/policies", "ace-group/g7/creds"] {
            #expect(try client.ask(manager, .get, path, change: { $0.observe = 0 }).options.observe == nil, "\(path)")
        }
        // Of strangers none.
        let stranger = try fixture.client("x", [("g8", 6)])
        let none = try stranger.ask(manager, .get, "ace-group/g7") { $0.observe = 0 }
        #expect(none.code == .forbidden && none.options.observe == nil)
        #expect(manager.engine.status.observers == 1)
    }

    /// A join changes nothing of what members observe: a thousand joins are no million notifications.
    @Test(.requirement("GM-0163"))
    func aJoinIsNotToldToObservers() throws {
        let client = try fixture.member("a")
        #expect(try client.ask(manager, .get, "ace-group/g7", change: { $0.observe = 0 }).options.observe != nil)
        // Exactly one datagram for each: the answer.
        for name in ["b", "c", "d"] { _ = try fixture.member(name) }
        #expect(manager.pass(.seconds(60)) == [])
    }

    /// A new Sender ID changes what the node observes of itself.
    @Test(.requirement("GM-0166", "GM-0209"))
    func aNewSenderIDIsTold() throws {
        let client = try fixture.member("a")
        let association = try client.link()
        #expect(try client.ask(manager, .get, "ace-group/g7/nodes/a", change: { $0.observe = 0 }).code == .content)
        let datagram = try association.protect(TestClient.message(.post, "ace-group/g7/nodes/a"))
        var sent = manager.deliver(datagram, from: client.address)
        sent += manager.pass(.seconds(1))
        let answers = try association.openOwn(sent)
        #expect(answers.first?.payload == hex("a1154101"))
        let notification = try #require(answers.last)
        #expect(notification.options.observe != nil)
        #expect(try notification.map[8]?.mapValue?[7] == .bytes([1]))
        // Nothing of it in the clear.
        for datagram in sent { #expect(!Hex.encode(datagram.bytes).contains(Hex.encode(Fixture.masterSecret))) }
    }

    @Test(.requirement("GM-0165", "GM-0212", "GM-0341", "GM-0344", "GM-0352"))
    func whoeverLeavesIsGone() throws {
        let client = try fixture.member("a")
        let other = try fixture.member("b")
        let association = try client.link()
        for path in ["ace-group/g7", "ace-group/g7/nodes/a"] {
            #expect(try client.ask(manager, .get, path, change: { $0.observe = 0 }).options.observe != nil)
        }
        let refused = try other.ask(manager, .delete, "ace-group/g7/nodes/a")
        #expect(refused.code == .forbidden && refused.problem == nil)
        let verifier = try fixture.client("v", [("g7", 16)])
        #expect(try verifier.ask(manager, .delete, "ace-group/g7/nodes/a").problem == 0)
        #expect(manager.store.snapshot.members.count == 2)
        let datagram = try association.protect(TestClient.message(.delete, "ace-group/g7/nodes/a"))
        let answers = try association.openOwn(manager.deliver(datagram, from: client.address))
        #expect(answers.first?.code == .deleted && answers.first?.payload == [])
        // Both observations end with an error, and no more is told.
        #expect(answers.dropFirst().map(\.code) == [.notFound, .notFound])
        #expect(answers.dropFirst().allSatisfy { $0.problem == 5 && $0.options.observe == nil })
        #expect(manager.member("a") == nil && manager.stale("g7") == [0: [[0]]])
        let store = manager.store.snapshot
        #expect(store.members.map(\.name) == ["b"])
        for path in ["ace-group/g7", "ace-group/g7/nodes/a", "ace-group/g7/num"] {
            #expect(try client.ask(manager, .get, path).problem == 0)
        }
        #expect(try client.ask(manager, .delete, "ace-group/g7/nodes/a").problem == 0)
        #expect(try other.ask(manager, .get, "ace-group/g7/creds").map[15] == [.bytes([1])])
        try manager.restart()
        #expect(manager.member("a") == nil)
    }

    @Test(.requirement("GM-0246", "GM-0249"))
    func aMonitorLeavesNothingBehind() throws {
        let monitor = try fixture.member("m", .monitor)
        #expect(try monitor.ask(manager, .delete, "ace-group/g7/nodes/m").code == .deleted)
        #expect(manager.stale("g7") == [:] && manager.store.snapshot.assignedSenderIDs.isEmpty)
    }

    /// The same credential in two groups: leaving one leaves it in the other.
    @Test(.requirement("GM-0341", "GM-0345"))
    func aGroupIsLeftAlone() throws {
        let client = try fixture.client("a", [("g7", 6), ("g8", 6)])
        for group in ["g7", "g8"] {
            #expect(try client.join(manager, group: group, roles: .requester).code == .created)
        }
        #expect(try client.ask(manager, .get, "ace-group/g8", change: { $0.observe = 0 }).options.observe != nil)
        #expect(try client.ask(manager, .delete, "ace-group/g7/nodes/a").code == .deleted)
        #expect(manager.member("a", in: "g8")?.credential == client.credential.bytes)
        #expect(try client.ask(manager, .get, "ace-group/g8").code == .content)
        #expect(manager.stale("g8") == [:])
    }

    /// A leave in the same turn as a read, which is answered behind it: whoever has left by then is told no keys, and observes
    /// nothing.
    @Test(.requirement("GM-0165"))
    func anObservationBeforeALeaveEndsWithIt() throws {
        let client = try fixture.member("a")
        let association = try client.link()
        let observe = try association.protect(TestClient.message(.get, "ace-group/g7") { $0.observe = 0 })
        let leave = try association.protect(TestClient.message(.delete, "ace-group/g7/nodes/a"))
        let late = try association.protect(TestClient.message(.get, "ace-group/g7") { $0.observe = 0 })
        let sent = manager.deliver([(observe, client.address), (leave, client.address), (late, client.address)])
        let codes = try association.openOwn(sent).map(\.code)
        #expect(codes.sorted { $0.rawValue < $1.rawValue } == [.deleted, .forbidden, .forbidden])
    }
}
