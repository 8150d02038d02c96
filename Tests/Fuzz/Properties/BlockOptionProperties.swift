import Bytes
import CoAP

/// What holds for the values of Block1 and Block2.
enum BlockOptionProperties {
    /// Three bytes at most, and no reserved size; leading zeros go away.
    static func check(_ input: Span<UInt8>) throws(Violation) {
        let bytes = [UInt8](copying: input)
        let isValue = bytes.count <= 3 && (bytes.last ?? 0) & 7 != 7
        guard let block = BlockOption(bytes) else {
            try hold(!isValue, "every number of three bytes with a size is a block")
            return
        }
        try hold(isValue, "nothing else is a block")
        try hold(block.value == Array(bytes.drop { $0 == 0 }), "a value comes back without leading zeros")
        try hold(block.number <= BlockOption.maximumNumber, "numbers have 20 bits")
        var options = Options()
        options.append(.block2, bytes)
        try hold(options.block2 == block && !options.hasMalformedBlock, "options read the same")
    }
}
