import Bytes
import CAllocationCounter
import CBOR
import COSE
import CoAP
import OSCORE
import Testing

/// A parser asks for no more memory than a constant times its input, whatever the input promises.
///
/// Counted is every byte that is asked for, freed or not. The constants are the worst that a small item can cost: a pair of
/// one-byte items in a map is an entry of some hundred bytes, and growing an array asks for it twice. They leave room for
/// another allocator, but not for another order of growth: an input that announces a count for its whole length at each of
/// 16 levels would cost sixteen times as much.
struct BadInputAllocationTests {
    private static let sizes = [64, 1_000, 20_000]

    /// Shapes that promise much, each in any size.
    private static let bombs: [(name: String, make: @Sendable (Int) -> [UInt8])] = [
        ("an array of nulls", { head(0x80, $0) + Array(repeating: 0xf6, count: $0) }),
        ("an array that lacks its last item", { head(0x80, $0) + Array(repeating: 0xf6, count: $0 - 1) }),
        ("arrays in arrays, each announcing all that is left", { size in announcing(0x80, size, per: 1) }),
        ("maps in maps, each announcing all that is left", { size in announcing(0xa0, size, per: 2) }),
        ("empty arrays in an array", { head(0x80, $0) + Array(repeating: 0x80, count: $0) }),
        ("empty maps in an array", { head(0x80, $0) + Array(repeating: 0xa0, count: $0) }),
        ("a map of numbers", { size in head(0xa0, size / 3) + numbered(size / 3) }),
        ("a map with one key many times", { head(0xa0, $0 / 2) + Array(repeating: 0, count: $0 / 2 * 2) }),
        (
            "arrays of one item, 16 deep, side by side",
            { size in
                head(0x80, size / 16) + (0..<size / 16).flatMap { _ in Array(repeating: 0x81, count: 14) + [0x00] }
            }
        ),
        ("maps as keys of maps", { size in Array(repeating: 0xa1, count: 15) + head(0x40, size) + zeros(size + 15) }),
        ("one long string", { head(0x40, $0) + zeros($0) }),
        ("one long text", { head(0x60, $0) + zeros($0) }),
        ("a string longer than the input", { [0x5b] + Array(repeating: 0xff, count: 8) + zeros($0) }),
        ("nesting", { Array(repeating: 0x81, count: $0) }),
        ("empty options", { zeros($0) }),
        ("an option longer than the input", { [0x0e, 0xff, 0xff] + zeros($0) }),
        ("one long option", { [0x0e, UInt8(($0 - 269) >> 8 & 0xff), UInt8(($0 - 269) & 0xff)] + zeros($0) }),
        ("a payload", { [0xff] + zeros($0) }),
        ("an OSCORE option and a payload", { [0x92, 0x09, 0x01, 0xff] + zeros($0) }),
        ("an OSCORE option with a kid context longer than itself", { [0x92, 0x10, 0xff, 0xff] + zeros($0) }),
    ]

    private static let parsers: [(name: String, perByte: Int, parse: @Sendable ([UInt8]) -> Void)] = [
        (
            "CBORReader", 0,
            { bytes in
                var reader = CBORReader(bytes.span)
                try? reader.skipItem()
            }
        ),
        ("CBORValue", 200, { bytes in _ = try? CBORValue(decoding: bytes.span) }),
        ("OptionReader", 0, { bytes in try? DatagramCodec.checkBody(bytes.span) }),
        ("Message", 2, { bytes in _ = try? Message(code: .post, body: bytes.span) }),
        ("DatagramCodec", 0, { bytes in _ = try? DatagramCodec.decode(bytes.span) }),
        ("OSCOREOption", 0, { bytes in _ = (try? OSCOREOption(bytes.span))?.isGroupMode }),
        ("ProtectedMessage", 0, { bytes in _ = (try? ProtectedMessage(bytes.span))?.payload.count }),
        (
            "AuthenticationCredential", 200,
            { bytes in
                _ = try? AuthenticationCredential(parsing: bytes.span, format: .ccs)
            }
        ),
    ]

    /// What an error or a small result may cost, however short the input.
    private static let constant = 4096

    @Test(arguments: 0..<parsers.count)
    func noInputCostsMoreMemoryThanAConstantTimesItsLength(index: Int) {
        let parser = Self.parsers[index]
        for bomb in Self.bombs {
            for size in Self.sizes {
                let input = bomb.make(size)
                // The first run pays for what the runtime sets up once.
                parser.parse(input)
                let before = gosc_allocated_bytes()
                parser.parse(input)
                let asked = Int(gosc_allocated_bytes() - before)
                #expect(
                    asked <= Self.constant + parser.perByte * input.count,
                    "\(parser.name), \(bomb.name): \(asked) bytes for \(input.count)")
            }
        }
    }

    @Test func theCounterSeesBytes() {
        let before = gosc_allocated_bytes()
        let block = [UInt8](repeating: 1, count: 100_000)
        #expect(gosc_allocated_bytes() - before >= 100_000)
        #expect(block.count == 100_000)
    }

    // MARK: shapes

    private static func zeros(_ count: Int) -> [UInt8] { Array(repeating: 0, count: max(count, 0)) }

    /// The head of an item of some major type.
    private static func head(_ type: UInt8, _ argument: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        if let major = MajorType(rawValue: type >> 5) {
            CBOREncoding.write(major, UInt64(max(argument, 0)), into: &bytes)
        }
        return bytes
    }

    /// Sixteen containers within each other that all announce as many items as there are bytes left.
    private static func announcing(_ type: UInt8, _ size: Int, per item: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for level in 0..<16 {
            bytes += head(type, (size + 3 * (15 - level)) / item)
        }
        return bytes + zeros(size)
    }

    /// Pairs with keys that ascend, two bytes each at least.
    private static func numbered(_ count: Int) -> [UInt8] {
        (0..<count).flatMap { head(0x00, $0) + [0x00] }
    }
}
