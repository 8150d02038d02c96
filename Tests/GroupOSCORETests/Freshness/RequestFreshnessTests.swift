import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

struct RequestFreshnessTests {
    private let peer = EchoPeer(groupID: TestGroup.groupID(1), kid: TestGroup.client)
    private let late = Duration.seconds(1000)
    private var freshness = RequestFreshness(limit: .seconds(60))
    private var random = SeededGenerator(seed: 11)

    @Test(.requirement("GOSC-0163", "GOSC-0263", "GOSC-0277", "ECHO-0005"))
    mutating func theFirstRequestOfAClientIsChallengedAndLaterOnesAreNot() throws {
        let value = try #require(judge(.firstRequest).challenge)
        #expect(judge(.firstRequest).challenge != nil)
        #expect(judge(.firstRequest, echo: value).isDelivered)
        #expect(judge(.firstRequest).isDelivered)
        freshness.removeAll(under: peer.groupID)
        #expect(judge(.firstRequest).challenge != nil)
    }

    @Test(.requirement("GOSC-0163"))
    mutating func whereEveryRequestIsToBeFreshEachIsChallenged() throws {
        let value = try #require(judge(.everyRequest).challenge)
        #expect(judge(.everyRequest, echo: value).isDelivered)
        #expect(judge(.everyRequest).challenge != nil)
    }

    @Test(.requirement("ECHO-0008"))
    mutating func whereNothingIsToBeProvedAnEchoIsIgnored() throws {
        #expect(judge(.never).isDelivered)
        #expect(judge(.never, echo: EchoValue([9])).isDelivered)
        #expect(freshness.challenges.count == 0)
    }

    @Test(.requirement("GOSC-0274"))
    mutating func aWrongValueIsNotDeliveredAndMayBeChallengedAgain() throws {
        let value = try #require(judge(.everyRequest).challenge)
        let wrong = try #require(EchoValue(value.bytes.map { ~$0 }))
        let again = try #require(judge(.everyRequest, echo: wrong).challenge)
        #expect(again.bytes != value.bytes)
        #expect(judge(.everyRequest, echo: again).isDelivered)
    }

    /// A request with its old answer to a challenge, when more time has passed than a request may take.
    @Test(.requirement("COAP-0191"))
    mutating func anEchoThatIsTooOldIsChallengedAnew() throws {
        let value = try #require(judge(.everyRequest).challenge)
        let again = try #require(judge(.everyRequest, echo: value, now: late + .seconds(60)).challenge)
        #expect(again.bytes != value.bytes)
        #expect(judge(.everyRequest, echo: value, now: late + .seconds(61)).challenge != nil)
        #expect(judge(.everyRequest, echo: again, now: late + .seconds(119)).isDelivered)
        #expect(judge(.everyRequest, echo: again, now: late + .seconds(119)).challenge != nil)
    }

    @Test(.requirement("GOSC-0355"))
    mutating func aYoungContextIsEvidenceWhereThePolicySaysSo() {
        freshness = RequestFreshness(limit: .seconds(60), trustsYoungContexts: true)
        #expect(judge(.everyRequest, establishedAt: late - .seconds(59)).isDelivered)
        #expect(judge(.everyRequest, establishedAt: late - .seconds(60)).challenge != nil)
        freshness = RequestFreshness(limit: .seconds(60))
        #expect(judge(.everyRequest, establishedAt: late).challenge != nil)
    }

    @Test(.requirement("GOSC-0354"))
    mutating func aSilentServerDiscardsWhatItCannotChallenge() {
        let verdict = freshness.judge(
            .everyRequest, echo: nil, of: peer, now: late, contextEstablishedAt: .zero, canAnswer: false,
            random: &random)
        guard case .discard = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(freshness.challenges.count == 0)
        #expect(InvalidWindowPolicy.challenge.action(canAnswer: false) == .discard)
        for policy in InvalidWindowPolicy.allCases {
            #expect(policy.action(canAnswer: false) != .challenge)
        }
    }

    @Test(.requirement("GOSC-0091", "GOSC-0093"))
    func eachPolicyForAnInvalidWindowHasItsAction() {
        #expect(InvalidWindowPolicy.recommended.action(canAnswer: true) == .challenge)
        #expect(InvalidWindowPolicy.challenge.action(canAnswer: true) == .challenge)
        #expect(InvalidWindowPolicy.discard.action(canAnswer: true) == .discard)
        #expect(InvalidWindowPolicy.renew.action(canAnswer: true) == .askManager)
    }

    @Test mutating func aRequestWithoutProofDoesNotHealAWindow() throws {
        guard case .challenge(let value) = freshness.judgeUnproven(echo: nil, of: peer, now: late, random: &random)
        else {
            Issue.record("not challenged")
            return
        }
        let proved = freshness.judgeUnproven(echo: value, of: peer, now: late, random: &random)
        #expect(proved.isDelivered)
        let replayed = freshness.judgeUnproven(echo: value, of: peer, now: late, random: &random)
        #expect(replayed.challenge != nil)
    }

    @Test(.requirement("GOSC-0263"))
    func theChallengeIsAnUnauthorizedWithEchoAlone() throws {
        let value = try #require(EchoValue([0, 0xff, 3, 4, 5, 6, 7, 8]))
        let message = EchoChallengeResponse.message(value)
        #expect(message.code == .unauthorized)
        #expect(message.payload.isEmpty)
        var numbers: [OptionNumber] = []
        message.options.forEach { number, _ in numbers.append(number) }
        #expect(numbers == [.echo])
        #expect(message.options.echo == value.bytes)
    }

    @Test(.requirement("ECHO-0004", "COAP-0198"))
    func theChallengesEchoIsInnerOnly() throws {
        let client = try TestGroup.context(1, member: TestGroup.client)
        let server = try TestGroup.context(1, member: TestGroup.server)
        let (message, sent) = try client.protectRequest(TestGroup.request)
        var binding = try #require(try server.receive(message).request).binding
        let value = try #require(EchoValue([1, 2, 3, 4, 5, 6, 7, 8]))
        let response = try server.protectResponse(EchoChallengeResponse.message(value), to: &binding)
        #expect(!response.options.contains(.echo))
        let body = response.body
        let received = try client.verifyResponse(try ProtectedMessage(body.span), to: sent).get()
        #expect(received.message == EchoChallengeResponse.message(value))
    }

    @Test(.requirement("ECHO-0001"))
    func lengthsOutOfRangeAreNoEcho() {
        #expect(EchoValue([]) == nil)
        #expect(EchoValue([UInt8](repeating: 1, count: 41)) == nil)
        #expect(EchoValue([1])?.bytes == [1])
        #expect(EchoValue([UInt8](repeating: 1, count: 40))?.bytes.count == 40)
    }

    private mutating func judge(
        _ demand: RequestFreshness.Demand, echo: EchoValue? = nil, establishedAt: Duration = .zero,
        now: Duration? = nil
    ) -> RequestFreshness.Verdict {
        freshness.judge(
            demand, echo: echo, of: peer, now: now ?? late, contextEstablishedAt: establishedAt, canAnswer: true,
            random: &random)
    }
}

extension RequestFreshness.Verdict {
    fileprivate var challenge: EchoValue? {
        if case .challenge(let value) = self { value } else { nil }
    }

    fileprivate var isDelivered: Bool {
        if case .deliver = self { true } else { false }
    }
}
