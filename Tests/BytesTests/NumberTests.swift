import Bytes
import TestSupport
import Testing

struct NumberTests {
    @Test func bytesAreANumber() {
        var random = SeededGenerator(seed: 7)
        for count in 0...8 {
            for _ in 0..<50 {
                let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
                let expected = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                let number = bytes.span.bigEndianNumber
                #expect(number == expected)
            }
        }
    }

    @Test func numbersOfOneLength() {
        let edges = (0...6).flatMap { count in [0, 1].map { (UInt64(1) << UInt64(8 * count)) - 1 + $0 } }
        for number in edges where number >> 56 == 0 {
            let alike = SameLength(as: number)
            #expect(!SameLength.none.contains(number))
            for other in edges where other >> 56 == 0 {
                let isAlike = Self.count(number) == Self.count(other)
                #expect(alike.contains(other) == isAlike, "\(number), \(other)")
            }
        }
    }

    @Test func oneByteIsRemoved() {
        for index in 0..<5 {
            var room = [UInt8](repeating: 0xee, count: 7)
            room.withUnsafeMutableBufferPointer { buffer in
                var output = OutputSpan(buffer: buffer, initializedCount: 0)
                output.append(copying: [1, 2, 3, 4, 5].span)
                output.removeByte(at: index)
                let count = output.finalize(for: buffer)
                #expect(count == 4)
            }
            var expected: [UInt8] = [1, 2, 3, 4, 5]
            expected.remove(at: index)
            // Nothing of what moved stays behind the end.
            #expect(room == expected + [0, 0xee, 0xee])
        }
    }

    /// How many bytes the shortest form has.
    private static func count(_ number: UInt64) -> Int {
        max((64 - number.leadingZeroBitCount + 7) / 8, 1)
    }
}
