import Bytes
import TestSupport
import Testing

struct ScratchTests {
    @Test func memoryGrowsWithTheContent() {
        var memory = Scratch(capacity: 2)
        let long = [UInt8](repeating: 7, count: 100)
        memory.fill(100) { $0.append(copying: long.span) }
        #expect([UInt8](copying: memory.bytes) == long)
    }

    @Test func aNumberIsReplacedAndNothingElse() {
        var random = SeededGenerator(seed: 40)
        var memory = Scratch(capacity: 10)
        var number = UInt64.random(in: 0...0xff_ffff_ffff, using: &random)
        memory.fill(10) { Self.write(number, into: &$0) }
        for _ in 0..<1000 {
            let next =
                UInt64.random(in: 0...0xff_ffff_ffff, using: &random) >> UInt64.random(in: 0...39, using: &random)
            memory.replaceNumber(number, with: next, endingAt: 8)
            number = next
            let expected = [UInt8](capacity: 10) { Self.write(number, into: &$0) }
            #expect([UInt8](copying: memory.bytes) == expected)
        }
    }

    /// In shorter contents than the eight bytes that are otherwise replaced at once.
    @Test(arguments: 0...8) func aNumberIsReplacedNearTheStart(end: Int) {
        var memory = Scratch(capacity: 10)
        let before = [UInt8](repeating: 0xa5, count: 10)
        memory.fill(10) { $0.append(copying: before.span) }
        let number: UInt64 = end == 0 ? 0 : .max >> UInt64(64 - 8 * end)
        memory.replaceNumber(0, with: number, endingAt: end)
        let expected = before.enumerated().map { $0.offset < end ? ~$0.element : $0.element }
        #expect([UInt8](copying: memory.bytes) == expected)
    }

    @Test(arguments: 7...16) func aNumberIsReplacedInOnePiece(end: Int) {
        var random = SeededGenerator(seed: UInt64(end))
        var memory = Scratch(capacity: 16)
        var expected = (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }
        memory.fill(16) { $0.append(copying: expected.span) }
        var number: UInt64 = 0
        for _ in 0..<200 {
            let next = UInt64.random(in: 0..<(1 << 56), using: &random) >> UInt64.random(in: 0...55, using: &random)
            memory.replaceNumberInOnePiece(number, with: next, endingAt: end)
            for index in 0..<7 {
                expected[end - 1 - index] ^= UInt8(truncatingIfNeeded: (number ^ next) >> UInt64(8 * index))
            }
            number = next
            #expect([UInt8](copying: memory.bytes) == expected)
        }
    }

    @Test func partOfTheContentIsOverwritten() {
        var memory = Scratch(capacity: 6)
        memory.fill(6) { $0.append(copying: [1, 2, 3, 4, 5, 6].span) }
        memory.overwrite(2, with: [9, 8, 7].span)
        memory.overwrite(6, with: [UInt8]().span)
        #expect([UInt8](copying: memory.bytes) == [1, 2, 9, 8, 7, 6])
    }

    @Test func failedFillingLeavesNothing() {
        struct Failure: Error {}
        var memory = Scratch(capacity: 4)
        memory.fill(4) { $0.append(copying: [1, 2, 3].span) }
        #expect(throws: Failure.self) {
            try memory.fill(4) { output throws(Failure) in
                output.append(5)
                throw Failure()
            }
        }
        #expect(memory.count == 0)
    }

    /// Three bytes, the number in five, two bytes.
    private static func write(_ number: UInt64, into output: inout OutputSpan<UInt8>) {
        output.append(copying: [0x11, 0x22, 0x33].span)
        for index in 0..<5 {
            output.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * (4 - index))))
        }
        output.append(copying: [0x44, 0x55].span)
    }
}
