import OSCORE
import TestSupport
import Testing

struct ReplayWindowTests {
    /// The slow model: every Partial IV accepted so far, and the rule of RFC 8613 §7.4 read aloud.
    private struct Model {
        let size: Int
        var seen: Set<UInt64> = []

        mutating func accept(_ value: UInt64) -> Bool {
            if let highest = seen.max(), value + UInt64(size) <= highest { return false }
            return seen.insert(value).inserted
        }
    }

    @Test(
        .requirement("OSC-0073", "GOSC-0166", "GOSC-0167", "GOSC-0168"),
        arguments: [2, 31, 32, 33, 63, 64, 65, 128, 200, 1024])
    func agreesWithASetBasedModel(size: Int) throws {
        for seed in UInt64(0)..<20 {
            var random = SeededGenerator(seed: seed)
            var window = try ReplayWindow(size: size)
            var model = Model(size: size)
            var centre: UInt64 = UInt64.random(in: 0...300, using: &random)
            for step in 0..<1500 {
                switch UInt8.random(in: 0...40, using: &random) {
                case 0: centre += UInt64.random(in: 0...UInt64(3 * size), using: &random)
                case 1: centre += UInt64.random(in: 0...(1 << 20), using: &random)
                default: centre += UInt64.random(in: 0...2, using: &random)
                }
                let low = centre > UInt64(2 * size) ? centre - UInt64(2 * size) : 0
                let value = UInt64.random(in: low...(centre + 1), using: &random)
                let partialIV = try #require(PartialIV(value))
                if step.isMultiple(of: 97) { window = try ReplayWindow(restoring: window.snapshot) }
                let expected = model.accept(value)
                #expect((window.check(partialIV) == .fresh) == expected, "seed \(seed), step \(step), value \(value)")
                let verdict = window.mark(partialIV)
                #expect((verdict == .fresh) == expected, "seed \(seed), step \(step), value \(value)")
            }
        }
    }

    @Test(.requirement("OSC-0013")) func thirtyTwoPartialIVsAreToldApartByDefault() throws {
        var window = try ReplayWindow()
        try expectMark(#require(PartialIV(100)), .fresh, in: &window)
        try expectMark(#require(PartialIV(69)), .fresh, in: &window)
        try expectMark(#require(PartialIV(68)), .replay, in: &window)
    }

    @Test func theLastPartialIVIsAcceptedOnce() throws {
        var window = try ReplayWindow()
        expectMark(.maximum, .fresh, in: &window)
        expectMark(.maximum, .replay, in: &window)
        try expectMark(#require(PartialIV(PartialIV.maximum.value - 31)), .fresh, in: &window)
        try expectMark(#require(PartialIV(PartialIV.maximum.value - 32)), .replay, in: &window)
    }

    @Test(.requirement("GOSC-0090")) func anInvalidWindowAcceptsNothing() throws {
        var window = try ReplayWindow()
        window.invalidate()
        try expectMark(#require(PartialIV(7)), .invalid, in: &window)
    }

    @Test(.requirement("GOSC-0352"), arguments: [-1, 0, 1, 1025])
    func sizesOutsideTheRangeAreRefused(size: Int) {
        #expect(throws: ContextError.invalidWindowSize) { try ReplayWindow(size: size) }
    }

    @Test func storedValuesThatDoNotFitAreRefused() throws {
        var snapshot = try ReplayWindow().snapshot
        snapshot.words = [0, 0]
        #expect(throws: ContextError.invalidWindowSize) { try ReplayWindow(restoring: snapshot) }
        snapshot = try ReplayWindow().snapshot
        snapshot.highest = 1 << 40
        #expect(throws: ContextError.invalidWindowSize) { try ReplayWindow(restoring: snapshot) }
    }

    private func expectMark(_ partialIV: PartialIV, _ verdict: ReplayWindow.Verdict, in window: inout ReplayWindow) {
        let actual = window.mark(partialIV)
        #expect(actual == verdict, "\(partialIV.value)")
    }
}
