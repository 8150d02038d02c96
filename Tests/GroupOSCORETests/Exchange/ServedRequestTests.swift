import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

struct ServedRequestTests {
    private typealias Server = ServedRequest.Server

    /// All combinations, against the rules written down one by one.
    @Test(
        .requirement(
            "GOSC-0092", "GOSC-0117", "GOSC-0169", "GOSC-0215", "GOSC-0216", "GOSC-0218", "GOSC-0264", "GOSC-0339"))
    func everySituationFollowsTheRules() {
        for bits in 0..<256 {
            let flag = { (bit: Int) in bits & 1 << bit != 0 }
            var situation = ResponseFields.Situation()
            situation.isFirst = flag(0)
            situation.hasSameGroupID = flag(1)
            situation.hasNewSenderID = flag(2)
            situation.isFirstUnderSenderID = flag(3)
            situation.isEchoChallenge = flag(4)
            situation.wasReplayChecked = flag(5)
            situation.isRequestInGroupMode = flag(6)
            situation.isRekeyingPeriod = flag(7)
            let fields = ResponseFields.decide(situation)
            // The request's nonce is used in one case only.
            let isPlain = flag(0) && flag(1) && !flag(2) && !flag(4) && flag(5)
            #expect(fields.ownPartialIV == !isPlain, "\(situation)")
            if flag(6) { #expect(fields.includesKid, "\(situation)") }
            if !flag(6), !flag(2) { #expect(!fields.includesKid, "\(situation)") }
            if flag(0), !flag(1) { #expect(fields.includesGroupID, "\(situation)") }
            if flag(1) { #expect(!fields.includesGroupID, "\(situation)") }
        }
    }

    @Test(.requirement("GOSC-0222"))
    func theFirstResponseToAPairwiseRequestCarriesNothing() {
        var situation = ResponseFields.Situation()
        situation.isRequestInGroupMode = false
        #expect(
            ResponseFields.decide(situation)
                == ResponseFields(ownPartialIV: false, includesKid: false, includesGroupID: false))
    }

    @Test(.requirement("GOSC-0169", "GOSC-0215", "OSC-0034", "OSC-0042"))
    func onlyTheFirstResponseGoesWithoutAPartialIV() {
        var served = ServedRequest(binding(), senderID: TestGroup.server)
        let server = server()
        var own: [Bool] = []
        for second in 0..<3 {
            own.append(served.nextFields(from: server, now: .seconds(second)).ownPartialIV)
            served.protected(by: server, now: .seconds(second))
        }
        #expect(own == [false, true, true])
    }

    @Test(.requirement("GOSC-0221"))
    func aServerSaysItsNewSenderIDOnceToAPairwiseClient() {
        var served = ServedRequest(binding(isGroupMode: false), senderID: TestGroup.server)
        let (old, new) = (server(), server(as: TestGroup.senderID(0x53)))
        #expect(!served.nextFields(from: old, now: .zero).includesKid)
        served.protected(by: old, now: .zero)
        let first = served.nextFields(from: new, now: .seconds(1))
        #expect(first.includesKid && first.ownPartialIV && !first.includesGroupID)
        served.protected(by: new, now: .seconds(1))
        #expect(!served.nextFields(from: new, now: .seconds(2)).includesKid)
        // One that changes it before its first response says it too, and leaves the request's nonce alone.
        let unanswered = ServedRequest(binding(isGroupMode: false), senderID: TestGroup.server)
        let fields = unanswered.nextFields(from: new, now: .zero)
        #expect(fields.includesKid && fields.ownPartialIV)
    }

    @Test(.requirement("GOSC-0220"))
    func theNewGidIsRepeatedForAsLongAsARekeyingTakes() {
        var served = ServedRequest(binding(), senderID: TestGroup.server)
        served.protected(by: server(), now: .zero)
        let rekeyed = server(generation: 2, installedAt: .seconds(100), longestRekeying: .seconds(30))
        #expect(served.nextFields(from: rekeyed, now: .seconds(110)).includesGroupID)
        served.protected(by: rekeyed, now: .seconds(110))
        #expect(served.nextFields(from: rekeyed, now: .seconds(129)).includesGroupID)
        #expect(!served.nextFields(from: rekeyed, now: .seconds(140)).includesGroupID)
    }

    @Test(.requirement("GOSC-0220"))
    func whereThatIsNotKnownTheGidIsRepeatedUntilTheLastOldResponseIsStale() {
        var served = ServedRequest(binding(), senderID: TestGroup.server)
        served.protected(by: server(), maxAge: .seconds(60), now: .seconds(90))
        let rekeyed = server(generation: 2, installedAt: .seconds(100))
        served.protected(by: rekeyed, maxAge: .seconds(600), now: .seconds(101))
        #expect(served.nextFields(from: rekeyed, now: .seconds(149)).includesGroupID)
        #expect(!served.nextFields(from: rekeyed, now: .seconds(150)).includesGroupID)
        #expect(served.nextFields(from: rekeyed, now: .seconds(150)).ownPartialIV)
    }

    @Test(.requirement("GOSC-0218"))
    func aFirstResponseAfterARekeyingSaysTheNewGidAtAnyTime() {
        let served = ServedRequest(binding(), senderID: TestGroup.server)
        let fields = served.nextFields(from: server(generation: 2, installedAt: .zero), now: .seconds(5000))
        #expect(fields.includesGroupID && fields.ownPartialIV)
    }

    @Test func aRequestThatMayBeAReplayKeepsItsNonce() {
        let unchecked = ServedRequest(binding(), senderID: TestGroup.server, wasReplayChecked: false)
        #expect(unchecked.nextFields(from: server(), now: .zero).ownPartialIV)
        let request = RequestBinding(
            kid: TestGroup.client, partialIV: TestGroup.firstPartialIV, allowsRequestNonce: false)
        let taken = ServedRequest(
            GroupRequestBinding(request: request, groupID: TestGroup.groupID(1), isGroupMode: true),
            senderID: TestGroup.server)
        #expect(taken.nextFields(from: server(), now: .zero).ownPartialIV)
        let fine = ServedRequest(binding(), senderID: TestGroup.server)
        #expect(fine.nextFields(from: server(), isEchoChallenge: true, now: .zero).ownPartialIV)
        #expect(!fine.nextFields(from: server(), now: .zero).ownPartialIV)
    }

    private func binding(isGroupMode: Bool = true) -> GroupRequestBinding {
        GroupRequestBinding(
            request: RequestBinding(kid: TestGroup.client, partialIV: TestGroup.firstPartialIV),
            groupID: TestGroup.groupID(1),
            isGroupMode: isGroupMode)
    }

    private func server(
        as senderID: SenderID = TestGroup.server, generation: UInt64 = 1, installedAt: Duration = .zero,
        longestRekeying: Duration? = nil
    ) -> Server {
        Server(
            groupID: TestGroup.groupID(generation), senderID: senderID, installedAt: installedAt,
            longestRekeying: longestRekeying)
    }
}
