import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

struct CatchUpTests {
    @Test(.requirement("GOSC-0314"))
    func whoMissedARekeyingHasNoOldKeysAnyMore() throws {
        let group = try TestGroup.member(TestGroup.server, generations: 4...4)
        let old = try #require(group.latest).context
        #expect(throws: InstallationFailure.missedRekeying(latest: 4, received: 6)) {
            try group.install(6, of: TestGroup.server)
        }
        group.beginCatchUp()
        #expect(group.latest == nil)
        #expect(group.process { _ in true } == nil)
        #expect(throws: ProtectionError.self) { try old.protectRequest(TestGroup.request) }
        let sender = try TestGroup.context(4, member: TestGroup.client)
        let message = try sender.protectRequest(TestGroup.request).0
        #expect(try group.receive(request: message).failure == .noContext)
    }

    @Test(.requirement("GOSC-0315", "GOSC-0316", "GOSC-0318"))
    func theStepsAreTakenInTheirOrder() throws {
        let group = try TestGroup.member(TestGroup.server, generations: 4...4)
        #expect(group.catchUpStep == nil)
        group.beginCatchUp()
        #expect(group.catchUpStep == .fetchMaterial)
        #expect(throws: InstallationFailure.outOfOrder) { try finish(group) }
        #expect(!group.continueCatchUp(with: .exact([TestGroup.client])))
        #expect(group.credentials[TestGroup.client] != nil)

        let isTaken = group.continueCatchUp(with: TestGroup.material(6))
        #expect(isTaken)
        #expect(group.catchUpStep == .fetchStaleSenderIDs(from: 4, to: 6))
        #expect(throws: InstallationFailure.outOfOrder) { try finish(group) }
        #expect(throws: InstallationFailure.outOfOrder) { try group.install(6, of: TestGroup.server) }
        let sender = try TestGroup.context(6, member: TestGroup.otherServer)
        let early = try sender.protectRequest(TestGroup.request).0
        #expect(try group.receive(request: early).failure == .noContext)

        #expect(group.continueCatchUp(with: .exact([TestGroup.client, TestGroup.senderID(0x99)])))
        #expect(group.credentials.senderIDs == [TestGroup.otherServer])
        #expect(group.catchUpStep == .install)
        #expect(!group.continueCatchUp(with: .unknown))
        try finish(group)
        #expect(group.catchUpStep == nil)
        #expect(group.latest?.keyGeneration == 6)
        #expect(try group.receive(request: early).request != nil)
        let former = try TestGroup.context(6, member: TestGroup.client)
        let message = try former.protectRequest(TestGroup.request).0
        #expect(try group.receive(request: message).failure == .unknownSender)
    }

    @Test(.requirement("GOSC-0317"))
    func withoutAnExactIndicationEverybodyGoes() throws {
        let group = try TestGroup.member(TestGroup.server, generations: 4...4)
        group.beginCatchUp()
        let isTaken = group.continueCatchUp(with: TestGroup.material(9))
        #expect(isTaken)
        #expect(group.continueCatchUp(with: .unknown))
        try finish(group)
        #expect(group.credentials.senderIDs.isEmpty)
        #expect(group.latest?.context.recipientIDs.isEmpty == true)
    }

    @Test(.requirement("GOSC-0162", "GOSC-0319"))
    func whoJoinsAgainKeepsCurrentMembersOnly() throws {
        let group = try TestGroup.member(TestGroup.server, generations: 4...4)
        let (_, token) = try group.sendGroupRequest()
        let current = MemberCredentials([TestGroup.client: try TestGroup.credential(TestGroup.client)])
        let freed = try group.installAfterJoiningAgain(TestGroup.material(6), members: current, now: .zero) {
            material throws(ContextError) in
            try TestGroup.bareContext(material, member: TestGroup.server)
        }
        #expect(freed == [token])
        #expect(group.exchanges.tokens.isEmpty)
        #expect(group.credentials.senderIDs == [TestGroup.client])
        #expect(group.latest.map { Array($0.context.recipientIDs) } == [TestGroup.client])
    }

    @Test(.requirement("GOSC-0082", "GOSC-0086"))
    func afterALossOfStateNothingIsSentOrAccepted() throws {
        let group = try TestGroup.member(TestGroup.server, generations: 4...4)
        let context = try #require(group.latest).context
        let sender = try TestGroup.context(4, member: TestGroup.client)
        let message = try sender.protectRequest(TestGroup.request).0
        group.noteLossOfState()
        #expect(group.isStateLost)
        #expect(throws: ProtectionError.self) { try context.protectRequest(TestGroup.request) }
        #expect(group.process { _ in true } == nil)
        #expect(try group.receive(request: message).failure == .noContext)
    }

    @Test(.requirement("GOSC-0085"))
    func newKeysEndALossOfState() throws {
        let group = try TestGroup.member(TestGroup.server, generations: 4...4)
        group.noteLossOfState()
        try group.install(5, of: TestGroup.server)
        #expect(!group.isStateLost)
        let sender = try TestGroup.context(5, member: TestGroup.client)
        let message = try sender.protectRequest(TestGroup.request).0
        #expect(try group.receive(request: message).request != nil)
    }

    /// Who left in between is no better known for a loss of state.
    @Test(.requirement("GOSC-0314"))
    func aLossOfStateDoesNotHideAMissedRekeying() throws {
        let group = try TestGroup.member(TestGroup.server, generations: 4...4)
        let members = group.credentials.senderIDs
        group.noteLossOfState()
        #expect(throws: InstallationFailure.missedRekeying(latest: 4, received: 6)) {
            try group.install(6, of: TestGroup.server)
        }
        #expect(group.isStateLost)
        #expect(group.credentials.senderIDs == members)
        group.beginCatchUp()
        let isAskedFor = group.continueCatchUp(with: TestGroup.material(6))
        #expect(isAskedFor)
        #expect(group.continueCatchUp(with: .exact([TestGroup.client])))
        try group.finishCatchUp(now: .zero) { material throws(ContextError) in
            try TestGroup.bareContext(material, member: TestGroup.server)
        }
        #expect(!group.isStateLost)
        #expect(group.latest?.context.recipientIDs.contains(TestGroup.client) == false)
    }

    /// Neither credentials nor exchanges change when there is no new context.
    @Test(.requirement("GOSC-0312", "GOSC-0319"))
    func aFailedInstallationChangesNothing() throws {
        let group = try TestGroup.member(TestGroup.server, generations: 4...4)
        let members = group.credentials.senderIDs
        let failure = InstallationFailure.context(.invalidKeyMaterial)
        #expect(throws: failure) {
            try group.install(TestGroup.material(5), stale: [TestGroup.client], now: .zero) {
                _ throws(ContextError) in throw .invalidKeyMaterial
            }
        }
        #expect(throws: failure) {
            try group.installAfterJoiningAgain(TestGroup.material(6), members: MemberCredentials(), now: .zero) {
                _ throws(ContextError) in throw .invalidKeyMaterial
            }
        }
        #expect(group.credentials.senderIDs == members)
        #expect(group.latest?.keyGeneration == 4)
    }

    /// Under the same Gid, requests from before the loss would pass a window that begins at 0.
    @Test(.requirement("GOSC-0094"))
    func afterALossOfStateWindowsUnderTheSameGidBeginInvalid() throws {
        let group = try TestGroup.member(TestGroup.server, generations: 4...4)
        let sender = try TestGroup.context(4, member: TestGroup.client)
        let message = try sender.protectRequest(TestGroup.request).0
        #expect(try group.receive(request: message).request != nil)
        group.noteLossOfState()
        let renamed = TestGroup.senderID(0x53)
        try group.install(TestGroup.material(4), stale: [], now: .zero) { material throws(ContextError) in
            try TestGroup.bareContext(material, member: TestGroup.server, as: renamed)
        }
        #expect(group.latest?.context.replayWindow(of: TestGroup.client)?.isValid == false)
        #expect(try group.receive(request: message).request == nil)
        // A rekeying makes them valid, from 0.
        try group.install(5, of: TestGroup.server)
        let rekeyed = try TestGroup.context(5, member: TestGroup.client)
        let first = try rekeyed.protectRequest(TestGroup.request)
        #expect(first.1.request.partialIV == TestGroup.firstPartialIV)
        #expect(try group.receive(request: first.0).request != nil)
    }

    private func finish(_ group: GroupGenerations) throws(InstallationFailure) {
        try group.finishCatchUp(now: .seconds(50)) { material throws(ContextError) in
            try TestGroup.bareContext(material, member: TestGroup.server)
        }
    }
}
