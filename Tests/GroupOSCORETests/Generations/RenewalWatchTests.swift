import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

struct RenewalWatchTests {
    @Test(.requirement("GOSC-0343"))
    func tenUndecryptableMessagesAreOneQuestion() {
        var watch = RenewalWatch(undecryptableLimit: 10, interval: .seconds(60))
        let asked = (0..<100).map { _ in watch.noteUndecryptable(now: .zero) }
        #expect(asked.firstIndex(of: true) == 9)
        #expect(asked.count { $0 } == 1)
        let tooSoon = watch.noteUndecryptable(now: .seconds(59))
        #expect(!tooSoon)
        let later = watch.noteUndecryptable(now: .seconds(60))
        #expect(later, "they go on coming")
    }

    /// One message a minute, for ever: from somebody who has no keys, or from the neighbours.
    @Test(.requirement("GM-0225")) func questionsThatBringNothingGetRarerUntilThereAreNewKeys() {
        var watch = RenewalWatch(interval: .seconds(60))
        var asked: [Int] = []
        for minute in 0..<200 {
            if watch.noteUnknownGroupID(now: .seconds(60 * minute)) { asked.append(minute) }
            watch.noteNothingNewer(longest: .seconds(3600))
        }
        #expect(asked == [0, 2, 6, 14, 30, 62, 122, 182])
        watch.senderRenewed()
        let behindNewKeys = watch.noteUnknownGroupID(now: .seconds(60 * 200))
        #expect(behindNewKeys)
        // A question that has no answer yet, or that was not asked, changes nothing.
        let unanswered = watch.noteUnknownGroupID(now: .seconds(60 * 201))
        #expect(unanswered)
    }

    @Test(.requirement("GM-0225")) func answersToOwnRequestsAreAReasonOnceAMinute() {
        var watch = RenewalWatch(interval: .seconds(60))
        for minute in [0, 2, 6] {
            let asks = watch.noteUnknownGroupID(now: .seconds(60 * minute))
            #expect(asks)
            watch.noteNothingNewer(longest: .seconds(3600))
        }
        let stranger = watch.noteUnknownGroupID(now: .seconds(60 * 7))
        let tooSoon = watch.noteUnknownGroupID(now: .seconds(60 * 7 - 1), isAnswer: true)
        let answer = watch.noteUnknownGroupID(now: .seconds(60 * 7), isAnswer: true)
        #expect(!stranger && !tooSoon && answer)
    }

    /// Refused now, such a message does not make the next piece of garbage a reason.
    @Test(.requirement("GOSC-0343")) func anUnknownGroupCountsForNothingElse() {
        var watch = RenewalWatch(undecryptableLimit: 10, interval: .seconds(60))
        _ = watch.noteUnknownGroupID(now: .zero)
        _ = watch.noteUnknownGroupID(now: .seconds(1))
        let asked = (0..<10).map { _ in watch.noteUndecryptable(now: .seconds(60)) }
        #expect(asked.firstIndex(of: true) == 9)
    }

    @Test(.requirement("GOSC-0098"))
    func nearingExhaustionIsReportedOnceWhileNumbersAreLeft() throws {
        var watch = RenewalWatch(exhaustionMargin: 100)
        let end = PartialIV.maximum.value + 1
        var reservation = SequenceReservation(resumingAt: end - 103)
        reservation.extend(to: end)
        var reports: [Int] = []
        for taken in 0..<10 {
            if watch.isNearExhaustion(reservation) { reports.append(taken) }
            _ = try reservation.take()
        }
        #expect(reports == [3])
        watch.senderRenewed()
        let fresh = watch.isNearExhaustion(SequenceReservation(resumingAt: 0))
        #expect(!fresh)
        let again = watch.isNearExhaustion(SequenceReservation(resumingAt: end))
        #expect(again)
    }
}
