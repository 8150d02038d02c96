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
