import OSCORE
import TestSupport
import Testing

struct SequenceReservationTests {
    @Test(.requirement("OSC-0069", "OSC-0108")) func nothingIsHandedOutBeforeABlockIsDurable() {
        var reservation = SequenceReservation(resumingAt: 0)
        #expect(throws: ProtectionError.sequenceNumberNotReserved) { try reservation.take() }
        #expect(reservation.wantedEnd == 256)
    }

    /// Runs with crashes at random moments: the block is written before or lost, numbers are taken before or not.
    @Test(.requirement("OSC-0069", "OSC-0075", "OSC-0108"), arguments: UInt64(0)..<30)
    func noNumberIsHandedOutTwiceAcrossCrashes(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var stored: UInt64 = 0
        var used: Set<UInt64> = []
        for _ in 0..<50 {
            var reservation = SequenceReservation(
                resumingAt: stored, blockSize: UInt64.random(in: 1...20, using: &random))
            for _ in 0..<Int.random(in: 0...60, using: &random) {
                if let end = reservation.wantedEnd {
                    stored = end
                    if Bool.random(using: &random) { break }
                    reservation.extend(to: end)
                }
                let number = try reservation.take()
                #expect(number.value < stored)
                #expect(used.insert(number.value).inserted, "seed \(seed): \(number.value) twice")
            }
        }
    }

    @Test(.requirement("OSC-0070", "OSC-0107", "GOSC-0096")) func theLastNumberIsUsedOnceAndThenNoMore() throws {
        #expect(PartialIV.maximum.value == 0xff_ffff_ffff)
        var reservation = SequenceReservation(resumingAt: PartialIV.maximum.value - 1)
        reservation.extend(to: try #require(reservation.wantedEnd))
        #expect(try reservation.take().value == PartialIV.maximum.value - 1)
        #expect(try reservation.take() == .maximum)
        #expect(throws: ProtectionError.sequenceNumbersExhausted) { try reservation.take() }
        #expect(reservation.wantedEnd == nil)
        #expect(reservation.isExhausted)
    }
}
