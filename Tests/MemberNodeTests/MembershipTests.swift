import ACEGroupcomm
import BuildingAutomation
import Bytes
import CBOR
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives
import MemberNode
import OSCORE
import TestSupport
import Testing

/// What a member asks of its manager, and what it does about the answers.
struct MembershipTests {
    private static func groupRequests(of bench: Bench, from unit: Bench.Unit) throws -> [(kid: [UInt8], number: UInt64)]
    {
        var found: [(kid: [UInt8], number: UInt64)] = []
        for sent in bench.wire where sent.from == unit.address && sent.datagram.destination.address.isMulticast {
            let bytes = sent.datagram.bytes
            let (_, offset) = try DatagramCodec.decode(bytes.span)
            let message = try ProtectedMessage(bytes.span.extracting(droppingFirst: offset))
            let number = message.option.partialIV?.value ?? 0
            guard let kid = message.option.kid else { continue }
            found.append(([UInt8](copying: kid), number))
        }
        return found
    }

    // MARK: Leaving

    @Test func whoLeavesForgetsTheGroupAndMayJoinAgain() throws {
        let bench = try Bench(seed: 21)
        let unit = try bench.newUnit("switch")
        let invitation = bench.manager.invite("switch", roles: .requester)
        bench.join(unit, invitation)
        try bench.restart(unit)
        bench.run(for: .seconds(1))
        bench.act(unit) { $0.leave(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(5))
        #expect(unit.left == [.commanded])
        #expect(bench.manager.requests.last == "DELETE /ace-group/lights/nodes/n-switch")
        let state = unit.store.state
        #expect(state.membership == nil)
        #expect(state.peers.isEmpty)
        #expect(state.token != nil)
        #expect(unit.engine.snapshot.membership == nil)
        #expect(unit.engine.snapshot.reservedEnd == 0)
        bench.command(unit, "on")
        #expect(unit.failed == [.notJoined])
        // Joining again needs no other invitation, and is another join.
        bench.join(unit, invitation)
        #expect(unit.joined.map(\.senderID) == ["01", "02"])
        bench.act(unit) { $0.leave(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(5))
        bench.act(unit) { $0.leave(at: $1, random: &$2, effects: &$3) }
        #expect(unit.leaveFailures == [.notJoined])
    }

    /// The manager let the node go, and the node did not live to hear it.
    @Test func aLeaveWhoseAnswerWasLostIsALeave() throws {
        let bench = try Bench(seed: 22)
        let unit = try bench.add("lamp", roles: .responder)
        bench.manager.instead["DELETE /ace-group/lights/nodes/n-lamp"] = [
            bench.manager.problem(.forbidden, .membersOnly)
        ]
        bench.act(unit) { $0.leave(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(5))
        #expect(unit.left == [.commanded])
        #expect(unit.joined.count == 1)
    }

    @Test func aLeaveThatIsNotDurableIsNone() throws {
        let bench = try Bench(seed: 23)
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.manager.alter = { request, _ in if request.hasPrefix("DELETE") { lamp.store.failsNext = true } }
        bench.act(lamp) { $0.leave(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(5))
        #expect(lamp.left.isEmpty)
        #expect(lamp.leaveFailures == [.storage])
        bench.command(hub, "on")
        bench.run(for: .seconds(5))
        #expect(lamp.lamp.isOn)
    }

    // MARK: Sender IDs

    @Test(.requirement("GM-0239")) func aNewSenderIDStartsAtZeroAndNothingElseChanges() throws {
        let bench = try Bench(seed: 24)
        let hub = try bench.add("switch", roles: [.requester, .responder])
        let lamp = try bench.add("lamp", roles: [.requester, .responder])
        bench.command(lamp, "on")
        bench.command(hub, "on")
        bench.run(for: .seconds(10))
        let before = hub.engine.snapshot
        #expect(before.nextSequenceNumber > 0)
        #expect(before.peers.first?.highestPartialIV != nil)
        bench.act(hub) { $0.renewSenderID(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(1))
        let after = hub.engine.snapshot
        #expect(after.membership?.senderID == "03")
        #expect(after.membership?.groupID == before.membership?.groupID)
        #expect(after.nextSequenceNumber == 0)
        #expect(after.reservedEnd == 256)
        #expect(after.peers == before.peers)
        #expect(hub.store.state.membership?.senderID == [3])
        #expect(hub.store.state.membership?.reservedEnd == 256)
        // The answer does not say under which Gid it is.
        #expect(
            bench.manager.requests.suffix(2) == [
                "POST /ace-group/lights/nodes/n-switch", "GET /ace-group/lights/nodes/n-switch",
            ])
        // The others take the new one for a stranger, ask who it is, and hear it.
        bench.command(hub, "off")
        bench.run(for: .seconds(10))
        #expect(!lamp.lamp.isOn)
        #expect(hub.completed.last?.answered == 1)
        let numbers = try Self.groupRequests(of: bench, from: hub).filter { $0.kid == [3] }.map(\.number)
        #expect(numbers == [0])
    }

    @Test(.requirement("GM-0238")) func whoHasNoNumbersLeftAsksForASenderIDFirst() throws {
        let bench = try Bench(seed: 25)
        bench.configuration.lastSequenceNumber = try #require(PartialIV(9))
        // A restart would skip what was reserved, which is all there is.
        let hub = try bench.newUnit("switch")
        bench.join(hub, bench.manager.invite("switch", roles: .requester))
        try bench.add("lamp", roles: .responder)
        bench.manager.requests = []
        let first = hub.engine.snapshot.nextSequenceNumber
        for number in first..<10 {
            bench.command(hub, number.isMultiple(of: 2) ? "on" : "off")
            bench.run(for: .seconds(2))
        }
        #expect(!bench.manager.requests.contains { $0.contains("/nodes/") })
        bench.command(hub, "on")
        bench.run(for: .seconds(10))
        #expect(bench.manager.requests.count { $0 == "POST /ace-group/lights/nodes/n-switch" } == 1)
        let sent = try Self.groupRequests(of: bench, from: hub)
        #expect(sent.filter { $0.kid == [1] }.map(\.number) == Array(first...9))
        #expect(sent.filter { $0.kid == [3] }.map(\.number) == [0])
        #expect(hub.failed.isEmpty)
        #expect(hub.completed.last?.answered == 1)
    }

    @Test(.requirement("GM-0238")) func withoutASenderIDNothingIsSent() throws {
        let bench = try Bench(seed: 26)
        bench.configuration.lastSequenceNumber = try #require(PartialIV(1))
        let hub = try bench.newUnit("switch")
        bench.join(hub, bench.manager.invite("switch", roles: .requester))
        bench.manager.instead["POST /ace-group/lights/nodes/n-switch"] = [
            bench.manager.problem(.serviceUnavailable, .noIndividualKeyingMaterial)
        ]
        for _ in 0..<4 {
            bench.command(hub, "on")
            bench.run(for: .seconds(2))
        }
        #expect(try Self.groupRequests(of: bench, from: hub).count <= 2)
        #expect(hub.failed.last == .protection(.sequenceNumbersExhausted))
        #expect(hub.engine.snapshot.membership?.senderID == "01")
        // It waits before it asks again, and does so by itself.
        let asked = bench.manager.requests.count { $0.hasPrefix("POST /ace-group/lights/nodes") }
        #expect(asked == 1)
        // The manager is not asked for a minute, and so the node has its answer at once.
        bench.run(for: .seconds(35))
        let failed = hub.failed.count
        bench.command(hub, "on")
        #expect(hub.failed.count == failed + 1)
        bench.run(for: .seconds(85))
        bench.command(hub, "on")
        bench.run(for: .seconds(5))
        #expect(hub.engine.snapshot.membership?.senderID == "03")
    }

    @Test func aSenderIDThatWasUsedIsNotTaken() throws {
        let bench = try Bench(seed: 27)
        let hub = try bench.add("switch", roles: .requester)
        try bench.add("lamp", roles: .responder)
        bench.command(hub, "on")
        bench.run(for: .seconds(5))
        bench.act(hub) { $0.renewSenderID(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(1))
        #expect(hub.engine.snapshot.membership?.senderID == "03")
        // Its former one, that of the lamp, its present one, and one that the nonce has no room for.
        for bytes: [UInt8] in [[1], [2], [3], [1, 2, 3, 4, 5, 6, 7, 8]] {
            bench.manager.instead["POST /ace-group/lights/nodes/n-switch"] = [
                ResourceResponse(.content, .aceGroupcomm, SenderIDAnswer(senderID: bytes).encoded())
            ]
            bench.act(hub) { $0.renewSenderID(at: $1, random: &$2, effects: &$3) }
            bench.run(for: .seconds(1))
            #expect(hub.engine.snapshot.membership?.senderID == "03")
            #expect(hub.events.last == .managerRefused(.renewSenderID, .malformedAnswer))
        }
    }

    /// The node crashes behind any commit of a renewal: no number of any Sender ID is used for two requests.
    @Test(.requirement("OSC-0069", "GM-0239"), arguments: 1...6)
    func noNumberIsUsedTwiceHoweverARenewalIsInterrupted(last: Int) throws {
        let bench = try Bench(seed: 28)
        bench.configuration.reservationBlock = 4
        let hub = try bench.add("switch", roles: .requester)
        var count = 0
        bench.crashes = { _, _ in
            count += 1
            return count == last
        }
        for _ in 0..<5 {
            if !hub.isRunning { try bench.restart(hub) }
            bench.act(hub) { $0.renewSenderID(at: $1, random: &$2, effects: &$3) }
            bench.command(hub, "on")
            bench.run(for: .seconds(3))
        }
        #expect(count >= last)
        let sent = try Self.groupRequests(of: bench, from: hub)
        #expect(sent.count >= 4)
        #expect(Set(sent.map { $0.kid + [UInt8($0.number)] }).count == sent.count)
    }

    /// Numbers that run out while the new Sender ID is being made durable: what is reserved then would be for the old one.
    @Test(.requirement("GM-0239")) func whatIsReservedIsForTheSenderIDThatUsesIt() throws {
        let bench = try Bench(seed: 34)
        bench.configuration.reservationBlock = 4
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.holds = { changes in
            changes.writes.contains { if case .saveSenderID = $0 { true } else { false } } || !bench.held.isEmpty
        }
        bench.act(hub) { $0.renewSenderID(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(1))
        #expect(bench.held.count == 1)
        // What waits does not go out under the old one for longer than it has numbers.
        for _ in 0..<6 {
            bench.command(hub, "on")
            bench.run(for: .seconds(1))
        }
        bench.holds = { _ in false }
        bench.release()
        bench.run(for: .seconds(5))
        #expect(hub.engine.snapshot.membership?.senderID == "03")
        #expect(hub.engine.counters.commitFailures == 0)
        bench.command(hub, "off")
        bench.run(for: .seconds(5))
        #expect(!lamp.lamp.isOn)
        let sent = try Self.groupRequests(of: bench, from: hub)
        #expect(sent.contains { $0.kid == [3] && $0.number == 0 })
        #expect(Set(sent.map { $0.kid + [UInt8($0.number)] }).count == sent.count)
    }

    // MARK: The manager's credential

    @Test(.requirement("GM-0298")) func theManagersNewCredentialIsUsedOnceItIsProved() throws {
        let bench = try Bench(seed: 29)
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.command(hub, "on")
        bench.run(for: .seconds(5))
        let old = bench.manager.credential.bytes
        try bench.manager.renewCredential()
        let path = "GET /ace-group/lights/kdc-cred"
        bench.manager.alter = { request, response in
            guard request == path, var answer = try? ManagerCredentialAnswer(decoding: response.payload.span) else {
                return
            }
            answer.evidence[3] ^= 1
            response.payload = answer.encoded()
        }
        bench.act(hub) { $0.readManagerCredential(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(1))
        #expect(hub.events.last == .managerRefused(.managerCredential, .managerProof))
        #expect(hub.store.state.membership?.managerCredential == old)
        bench.manager.alter = { _, _ in }
        let before = [hub, lamp].map(\.engine.snapshot)
        for unit in [hub, lamp] {
            bench.act(unit) { $0.readManagerCredential(at: $1, random: &$2, effects: &$3) }
            bench.run(for: .seconds(1))
            #expect(unit.events.last == .managerCredentialReplaced)
            #expect(unit.store.state.membership?.managerCredential == bench.manager.credential.bytes)
        }
        let after = [hub, lamp].map(\.engine.snapshot)
        #expect(after.map(\.peers) == before.map(\.peers))
        #expect(after[0].nextSequenceNumber >= before[0].nextSequenceNumber)
        // Messages are bound to the new one on both sides.
        bench.command(hub, "off")
        bench.run(for: .seconds(5))
        #expect(!lamp.lamp.isOn)
        let numbers = try Self.groupRequests(of: bench, from: hub).map(\.number)
        #expect(Set(numbers).count == numbers.count)
        // And so they are after a restart; the next join is with the same manager.
        for unit in [hub, lamp] { try bench.restart(unit) }
        bench.run(for: .seconds(1))
        bench.command(hub, "on")
        bench.run(for: .seconds(5))
        #expect(lamp.lamp.isOn)
        let credential = bench.manager.credential.bytes
        let hash = SHA256.hash(credential.span)
        #expect(hub.store.state.association?.managerCredentialHash == hash)
    }

    // MARK: News of the group

    @Test(.requirement("GM-0226")) func theNumberIsAskedForEveryCheckInterval() throws {
        let bench = try Bench(seed: 30)
        let unit = try bench.add("lamp", roles: .responder)
        bench.manager.requests = []
        try bench.restart(unit)
        // The last one is under way for a moment.
        bench.run(for: .seconds(7_201))
        let count = { (path: String) in bench.manager.requests.count { $0 == "GET /ace-group/lights/" + path } }
        #expect(count("num") == 2)
        // Once more at the start.
        #expect(count("active") == 3)
        // The manager wants it more often.
        bench.manager.policies = GroupPolicies(keyUpdateCheckInterval: 600)
        bench.manager.requests = []
        try bench.restart(unit)
        bench.run(for: .seconds(1_300))
        #expect(count("num") == 2)
        #expect(!unit.events.contains(.newKeys(version: 1)))
        bench.manager.version = 1
        bench.run(for: .seconds(600))
        #expect(unit.events.contains(.newKeys(version: 1)))
    }

    @Test(.requirement("GM-0278")) func inAnInactiveGroupNothingIsSentOrProcessed() throws {
        let bench = try Bench(seed: 31)
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.command(hub, "off")
        bench.run(for: .seconds(5))
        // The lamp learns it, the switch does not yet.
        bench.manager.isActive = false
        try bench.restart(lamp)
        bench.run(for: .seconds(1))
        #expect(lamp.events.contains(.groupIsActive(false)))
        #expect(lamp.engine.snapshot.membership?.isActive == false)
        bench.command(hub, "on")
        bench.run(for: .seconds(5))
        #expect(!lamp.lamp.isOn)
        #expect(lamp.engine.counters.inactiveDrops == 1)
        #expect(hub.completed.last?.answered == 0)
        try bench.restart(hub)
        bench.run(for: .seconds(1))
        let sent = try Self.groupRequests(of: bench, from: hub).count
        bench.command(hub, "on")
        #expect(hub.failed == [.groupInactive])
        #expect(try Self.groupRequests(of: bench, from: hub).count == sent)
        // The manager is asked all the same, and says when it is over.
        bench.manager.requests = []
        bench.manager.isActive = true
        bench.run(for: .seconds(3_600))
        #expect(bench.manager.requests.contains("GET /ace-group/lights/num"))
        #expect(hub.events.last == .groupIsActive(true))
        bench.command(hub, "on")
        bench.run(for: .seconds(5))
        #expect(lamp.lamp.isOn)
    }

    @Test(.requirement("GM-0216"), arguments: [true, false])
    func keysExpireByTheClockThatCanBeTrusted(isSynchronized: Bool) throws {
        let bench = try Bench(seed: 32)
        bench.configuration.isClockSynchronized = isSynchronized
        let unit = try bench.newUnit("lamp")
        bench.join(unit, bench.manager.invite("lamp", roles: .responder), for: .milliseconds(100))
        #expect(
            unit.engine.snapshot.membership?.keysExpireAt
                == UnixTime(seconds: isSynchronized ? 1_893_456_000 : Bench.wallClock.seconds + 86_400))
    }

    // MARK: Monitors

    @Test(.requirement("GM-0085")) func aMonitorShowsNothingAndListens() throws {
        let bench = try Bench(seed: 33)
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        let unit = try bench.newUnit("monitor")
        let invitation = bench.manager.invite("monitor", roles: .monitor)
        bench.join(unit, invitation)
        let payload = try #require(bench.manager.clients[invitation.clientSenderID]).joinPayload
        let map = try #require(try CBORValue(decoding: payload.span, maximumDepth: 8).mapValue)
        #expect(Set(map.keys.compactMap(\.integer)) == [3, 4, 6])
        #expect(unit.joined.map(\.senderID) == [""])
        try bench.restart(unit)
        bench.run(for: .seconds(1))
        let from = bench.wire.count
        bench.command(hub, "on")
        bench.run(for: .seconds(5))
        #expect(lamp.lamp.isOn)
        let heard = unit.events.compactMap { if case .overheard(let request) = $0 { request } else { nil } }
        #expect(heard.map(\.path) == [["light"]])
        #expect(heard.map(\.senderName) == ["switch"])
        #expect(unit.engine.snapshot.counters.overheard == 1)
        #expect(!bench.wire[from...].contains { $0.from == unit.address })
        bench.command(unit, "off")
        #expect(unit.failed == [.notRequester])
        // A replay is none the less one for somebody who only listens, also after a restart.
        try bench.restart(unit)
        let replay = try #require(bench.wire.last { $0.datagram.destination.address.isMulticast })
        var datagram = replay.datagram
        for index in 2...4 { datagram.bytes[index] ^= 0x55 }
        bench.inject(datagram, from: hub.address)
        bench.run(for: .seconds(1))
        #expect(unit.engine.counters.replays == 1)
    }
}
