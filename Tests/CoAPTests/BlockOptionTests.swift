import Bytes
import CoAP
import TestSupport
import Testing

struct BlockOptionTests {
    @Test(
        .requirement("COAP-0160"),
        arguments: [
            (0, false, .bytes64, "02"), (1, true, .bytes64, "1a"), (0, false, .bytes16, ""), (0, true, .bytes16, "08"),
            (0, true, .bytes1024, "0e"), (15, true, .bytes1024, "fe"), (16, false, .bytes32, "0101"),
            (4095, true, .bytes512, "fffd"), (4096, false, .bytes64, "010002"), (1_048_575, true, .bytes1024, "fffffe"),
        ] as [(UInt32, Bool, BlockSize, String)])
    func valuesHaveTheirBytes(number: UInt32, isMore: Bool, size: BlockSize, hex: String) throws {
        let block = BlockOption(number: number, isMore: isMore, size: size)
        #expect(Hex.encode(block.value) == hex)
        #expect(BlockOption(block.value) == block)
        #expect(block.offset == Int(number) * size.byteCount)
        var options = Options()
        options.block1 = block
        options.block2 = block
        #expect(options.block1 == block && options.block2 == block && !options.hasMalformedBlock)
    }

    @Test(.requirement("COAP-0160"))
    func sizesArePowersOfTwo() {
        #expect(BlockSize.allCases.map(\.byteCount) == [16, 32, 64, 128, 256, 512, 1024])
        #expect(BlockSize.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 5, 6])
        let table: [(Int, BlockSize?)] = [
            (15, nil), (16, .bytes16), (31, .bytes16), (1023, .bytes512), (1024, .bytes1024), (9999, .bytes1024),
        ]
        for (length, size) in table { #expect(BlockSize(atMost: length) == size) }
        #expect(BlockOption(number: .max, isMore: false, size: .bytes16).number == BlockOption.maximumNumber)
        #expect(BlockOption([0, 0, 0x1a]) == BlockOption([0x1a]))
    }

    @Test(.requirement("COAP-0161"), arguments: ["07", "0f", "ff", "ffffff", "00000002", "000000"])
    func reservedSizesAndLongValuesAreNone(hex: String) throws {
        let value = try #require(Hex.decode(hex))
        // "000000" is long, but a number.
        #expect((BlockOption(value) == nil) == (hex != "000000"))
        for number in [OptionNumber.block1, .block2] {
            var options = Options()
            options.append(number, value)
            #expect(options.hasMalformedBlock == (hex != "000000"))
            #expect((number == .block1 ? options.block1 : options.block2) == BlockOption(value))
        }
        #expect(!Options().hasMalformedBlock)
    }
}
