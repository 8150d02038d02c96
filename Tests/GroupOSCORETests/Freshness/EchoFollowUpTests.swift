import COSE
import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

struct EchoFollowUpTests {
    private let groupID = TestGroup.groupID(1)
    private let request = Message(code: .put, options: Options(), payload: Array("on".utf8))
    private var kept = KeptRequests<Int>(lifetime: .seconds(10))

    @Test(.requirement("GOSC-0268", "ECHO-0006", "COAP-0192"))
    mutating func eachServerThatChallengesAGroupRequestGetsItsOwnFollowUp() throws {
        kept.keep(request, as: 7, now: .zero)
        let first = try #require(followUp(to: challenge([1, 1, 1, 1], by: TestGroup.server)))
        let second = try #require(followUp(to: challenge([2, 2, 2, 2], by: TestGroup.otherServer)))
        #expect(first.server == TestGroup.server)
        #expect(first.request.options.echo == [1, 1, 1, 1])
        #expect(second.server == TestGroup.otherServer)
        #expect(second.request.options.echo == [2, 2, 2, 2])
        #expect(first.request.code == request.code && first.request.payload == request.payload)
    }

    @Test(.requirement("GOSC-0269"))
    mutating func theFollowUpIsPairwiseWheneverTheGroupHasPairwiseMode() throws {
        for suite in GroupVectors.shared.suites {
            let algorithms = GroupAlgorithms(
                aead: suite.aeadAlgorithm.map { .init(rawValue: $0.value) },
                groupEncryption: suite.groupEncryptionAlgorithm.map { .init(rawValue: $0.value) },
                signature: suite.signatureAlgorithm.map { .init(rawValue: $0) },
                pairwiseKeyAgreement: suite.pairwiseKeyAgreementAlgorithm.map { .init(rawValue: $0) })
            let followUp = EchoFollowUp(
                to: challenge([1], by: TestGroup.server), repeating: request, under: groupID, algorithms: algorithms)
            #expect(followUp?.mode == (suite.id == "E" ? .group : .pairwise), "suite \(suite.id)")
        }
    }

    @Test(.requirement("GOSC-0271"))
    mutating func requestsAreKeptForATimeOnly() {
        kept.keep(request, as: 7, now: .zero)
        #expect(followUp(to: challenge([1], by: TestGroup.server), now: .milliseconds(9999)) != nil)
        #expect(followUp(to: challenge([1], by: TestGroup.otherServer), now: .seconds(10)) == nil)
        #expect(kept.count == 0)
    }

    @Test mutating func keptRequestsAreBoundedAndForgottenOnDemand() {
        var kept = KeptRequests<Int>(lifetime: .seconds(10), maximumCount: 2)
        for id in 0..<5 { kept.keep(request, as: id, now: .zero) }
        #expect(kept.count == 2)
        kept.remove(4)
        let response = challenge([1], by: TestGroup.server)
        let gone = kept.followUp(to: response, of: 4, under: groupID, algorithms: TestGroup.algorithms, now: .zero)
        let still = kept.followUp(to: response, of: 3, under: groupID, algorithms: TestGroup.algorithms, now: .zero)
        #expect(gone == nil)
        #expect(still != nil)
    }

    @Test mutating func aServerThatIsNeverSatisfiedIsNotAskedForEver() {
        kept.keep(request, as: 7, now: .zero)
        let answers = (0..<4).map { _ in followUp(to: challenge([1], by: TestGroup.server)) != nil }
        #expect(answers == [true, true, false, false])
    }

    @Test mutating func onlyAChallengeIsFollowedUp() {
        kept.keep(request, as: 7, now: .zero)
        var options = Options()
        options.echo = [1, 2, 3, 4]
        let ordinary = VerifiedResponse(
            message: Message(code: .changed, options: options), sender: TestGroup.server, partialIV: nil)
        #expect(followUp(to: ordinary) == nil)
        let without = VerifiedResponse(
            message: Message(code: .unauthorized), sender: TestGroup.server, partialIV: nil)
        #expect(followUp(to: without) == nil)
    }

    @Test(.requirement("ECHO-0002"))
    mutating func anyValueIsGivenBackAsItCame() {
        for count in [1, 8, 40] {
            kept.keep(request, as: 7, now: .zero)
            let value = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 255) }
            #expect(followUp(to: challenge(value, by: TestGroup.server))?.request.options.echo == value)
        }
    }

    @Test(.requirement("ECHO-0006", "ECHO-0007", "COAP-0192", "COAP-0193"))
    func valuesOfOtherResponsesGoBackOnceToTheSameServerInTheSameContext() {
        var options = Options()
        options.echo = [5, 6, 7, 8]
        let response = VerifiedResponse(
            message: Message(code: .changed, options: options), sender: TestGroup.server, partialIV: nil)
        var values = ReceivedEchoValues()
        values.note(response, under: groupID)
        values.note(challenge([1], by: TestGroup.otherServer), under: groupID)
        let otherContext = values.take(for: TestGroup.server, under: TestGroup.groupID(2))?.bytes
        let otherServer = values.take(for: TestGroup.otherServer, under: groupID)?.bytes
        let first = values.take(for: TestGroup.server, under: groupID)?.bytes
        let second = values.take(for: TestGroup.server, under: groupID)?.bytes
        #expect(otherContext == nil)
        #expect(otherServer == nil)
        #expect(first == [5, 6, 7, 8])
        #expect(second == nil)
        values.note(response, under: groupID)
        values.removeAll(under: groupID)
        let afterRekeying = values.take(for: TestGroup.server, under: groupID)?.bytes
        #expect(afterRekeying == nil)
    }

    private func challenge(_ value: [UInt8], by server: SenderID) -> VerifiedResponse {
        var options = Options()
        options.echo = value
        return VerifiedResponse(
            message: Message(code: .unauthorized, options: options), sender: server, partialIV: PartialIV(0))
    }

    private mutating func followUp(to response: VerifiedResponse, now: Duration = .seconds(1)) -> EchoFollowUp? {
        kept.followUp(to: response, of: 7, under: groupID, algorithms: TestGroup.algorithms, now: now)
    }
}
