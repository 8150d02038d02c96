import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

struct RecipientLimitTests {
    private let ids = (0..<5).map { TestGroup.senderID(UInt8($0)) }

    @Test(.requirement("GOSC-0045", "GOSC-0095"))
    func theMemberVerifiedLongestAgoGoes() {
        var limit = RecipientLimit(maximumCount: 2)
        #expect(admit(&limit, 0) == .fits)
        #expect(admit(&limit, 1) == .fits)
        #expect(admit(&limit, 1) == .fits)
        limit.verified(ids[0])
        #expect(admit(&limit, 2) == .evict(ids[1]))
        #expect(admit(&limit, 3) == .evict(ids[0]))
        #expect(limit.count == 2)
        limit.removed(ids[2])
        #expect(admit(&limit, 4) == .fits)
    }

    @Test func aMemberWithAnOpenExchangeStays() {
        var limit = RecipientLimit(maximumCount: 2)
        _ = admit(&limit, 0)
        _ = admit(&limit, 1)
        #expect(admit(&limit, 2, open: [ids[0]]) == .evict(ids[1]))
        #expect(admit(&limit, 3, open: [ids[0], ids[2]]) == .full)
        #expect(limit.count == 2)
        #expect(admit(&limit, 3) == .evict(ids[0]))
    }

    @Test(.requirement("GOSC-0101"))
    func failuresInARowAreOneReasonToAsk() {
        var recheck = CredentialRecheck(limit: 3)
        let first = (0..<6).map { _ in recheck.failed(ids[0]) }
        #expect(first == [false, false, true, false, false, false])
        recheck.verified(ids[0])
        let second = [recheck.failed(ids[0]), recheck.failed(ids[1]), recheck.failed(ids[0])]
        #expect(second == [false, false, false])
        recheck.verified(ids[0])
        let interrupted = (0..<2).map { _ in recheck.failed(ids[0]) }
        #expect(interrupted == [false, false])
        let third = recheck.failed(ids[0])
        #expect(third)
    }

    private func admit(
        _ limit: inout RecipientLimit, _ index: Int, open: Set<SenderID> = []
    ) -> RecipientLimit.Verdict {
        limit.admit(ids[index]) { open.contains($0) }
    }
}
