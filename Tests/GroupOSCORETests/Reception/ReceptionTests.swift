import Bytes
import COSE
import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

struct ReceptionTests {
    private let secret = [UInt8](1...16)

    @Test(.requirement("GOSC-0178", "GOSC-0183"))
    func plainAndGroupContextsWithTheSameNamesDoNotMeet() throws {
        let group = try TestGroup.member(TestGroup.server, generations: 1...1)
        // kid and kid context are those of the group's client.
        let plain = try plainContext(idContext: TestGroup.groupID(1).bytes, isServer: true)
        var reception = Reception()
        try reception.add(group)
        try reception.add(plain)
        let sender = try plainContext(idContext: TestGroup.groupID(1).bytes, isServer: false)
        let plainMessage = try sender.protectRequest(TestGroup.request).0
        guard case .oscore(let context, .verified) = try receive(plainMessage, reception) else {
            Issue.record("not for the plain context")
            return
        }
        #expect(context === plain)
        #expect(group.latest?.context.replayWindow(of: TestGroup.client)?.highest == nil)
        let client = try TestGroup.context(1, member: TestGroup.client, sequence: 7)
        guard
            case .group(let found, .verified, _) = try receive(
                try client.protectRequest(TestGroup.request).0, reception)
        else {
            Issue.record("not for the group")
            return
        }
        #expect(found === group)
        #expect(plain.replayWindow.highest == TestGroup.firstPartialIV)
    }

    @Test(.requirement("GOSC-0181"))
    func aMessageInGroupModeIsNeverForAPlainContext() throws {
        let plain = try plainContext(idContext: TestGroup.groupID(1).bytes, isServer: true)
        var reception = Reception()
        try reception.add(plain)
        let sender = try plainContext(idContext: TestGroup.groupID(1).bytes, isServer: false)
        var message = try sender.protectRequest(TestGroup.request).0
        var value = try #require(message.options.oscore)
        value[0] |= 0x20
        message.options.oscore = value
        guard case .discarded(.noContext) = try receive(message, reception) else {
            Issue.record("tried with a plain context")
            return
        }
        #expect(plain.replayWindow.highest == nil)
    }

    @Test(.requirement("GOSC-0179", "GOSC-0180", "GOSC-0182"))
    func theGroupFlagChoosesTheModeAndTheAlgorithmsAllowIt() throws {
        for (id, group, pairwise) in [
            ("A", ModeGate.group, ModeGate.pairwise), ("E", .group, .closed), ("F", .closed, .pairwise),
        ] {
            let suite = try #require(GroupVectors.shared.suites.first { $0.id == id })
            let algorithms = GroupAlgorithms(
                aead: suite.aeadAlgorithm.map { .init(rawValue: $0.value) },
                groupEncryption: suite.groupEncryptionAlgorithm.map { .init(rawValue: $0.value) },
                signature: suite.signatureAlgorithm.map { .init(rawValue: $0) },
                pairwiseKeyAgreement: suite.pairwiseKeyAgreementAlgorithm.map { .init(rawValue: $0) })
            #expect(ModeGate(isGroupMode: true, algorithms: algorithms) == group, "suite \(id)")
            #expect(ModeGate(isGroupMode: false, algorithms: algorithms) == pairwise, "suite \(id)")
        }
    }

    @Test(.requirement("GOSC-0015", "GOSC-0344", "GM-0340"))
    func groupsWithTheSameGidAreTriedAndOnlyTheRightOneChanges() throws {
        let first = try TestGroup.member(TestGroup.server, generations: 1...1)
        let second = GroupGenerations(name: "other", credentials: first.credentials)
        try second.install(TestGroup.material(1, secret: 0xaa), stale: [], now: .zero) {
            material throws(ContextError) in
            try TestGroup.bareContext(material, member: TestGroup.server)
        }
        var reception = Reception()
        try reception.add(first)
        try reception.add(second)
        let client = try TestGroup.bareContext(
            TestGroup.material(1, secret: 0xaa), member: TestGroup.client, sequence: 3)
        let message = try client.protectRequest(TestGroup.request).0
        guard case .group(let found, .verified, _) = try receive(message, reception) else {
            Issue.record("the second group is not tried")
            return
        }
        #expect(found === second)
        #expect(first.latest?.context.replayWindow(of: TestGroup.client)?.highest == nil)
        #expect(second.latest?.context.replayWindow(of: TestGroup.client)?.highest?.value == 3)
    }

    /// A window is asked before the signature: what looks like a replay to one group may be new to the other.
    @Test(.requirement("GOSC-0344"))
    func whatLooksLikeAReplayToOneGroupIsStillTriedWithTheOther() throws {
        let first = try TestGroup.member(TestGroup.server, generations: 1...1)
        let second = GroupGenerations(name: "other", credentials: first.credentials)
        try second.install(TestGroup.material(1, secret: 0xaa), stale: [], now: .zero) {
            material throws(ContextError) in
            try TestGroup.bareContext(material, member: TestGroup.server)
        }
        var reception = Reception()
        try reception.add(first)
        try reception.add(second)
        let ofFirst = try TestGroup.context(1, member: TestGroup.client)
        let ofSecond = try TestGroup.bareContext(TestGroup.material(1, secret: 0xaa), member: TestGroup.client)
        guard case .group(_, .verified, _) = try receive(try ofFirst.protectRequest(TestGroup.request).0, reception)
        else {
            Issue.record("not verified")
            return
        }
        let message = try ofSecond.protectRequest(TestGroup.request).0
        guard case .group(let found, .verified, _) = try receive(message, reception) else {
            Issue.record("taken for a replay")
            return
        }
        #expect(found === second)
        guard case .group(_, .replay, _) = try receive(message, reception) else {
            Issue.record("accepted twice")
            return
        }
    }

    @Test(.requirement("OSC-0016"))
    func plainContextsWithTheSameKidAreTried() throws {
        let other = try plainContext(idContext: nil, isServer: true, secret: secret.reversed())
        let right = try plainContext(idContext: nil, isServer: true)
        var reception = Reception()
        try reception.add(other)
        try reception.add(right)
        let message = try plainContext(idContext: nil, isServer: false).protectRequest(TestGroup.request).0
        guard case .oscore(let found, .verified) = try receive(message, reception) else {
            Issue.record("the second context is not tried")
            return
        }
        #expect(found === right)
        #expect(other.replayWindow.highest == nil)
        reception.remove(right)
        guard case .discarded(.decryption) = try receive(message, reception) else {
            Issue.record("a removed context is used")
            return
        }
    }

    /// Each of two would accept a request once.
    @Test(.requirement("OSC-0014"))
    func aSecondContextWithTheSameKeysIsRefused() throws {
        var reception = Reception()
        let first = try plainContext(idContext: nil, isServer: true)
        try reception.add(first)
        let second = try plainContext(idContext: nil, isServer: true)
        #expect(throws: ContextError.notUnique) { try reception.add(second) }
        #expect(throws: ContextError.notUnique) { try reception.add(first) }
        try reception.add(plainContext(idContext: [1], isServer: true))
        let request = try plainContext(idContext: nil, isServer: false).protectRequest(TestGroup.request).0
        guard case .oscore(_, .verified) = try receive(request, reception),
            case .oscore(_, .replay) = try receive(request, reception)
        else {
            Issue.record("not accepted exactly once")
            return
        }
        reception.remove(first)
        try reception.add(second)
    }

    @Test func aSecondGroupWithTheSameKeysAcceptsNothingAgain() throws {
        let first = try TestGroup.member(TestGroup.server, generations: 1...1)
        let second = try TestGroup.member(TestGroup.server, generations: 1...1)
        var reception = Reception()
        try reception.add(first)
        #expect(throws: ContextError.notUnique) { try reception.add(first) }
        #expect(throws: ContextError.notUnique) { try reception.add(second) }
        // It gets them later.
        let empty = GroupGenerations(name: "other", credentials: first.credentials)
        try reception.add(empty)
        try empty.install(1, of: TestGroup.server)
        let client = try TestGroup.context(1, member: TestGroup.client)
        let message = try client.protectRequest(TestGroup.request).0
        guard case .group(_, .verified, _) = try receive(message, reception),
            case .group(let found, .replay, _) = try receive(message, reception)
        else {
            Issue.record("not accepted exactly once")
            return
        }
        #expect(found === first)
    }

    @Test(.requirement("OSC-0056", "OSC-0080"))
    func theWrongKidContextOrKidFindsNothing() throws {
        var reception = Reception()
        try reception.add(plainContext(idContext: [1, 2, 3], isServer: true))
        let stranger = try plainContext(idContext: [1, 2, 4], isServer: false)
        var message = try stranger.protectRequest(TestGroup.request).0
        var value: [UInt8] = []
        OSCOREOption.write(
            isGroupMode: false, partialIV: TestGroup.firstPartialIV, kidContext: [1, 2, 4].span, kid: TestGroup.client,
            into: &value)
        message.options.oscore = value
        guard case .discarded(.noContext) = try receive(message, reception) else {
            Issue.record("a context with another ID Context is used")
            return
        }
        value = []
        OSCOREOption.write(
            isGroupMode: false, partialIV: TestGroup.firstPartialIV, kidContext: [1, 2, 3].span,
            kid: TestGroup.otherServer, into: &value)
        message.options.oscore = value
        guard case .discarded(.noContext) = try receive(message, reception) else {
            Issue.record("a context of another kid is used")
            return
        }
    }

    private func receive(_ message: Message, _ reception: Reception) throws -> Reception.Verdict {
        let body = message.body
        return reception.verifyRequest(try ProtectedMessage(body.span), now: .seconds(50))
    }

    private func plainContext(
        idContext: [UInt8]?, isServer: Bool, secret: [UInt8]? = nil
    ) throws -> SecurityContext {
        var reservation = SequenceReservation(resumingAt: 0)
        reservation.extend(to: 100)
        let secret = secret ?? self.secret
        return try SecurityContext(
            masterSecret: secret.span, masterSalt: [UInt8]().span, idContext: idContext,
            senderID: isServer ? TestGroup.server : TestGroup.client,
            recipientID: isServer ? TestGroup.client : TestGroup.server, reservation: reservation,
            replayWindow: try ReplayWindow())
    }
}
