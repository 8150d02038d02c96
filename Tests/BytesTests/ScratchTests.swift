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
