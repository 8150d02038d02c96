import Testing

@testable import gosc

struct LogLimiterTests {
    @Test func aFloodLeavesAFewLinesASecondAndItsCount() {
        let limiter = LogLimiter(limit: 2)
        #expect((0..<100).compactMap { _ in limiter.admits("signature", at: 7) } == [0, 0])
        #expect(limiter.admits("replay", at: 7) == 0)
        #expect(limiter.admits("signature", at: 8) == 98)
        #expect(limiter.admits("signature", at: 8) == 0)
    }
}
