import ACEGroupcomm
import BuildingAutomation
import Bytes
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives
import GroupManager
import GroupOSCORE
import MemberNode
import OSCORE
import TestSupport
import Testing

/// Manager and nodes in groups of every kind: nobody told the nodes before which keys and credentials they need.
struct GroupKindTests {
    @Test(
        .requirement("GM-0117", "GM-0133", "GM-0136", "GM-0145", "GOSC-0054", "GOSC-0246"), arguments: GroupKind.all)
    func nodesJoinWithTheKeysOfTheirGroup(kind: GroupKind) throws {
        let building = try Building(seed: 301, group: { kind.apply(to: &$0) })
        let hub = try building.add("switch", roles: .requester)
        let lamp = try building.add("lamp", roles: .responder)
        let group = try #require(building.manager.state.groups["lights"])
        for unit in [hub, lamp] {
            #expect(unit.joinFailure == nil)
            let identity = try #require(unit.store.state.identity)
            #expect(identity.keyKind == kind.keyKind && identity.credentialFormat == kind.format)
            // What the manager has of it is what the node made.
            #expect(group.members[unit.name]?.credential == identity.credential)
            let credential = try AuthenticationCredential(parsing: identity.credential.span, format: kind.format)
            #expect(credential.publicKey.kind == kind.keyKind && credential.subject == unit.name)
            let membership = try #require(unit.store.state.membership)
            #expect(membership.algorithms.hasGroupMode == kind.hasGroupMode)
            #expect(membership.algorithms.hasPairwiseMode == kind.hasPairwiseMode)
            #expect(membership.credentialFormat == kind.format)
            let snapshot = try #require(unit.engine.snapshot.membership)
            #expect(snapshot.hasGroupMode == kind.hasGroupMode && snapshot.hasPairwiseMode == kind.hasPairwiseMode)
        }
        // It was there before the lamp.
        try building.restart(hub)
        building.run()
        #expect(hub.engine.snapshot.peers.map(\.name) == ["lamp"])
        #expect(lamp.engine.snapshot.peers.map(\.name) == ["switch"])
        building.command(hub, "on")
        building.run()
        #expect(lamp.lamp.isOn == kind.hasGroupMode)
        // GM-0113: without group mode there is no message for all.
        #expect(hub.failed == (kind.hasGroupMode ? [] : [.pairwiseOnly]))
        #expect(hub.completed.map(\.answered) == (kind.hasGroupMode ? [1] : []))
    }

    /// The request comes from the keys of the switch, outside of its engine, which has no such command yet.
    @Test(.requirement("GOSC-0252", "GOSC-0258", "GM-0114"), arguments: GroupKind.pairwiseOnly)
    func aMemberServesRequestsInPairwiseMode(kind: GroupKind) throws {
        let building = try Building(seed: 302, group: { kind.apply(to: &$0) })
        let hub = try building.add("switch", roles: .requester)
        let lamp = try building.add("lamp", roles: .responder)
        try building.restart(hub)
        building.run()
        let context = try Self.context(of: hub)
        var options = Options()
        options.uriPath = ["light"]
        options.contentFormat = .textPlain
        let request = Message(code: .put, options: options, payload: Array("on".utf8))
        let lampID = try #require(SenderID(lamp.store.state.membership?.senderID ?? []))
        let (protected, binding) = try context.protectRequest(request, to: lampID)
        var datagram: [UInt8] = []
        DatagramCodec.encode(
            DatagramHeader(
                type: .confirmable, code: protected.code, messageID: MessageID(rawValue: 7), token: Token(9)),
            body: protected.body.span, into: &datagram)
        building.wire.removeAll()
        let outgoing = OutgoingDatagram(bytes: datagram, destination: lamp.address)
        building.inject(outgoing, from: hub.address)
        building.run()
        #expect(lamp.lamp.isOn)
        #expect(lamp.handled.map(\.senderName) == ["switch"])
        // A recorded one does nothing.
        building.inject(outgoing, from: hub.address)
        building.run(for: .seconds(600))
        building.inject(outgoing, from: hub.address)
        building.run()
        #expect(lamp.handled.count == 1)
        let answer = try #require(
            building.wire.first { $0.from == lamp.address && $0.datagram.destination == hub.address })
        let bytes = answer.datagram.bytes
        let (_, offset) = try DatagramCodec.decode(bytes.span)
        let message = try ProtectedMessage(bytes.span.extracting(droppingFirst: offset))
        let isGroupMode = message.option.isGroupMode
        #expect(!isGroupMode)
        let response = try context.verifyResponse(message, to: binding).get()
        #expect(response.message.code == Code.changed && response.sender == lampID)
    }

    /// What an invitation vouches for is the credential of its group, which is not that of the manager's identity.
    @Test(
        arguments: [GroupKind(.ed25519, group: true, pairwise: false), GroupKind(.p256, group: true, pairwise: false)]
            + GroupKind.pairwiseOnly)
    func anInvitationNamesTheManagersCredentialOfItsGroup(kind: GroupKind) throws {
        let building = try Building(seed: 303, group: { kind.apply(to: &$0) })
        let state = building.manager.state
        let own = try #require(state.identity).credential
        let credential = state.groups["lights"]?.credential?.credential ?? own
        #expect((credential == own) == (kind.keyKind == .ed25519))
        var invitation = try building.invite("lamp", roles: .responder)
        #expect(invitation.managerCredentialHash == SHA256.hash(credential.span))
        let lamp = try building.newUnit("lamp")
        invitation.managerCredentialHash = SHA256.hash([1].span)
        try building.join(lamp, invitation: invitation)
        #expect(lamp.joinFailure == .wrongManager)
        #expect(lamp.store.state.membership == nil)
    }

    /// The right credential, but the private key of another: such a manager takes no MAC, and gives none.
    @Test(.requirement("GM-0135", "GM-0137"), arguments: GroupKind.pairwiseOnly)
    func aManagerWithAnotherKeyDoesNotTakeTheMAC(kind: GroupKind) throws {
        let building = try Building(seed: 304, group: { kind.apply(to: &$0) })
        var snapshot = building.manager.state.snapshot
        let other = try kind.keyKind.drawSecret(using: &building.random)
        snapshot.groupCredentials[0].privateKey = SecretField(other)
        building.manager = try ManagerEngine(loading: snapshot, settings: ManagerSettings(), layer: MessageLayer())
        let lamp = try building.add("lamp", roles: .responder)
        guard case .refused(.badRequest, _)? = lamp.joinFailure else {
            Issue.record("\(String(describing: lamp.joinFailure))")
            return
        }
        #expect(building.manager.state.groups["lights"]?.members.isEmpty == true)
    }

    // Decision 31.
    @Test(.requirement("GM-0147"))
    func aMonitorDoesNotJoinAGroupWithPairwiseModeAlone() throws {
        let bench = try Bench(seed: 305)
        try bench.manager.becomePairwiseOnly()
        let monitor = try bench.newUnit("monitor")
        bench.manager.instead["POST /ace-group/lights"] = Array(repeating: bench.manager.information, count: 3)
        bench.join(monitor, bench.manager.invite("monitor", roles: .monitor))
        #expect(monitor.joinFailures == [.refused(.badRequest, detail: nil)])
        #expect(monitor.store.state.identity == nil)
    }

    @Test(.requirement("GM-0085")) func aMonitorMakesNoKeys() throws {
        let building = try Building(seed: 306)
        let monitor = try building.add("monitor", roles: .monitor)
        #expect(monitor.joined != nil)
        #expect(monitor.store.state.identity == nil)
    }

    /// A new Sender ID, with the key that is there.
    @Test(
        .requirement("GM-0239"), arguments: [GroupKind.pairwiseOnly[0], GroupKind(.p256, group: true, pairwise: true)])
    func theKeyStaysWithANewSenderID(kind: GroupKind) throws {
        let building = try Building(seed: 307, group: { kind.apply(to: &$0) })
        let lamp = try building.add("lamp", roles: [.requester, .responder])
        let before = try #require(lamp.store.state.identity)
        building.run()
        building.act(lamp) { $0.renewSenderID(at: $1, random: &$2, effects: &$3) }
        building.run()
        #expect(lamp.events.contains { if case .senderIDRenewed = $0 { true } else { false } })
        #expect(lamp.store.state.identity == before)
        try building.restart(lamp)
        #expect(lamp.engine.snapshot.membership != nil)
    }

    /// The group context of a member as its store has it, behind all numbers that it may have used.
    private static func context(of unit: Building.Unit) throws -> GroupContext {
        let state = unit.store.state
        let (identity, membership) = (try #require(state.identity), try #require(state.membership))
        var numbers = SequenceReservation(resumingAt: membership.reservedEnd)
        numbers.extend(to: membership.reservedEnd + 64)
        let context = try GroupContext(
            groupID: #require(GroupID(membership.groupID)), masterSecret: membership.masterSecret.bytes,
            masterSalt: membership.masterSalt, algorithms: membership.algorithms,
            managerCredential: membership.managerCredential, senderID: #require(SenderID(membership.senderID)),
            credential: AuthenticationCredential(
                parsing: identity.credential.span, format: membership.credentialFormat),
            privateKey: PrivateKey(identity.keyKind, secret: identity.privatePart.bytes), reservation: numbers)
        for peer in state.peers {
            let credential = peer.credential
            try context.addRecipient(
                #require(SenderID(peer.senderID)),
                credential: AuthenticationCredential(parsing: credential.span, format: membership.credentialFormat))
        }
        return context
    }
}
