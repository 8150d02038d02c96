import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

struct EchoChallengesTests {
    private let client = EchoPeer(groupID: TestGroup.groupID(1), kid: TestGroup.client)
    private let other = EchoPeer(groupID: TestGroup.groupID(1), kid: TestGroup.otherServer)
    private let freshness = EchoChallenges.Purpose.freshness(limit: .seconds(60), contextEstablishedAt: .zero)
    private let late = Duration.seconds(1000)

    @Test(.requirement("GOSC-0265", "ECHO-0014"))
    func valuesHave64BitsAndDoNotComeAgain() {
        var (challenges, random) = (EchoChallenges(), SeededGenerator(seed: 1))
        var seen: Set<[UInt8]> = []
        for second in 0..<1000 {
            let value = challenges.issue(for: client, now: .seconds(second), random: &random)
            #expect(value.bytes.count == 8)
            seen.insert(value.bytes)
        }
        #expect(seen.count == 1000)
    }

    @Test func aValueThatIsStillExpectedIsNotGivenToAnother() {
        var challenges = EchoChallenges()
        var random = Stutter()
        let first = challenges.issue(for: client, now: .zero, random: &random)
        let second = challenges.issue(for: other, now: .zero, random: &random)
        #expect(first.bytes != second.bytes)
    }

    @Test(.requirement("GOSC-0266"))
    func aValueCountsOnlyForItsOwnClient() {
        var (challenges, random) = (EchoChallenges(), SeededGenerator(seed: 2))
        let mine = challenges.issue(for: client, now: late, random: &random)
        let others = challenges.issue(for: other, now: late, random: &random)
        let inOtherContext = EchoPeer(groupID: TestGroup.groupID(2), kid: TestGroup.client)
        _ = challenges.issue(for: inOtherContext, now: late, random: &random)
        #expect(judge(&challenges, mine, of: other) == .challenge)
        #expect(judge(&challenges, mine, of: inOtherContext) == .challenge)
        #expect(judge(&challenges, others, of: client) == .challenge)
        #expect(judge(&challenges, mine, of: client) == .fresh)
        #expect(judge(&challenges, others, of: other) == .fresh)
    }

    @Test(.requirement("GOSC-0273", "ECHO-0003"))
    func everyOtherValueIsRefused() throws {
        var (challenges, random) = (EchoChallenges(), SeededGenerator(seed: 3))
        let value = challenges.issue(for: client, now: late, random: &random)
        for bit in 0..<64 {
            var bytes = value.bytes
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(judge(&challenges, try #require(EchoValue(bytes)), of: client) == .challenge)
        }
        for count in 1..<8 {
            let prefix = try #require(EchoValue(Array(value.bytes.prefix(count))))
            #expect(judge(&challenges, prefix, of: client) == .challenge)
        }
        #expect(judge(&challenges, value, of: client) == .fresh)
        // It was used up, and the context is old.
        #expect(judge(&challenges, value, of: client) == .challenge)
    }

    @Test(.requirement("ECHO-0003"))
    func anExpiredValueIsRefused() {
        var challenges = EchoChallenges(maximumAge: .seconds(120))
        var random = SeededGenerator(seed: 4)
        let tooOldForTheLimit = challenges.issue(for: client, now: late, random: &random)
        #expect(judge(&challenges, tooOldForTheLimit, of: client, now: late + .seconds(60)) == .challenge)
        let inTime = challenges.issue(for: client, now: late, random: &random)
        #expect(judge(&challenges, inTime, of: client, now: late + .seconds(59)) == .fresh)
        let forgotten = challenges.issue(for: client, now: late, random: &random)
        let verdict = challenges.judge(forgotten, of: client, for: .replayWindow, now: late + .seconds(121))
        #expect(verdict == .challenge)
        #expect(challenges.count == 0)
    }

    @Test(.requirement("GOSC-0272"))
    func withoutAStoredValueTheAgeOfTheContextDecides() throws {
        var challenges = EchoChallenges()
        let value = try #require(EchoValue([1, 2, 3, 4, 5, 6, 7, 8]))
        #expect(judge(&challenges, value, of: client, now: .seconds(5)) == .fresh)
        #expect(judge(&challenges, value, of: client, now: .seconds(60)) == .challenge)
        #expect(judge(&challenges, value, of: client, now: .seconds(120)) == .challenge)
    }

    @Test func theAgeOfTheContextDoesNotStandInForAReplayWindow() throws {
        var (challenges, random) = (EchoChallenges(), SeededGenerator(seed: 5))
        let value = try #require(EchoValue([1, 2, 3, 4, 5, 6, 7, 8]))
        let unasked = challenges.judge(value, of: client, for: .replayWindow, now: .seconds(1))
        #expect(unasked == .challenge)
        let issued = challenges.issue(for: client, now: .seconds(1), random: &random)
        let asked = challenges.judge(issued, of: client, for: .replayWindow, now: .seconds(2))
        #expect(asked == .fresh)
    }

    @Test(.requirement("GOSC-0267"))
    func aRekeyingForgetsTheGroupsValues() {
        var (challenges, random) = (EchoChallenges(), SeededGenerator(seed: 6))
        let foreign = EchoPeer(groupID: TestGroup.groupID(1, of: 0xee), kid: TestGroup.client)
        let value = challenges.issue(for: client, now: late, random: &random)
        let foreignValue = challenges.issue(for: foreign, now: late, random: &random)
        challenges.removeAll(under: client.groupID)
        #expect(judge(&challenges, value, of: client) == .challenge)
        #expect(judge(&challenges, foreignValue, of: foreign) == .fresh)
    }

    @Test func theOldestGoesWhenThereAreTooMany() {
        var challenges = EchoChallenges(maximumCount: 2)
        var random = SeededGenerator(seed: 7)
        let peers = (0..<3).map { EchoPeer(groupID: TestGroup.groupID(1), kid: TestGroup.senderID($0)) }
        _ = challenges.issue(for: peers[0], now: late, random: &random)
        let second = challenges.issue(for: peers[1], now: late, random: &random)
        // The first client is asked again, so the second is the oldest.
        let again = challenges.issue(for: peers[0], now: late, random: &random)
        let third = challenges.issue(for: peers[2], now: late, random: &random)
        #expect(challenges.count == 2)
        #expect(judge(&challenges, second, of: peers[1]) == .challenge)
        #expect(judge(&challenges, again, of: peers[0]) == .fresh)
        #expect(judge(&challenges, third, of: peers[2]) == .fresh)
    }

    @Test func laterChallengesDoNotSpoilAnEarlierOneAtOnce() {
        var (challenges, random) = (EchoChallenges(), SeededGenerator(seed: 8))
        let values = (0..<6).map { _ in challenges.issue(for: client, now: late, random: &random) }
        #expect(challenges.count == 1)
        let verdicts = values.map { judge(&challenges, $0, of: client) }
        #expect(verdicts == [.challenge, .challenge, .fresh, .fresh, .fresh, .fresh])
        #expect(challenges.count == 0)
    }

    /// Whoever has recorded old requests can have them challenged without end.
    @Test func challengesToOlderRequestsDoNotSpoilThatToTheNewest() throws {
        var (challenges, random) = (EchoChallenges(), SeededGenerator(seed: 9))
        let old = try #require(PartialIV(7))
        _ = challenges.issue(for: client, number: old, now: late, random: &random)
        let newest = challenges.issue(for: client, number: PartialIV(8), now: late, random: &random)
        let replies = (0..<50).map { _ in challenges.issue(for: client, number: old, now: late, random: &random) }
        #expect(judge(&challenges, newest, of: client) == .fresh)
        let last = try #require(replies.last)
        #expect(judge(&challenges, last, of: client) == .fresh)
        #expect(judge(&challenges, replies[0], of: client) == .challenge)
    }

    private func judge(
        _ challenges: inout EchoChallenges, _ value: EchoValue, of peer: EchoPeer, now: Duration? = nil
    ) -> EchoChallenges.Verdict {
        challenges.judge(value, of: peer, for: freshness, now: now ?? late)
    }

    /// Yields every number twice.
    private struct Stutter: RandomNumberGenerator {
        var count: UInt64 = 0

        mutating func next() -> UInt64 {
            count += 1
            return (count - 1) / 2
        }
    }
}
