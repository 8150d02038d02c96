import ACEGroupcomm
import BuildingAutomation
import CoAP
import CoAPEngine
import MemberNode
import TestSupport
import Testing

/// What a node keeps of the Sender IDs that it has and had.
struct SenderIDMemoryTests {
    private static let path = "POST /ace-group/lights/nodes/n-switch"

    /// The manager has given a new one, and the disk has not taken it: the old one is nobody's any more.
    @Test(.requirement("GM-0239")) func aSenderIDThatCouldNotBeSavedIsSavedLater() throws {
        let bench = try Bench(seed: 91)
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.manager.alter = { request, _ in if request == Self.path { hub.store.failsNext = true } }
        bench.act(hub) { $0.renewSenderID(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(1))
        #expect(hub.events.last == .managerRefused(.renewSenderID, .storage))
        #expect(hub.engine.snapshot.membership?.senderID == "01")
        bench.run(for: .seconds(60))
        #expect(hub.engine.snapshot.membership?.senderID == "03")
        #expect(hub.store.state.membership?.senderID == [3])
        #expect(bench.manager.requests.count { $0 == Self.path } == 1)
        bench.command(hub, "on")
        bench.run(for: .seconds(10))
        #expect(lamp.lamp.isOn)
    }

    /// It has crashed meanwhile, or the answer was lost: the roster says what the manager has given it.
    @Test(.requirement("GM-0239")) func aSenderIDThatWasLostIsAskedForAgain() throws {
        let bench = try Bench(seed: 92)
        let hub = try bench.add("switch", roles: .requester)
        let client = try #require(bench.manager.clients.values.first { $0.invitation.nodeName == "switch" })
        bench.manager.alter = { request, _ in if request == Self.path { hub.isRunning = false } }
        bench.act(hub) { $0.renewSenderID(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(1))
        #expect(client.senderID == [2] && hub.store.state.membership?.senderID == [1])
        bench.manager.alter = { _, _ in }
        let credential = try #require(client.joins.last?.clientCredential)
        // This manager names whoever asks, too.
        bench.manager.extraPeers = [Peer(credential: credential, roles: .requester, senderID: [2], name: "switch")]
        try bench.restart(hub)
        bench.run(for: .seconds(1))
        bench.manager.extraPeers = []
        bench.run(for: .seconds(60))
        #expect(hub.engine.snapshot.membership?.senderID == "03")
        // It is no peer of its own.
        #expect(hub.engine.snapshot.peers.isEmpty && hub.store.state.peers.isEmpty)
        #expect(bench.manager.requests.count { $0 == Self.path } == 2)
    }

    /// Under one Gid it never has a Sender ID again that it has had: nobody knows which numbers are used.
    @Test(.requirement("GM-0239", "OSC-0069"), arguments: [false, true])
    func aFormerSenderIDIsRefusedAlsoAfterARestart(hasLeft: Bool) throws {
        let bench = try Bench(seed: 93)
        let unit = try bench.newUnit("switch")
        let invitation = bench.manager.invite("switch", roles: .requester)
        bench.join(unit, invitation)
        try bench.restart(unit)
        bench.run(for: .seconds(1))
        if hasLeft {
            bench.act(unit) { $0.leave(at: $1, random: &$2, effects: &$3) }
        } else {
            bench.act(unit) { $0.renewSenderID(at: $1, random: &$2, effects: &$3) }
        }
        bench.run(for: .seconds(5))
        try bench.restart(unit)
        bench.run(for: .seconds(1))
        if hasLeft {
            bench.manager.nextSenderID = 1
            bench.join(unit, invitation)
            #expect(unit.joinFailures == [.malformedAnswer])
            #expect(unit.store.state.membership == nil)
            bench.join(unit, invitation)
            #expect(unit.joined.map(\.senderID) == ["01", "02"])
        } else {
            bench.manager.nextSenderID = 1
            bench.act(unit) { $0.renewSenderID(at: $1, random: &$2, effects: &$3) }
            bench.run(for: .seconds(1))
            #expect(unit.events.last == .managerRefused(.renewSenderID, .malformedAnswer))
            #expect(unit.store.state.membership?.senderID == [2])
        }
    }

    /// Another Gid has other keys.
    @Test func underAnotherGidItMayBeAnybody() throws {
        let bench = try Bench(seed: 94)
        let unit = try bench.newUnit("switch")
        let invitation = bench.manager.invite("switch", roles: .requester)
        bench.join(unit, invitation)
        bench.act(unit) { $0.leave(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(5))
        bench.manager.nextSenderID = 1
        bench.manager.groupID = [0xb1, 0, 1]
        try bench.restart(unit)
        bench.join(unit, invitation)
        #expect(unit.joined.map(\.senderID) == ["01", "01"])
    }

    /// What could not be saved before the node left is nothing to its next membership: under another Gid, another member may
    /// have it.
    @Test(.requirement("GM-0239", "OSC-0069"))
    func aSenderIDOfAFormerMembershipIsNotTakenUp() throws {
        let bench = try Bench(seed: 95)
        let hub = try bench.add("switch", roles: .requester)
        bench.holds = { _ in true }
        bench.act(hub) { $0.renewSenderID(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(1))
        // Before that is durable the node hears that it is no member.
        bench.manager.instead["GET /ace-group/lights/kdc-cred"] = [bench.manager.problem(.forbidden, .membersOnly)]
        bench.act(hub) { $0.readManagerCredential(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(1))
        let saves = bench.held.map(\.1.writes).joined().count { if case .saveSenderID = $0 { true } else { false } }
        #expect(saves == 1 && bench.held.count >= 2)
        bench.holds = { _ in false }
        bench.manager.groupID = [0xb1, 0, 1]
        bench.manager.nextSenderID = 7
        hub.store.failsNext = true
        bench.release()
        bench.run(for: .seconds(5))
        #expect(hub.left == [.unknownToManager] && hub.joined.map(\.senderID) == ["01", "07"])
        bench.run(for: .seconds(600))
        #expect(hub.store.state.membership?.senderID == [7])
        #expect(hub.engine.snapshot.membership?.senderID == "07")
    }

    /// What was asked for a former membership is not asked any more: the manager would take it for the next one's, and the
    /// node would not take the answer.
    @Test(.requirement("GM-0239"))
    func aQuestionOfAFormerMembershipIsDropped() throws {
        let bench = try Bench(seed: 96)
        let hub = try bench.add("switch", roles: .requester)
        bench.manager.instead["GET /ace-group/lights/kdc-cred"] = [bench.manager.problem(.forbidden, .membersOnly)]
        bench.manager.groupID = [0xb1, 0, 1]
        bench.manager.nextSenderID = 7
        bench.act(hub) { $0.readManagerCredential(at: $1, random: &$2, effects: &$3) }
        bench.act(hub) { $0.renewSenderID(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(60))
        #expect(hub.left == [.unknownToManager] && hub.joined.map(\.senderID) == ["01", "07"])
        #expect(!bench.manager.requests.contains(Self.path))
        #expect(hub.store.state.membership?.senderID == [7])
    }
}
