import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

/// Keys that come a second time: no request is accepted again under them, and no number used again.
struct KeyHistoryTests {
    private let put = Message(code: .put, options: Options(), payload: [1])

    /// A false alarm: the manager gives the very generation that this member had.
    @Test(.requirement("OSC-0014"))
    func catchingUpToTheSameGenerationDoesNotNumberFromTheStart() throws {
        let server = try TestGroup.member(TestGroup.server, generations: 1...1)
        let first = try #require(server.latest).context
        _ = try first.protectRequest(TestGroup.request)
        #expect(throws: InstallationFailure.context(.notUnique)) { try catchUp(server, with: 1) }
        #expect(server.latest == nil)
        #expect(server.catchUpStep == .fetchMaterial)
        try catchUp(server, with: 1, sequence: 1)
        let number = try #require(server.latest).context.protectRequest(put).1.request.partialIV
        #expect(number.value == 1)
    }

    @Test(.requirement("GOSC-0166"))
    func catchingUpToTheSameGenerationAcceptsNothingAgain() throws {
        let client = try TestGroup.context(1, member: TestGroup.client)
        let server = try TestGroup.member(TestGroup.server, generations: 1...1)
        let (request, _) = try client.protectRequest(TestGroup.request)
        #expect(try server.receive(request: request).request != nil)
        try catchUp(server, with: 1, sequence: 5)
        #expect(server.latest?.context.replayWindow(of: TestGroup.client)?.isValid == false)
        #expect(try server.receive(request: request).request == nil)
        // Also where another generation was in use meanwhile.
        try server.install(2, of: TestGroup.server)
        server.beginCatchUp()
        let isTaken = server.continueCatchUp(with: TestGroup.material(1))
        #expect(!isTaken, "older than what is in use")
    }

    @Test(.requirement("GOSC-0166"))
    func joiningAgainUnderTheSameKeysAcceptsNothingAgain() throws {
        let client = try TestGroup.context(1, member: TestGroup.client)
        var policy = GroupGenerations.Policy()
        policy.retention = .seconds(1000)
        let server = try TestGroup.member(TestGroup.server, generations: 1...1, policy: policy)
        let (request, _) = try client.protectRequest(TestGroup.request)
        #expect(try server.receive(request: request).request != nil)
        // The manager gave another Sender ID, as it must.
        try joinAgain(server, with: TestGroup.material(1), as: 0x53)
        #expect(server.latest?.context.senderID == TestGroup.senderID(0x53))
        #expect(try server.receive(request: request).request == nil)
        #expect(server.retained(at: .seconds(11)) == nil)
        // And after a rekeying, which the manager took back.
        try server.install(2, of: TestGroup.server)
        try joinAgain(server, with: TestGroup.material(1), as: 0x54)
        #expect(try server.receive(request: request).request == nil)
    }

    /// Whatever number the manager gives them.
    @Test(.requirement("GOSC-0166"))
    func formerKeysUnderALaterNumberAcceptNothingAgain() throws {
        let client = try TestGroup.context(1, member: TestGroup.client)
        let server = try TestGroup.member(TestGroup.server, generations: 1...1)
        let (request, _) = try client.protectRequest(TestGroup.request)
        #expect(try server.receive(request: request).request != nil)
        try server.install(2, of: TestGroup.server)
        let again = TestGroup.material(3, secret: 1 ^ 3, groupID: TestGroup.groupID(1))
        try server.install(again, stale: [], now: .zero) { material throws(ContextError) in
            try TestGroup.bareContext(material, member: TestGroup.server)
        }
        guard case .unproven = try server.receive(request: request) else {
            Issue.record("accepted again, or of other keys")
            return
        }
    }

    @Test(.requirement("OSC-0014"))
    func joiningAgainWithAFormerSenderIDIsRefused() throws {
        let server = try TestGroup.member(TestGroup.server, generations: 1...1)
        _ = try #require(server.latest).context.protectRequest(TestGroup.request)
        try joinAgain(server, with: TestGroup.material(1), as: 0x53)
        try joinAgain(server, with: TestGroup.material(2), as: 0x54)
        #expect(throws: InstallationFailure.context(.notUnique)) {
            try joinAgain(server, with: TestGroup.material(1), as: 0x52)
        }
        #expect(server.latest?.keyGeneration == 2)
    }

    /// What waits for the end of a message must not share numbers with what is in use until then.
    @Test(.requirement("OSC-0014"))
    func theSameSenderThatWaitsStopsTheOneInUse() throws {
        let server = try TestGroup.member(TestGroup.server, generations: 1...1)
        let refused = server.process { context in
            try? joinAgain(server, with: TestGroup.material(1), as: 0x52)
            return (try? context.protectRequest(TestGroup.request)) == nil
        }
        #expect(refused == true)
        let number = try #require(server.latest).context.protectRequest(put).1.request.partialIV
        #expect(number == TestGroup.firstPartialIV)
    }

    /// A loss of state under generation 2, and material of generation 1: its windows are lost as well.
    @Test func afterALossOfStateAnOlderGenerationIsRefused() throws {
        let client = try TestGroup.context(1, member: TestGroup.client)
        let server = try TestGroup.member(TestGroup.server, generations: 1...1)
        let (request, _) = try client.protectRequest(TestGroup.request)
        #expect(try server.receive(request: request).request != nil)
        try server.install(2, of: TestGroup.server)
        server.noteLossOfState()
        #expect(throws: InstallationFailure.notNewer(latest: 2)) { try server.install(1, of: TestGroup.server) }
        #expect(try server.receive(request: request).request == nil)
    }

    /// After a loss of state nobody knows how far the numbers of a Sender ID were used.
    @Test(.requirement("GOSC-0082", "OSC-0014"), arguments: [0, 500] as [UInt64])
    func afterALossOfStateTheSameSenderIsRefused(sequence: UInt64) throws {
        let server = try TestGroup.member(TestGroup.server, generations: 1...1)
        _ = try #require(server.latest).context.protectRequest(TestGroup.request)
        server.noteLossOfState()
        #expect(throws: InstallationFailure.context(.notUnique)) {
            try server.install(TestGroup.material(1), stale: [], now: .zero) { material throws(ContextError) in
                try TestGroup.bareContext(material, member: TestGroup.server, sequence: sequence)
            }
        }
        #expect(server.latest == nil)
    }

    /// "Whoever still holds a reference must not use it either."
    @Test(.requirement("GOSC-0086"))
    func aLossOfStateReachesEveryContext() throws {
        var policy = GroupGenerations.Policy()
        policy.retention = .seconds(1000)
        let client = try TestGroup.context(1, member: TestGroup.client)
        let server = try TestGroup.member(TestGroup.server, generations: 1...2, policy: policy)
        let retained = try #require(server.retained(at: .seconds(5))).context
        let waiting = server.process { _ in
            try? server.install(3, of: TestGroup.server)
            defer { server.noteLossOfState() }
            return server.pending?.generation.context
        }
        #expect(try retained.receive(try client.protectRequest(TestGroup.request).0).failure == .stateLost)
        let pending = try #require(waiting.flatMap { $0 })
        #expect(pending.isStateLost)
        #expect(server.latest == nil)
    }

    @Test func expiredKeysAreWiped() throws {
        var policy = GroupGenerations.Policy()
        policy.retention = .seconds(10)
        let server = try TestGroup.member(TestGroup.server, generations: 1...2, policy: policy)
        weak let old = server.retained(at: .seconds(5))?.context
        server.forgetExpired(at: .seconds(10))
        #expect(old != nil)
        server.forgetExpired(at: .seconds(11))
        #expect(old == nil)
    }

    /// kid, Partial IV and kid context of two requests would be the same, so that a late response to one counts for the other.
    @Test func aRekeyingThatKeepsTheGidIsRefused() throws {
        let gid = TestGroup.groupID(1)
        let client = try TestGroup.member(TestGroup.client, generations: 1...1)
        let server = try TestGroup.context(1, member: TestGroup.server)
        let (request, token) = try client.sendGroupRequest()
        var served = try #require(try server.receive(request).request).binding
        let kept = client.credentials.senderIDs
        #expect(throws: InstallationFailure.groupIDNotNew) {
            try client.install(TestGroup.material(2, groupID: gid), stale: kept, now: .zero) {
                material throws(ContextError) in try TestGroup.bareContext(material, member: TestGroup.client)
            }
        }
        #expect(client.credentials.senderIDs == kept)
        let late = try server.protectResponse(TestGroup.content, to: &served)
        #expect(try client.receive(response: late, token: token).delivered != nil)
        // Neither when joining again, whatever generation it calls itself.
        for generation in [1, 2] as [UInt64] {
            #expect(throws: InstallationFailure.groupIDNotNew) {
                try joinAgain(client, with: TestGroup.material(generation, secret: 0x80, groupID: gid), as: 0x53)
            }
        }
        #expect(client.latest?.keyGeneration == 1)
    }

    private func joinAgain(
        _ group: GroupGenerations, with material: consuming GroupKeyingMaterial, as senderID: UInt8
    ) throws {
        let members = group.credentials
        try group.installAfterJoiningAgain(material, members: members, now: .seconds(10)) {
            material throws(ContextError) in
            try TestGroup.bareContext(
                material, member: TestGroup.server, as: TestGroup.senderID(senderID))
        }
    }

    private func catchUp(_ group: GroupGenerations, with generation: UInt64, sequence: UInt64 = 0) throws {
        group.beginCatchUp()
        group.continueCatchUp(with: TestGroup.material(generation))
        group.continueCatchUp(with: .exact([]))
        try group.finishCatchUp(now: .seconds(10)) { material throws(ContextError) in
            try TestGroup.bareContext(material, member: TestGroup.server, sequence: sequence)
        }
    }
}
